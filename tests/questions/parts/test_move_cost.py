"""What a move costs, against the order people expect."""

from __future__ import annotations

import pytest

from kytos.cluster import Owner, Pod
from kytos.questions.parts.move_cost import DELETION_COST, LEAST, move_cost


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
