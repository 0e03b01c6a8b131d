"""Resources, case by case."""

from __future__ import annotations

import pytest

from kytos.cluster import Cluster, Phase
from tests.rules.small import node, pod, said

GIB = 2**30


@pytest.mark.parametrize(
    ("requests", "reason"),
    [
        ({"cpu": 1000, "memory": GIB}, None),
        ({"cpu": 1001}, "insufficient cpu: needs 1001m, 1000m free"),
        (
            {"cpu": 2000, "memory": 4 * GIB},
            "insufficient cpu: needs 2000m, 1000m free; "
            "insufficient memory: needs 4.0 GiB, 1.0 GiB free",
        ),
        ({"example.com/fpga": 1}, "insufficient example.com/fpga: needs 1, 0 free"),
        ({"example.com/fpga": 0}, None),
    ],
)
def test_what_is_free_decides(requests: dict[str, int], reason: str | None) -> None:
    """An exact fit passes; a resource the node does not have is 0."""
    cluster = Cluster(
        nodes=(node("a", allocatable={"cpu": 3000, "memory": 2 * GIB, "pods": 9}),),
        pods=(pod("p", requests=requests), pod("q", "a", requests={"cpu": 2000, "memory": GIB})),
    )
    assert said(cluster, "default/p") == {"a": reason}


def test_a_zero_request_fits_an_overcommitted_node() -> None:
    """What is not asked for is not looked at; what is asked for says how much is over."""
    cluster = Cluster(
        nodes=(node("a", allocatable={"cpu": 1000, "memory": GIB, "pods": 9}),),
        pods=(
            pod("none", requests={"memory": 1}),
            pod("some", requests={"cpu": 1}),
            pod("q", "a", requests={"cpu": 1500}),
        ),
    )
    assert said(cluster, "default/none") == {"a": None}
    assert said(cluster, "default/some") == {
        "a": "insufficient cpu: needs 1m, the node is overcommitted by 500m"
    }


def test_who_holds_capacity() -> None:
    """Pods being deleted do, finished ones do not, other load does; a resize by what is held."""
    cluster = Cluster(
        nodes=(
            node("leaving", allocatable={"cpu": 10, "pods": 2}),
            node("finished", allocatable={"cpu": 10, "pods": 2}),
            node("loaded", allocatable={"cpu": 10, "pods": 2}, current_load={"cpu": 6}),
            node("resized", allocatable={"cpu": 10, "pods": 2}),
        ),
        pods=(
            pod("p", requests={"cpu": 5}),
            pod("l", "leaving", requests={"cpu": 6}, terminating=True),
            pod("f", "finished", requests={"cpu": 6}, phase=Phase.FAILED),
            pod("r", "resized", requests={"cpu": 6}, held={"cpu": 5}),
        ),
    )
    short = "insufficient cpu: needs 5m, 4m free"
    assert said(cluster, "default/p") == {
        "leaving": short,
        "finished": None,
        "loaded": short,
        "resized": None,
    }


def test_the_pod_count_and_the_pod_s_own_place() -> None:
    """A full node refuses newcomers; a pod that runs there has its own place back."""
    cluster = Cluster(
        nodes=(node("a", allocatable={"cpu": 10, "pods": 1}),),
        pods=(pod("p"), pod("q", "a", requests={"cpu": 10})),
    )
    assert said(cluster, "default/p") == {"a": "too many pods: 1 of 1"}
    assert said(cluster, "default/q") == {"a": None}
