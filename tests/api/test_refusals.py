"""What is refused: always a 4xx that names the field, never a 500."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from kytos.api import Settings, create_app
from kytos.api.body_limit import LINGER_SECONDS

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
        (set_node("id", "x" * 501), "nodes[0].id"),
        (set_node("labels", {"a": 1}), "nodes[0].labels.a"),
        (set_node("taints", [{"key": "a", "x": 1}]), "nodes[0].taints[0].x"),
        (set_pod("node_selector", {"a": None}), "pods[0].node_selector.a"),
        (set_pod("tolerations", [{"key": "a", "tolerationSeconds": "1"}]), "pods[0].tolerations"),
        (set_pod("movable", "no"), "pods[0].movable"),
        (set_field("max_moves", 10**30), "max_moves"),
        (set_field("solver", {"num_reads": 10**9}), "solver.num_reads"),
        (set_field("solver", {"seed": 2**63}), "solver.seed"),
        (set_field("weights", {"B": 1e300}), "weights.B"),
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


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("rebalance", '{"nodes": [{"id": "n", "cpu_capacity": @, "mem_capacity": 1}]}'),
        ("rebalance", '{"nodes": [{"id": "n", "cpu_capacity": 1, "mem_capacity": @}]}'),
        (
            "rebalance",
            '{"nodes": [NODE], "pods": [{"id": "p", "cpu_request": @, "mem_request": 1}]}',
        ),
        ("rebalance", '{"nodes": [NODE], "weights": {"B": @}}'),
        ("rebalance", '{"nodes": [NODE], "solver": {"num_reads": @}}'),
        ("rebalance", '{"nodes": [NODE], "solver": {"time_limit_s": @}}'),
        ("rebalance", '{"nodes": [NODE], "solver": {"seed": @}}'),
        ("rebalance", '{"nodes": [NODE], "max_moves": @}'),
        ("recovery", '{"nodes": [NODE], "max_utilization": @}'),
        ("placement", '{"nodes": [NODE], "latency_ms": {"same_zone": @}}'),
        (
            "placement",
            '{"nodes": [NODE], "new_pods": [{"id": "p", "cpu_request": 1, "mem_request": @}]}',
        ),
        (
            "auto_scale",
            '{"nodes": [NODE], "services": [{"id": "s", "request_rate": 1, "target_rate": @}]}',
        ),
        ("auto_scale", '{"nodes": [NODE], "cpu_margin": @}'),
    ],
)
@pytest.mark.parametrize(
    "written",
    ["NaN", "-Infinity", "1e400", "-1", f"1{'0' * 400}", '"1"', "true", "[1]", "{}"],
    ids=lambda text: text[:10],
)
def test_what_is_no_such_number_is_refused(
    client: TestClient, path: str, template: str, written: str
) -> None:
    """Whatever number a field takes, it takes no other JSON for it: a 422 on that field."""
    node = '{"id": "n", "cpu_capacity": 1000, "mem_capacity": 1000}'
    content = template.replace("NODE", node).replace("@", written)
    headers = {"Content-Type": "application/json"}
    response = client.post(f"/optimize/{path}", content=content, headers=headers)
    assert response.status_code == 422, response.text
    field = re.search(r'"(\w+)": @', template)
    assert field is not None
    (error, *_) = response.json()["errors"]
    assert error["field"].rsplit(".", 1)[-1] == field[1]
    assert error["message"].startswith("expected ")


@pytest.mark.parametrize(
    ("content", "field", "said"),
    [
        (b'{"nodes": [NODE], "nodes": [NODE]}', "body", "'nodes' is there twice"),
        (b'{"nodes": [NODE], "weights": {"A": 1, "A": 2}}', "body", "'A' is there twice"),
        (b'{"nodes": [NODE], "pods": [{"id": "\\ud800"}]}', "body", "hex escape"),
        (b'{"nodes": [{"id": "\xe9"}]}', "body", "not valid JSON"),
        (b'{"nodes": [NODE], "x": ' + b"[" * 500 + b"]" * 500 + b"}", "body", "recursion limit"),
        (b'{"nodes": {"id": "n"}}', "nodes", "expected a list; found an object"),
        (b'{"nodes": [NODE], "weights": null}', "weights", "expected an object; found null"),
        (b'{"nodes": [NODE], "mode": 1}', "mode", "expected 'spread'"),
        (b'{"nodes": [NODE], "x": 1}', "x", "mend its spelling"),
        (b'{"pods": []}', "nodes", "must be given"),
        (b"[1]", "body", "expected an object; found a list"),
    ],
)
def test_the_refusal_says_what_was_expected(
    client: TestClient, content: bytes, field: str, said: str
) -> None:
    """Each refusal is a sentence: where, what was expected, what was found or what to do."""
    node = b'{"id": "n", "cpu_capacity": 1000, "mem_capacity": 1000}'
    response = client.post(
        "/optimize/rebalance",
        content=content.replace(b"NODE", node),
        headers={"Content-Type": "application/json"},
    )
    assert response.status_code == 422, response.text
    (error,) = response.json()["errors"]
    assert error["field"] == field
    assert said in error["message"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/xml"},
        {},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
    ids=["text", "xml", "none", "gzip"],
)
def test_another_content_type_is_a_415(
    client: TestClient, two_lists: Body, headers: dict[str, str]
) -> None:
    """Only JSON that is not compressed is read, so that a small body cannot grow."""
    content = json.dumps(two_lists).encode()
    response = client.post("/optimize/rebalance", content=content, headers=headers)
    assert response.status_code == 415
    assert response.json()["detail"].startswith("expected ")


@pytest.mark.parametrize("name", ["n\u0153ud-\u65e5\u672c-\U0001f600", "a" * 500, "a\u202eb", "  "])
def test_any_text_on_one_line_is_a_name(client: TestClient, two_lists: Body, name: str) -> None:
    """Names come back as they were sent."""
    pods = [{"id": name, "cpu_request": 1, "mem_request": 1, "current_node": name}]
    nodes = [two_lists["nodes"][0] | {"id": name}]
    response = client.post("/optimize/rebalance", json=two_lists | {"nodes": nodes, "pods": pods})
    assert response.status_code == 200, response.text
    assert response.json()["placement"] == {name: name}


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
    """Zeros past the limit are refused, announced or not, and nothing more is waited for."""
    began = time.monotonic()
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
    assert time.monotonic() - began < LINGER_SECONDS


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
