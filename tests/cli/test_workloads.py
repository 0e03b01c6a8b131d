"""New workloads as manifests, wherever pods are asked about."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_commands import kytos, quick, three_nodes

__all__ = ["quick", "three_nodes"]
"""Fixtures of the other commands."""


@pytest.fixture
def deployment(tmp_path: Path) -> Path:
    """Two replicas of one core each."""
    file = tmp_path / "deployment.yaml"
    file.write_text(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n"
        "spec:\n  replicas: 2\n  template:\n    spec:\n"
        "      containers: [{name: c, resources: {requests: {cpu: 1}}}]\n"
    )
    return file


def test_a_deployment_is_placed_and_asked_about(
    three_nodes: Path, deployment: Path, quick: list[str]
) -> None:
    """Each replica gets a node; why-not tells of each."""
    placed = json.loads(kytos("place", three_nodes, "--new", deployment, "--json", *quick).stdout)
    assert [pod["pod"] for pod in placed["placements"]] == ["shop/web-0", "shop/web-1"]
    asked = json.loads(kytos("why-not", three_nodes, deployment, "--json").stdout)
    assert list(asked) == ["shop/web-0", "shop/web-1"]
