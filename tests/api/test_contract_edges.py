"""The edges of the contract for recovery, placement and auto_scale, each by hand."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

Body = dict[str, Any]


def a_node(name: str, cpu: int = 1000, **more: Any) -> Body:
    return {"id": name, "cpu_capacity": cpu, "mem_capacity": 1000} | more


def a_pod(name: str, cpu: float = 100, **more: Any) -> Body:
    return {"id": name, "cpu_request": cpu, "mem_request": 1} | more


def asked(client: TestClient, call: str, **body: Any) -> Body:
    response = client.post(f"/optimize/{call}", json=body)
    assert response.status_code == 200, response.text
    answer: Body = response.json()
    return answer


def where(answer: Body) -> dict[str, str]:
    return {placed["pod"]: placed["node"] for placed in answer["placements"]}


@pytest.fixture
def two_nodes() -> list[Body]:
    return [a_node("a"), a_node("b")]


# Recovery


def test_a_failed_node_may_be_listed_or_not(client: TestClient, two_nodes: list[Body]) -> None:
    """Named and listed, named and unlisted, or only unlisted: its pods are evacuated alike."""
    for gone, failed in (("a", ["a"]), ("c", ["c"]), ("c", [])):
        pods = [a_pod("p", current_node=gone)]
        answer = asked(client, "recovery", nodes=two_nodes, pods=pods, failed_nodes=failed)
        assert set(where(answer)) == {"p"}
        assert "a" not in failed or where(answer) == {"p": "b"}


def test_an_evacuated_pod_is_placed_or_given_up(client: TestClient, two_nodes: list[Body]) -> None:
    """Also one that was not to be moved: its node is gone."""
    pods = [a_pod("p", current_node="gone", movable=False), a_pod("q", 5000, current_node="gone")]
    answer = asked(client, "recovery", nodes=two_nodes, pods=pods)
    assert set(where(answer)) == {"p"}
    assert [pod["pod"] for pod in answer["unplaced"]] == ["q"]
    assert "2 insufficient cpu" in answer["unplaced"][0]["reason"]


def test_a_survivor_above_the_limit_keeps_its_pods(client: TestClient) -> None:
    """At 80 % it takes nothing at a limit of 50 %, but for a pod that asks for nothing of it."""
    pods = [
        a_pod("there", 800, current_node="a"),
        a_pod("more", 100, current_node="gone"),
        a_pod("none", 0, current_node="gone"),
    ]
    answer = asked(client, "recovery", nodes=[a_node("a")], pods=pods, max_utilization=0.5)
    assert where(answer) == {"none": "a"}
    assert answer["survivors"][0]["cpu_after"] == 0.8


@pytest.mark.parametrize(("allowed", "placed"), [(False, {}), (True, {"high": "a"})])
def test_lower_ones_give_way_only_when_allowed(
    client: TestClient, allowed: bool, placed: dict[str, str]
) -> None:
    """Named in `preempted`, and nowhere else."""
    pods = [
        a_pod("low", 1000, priority=1, current_node="a"),
        a_pod("high", 500, priority=5, current_node="gone"),
    ]
    answer = asked(client, "recovery", nodes=[a_node("a")], pods=pods, allow_preemption=allowed)
    assert where(answer) == placed
    assert answer["preempted"] == (["low"] if allowed else [])


def test_too_many_priorities_are_refused(client: TestClient, two_nodes: list[Body]) -> None:
    """More classes than can be told apart: a sentence, not an infinite energy."""
    pods = [a_pod(f"p{n}", 1, priority=n, current_node="gone") for n in range(1200)]
    response = client.post("/optimize/recovery", json={"nodes": two_nodes, "pods": pods})
    assert response.status_code == 422
    assert "1,200 different priorities" in response.json()["errors"][0]["message"]


# Autoscale


@pytest.mark.parametrize(
    ("rate", "target", "running", "desired"),
    [
        (18, 10, 2, 2),  # 0.9 exactly
        (22, 10, 2, 2),  # 1.1 exactly
        (22.0001, 10, 2, 3),
        (26.9999, 10, 3, 3),  # below 0.9, but it still takes three
        (26, 13, 3, 2),
        (290, 10, 2, 29),
        (0.3, 0.1, 0, 3),  # 0.3 / 0.1 is above 3 in floating point
        (1, 100, 0, 1),
        (0, 1, 2, 0),
    ],
)
def test_desired_replicas_are_exact(
    client: TestClient,
    two_nodes: list[Body],
    rate: float,
    target: float,
    running: int,
    desired: int,
) -> None:
    """A tenth is tolerated both ways, ends included; from 0 nothing is; 290 at 10 is 29."""
    service = {"id": "w", "request_rate": rate, "target_rate": target, "min_replicas": 0}
    service |= {"replicas": running, "cpu_request": 1, "mem_request": 1}
    pods = [a_pod(f"w{n}", 1, current_node="a", service="w") for n in range(running)]
    answer = asked(client, "auto_scale", nodes=two_nodes, pods=pods, services=[service])
    (action,) = answer["actions"]
    assert action["desired_replicas"] == action["recommended_replicas"] == desired
    assert len(answer["placements"]) == max(0, desired - running)


def test_a_breached_margin_forces_nothing_in(client: TestClient) -> None:
    """With 10 % free of the 50 % wanted no replica is added, and none is taken away."""
    pods = [a_pod("w", 900, current_node="a", service="w")]
    service = {"id": "w", "request_rate": 2, "target_rate": 1, "cpu_request": 50}
    answer = asked(
        client, "auto_scale", nodes=[a_node("a")], pods=pods, services=[service], cpu_margin=0.5
    )
    (action,) = answer["actions"]
    assert (action["recommended_replicas"], action["suppressed"]) == (1, True)
    assert "less than 50% of CPU is free already" in action["reason"]


def test_equals_share_by_fraction_then_by_id(client: TestClient) -> None:
    """Room for ten of 10, 10 and 4: four, four and two, whatever the order they are given in."""
    services = [
        {"id": name, "request_rate": rate, "target_rate": 1, "replicas": 0}
        | {"cpu_request": 100, "mem_request": 1}
        for name, rate in (("y", 10), ("x", 10), ("z", 4))
    ]
    answer = asked(client, "auto_scale", nodes=[a_node("a")], pods=[], services=services)
    granted = {one["service"]: one["recommended_replicas"] for one in answer["actions"]}
    assert granted == {"x": 4, "y": 4, "z": 2}
    assert all("not enough CPU is free" in one["reason"] for one in answer["actions"])


def test_what_goes_makes_room_for_what_comes(client: TestClient) -> None:
    """A full node: five replicas go and five of another service come in the same step."""
    pods = [a_pod(f"o{n}", current_node="a", service="o") for n in range(10)]
    services = [
        {"id": "o", "request_rate": 5, "target_rate": 1},
        {"id": "n", "request_rate": 5, "target_rate": 1, "replicas": 0}
        | {"cpu_request": 100, "mem_request": 1},
    ]
    answer = asked(client, "auto_scale", nodes=[a_node("a")], pods=pods, services=services)
    assert [one["recommended_replicas"] for one in answer["actions"]] == [5, 5]
    assert len(answer["placements"]) == 5


def test_a_replica_larger_than_any_node_is_held_back_by_the_nodes(
    client: TestClient, two_nodes: list[Body]
) -> None:
    """No margin is to blame where no node is large enough; one that is disabled keeps its count."""
    pods = [a_pod("w", current_node="a", service="w"), a_pod("v", current_node="a", service="v")]
    services = [
        {"id": "w", "request_rate": 3, "target_rate": 1, "cpu_request": 5000},
        {"id": "v", "request_rate": 9, "target_rate": 1, "enabled": False},
    ]
    answer = asked(client, "auto_scale", nodes=two_nodes, pods=pods, services=services)
    large, disabled = answer["actions"]
    assert (large["recommended_replicas"], disabled["recommended_replicas"]) == (1, 1)
    assert "0 of 2 nodes: 2 insufficient cpu" in large["reason"]
    assert not disabled["suppressed"]


# Placement


def test_copies_are_named_by_number(client: TestClient, two_nodes: list[Body]) -> None:
    """`count` makes id-1, id-2, …; one that is larger than any node leaves the others alone."""
    new = [a_pod("n", count=3), a_pod("big", 9000)]
    answer = asked(client, "placement", nodes=two_nodes, pods=[], new_pods=new)
    assert set(where(answer)) == {"n-1", "n-2", "n-3"}
    assert [pod["pod"] for pod in answer["unplaced"]] == ["big"]


def test_traffic_to_a_service_counts_latency(client: TestClient) -> None:
    """The new pod joins the service's zone; its latency is the one the request gives."""
    nodes = [a_node("a", zone="z1"), a_node("b", zone="z2"), a_node("c", 100, zone="z2")]
    pods = [a_pod("d", current_node="c", service="db")]
    answer = asked(
        client,
        "placement",
        nodes=nodes,
        pods=pods,
        new_pods=[a_pod("n")],
        traffic=[{"from": "n", "to": "db", "weight": 100}],
        latency_ms={"same_node": 0, "same_zone": 3, "other_zone": 9},
    )
    (placed,) = answer["placements"]
    assert (placed["node"], placed["latency_ms"]) == ("b", 3)


