"""What is refused: always a 4xx that names the field, never a 500."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from kytos.api import Settings, create_app

Body = dict[str, Any]
INFINITY = float("inf")


def set_node(field: str, value: Any) -> Callable[[Body], Body]:
    return lambda body: body | {"nodes": [body["nodes"][0] | {field: value}, *body["nodes"][1:]]}


def set_pod(field: str, value: Any) -> Callable[[Body], Body]:
    return lambda body: body | {"pods": [body["pods"][0] | {field: value}, *body["pods"][1:]]}


def set_field(field: str, value: Any) -> Callable[[Body], Body]:
    return lambda body: body | {field: value}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (set_node("cpu_capacity", 0), "nodes[0].cpu_capacity"),
        (set_node("cpu_capacity", -1), "nodes[0].cpu_capacity"),
        (set_node("mem_capacity", float("nan")), "nodes[0].mem_capacity"),
        (set_node("mem_capacity", INFINITY), "nodes[0].mem_capacity"),
        (set_node("id", "node-1"), "nodes[1].id"),
        (set_node("colour", "blue"), "nodes[0].colour"),
        (set_pod("cpu_request", -5), "pods[0].cpu_request"),
        (set_pod("mem_request", -INFINITY), "pods[0].mem_request"),
        (set_pod("id", "pod-1"), "pods[1].id"),
        (set_pod("current_node", "node-9"), "pods[0].current_node"),
        (set_field("nodes", []), "nodes"),
        (set_field("nodes", None), "nodes"),
        (set_field("mode", "sideways"), "mode"),
        (set_field("max_moves", -1), "max_moves"),
        (set_field("weights", {"A": -1}), "weights.A"),
        (set_field("weights", {"E": 1}), "weights.E"),
        (set_field("solver", {"name": "oracle"}), "solver.name"),
        (set_field("solver", {"time_limit_s": 3600}), "solver.time_limit_s"),
        (set_field("surprise", 1), "surprise"),
        (set_field("\ud800", 1), ""),
    ],
)
def test_the_field_is_named(
    client: TestClient, two_lists: Body, change: Callable[[Body], Body], field: str
) -> None:
    """One wrong field in an otherwise good body is a 422 that names it, and no other."""
    response = client.post(
        "/optimize/rebalance",
        content=json.dumps(change(two_lists)),
        headers={"Content-Type": "application/json"},
    )
    assert response.status_code == 422, response.text
    named = [error["field"] for error in response.json()["errors"]]
    assert named
    assert all(name.startswith(field) for name in named), named


@pytest.mark.parametrize("path", ["recovery", "placement", "auto_scale"])
@pytest.mark.parametrize(
    ("change", "field"),
    [
        (set_node("cpu_capacity", float("nan")), "nodes[0].cpu_capacity"),
        (set_pod("id", "pod-1"), "pods[1].id"),
        (set_pod("mem_request", -1), "pods[0].mem_request"),
        (set_field("surprise", 1), "surprise"),
    ],
)
def test_the_field_is_named_by_every_call(
    client: TestClient, two_lists: Body, path: str, change: Callable[[Body], Body], field: str
) -> None:
    """The cluster's faults are refused alike whatever is asked of it."""
    content = json.dumps(change(two_lists))
    headers = {"Content-Type": "application/json"}
    response = client.post(f"/optimize/{path}", content=content, headers=headers)
    assert response.status_code == 422, response.text
    assert [error["field"] for error in response.json()["errors"]] == [field]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"null", b"[]", b'{"nodes":', b"\xff\xfe", b"[" * 200_000, b'{"a":' * 100_000],
    ids=["empty", "brace", "null", "list", "cut", "bytes", "deep list", "deep object"],
)
def test_what_is_no_body_is_a_4xx(client: TestClient, content: bytes) -> None:
    """Text that is no request, cut short or nested without end, is refused."""
    response = client.post(
        "/optimize/rebalance", content=content, headers={"Content-Type": "application/json"}
    )
    assert response.status_code in (400, 422)
    assert response.json()["detail"]


def test_a_field_of_any_length_is_answered_briefly(client: TestClient, two_lists: Body) -> None:
    """The answer to a megabyte of field name, or to thousands of bad pods, stays small."""
    pods = [{"id": str(i), "cpu_request": -1, "mem_request": -1} for i in range(3000)]
    for body in (two_lists | {"x" * 1_000_000: 1}, two_lists | {"pods": pods}):
        response = client.post("/optimize/rebalance", json=body)
        assert response.status_code == 422
        assert len(response.content) < 10_000


def test_too_large_a_body_is_a_413() -> None:
    """Zeros past the limit are refused, announced or not."""
    small = TestClient(create_app(Settings(max_body_mib=1)))
    zeros = b"0" * (2 * 2**20)
    chunks = (zeros[start : start + 2**16] for start in range(0, len(zeros), 2**16))
    for content in (zeros, chunks):
        response = small.post(
            "/optimize/rebalance", content=content, headers={"Content-Type": "application/json"}
        )
        assert response.status_code == 413
        assert "1 MiB" in response.json()["detail"]
        assert response.json()["request_id"] == response.headers["X-Request-ID"]


def test_more_pods_than_allowed_are_refused(two_lists: Body) -> None:
    """The service's own limits on nodes and pods are said by name."""
    client = TestClient(create_app(Settings(max_pods=5)))
    response = client.post("/optimize/rebalance", json=two_lists)
    assert response.status_code == 422
    assert response.json()["errors"] == [
        {"field": "pods", "message": "6 pods; at most 5 are accepted here"}
    ]


def test_an_unavailable_solver_says_what_to_do(
    client: TestClient, two_lists: Body, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A solver that cannot be used here is a 422 on its name."""
    response = client.post(
        "/optimize/rebalance", json=two_lists | {"solver": {"name": "dwave-qpu"}}
    )
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "solver.name"
    assert "DWAVE_API_TOKEN" in response.json()["detail"]
