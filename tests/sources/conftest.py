"""Clusters and manifests the source tests share."""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).parents[1] / "data"


def read_xz(name: str) -> str:
    """The text of a compressed data file."""
    return lzma.open(DATA / name, "rt", encoding="utf-8").read()


@pytest.fixture(scope="session")
def lab_text() -> str:
    return read_xz("lab.json.xz")


@pytest.fixture(scope="session")
def lab_objects(lab_text: str) -> list[dict[str, Any]]:
    """The lab's raw objects, for counts that share no code with the reader."""
    return json.loads(lab_text)["items"]


@pytest.fixture
def node_manifest() -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "node-a", "labels": {"kubernetes.io/hostname": "node-a"}},
        "status": {"allocatable": {"cpu": "4", "memory": "16Gi", "pods": "110"}},
    }


@pytest.fixture
def pod_manifest() -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web-1", "namespace": "shop"},
        "spec": {
            "nodeName": "node-a",
            "containers": [
                {"name": "main", "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}}}
            ],
        },
        "status": {"phase": "Running"},
    }


@pytest.fixture
def node_body() -> dict[str, Any]:
    return {"id": "node-1", "cpu_capacity": 4000, "mem_capacity": 16000}


@pytest.fixture
def pod_body() -> dict[str, Any]:
    return {"id": "pod-a", "cpu_request": 500, "mem_request": 1024, "current_node": "node-1"}