def test_a_node_still_to_be_bought_costs_its_seconds(client: TestClient) -> None:
    """One that is up and has the image starts in a second; the other adds its boot and a pull."""
    bought = a_node("a", provisioned=False, startup_seconds=60)
    ready = a_node("b", images=["i:1"])
    new = [a_pod("n", image="i:1")]
    answer = asked(client, "placement", nodes=[bought, ready], pods=[], new_pods=new)
    assert answer["placements"][0] == {"pod": "n", "node": "b", "startup_s": 1, "latency_ms": 0}
    answer = asked(client, "placement", nodes=[bought], pods=[], new_pods=new)
    assert answer["placements"][0]["startup_s"] == 80
    assert answer["default_scheduler"] == {"n": None}


def test_load_foreseen_weighs_but_takes_no_room(client: TestClient) -> None:
    """A node whose pod will grow is avoided; a pod that will outgrow every node is still placed."""
    pods = [a_pod("r", current_node="a", expected_cpu=900)]
    nodes = [a_node("a"), a_node("b")]
    answer = asked(client, "placement", nodes=nodes, pods=pods, new_pods=[a_pod("n")])
    assert where(answer) == {"n": "b"}
    new = [a_pod("n", expected_cpu=5000)]
    assert where(asked(client, "placement", nodes=nodes, pods=[], new_pods=new))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"new_pods": [a_pod("n", count=0)]}, "new_pods[0].count"),
        ({"new_pods": [a_pod("n", count=10**9)]}, "new_pods[0].count"),
        ({"new_pods": [a_pod("p")]}, "new_pods[0].id"),
        ({"traffic": [{"from": "n", "to": "nobody"}]}, "traffic[0].to"),
        ({"traffic": [{"from": "n", "to": "p", "weight": -1}]}, "traffic[0].weight"),
        ({"growth": {"nobody": 2}}, "growth.nobody"),
        ({"manifest_text": "kind: Service\nmetadata: {name: s}"}, "manifest_text"),
    ],
)
def test_what_cannot_be_placed_names_its_field(
    client: TestClient, two_nodes: list[Body], change: Body, field: str
) -> None:
    """A 422 that says what was found and what to do."""
    body = {"nodes": two_nodes, "pods": [a_pod("p", current_node="a")], "new_pods": [a_pod("n")]}
    response = client.post("/optimize/placement", json=body | change)
    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert error["field"].startswith(field)
    assert len(error["message"]) > 20


def test_manifests_as_text_are_placed(client: TestClient, two_nodes: list[Body]) -> None:
    """YAML in the body does what pasting it on the page does."""
    text = (
        "kind: Deployment\nmetadata: {name: w}\nspec:\n  replicas: 2\n  template:\n"
        "    spec: {containers: [{name: c, image: c}]}"
    )
    answer = asked(client, "placement", nodes=two_nodes, pods=[], manifest_text=text)
    assert set(where(answer)) == {"default/w-0", "default/w-1"}
