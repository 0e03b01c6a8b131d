"""Room that is kept for a pod that waits for its victims to go (``nominatedNodeName``)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from kytos.cluster import Cluster
from kytos.questions.placement.placement import place
from kytos.questions.placement.request import PlacementRequest
from kytos.questions.rebalance import RebalanceRequest, rebalance
from kytos.questions.recovery.recovery import RecoveryRequest, recover
from kytos.sources.manifests import read_cluster
from tests.questions.cases import QUICK
from tests.rules.small import node, pod, said


def cluster(**preemptor: object) -> Cluster:
    """Of b's 4 cores 1 is free; once `old` is gone `hi` needs 3.5 of them."""
    waits = {"nominated": "b", "requests": {"cpu": 3500}, "priority": 100}
    return Cluster(
        nodes=(node("a"), node("b")),
        pods=(
            pod("old", "b", requests={"cpu": 3000}, terminating=True),
            pod("hi", **(waits | preemptor)),
            pod("low", requests={"cpu": 800}),
            pod("top", requests={"cpu": 800}, priority=200),
            pod("runs", "a", requests={"cpu": 500}),
        ),
    )


KEPT = "the node is overcommitted by 2500m, with room kept for default/hi"


@pytest.mark.parametrize(
    ("name", "preemptor", "reason"),
    [
        ("low", {}, f"insufficient cpu: needs 800m, {KEPT}"),
        ("runs", {}, f"insufficient cpu: needs 500m, {KEPT}"),
        ("low", {"priority": 0}, f"insufficient cpu: needs 800m, {KEPT}"),
        ("top", {}, None),
        ("hi", {}, "insufficient cpu: needs 3500m, 1000m free"),
        ("low", {"scheduler": "another"}, None),
        ("low", {"nominated": "gone"}, None),
        (
            "low",
            {"requests": {"cpu": 500}},
            "insufficient cpu: needs 800m, 500m free, with room kept for default/hi",
        ),
    ],
)
def test_room_is_kept_from_what_is_not_more_important(
    name: str, preemptor: dict[str, object], reason: str | None
) -> None:
    """The scheduler counts nominated pods of the same or a higher priority as if they ran."""
    assert said(cluster(**preemptor), f"default/{name}")["b"] == reason


def test_no_plan_takes_it() -> None:
    """What runs stays away from it, and so does a new pod; one that is more important need not."""
    there = cluster()
    moved = rebalance(there, RebalanceRequest(mode="consolidate"), params=QUICK)
    assert not moved.moves
    full = there.replace(
        pods=(*there.pods, pod("fill", "a", requests={"cpu": 3000})),
    )
    for priority, where in ((0, None), (200, "b")):
        new = {"id": "new", "cpu_request": 800, "mem_request": 0, "priority": priority}
        asked = PlacementRequest.model_validate({"new_pods": [new]})
        assert place(full, asked, params=QUICK).placement["new"] == where
    assert [one.pod for one in recover(full, RecoveryRequest(failed_nodes=("a",))).unplaced] == [
        "default/fill",
        "default/runs",
    ]


def stored(kind: str, name: str, spec: Mapping[str, Any], status: Mapping[str, Any]) -> Any:
    return {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": spec,
        "status": status,
    }


def test_it_is_read_of_pods_that_wait() -> None:
    """A pod that is bound keeps no other room."""
    spec = {"containers": [{"name": "c"}]}
    items = [
        stored("Node", "b", {}, {"allocatable": {"cpu": "4", "pods": "9"}}),
        stored("Pod", "waits", spec, {"phase": "Pending", "nominatedNodeName": "b"}),
        stored("Pod", "runs", spec | {"nodeName": "b"}, {"nominatedNodeName": "b"}),
    ]
    content = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
    read = read_cluster([("c.json", content)])
    assert [one.nominated for one in read.pods] == ["b", None]
