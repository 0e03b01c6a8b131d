"""What a move costs, against the order people expect."""

from __future__ import annotations

import pytest

from kytos.cluster import Cluster, Node, Owner, Pod
from kytos.questions.parts.move_cost import DELETION_COST, LEAST, MoveCosts, move_cost


def pod(**fields: object) -> Pod:
    return Pod(id="shop/web-1", name="web-1", **fields)


def test_an_ordinary_pod_costs_one() -> None:
    """Priority 0, no annotation, a Deployment: exactly one ordinary move."""
    assert move_cost(pod(owner=Owner(kind="Deployment", name="web"))) == 1.0


@pytest.mark.parametrize(
    ("cheaper", "dearer"),
    [
        (pod(priority=0), pod(priority=100)),
        (pod(priority=100), pod(priority=1_000_000)),
        (pod(priority=-10), pod(priority=0)),
        (pod(annotations={DELETION_COST: "-100"}), pod()),
        (pod(), pod(annotations={DELETION_COST: "100"})),
        (pod(), pod(owner=Owner(kind="StatefulSet", name="db"))),
        (pod(owner=Owner(kind="StatefulSet", name="db")), pod(owner=Owner(kind="Job", name="j"))),
    ],
)
def test_what_minds_more_costs_more(cheaper: Pod, dearer: Pod) -> None:
    """Priority, deletion cost and the owner each raise the cost."""
    assert move_cost(cheaper) < move_cost(dearer)


def test_the_users_figure_wins() -> None:
    """A given move cost is taken as it is, zero included."""
    assert move_cost(pod(priority=1_000_000_000, move_cost=0.0)) == 0.0


def test_no_pod_is_free_to_move() -> None:
    """The lowest priority and deletion cost together still leave a cost."""
    least = pod(priority=-(2**31), annotations={DELETION_COST: str(-(2**31) + 1)})
    assert move_cost(least) == LEAST


def test_an_unreadable_deletion_cost_counts_as_none() -> None:
    """A file may carry what the API server would refuse."""
    assert move_cost(pod(annotations={DELETION_COST: "soon"})) == 1.0


@pytest.mark.parametrize(
    ("seconds", "cost"), [(None, 1.0), (5.0, 1.0), (30.0, 1.0), (90.0, 2.0), (86_400.0, 11.0)]
)
def test_a_slow_start_costs_a_move_a_minute(seconds: float | None, cost: float) -> None:
    """Half a minute is in an ordinary move; hours are no start, and cost no more than ten."""
    assert move_cost(pod(), start_up_s=seconds) == cost


def test_replicas_of_a_service_cost_alike(two_replicas_and_a_slow_one: Cluster) -> None:
    """One of them pulled an image first: the median counts, and each says why it costs more."""
    costs = MoveCosts.of(two_replicas_and_a_slow_one)
    pods = two_replicas_and_a_slow_one.pods
    assert [costs(each) for each in pods] == [2.0, 2.0, 2.0]
    assert costs.why(pods[0]) == ("takes 90 s to start",)
    assert costs.why(pod(priority=5, move_cost=3.0)) == ("as given",)


@pytest.fixture
def two_replicas_and_a_slow_one() -> Cluster:
    """Three replicas that took 80, 90 and 900 seconds."""
    return Cluster(
        name="c",
        nodes=(Node(name="n", allocatable={"cpu": 1000, "memory": 1000, "pods": 10}),),
        pods=tuple(
            Pod(id=f"p{at}", name=f"p{at}", node="n", service="s", start_up_seconds=seconds)
            for at, seconds in enumerate((80.0, 90.0, 900.0))
        ),
    )
