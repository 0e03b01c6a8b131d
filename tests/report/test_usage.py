"""What nodes hold, counted another way."""

from __future__ import annotations

import pytest

from kytos.cluster import CPU, MEMORY, PODS, Cluster, Node, Phase, Pod
from kytos.questions.parts.prices import prices_by_size
from kytos.report.usage import summarise, usage

GIB = 2**30


@pytest.fixture
def mixed() -> Cluster:
    """Running, finished and waiting pods, load from elsewhere, a resized pod and a GPU."""
    return Cluster(
        nodes=(
            Node(
                name="a",
                allocatable={CPU: 4000, MEMORY: 8 * GIB, PODS: 10, "nvidia.com/gpu": 2},
                current_load={CPU: 500},
                price_per_hour=1.0,
            ),
            Node(name="b", allocatable={CPU: 0, MEMORY: 8 * GIB, PODS: 10}, price_per_hour=2.0),
            Node(
                name="c",
                allocatable={CPU: 4000, MEMORY: GIB, PODS: 10},
                provisioned=False,
            ),
        ),
        pods=(
            Pod(id="run", name="run", node="a", requests={CPU: 1000, "nvidia.com/gpu": 1}),
            Pod(id="resized", name="r", node="a", requests={CPU: 100}, held={CPU: 200}),
            Pod(id="done", name="d", node="a", requests={CPU: 9000}, phase=Phase.SUCCEEDED),
            Pod(id="wait", name="w", phase=Phase.PENDING, requests={CPU: 9000}),
        ),
    )


def test_held_is_what_pods_hold_and_load_from_elsewhere(mixed: Cluster) -> None:
    """Finished and waiting pods hold nothing; a resized pod holds what it was resized to."""
    found = usage(mixed)
    assert found.resources == (CPU, MEMORY, PODS, "nvidia.com/gpu")
    assert found.held[0].tolist() == [1700, 0, 2, 1]


def test_share_of_nothing_offered_is_not_a_number(mixed: Cluster) -> None:
    """A node without CPU is neither empty nor full."""
    share = usage(mixed).share
    assert share[0, 0] == pytest.approx(0.425)
    assert share[1, 0] != share[1, 0]


def test_summary_counts_provisioned_nodes_and_all_pods(mixed: Cluster) -> None:
    """What can be bought is neither counted nor priced."""
    found = summarise(mixed)
    assert (found.nodes, found.cpu_held, found.cpu_offered) == (2, 1700, 4000)
    assert (found.running, found.pending, found.finished) == (2, 1, 1)
    assert found.price_per_hour == 3.0


def test_an_unknown_price_is_taken_by_size_as_in_every_answer(mixed: Cluster) -> None:
    """What `before` says is what the cluster is said to cost; with no price known none is told."""
    nodes = (mixed.nodes[0], mixed.nodes[1].model_copy(update={"price_per_hour": None}))
    summary = summarise(Cluster(nodes=nodes))
    assert summary.prices_assumed == 1
    assert summary.price_per_hour == pytest.approx(prices_by_size(nodes).sum())
    bare = tuple(node.model_copy(update={"price_per_hour": None}) for node in nodes)
    assert summarise(Cluster(nodes=bare)).price_per_hour is None
