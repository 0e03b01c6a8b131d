"""What a move is worth against a node: by the work it is, not by the pods it is counted in."""

from __future__ import annotations

import pytest

from kytos.cluster import Cluster, Owner
from kytos.contract.weights import Weights, exchange_rates
from kytos.problem import LoadMode
from kytos.questions.parts.build_problem import build_problem
from kytos.questions.rebalance import (
    RebalanceRequest,
    moves_worth_a_node,
    pinned_pods,
    rebalance,
    rebalance_problem,
)
from tests.questions.small import QUICK, cluster, node, pod


def in_pods_of(size: int, nodes: int = 5, load: int = 300) -> Cluster:
    """Equal nodes at 30%, the load of each in pods of one size."""
    names = [f"n{at}" for at in range(nodes)]
    pods = [pod(f"{name}-{at}", name, size, size) for name in names for at in range(load // size)]
    return cluster([node(name) for name in names], pods)


@pytest.mark.parametrize("size", [150, 30, 12])
def test_the_same_load_frees_the_same_nodes_in_whatever_pods(size: int) -> None:
    """Two pods a node or 25: two of five nodes suffice, and the default weights go there."""
    outcome = rebalance(in_pods_of(size), params=QUICK)
    assert outcome.metrics.after.nodes_in_use == 2


@pytest.mark.parametrize(("size", "worth"), [(150, 10.0), (100, 10.0), (30, 30.0), (12, 75.0)])
def test_freeing_a_node_is_worth_three_times_its_pods(size: int, worth: float) -> None:
    """At least ten moves, so that clusters of few pods behave as they did."""
    given = in_pods_of(size)
    problem = rebalance_problem(given, RebalanceRequest(), ())
    assert problem.moves_per_node == pytest.approx(worth)
    assert moves_worth_a_node(given, RebalanceRequest()) == pytest.approx(worth)
    rates = exchange_rates(problem)
    assert rates.cost == pytest.approx(1 / worth)
    assert rates.affinity == pytest.approx(rates.cost / 2)


def test_the_page_and_the_problem_agree_where_nodes_are_held() -> None:
    """Pinned pods, kept nodes and DaemonSets are taken alike by both."""
    given = in_pods_of(12)
    daemon = Owner(kind="DaemonSet", name="d")
    more = (pod("own", "n0", movable=False), pod("d-1", "n1", owner=daemon))
    given = given.replace(pods=given.pods + more)
    request = RebalanceRequest(keep_nodes=("n2",))
    problem = rebalance_problem(given, request, pinned_pods(given, request))
    assert moves_worth_a_node(given, request) == pytest.approx(problem.moves_per_node)


def test_unknown_prices_go_by_size() -> None:
    """A node four times as large costs four times as much; 1 each where none is known."""
    nodes = [node("a"), node("b"), node("c", cpu=4000, memory=4000)]
    unknown = build_problem(cluster(nodes, []), [], mode=LoadMode.CONSOLIDATE)
    assert unknown.price.tolist() == [1.0, 1.0, 1.0]
    priced = [node("a", price_per_hour=0.2), *nodes[1:]]
    partly = build_problem(cluster(priced, []), [], mode=LoadMode.CONSOLIDATE)
    assert partly.price.tolist() == pytest.approx([0.2, 0.2, 0.8])
    alike = build_problem(cluster([node(name) for name in "abc"], []), [], mode=LoadMode.SPREAD)
    assert alike.price.tolist() == [1.0, 1.0, 1.0]


def test_the_only_replica_of_a_service_costs_twice_a_move() -> None:
    """Of a manifest's pods; a request body's pods, which have no owner, cost 1 as ever."""
    pods = [
        pod("web-1", "a", service="web"),
        pod("web-2", "b", service="web"),
        pod("db-1", "a", service="db"),
        pod("plain", "a", service="alone", owner=None, movable=True),
    ]
    problem = build_problem(cluster([node("a"), node("b")], pods), pods, mode=LoadMode.CONSOLIDATE)
    assert problem.move_cost.tolist() == [1.0, 1.0, 2.0, 1.0]


def test_the_answer_says_within_what_time_a_move_pays_back() -> None:
    """Three days at the sliders' middle, half of that where moves cost twice as much."""
    given = in_pods_of(150)
    assert rebalance(given, params=QUICK).pay_back_days == 3.0
    dearer = rebalance(given, params=QUICK, weights=Weights(C=2.0))
    assert dearer.pay_back_days == 1.5
