"""The examples in docstrings do what they say."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest

EXEMPLIFIED = (
    "kytos",
    "kytos.cluster.nodes",
    "kytos.destinations",
    "kytos.contract.params",
    "kytos.contract.weights",
    "kytos.contract.shares",
    "kytos.extras",
    "kytos.report.shares",
    "kytos.report.units",
    "kytos.sources.manifests",
    "kytos.sources.quantities",
)


@pytest.mark.parametrize("module", EXEMPLIFIED)
def test_examples(module: str) -> None:
    """Each example of a module prints what its docstring shows; there is at least one."""
    failed, tried = doctest.testmod(import_module(module))
    assert tried > 0
    assert failed == 0
