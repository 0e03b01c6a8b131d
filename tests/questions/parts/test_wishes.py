"""Safety lines, balance, zones, company, overlap and dearer moves, asked of small clusters."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from kytos.cluster import Cluster
from kytos.contract.weights import Weights
from kytos.errors import RequestRefused
from kytos.problem import Problem
from kytos.questions.rebalance import (
    RebalanceOutcome,
    RebalanceRequest,
    pinned_pods,
    rebalance,
    rebalance_problem,
)
from tests.questions.small import QUICK, cluster, node, pod

MOVES_ARE_FREE = Weights(C=0.0, D=0.0)


def asked(where: Cluster, **wishes: Any) -> Problem:
    request = RebalanceRequest.model_validate(wishes)
    return rebalance_problem(where, request, pinned_pods(where, request))


def plan(where: Cluster, weights: Weights = MOVES_ARE_FREE, **wishes: Any) -> RebalanceOutcome:
    return rebalance(where, RebalanceRequest.model_validate(wishes), weights=weights, params=QUICK)


GPU = "nvidia.com/gpu"


@pytest.fixture
def six_small() -> Cluster:
    """Three zones of one node each, of 1,000 millicores and 4 GPUs; two pods of 300 on each."""
    nodes = [node(f"n{at}", zone=f"z{at}") for at in range(3)]
    nodes = [one.model_copy(update={"allocatable": {**one.allocatable, GPU: 4}}) for one in nodes]
    pods = [
        pod(f"{service}-{at}", f"n{at}", 300, service=service)
        for at in range(3)
        for service in ("web", "db")
    ]
    pods = [one.model_copy(update={"requests": {**one.requests, GPU: 1}}) for one in pods]
    return cluster(nodes, pods)


def test_left_out_nothing_is_another_problem(six_small: Cluster) -> None:
    """Defaults leave the problem as it was, rules and all."""
    problem = asked(six_small)
    assert problem.safety is None
    assert problem.overlap is None
    assert (problem.balances, problem.locations, problem.most_moved_cost) == ((), (), 0.0)


def test_a_safety_line_keeps_a_node_from_being_freed(six_small: Cluster) -> None:
    """1,800 of 3,000 fit on two nodes, full to 90 %: above a line at 70 % that costs too much."""
    assert len(plan(six_small).freed_nodes) == 1
    lined = plan(six_small, safety_lines={"cpu": 0.7}, safety_weight=2.0)
    assert lined.freed_nodes == ()
    assert any("QUBO" in told for told in lined.solver.messages)


def test_a_line_holds_any_resource(six_small: Cluster) -> None:
    """The line is at two GPUs of four, and a node with all four in use costs as much as a node."""
    problem = asked(six_small, safety_lines={GPU: 0.5})
    assert problem.safety is not None
    gpu = problem.resources.index(GPU)
    assert problem.safety.line[:, gpu].tolist() == [2, 2, 2]
    held = np.zeros_like(problem.capacity)
    held[0, gpu] = 4
    assert problem.safety.total(held) == pytest.approx(problem.price.mean())


def test_a_service_stays_in_so_many_zones(six_small: Cluster) -> None:
    """All six fit on two nodes, but web keeps three zones, so no node goes."""
    kept = plan(six_small, least_zones={"web": 3})
    zones = {kept.placement[f"web-{at}"] for at in range(3)}
    assert len(zones) == 3
    assert kept.freed_nodes == ()
    assert len(plan(six_small, least_zones={"web": 2}).freed_nodes) == 1


def test_pods_go_only_where_their_company_runs() -> None:
    """a could share the full node of c, were it not for b, which stays where it is."""
    nodes = [node("n0", zone="z0"), node("n1", zone="z0"), node("n2", zone="z1")]
    pods = [
        pod("a", "n0", 200, service="a"),
        pod("b", "n1", 500, service="b", movable=False),
        pod("c", "n2", 700, service="c", movable=False),
    ]
    where = cluster(nodes, pods)
    near = plan(where, run_near=[{"service": "a", "near": "b"}])
    assert near.placement["a"] == "n1"
    problem = asked(where, run_near=[{"service": "a", "near": "b"}])
    (rule,) = problem.presences
    assert rule.rule == "run_near: a beside b"
    assert problem.tallies[rule.targets].fixed.tolist() == [1, 0]


def test_what_moves_finds_room_while_the_old_place_is_held() -> None:
    """Two pods that could only change places stay where they are."""
    nodes = [node("n0", price_per_hour=1.0), node("n1", price_per_hour=1.0)]
    where = cluster(nodes, [pod("a", "n0", 600), pod("b", "n1", 500)])
    problem = asked(where, overlap=["cpu"])
    assert problem.overlap is not None
    assert problem.overlap.tolist() == [name == "cpu" for name in problem.resources]
    assert plan(where, overlap=["cpu"], mode="spread").moves == ()


def test_moves_are_spread_over_services_where_one_that_moves_much_is_dear() -> None:
    """Two of four pods must leave a full node: one of each service, not two of one."""
    nodes = [node("n0"), node("n1")]
    pods = [pod(f"{service}-{at}", "n0", 200, service=service) for service in "ab" for at in (0, 1)]
    where = cluster(nodes, pods)
    dear = plan(where, Weights(D=0.0), mode="spread", service_move_cost=1.0)
    assert Counter(move.pod[0] for move in dear.moves) == {"a": 1, "b": 1}


def test_a_move_into_another_zone_costs_beside() -> None:
    """Of two equal nodes to go to, the one in the zone of today is taken."""
    nodes = [node("n0", zone="z0"), node("n1", zone="z1"), node("n2", zone="z0")]
    where = cluster(nodes, [pod("a", "n0", 400), pod("b", "n0", 400)])
    moved = plan(where, Weights(D=0.0), mode="spread", zone_move_cost=2.0)
    assert {move.target for move in moved.moves} == {"n2"}


def test_what_stays_free_is_balanced_as_the_nodes_have_it() -> None:
    """Left out, the proportion is that of all nodes: cpu alone does not stay free on one."""
    nodes = [node("n0"), node("n1")]
    pods = [
        pod("cpu-0", "n0", 400, 0),
        pod("cpu-1", "n0", 400, 0),
        pod("mem-0", "n1", 0, 400),
        pod("mem-1", "n1", 0, 400),
    ]
    where = cluster(nodes, pods)
    problem = asked(where, balance=[{"first": "cpu", "second": "memory"}])
    (balance,) = problem.balances
    assert balance.parts == 1
    assert balance.total(problem.allocatable - problem.initial_held) == pytest.approx(
        0.8 * problem.price.mean()
    )
    even = plan(where, balance=[{"first": "cpu", "second": "memory"}], mode="spread")
    here = Counter(even.placement.values())
    assert here == {"n0": 2, "n1": 2}
    assert even.placement["cpu-0"] != even.placement["cpu-1"]


@pytest.mark.parametrize(
    ("wishes", "field"),
    [
        ({"safety_lines": {"gpu": 0.5}}, "safety_lines.gpu"),
        ({"overlap": ["gpu"]}, "overlap[0]"),
        ({"balance": [{"first": "cpu", "second": "gpu"}]}, "balance[0].second"),
        ({"balance": [{"first": "cpu", "second": "memory", "parts": 0.4}]}, "balance[0]"),
        ({"least_zones": {"nobody": 2}}, "least_zones.nobody"),
        ({"run_near": [{"service": "web", "near": "nobody"}]}, "run_near[0].near"),
        ({"run_near": [{"service": "web", "near": "web"}]}, "run_near[0]"),
        ({"run_near": [{"service": "web", "near": "db", "by": "row"}]}, "run_near[0].by"),
    ],
)
def test_what_the_cluster_has_not_is_refused_by_its_field(
    six_small: Cluster, wishes: dict[str, Any], field: str
) -> None:
    """Nothing that was asked is passed over in silence."""
    with pytest.raises(RequestRefused) as refused:
        asked(six_small, **wishes)
    assert refused.value.where == field
