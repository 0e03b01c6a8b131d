"""POST /optimize/recovery as the contract words it."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient


def test_pods_of_a_failed_node_are_placed(client: TestClient, two_lists: dict[str, Any]) -> None:
    """The failed node's pods, and no others, get a surviving node."""
    body = two_lists | {"failed_nodes": ["node-1"]}
    answer = client.post("/optimize/recovery", json=body).json()
    placed = {entry["pod"]: entry["node"] for entry in answer["placements"]}
    assert set(placed) == {"pod-1", "pod-4"}
    assert set(placed.values()) <= {"node-0", "node-2"}
    assert (answer["unplaced"], answer["preempted"]) == ([], [])
    assert {"energy", "metrics", "solver", "certificate"} <= set(answer)


def test_nodes_are_survivors(client: TestClient, two_lists: dict[str, Any]) -> None:
    """A pod on a node that is not listed is evacuated, not refused."""
    body = two_lists | {"nodes": two_lists["nodes"][:2]}
    answer = client.post("/optimize/recovery", json=body).json()
    assert {entry["pod"] for entry in answer["placements"]} == {"pod-2", "pod-5"}


def test_what_is_given_up_says_why(client: TestClient, two_lists: dict[str, Any]) -> None:
    """With no room allowed on the survivors each pod is given up, with priority and reason."""
    body = two_lists | {"failed_nodes": ["node-1"], "max_utilization": 0}
    answer = client.post("/optimize/recovery", json=body).json()
    assert {entry["pod"] for entry in answer["unplaced"]} == {"pod-1", "pod-4"}
    assert all(entry["reason"] and entry["priority"] == 0 for entry in answer["unplaced"])


def test_an_unknown_failed_node_is_refused_by_its_field(
    client: TestClient, two_lists: dict[str, Any]
) -> None:
    """What only the worker finds out still names the field."""
    response = client.post("/optimize/recovery", json=two_lists | {"failed_nodes": ["node-9"]})
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"].startswith("failed_nodes")


def test_a_pod_that_waits_keeps_waiting(client: TestClient, two_lists: dict[str, Any]) -> None:
    """It is neither placed nor given up: no failure took its node."""
    waits = {"id": "waits", "cpu_request": 100, "mem_request": 100}
    body = two_lists | {"pods": [*two_lists["pods"], waits], "failed_nodes": ["node-1"]}
    answer = client.post("/optimize/recovery", json=body).json()
    listed = [entry["pod"] for entry in answer["placements"] + answer["unplaced"]]
    assert "waits" not in listed
    assert answer["placement"]["waits"] is None
