"""How long pods take to start, read from what a cluster says of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kytos.cluster import Cluster
from kytos.sources.manifests import read_cluster

NODE = {
    "kind": "Node",
    "metadata": {"name": "n1"},
    "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"}},
}


def since(minute: int, second: int = 0) -> str:
    return f"2026-05-01T12:{minute:02}:{second:02}Z"


def conditions(**moments: str) -> list[dict[str, str]]:
    return [
        {"type": kind, "status": "True", "lastTransitionTime": when}
        for kind, when in moments.items()
    ]


def pod(name: str, spec: dict[str, Any] | None = None, **status: Any) -> dict[str, Any]:
    return {
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "shop",
            "ownerReferences": [
                {"kind": "StatefulSet", "name": "db", "apiVersion": "apps/v1", "controller": True}
            ],
        },
        "spec": {
            "nodeName": "n1",
            "containers": [{"name": "main", "resources": {"requests": {"cpu": "1"}}}],
        }
        | (spec or {}),
        "status": {"phase": "Running"} | status,
    }


def read(*objects: dict[str, Any]) -> Cluster:
    listed = {"kind": "List", "apiVersion": "v1", "items": [NODE, *objects]}
    return read_cluster([("c.json", json.dumps(listed).encode())])


def start_up(*objects: dict[str, Any]) -> list[float | None]:
    return [each.start_up_seconds for each in read(*objects).pods]


def ready_at(minute: int) -> list[dict[str, str]]:
    """Scheduled at 12:00, its containers ready at 12:05."""
    return conditions(PodScheduled=since(0), ContainersReady=since(5), Ready=since(minute))


STARTED = ready_at(5)


def test_conditions_tell_each_pod_its_own() -> None:
    """From scheduled to ready; pods that are alike otherwise are read once, but for this."""
    slow = pod("db-0", conditions=STARTED)
    quick = pod("db-1", conditions=conditions(PodScheduled=since(0), Ready=since(0, 20)))
    unknown = pod("db-2")
    assert start_up(slow, quick, unknown) == [300.0, 20.0, None]


@pytest.mark.parametrize(
    ("status", "seconds"),
    [
        ({"containerStatuses": [{"name": "main", "restartCount": 2}]}, None),
        ({"containerStatuses": [{"name": "main", "restartCount": 0}]}, 300.0),
        # the node was silent at 12:40: its pods became ready again, though they went on
        ({"conditions": ready_at(40)}, 300.0),
        # a readiness gate, such as a load balancer's target, is part of starting
        ({"conditions": ready_at(7) + conditions(gate=since(7))}, 420.0),
        ({"conditions": conditions(PodScheduled=since(9), Ready=since(5))}, None),
        ({"conditions": conditions(PodScheduled="soon", Ready=since(5))}, None),
        ({"conditions": conditions(PodScheduled=since(0))}, None),
    ],
)
def test_only_a_start_that_was_seen_counts(status: dict[str, Any], seconds: float | None) -> None:
    """Restarts and odd times tell nothing; a readiness gate is part of it."""
    assert start_up(pod("db-0", **({"conditions": STARTED} | status))) == [seconds]


def test_probes_and_controllers_tell_where_nothing_was_seen() -> None:
    """The longest initial delay, and how long it must be ready to count as available."""
    probes = {
        "startupProbe": {"initialDelaySeconds": 45, "tcpSocket": {"port": 1}},
        "readinessProbe": {"initialDelaySeconds": 90, "tcpSocket": {"port": 1}},
        "livenessProbe": {"initialDelaySeconds": 600, "tcpSocket": {"port": 1}},
    }
    probed = pod("db-0", {"containers": [{"name": "main"} | probes]})
    controller = {
        "kind": "StatefulSet",
        "metadata": {"name": "db", "namespace": "shop"},
        "spec": {"minReadySeconds": 30},
    }
    assert start_up(probed) == [90.0]
    assert start_up(probed, controller) == [120.0]
    seen = (pod(f"db-{at}", conditions=STARTED) for at in range(2))
    assert start_up(*seen, controller) == [330.0, 330.0]


@pytest.mark.parametrize(
    "odd", ["5", [], {"initialDelaySeconds": "5"}, {"initialDelaySeconds": -1}]
)
def test_an_odd_probe_costs_nobody_a_pod(odd: object) -> None:
    """It decides nothing but what a move costs: the pod is read without it."""
    cluster = read(pod("db-0", {"containers": [{"name": "main", "readinessProbe": odd}]}))
    assert [each.start_up_seconds for each in cluster.pods] == [None]
