"""The referee against numbers worked out by hand and a second implementation in plain loops."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kytos.contract.weights import Weights, exchange_rates
from kytos.problem import UNPLACED, LoadMode, Problem
from kytos.referee.energy import energy, excess, rank
from tests.problems import problems, random_placement, random_problem, seeds


@pytest.fixture
def two_nodes() -> Problem:
    """Pods of 2 and 4 millicores on the first of two nodes of 8 and 4; no memory asked."""
    plain = random_problem(1, 2, 2, LoadMode.SPREAD, rules=False, traffic=False, waiting=0.0)
    offered = np.array([[8, 8, 9], [4, 8, 9]])
    request = np.array([[2, 0, 1], [4, 0, 1]])
    return replace(
        plain,
        allocatable=offered,
        capacity=offered,
        fixed=np.zeros((2, 3), dtype=np.int64),
        request=request,
        load_allocatable=offered[:, :2].astype(float),
        load_fixed=np.zeros((2, 2)),
        load_request=request[:, :2].astype(float),
        current=np.zeros(2, dtype=np.int64),
        allowed=np.ones((2, 2), dtype=np.bool_),
        must_place=np.zeros(2, dtype=np.bool_),
        desire=np.array([100.0, 200.0]),
        move_cost=np.array([1.0, 3.0]),
        service=np.zeros(2, dtype=np.int64),
        service_fixed=np.zeros((3, 2), dtype=np.int64),
        usable=np.ones(2, dtype=np.bool_),
        price=np.array([2.0, 1.0]),
        held_open=np.zeros(2, dtype=np.bool_),
        zone_pairs=False,
        node_cost=None,
        preference=None,
        tallies=(),
        pairings=(),
    )


@pytest.mark.parametrize(
    ("mode", "placement", "load", "cost", "affinity", "constraint"),
    [
        (LoadMode.SPREAD, (0, 0), 0.25**2 + 0.5**2, 0, 0.01, 0),
        (LoadMode.SPREAD, (1, 0), 0.0, 0.01, 0, 0),
        (LoadMode.SQUARES, (0, 1), 0.25**2 + 1, 0.03, 0, 0),
        (LoadMode.SQUARES, (1, 1), 1.5**2, 0.04, 0.01, 0.5**2),
        (LoadMode.CONSOLIDATE, (0, 0), 2, 0, 1.5 / 20, 0),
        (LoadMode.CONSOLIDATE, (UNPLACED, 1), 1, 4 * 1.5 / 10, 0, 100),
        (LoadMode.CONSOLIDATE, (UNPLACED, UNPLACED), 0, 4 * 1.5 / 10, 0, 300),
    ],
)
def test_terms_by_hand(two_nodes, mode, placement, load, cost, affinity, constraint):
    """Each term in its own units times its exchange rate; the total adds the sliders."""
    problem = replace(two_nodes, mode=mode)
    terms = energy(problem, Weights(A=2, B=3, C=5, D=7), np.array(placement))
    assert terms.load == pytest.approx(load)
    assert terms.cost == pytest.approx(cost)
    assert terms.affinity == pytest.approx(affinity)
    assert terms.constraint == pytest.approx(constraint)
    assert terms.total == pytest.approx(2 * constraint + 3 * load + 5 * cost + 7 * affinity)


def test_excess_at_the_start_is_free_and_growth_is_not(two_nodes):
    """The bound is what was held at the start where that is above capacity."""
    problem = replace(two_nodes, capacity=np.array([[4, 8, 9], [4, 8, 9]]))
    assert excess(problem, np.array([0, 0])).sum() == 0
    assert excess(replace(problem, current=np.array([0, 1])), np.array([0, 0]))[0, 0] == 2 / 8


def test_excess_where_nothing_is_offered_is_in_units(two_nodes):
    """Nothing allocatable: each unit above the start counts whole, and H_load leaves it out."""
    offered = two_nodes.allocatable.copy()
    offered[1, 0] = 0
    problem = replace(
        two_nodes,
        allocatable=offered,
        capacity=offered,
        load_allocatable=offered[:, :2].astype(float),
        mode=LoadMode.SQUARES,
    )
    terms = energy(problem, Weights(), np.array([0, 1]))
    assert terms.constraint == 16
    assert terms.load == pytest.approx(0.25**2)


@settings(max_examples=120, deadline=None)
@given(problems(), seeds, st.booleans())
def test_second_implementation_agrees(problem, seed, zone_pairs):
    """Load, cost and affinity of any placement, spelt out pod by pod and pair by pair."""
    problem = replace(problem, zone_pairs=zone_pairs)
    placement = random_placement(problem, seed)
    terms, rates = energy(problem, Weights(), placement), exchange_rates(problem)
    assert terms.load == pytest.approx(slow_load(problem, placement))
    assert terms.cost == pytest.approx(rates.cost * slow_cost(problem, placement))
    assert terms.affinity == pytest.approx(rates.affinity * slow_affinity(problem, placement))


def slow_load(problem: Problem, placement: np.ndarray) -> float:
    if problem.mode is LoadMode.CONSOLIDATE:
        used = set(placement.tolist()) | set(np.flatnonzero(problem.held_open).tolist())
        return sum(problem.price[node] for node in used - {UNPLACED})
    spread = problem.mode is LoadMode.SPREAD
    nodes = [node for node in range(len(problem.nodes)) if problem.usable[node] or not spread]
    total = 0.0
    for resource in (0, 1):
        offered = sum(problem.load_allocatable[node, resource] for node in nodes)
        wanted = sum(problem.load_fixed[node, resource] for node in nodes)
        wanted += sum(problem.load_request[:, resource])
        mean = wanted / offered if spread and offered else 0.0
        for node in nodes:
            if problem.load_allocatable[node, resource]:
                load = problem.load_fixed[node, resource]
                load += sum(problem.load_request[placement == node, resource])
                total += (load / problem.load_allocatable[node, resource] - mean) ** 2
    return total


def slow_cost(problem: Problem, placement: np.ndarray) -> float:
    total = 0.0
    for pod, node in enumerate(placement):
        if problem.current[pod] not in (UNPLACED, node):
            total += problem.move_cost[pod]
        if node != UNPLACED and problem.node_cost is not None:
            total += problem.node_cost[pod, node]
    if problem.traffic is not None:
        for (first, second), weight in zip(
            problem.traffic.pairs, problem.traffic.weight, strict=True
        ):
            if UNPLACED not in (placement[first], placement[second]):
                total += weight * problem.traffic.latency[placement[first], placement[second]]
    return total


def slow_affinity(problem: Problem, placement: np.ndarray) -> float:
    """Replicas outside the problem are written out one by one as (service, node)."""
    replicas = [
        (problem.service[pod], node)
        for pod, node in enumerate(placement)
        if node != UNPLACED and problem.service[pod] >= 0
    ]
    for (service, node), count in np.ndenumerate(problem.service_fixed):
        replicas += [(service, node)] * int(count)
    total = 0.0
    for (first, here), (second, there) in combinations(replicas, 2):
        if first == second:
            total += here == there
            zones = problem.zone[here], problem.zone[there]
            total += problem.zone_pairs and zones[0] == zones[1] != -1
    for pairing in problem.pairings:
        carriers, targets = problem.tallies[pairing.carriers], problem.tallies[pairing.targets]
        domains = [carriers.domain[node] if node != UNPLACED else -1 for node in placement]
        for domain in range(len(carriers.fixed)):
            first = [pod for pod, d in enumerate(domains) if d == domain and carriers.members[pod]]
            second = [pod for pod, d in enumerate(domains) if d == domain and targets.members[pod]]
            first += [f"fixed {number}" for number in range(carriers.fixed[domain])]
            second += [f"bound {number}" for number in range(targets.fixed[domain])]
            if pairing.carriers == pairing.targets:
                total += pairing.weight * len(list(combinations(first, 2)))
            else:
                total += pairing.weight * sum(one != other for one in first for other in second)
    if problem.preference is not None:
        total += sum(
            problem.preference[pod, node] for pod, node in enumerate(placement) if node != UNPLACED
        )
    return total


def test_ties_go_to_the_lower_peak_then_to_fewer_moves(two_nodes: Problem) -> None:
    """With moves and load free all placements tie: the lowest peak wins, then what moves less."""
    free = Weights(A=1, B=0, C=0, D=0)
    both, small_away, large_away = (
        np.array(placement, dtype=np.int64) for placement in ([0, 0], [1, 0], [0, 1])
    )
    # Of 8 and 4 millicores: 6/8; 4/8 beside 2/4; 2/8 beside 4/4.
    ranks = [rank(two_nodes, free, placement) for placement in (both, small_away, large_away)]
    assert [each[2] for each in ranks] == [0.75, 0.5, 1.0]
    assert min(ranks) == ranks[1]
    roomy = replace(two_nodes, allocatable=two_nodes.allocatable * np.array([1000, 1, 1000])[None])
    level = replace(roomy, request=roomy.request * 0)
    assert rank(level, free, both) < rank(level, free, small_away)
