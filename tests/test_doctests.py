"""The examples in docstrings do what they say."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def exemplified() -> list[str]:
    """The modules with an example in a docstring."""
    files = [path for path in ROOT.glob("kytos/**/*.py") if ">>> " in path.read_text("utf-8")]
    parts = [path.relative_to(ROOT).with_suffix("").parts for path in files]
    return sorted(".".join(each).removesuffix(".__init__") for each in parts)


@pytest.mark.parametrize("module", exemplified())
def test_examples(module: str) -> None:
    """Each example of a module prints what its docstring shows; there is at least one."""
    failed, tried = doctest.testmod(import_module(module))
    assert tried > 0
    assert failed == 0


def test_what_people_call_first_has_examples() -> None:
    """The public names, requests' parameters and the amounts that files are written in."""
    assert set(exemplified()) >= {
        "kytos",
        "kytos.cluster.nodes",
        "kytos.contract.params",
        "kytos.contract.weights",
        "kytos.sources.manifests",
        "kytos.sources.quantities",
    }
