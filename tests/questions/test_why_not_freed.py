"""What keeps each node, checked by making the change that is told and solving again."""

from __future__ import annotations

from typing import Any

import pytest

from kytos.cluster import Cluster, DisruptionBudget
from kytos.contract.weights import Weights
from kytos.questions.rebalance import RebalanceOutcome, RebalanceRequest, rebalance
from kytos.questions.why_not_freed import Keeper, NodeStays
from tests.questions.small import QUICK, cluster, node, pod


def answer(given: Cluster, weights: Weights = Weights(), **asked: Any) -> RebalanceOutcome:
    request = RebalanceRequest.model_validate({"why_not_freed": True, **asked})
    return rebalance(given, request, params=QUICK, weights=weights)


def why(outcome: RebalanceOutcome, name: str) -> NodeStays:
    (told,) = [stays for stays in outcome.why_not_freed or () if stays.node == name]
    return told


@pytest.fixture
def a_and_b() -> Cluster:
    """Two nodes at 45% each."""
    nodes = [node("a", price_per_hour=0.1), node("b", price_per_hour=0.1)]
    return cluster(nodes, [pod(f"{at}-{i}", at, 150, 100) for at in "ab" for i in range(3)])


def test_headroom_keeps_it_and_less_of_it_frees_it(a_and_b: Cluster) -> None:
    """At 85% nothing fits; raised to 100%, the node named comes free."""
    outcome = answer(a_and_b, max_utilization=0.85)
    assert {why(outcome, name).keeper for name in "ab"} == {Keeper.HEADROOM}
    assert answer(a_and_b).metrics.after.nodes_in_use == 1


def test_a_kept_node_and_a_pinned_pod_are_told(a_and_b: Cluster) -> None:
    """The mark, and the pod with its reason."""
    outcome = answer(a_and_b, keep_nodes=["a"], must_stay=["b-0"])
    assert why(outcome, "a").keeper is Keeper.KEPT
    pinned = why(outcome, "b")
    assert (pinned.keeper, pinned.pods) == (Keeper.POD, ("b-0",))
    assert "it is set to stay" in pinned.reason


def test_the_fewest_pods_that_keep_it_are_named() -> None:
    """One pod of b is too large for a; without it b comes free."""
    nodes = [node("a"), node("b")]
    pods = [pod("a-0", "a", 600), pod("b-0", "b", 500), pod("b-1", "b", 100)]
    given = cluster(nodes, [*pods, pod("a-1", "a", 100, movable=False)])
    told = why(answer(given), "b")
    assert (told.keeper, told.pods, told.proven) == (Keeper.ROOM, ("b-0",), True)
    without = given.replace(pods=tuple(each for each in given.pods if each.id != "b-0"))
    assert answer(without).freed_nodes == ("b",)


def test_the_price_told_is_where_freeing_it_pays(a_and_b: Cluster) -> None:
    """Just below the C that is told the node comes free, just above it does not."""
    dear = answer(a_and_b, Weights(C=10.0))
    told = [why(dear, name) for name in "ab"]
    assert {one.keeper for one in told} == {Keeper.PRICE}
    pays_at = max(one.cost_weight or 0.0 for one in told)
    assert 0 < pays_at < 10
    assert answer(a_and_b, Weights(C=pays_at * 0.99)).metrics.after.nodes_in_use == 1
    assert answer(a_and_b, Weights(C=pays_at * 1.01)).metrics.after.nodes_in_use == 2


def test_max_moves_is_told(a_and_b: Cluster) -> None:
    """Three moves free a node, two do not."""
    assert why(answer(a_and_b, max_moves=2), "a").keeper is Keeper.MAX_MOVES
    assert answer(a_and_b, max_moves=3).metrics.after.nodes_in_use == 1


def test_a_budget_is_told() -> None:
    """It allows two evictions and the node has three of its pods."""
    nodes = [node("a"), node("b")]
    pods = [pod(f"{at}-{i}", at, 150, 100, labels={"app": "x"}) for at in "ab" for i in range(3)]
    given = cluster(nodes, pods, budgets=(_budget(2),))
    told = why(answer(given), "a")
    assert told.keeper is Keeper.BUDGET
    assert "two-at-once" in told.reason
    assert answer(given.replace(budgets=(_budget(3),))).metrics.after.nodes_in_use == 1


def _budget(allowed: int) -> DisruptionBudget:
    return DisruptionBudget.model_validate(
        {
            "name": "two-at-once",
            "namespace": "default",
            "selector": {"requirements": ()},
            "disruptions_allowed": allowed,
        }
    )


def test_karpenter_and_the_gap_are_told_in_the_users_units(a_and_b: Cluster) -> None:
    """Half the price for half of all disruption is a score of 1; what is optimal has no better."""
    outcome = answer(a_and_b)
    assert outcome.karpenter is not None
    assert (outcome.karpenter.saved_share, outcome.karpenter.disrupted_share) == (0.5, 0.5)
    assert (outcome.karpenter.score, outcome.karpenter.acts) == (1.0, True)
    assert outcome.karpenter.acts_from_share == 0.25
    assert outcome.karpenter.acts_from_per_hour == pytest.approx(0.05)
    assert "for this disruption from 25.0% ($0.05/h) saved" in outcome.karpenter.sentence
    assert outcome.possible is not None
    assert outcome.possible.sentence == "Nothing better is possible at these weights."
