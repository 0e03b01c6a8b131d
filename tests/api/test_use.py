"""What pods really use over HTTP: in a body, and as files known by their shape."""

from __future__ import annotations

import json
from typing import Any

from fastapi.testclient import TestClient


def metrics_of(pod: str, cpu: str, memory: str) -> dict[str, Any]:
    namespace, _, name = pod.rpartition("/")
    return {
        "kind": "PodMetrics",
        "metadata": {"name": name, "namespace": namespace or "default"},
        "timestamp": "2026-11-30T00:00:00Z",
        "containers": [{"name": "app", "usage": {"cpu": cpu, "memory": memory}}],
    }


def test_use_beside_two_lists(client: TestClient, two_lists: dict[str, Any]) -> None:
    """Peaks are there once use was given, and only then; bad documents and numbers are named."""
    pod = two_lists["pods"][0]["id"]
    plain = client.post("/optimize/rebalance", json=two_lists).json()
    assert "cpu_used_peak" not in plain["metrics"]["before"]
    body = two_lists | {"usage": [metrics_of(pod, "250m", "1Gi")], "load_from": "usage"}
    answer = client.post("/optimize/rebalance", json=body).json()
    assert answer["metrics"]["before"]["cpu_used_peak"] > 0
    assert any("use is known of 1 of" in note["message"] for note in answer["notes"])
    assert {"service", "container", "requests", "recommended", "saves"} < set(
        answer["right_sizing"][0]
    )
    least = {"min_cpu": 260, "minimums": {answer["right_sizing"][0]["service"]: {"memory": 2048}}}
    (sized, *_) = client.post("/optimize/rebalance", json=body | {"sizing": least}).json()[
        "right_sizing"
    ]
    assert sized["recommended"] == {"cpu": 260, "memory": 2048}
    for wrong in (
        {"sizing": {"min_cpu": -1}},
        {"usage": [{"kind": "Pod"}]},
        {"max_used": 1.5},
        {"load_from": "guesses"},
    ):
        refused = client.post("/optimize/rebalance", json=two_lists | wrong)
        assert refused.status_code == 422, wrong
        assert next(iter(wrong)) in refused.text


def test_use_among_uploaded_files(client: TestClient, two_lists: dict[str, Any]) -> None:
    """A file of use beside the cluster's is known by its shape."""
    pod = two_lists["pods"][0]["id"]
    lists = {name: two_lists[name] for name in ("nodes", "pods")}
    files = [
        ("cluster", ("cluster.json", json.dumps(lists))),
        ("cluster", ("use.json", json.dumps(metrics_of(pod, "250m", "1Gi")))),
    ]
    answer = client.post("/manifests/optimize/rebalance", files=files)
    assert answer.status_code == 200, answer.text
    assert answer.json()["metrics"]["before"]["memory_used_peak"] > 0
