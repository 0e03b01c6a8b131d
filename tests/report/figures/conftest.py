"""Clusters and outcomes to draw."""

from __future__ import annotations

import pytest

from kytos.cluster import CPU, MEMORY, PODS, ZONE, Cluster, Node, Pod

GIB = 2**30


@pytest.fixture
def three_nodes() -> Cluster:
    """Two zones; `full` is over its CPU, `half` is half used, `idle` is empty."""
    room = {CPU: 4000, MEMORY: 8 * GIB, PODS: 10}
    return Cluster(
        name="three",
        nodes=(
            Node(name="full", allocatable=room, labels={ZONE: "zone-b"}, price_per_hour=0.2),
            Node(name="half", allocatable=room, labels={ZONE: "zone-a"}),
            Node(name="idle", allocatable=room, unschedulable=True),
        ),
        pods=(
            Pod(id="shop/web-1", name="web-1", node="full", requests={CPU: 3000, MEMORY: GIB}),
            Pod(id="shop/web-2", name="web-2", node="full", requests={CPU: 2000, MEMORY: GIB}),
            Pod(id="shop/db", name="db", node="half", requests={CPU: 2000, MEMORY: 4 * GIB}),
        ),
    )


@pytest.fixture
def hostile_names() -> Cluster:
    """Names that would be markup if they were drawn as they are."""
    name = "<img src=x onerror=alert(1)>"
    node = Node(name=name, allocatable={CPU: 1000, MEMORY: GIB, PODS: 10}, labels={ZONE: "<b>z"})
    pod = Pod(id="<a href='http://evil'>pod", name="p", node=name, requests={CPU: 100})
    return Cluster(nodes=(node,), pods=(pod,))


@pytest.fixture
def thousand_nodes() -> Cluster:
    """A thousand nodes in three zones with twenty pods each."""
    room = {CPU: 32000, MEMORY: 64 * GIB, PODS: 110}
    nodes = tuple(
        Node(name=f"node-{i:04}", allocatable=room, labels={ZONE: f"zone-{i % 3}"})
        for i in range(1000)
    )
    pods = tuple(
        Pod(
            id=f"team-{i % 7}/some-service-with-a-long-name-{i:05}",
            name=str(i),
            node=nodes[i % 1000].name,
            requests={CPU: 1000, MEMORY: GIB},
        )
        for i in range(20_000)
    )
    return Cluster(nodes=nodes, pods=pods)
