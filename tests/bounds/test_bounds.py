"""Bounds against all placements of tiny problems, and what a certificate says about known cases."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kytos.bounds import (
    BoundSource,
    CertificateStatus,
    certificate,
    ended_by,
    lower_bound,
    relative_gap,
)
from kytos.contract.watch import StopReason
from kytos.contract.weights import Weights
from kytos.problem import UNPLACED, Exclusion, LoadMode, MoveLimit, Problem, Tally
from kytos.questions.parts.build_problem import superincreasing
from kytos.referee.energy import energy, score
from kytos.solvers.cpsat import solve_exact
from tests.brute_force import feasible_placements, lowest_score
from tests.problems import problems
from tests.solvers.baselines.test_baselines import equal_nodes

weights = st.builds(
    Weights,
    A=st.sampled_from([0.0, 1.0]),
    B=st.sampled_from([0.0, 1.0, 3.0]),
    C=st.sampled_from([0.0, 1.0, 2.0]),
    D=st.sampled_from([0.0, 1.0, 5.0]),
)
LOAD_ONLY = Weights(C=0.0, D=0.0)


@settings(max_examples=150, deadline=None)
@given(problems(max_pods=4, max_nodes=3, further=True), weights)
def test_no_placement_is_below_the_bound(problem: Problem, weights: Weights) -> None:
    """Whatever the mode, the weights and the rules, a bound bounds."""
    lowest = min(score(problem, weights, place)[1] for place in feasible_placements(problem))
    assert lower_bound(problem, weights).value <= lowest + 1e-9 * max(1.0, abs(lowest))


@settings(max_examples=20, deadline=None)
@given(problems(max_pods=3, max_nodes=3, further=True), weights)
def test_what_is_called_optimal_is(problem: Problem, weights: Weights) -> None:
    """Only what leaves out the fewest, with the least energy of those, gets the word."""
    least = lowest_score(problem, weights)
    for placement in feasible_placements(problem):
        left, found = score(problem, weights, placement)
        given = certificate(problem, weights, placement)
        assert given.bound <= energy(problem, weights, placement).total
        if given.left_out_proven:
            assert left == least[0]
        if given.status is CertificateStatus.OPTIMAL:
            assert (left, pytest.approx(found, rel=2e-6, abs=2e-6 * (1 + abs(found)))) == least


def crowded(seed: int, priorities: int, mode: LoadMode) -> Problem:
    """A few pods that run or wait, one that fits nowhere; and what many priorities make of it."""
    rng = np.random.default_rng(seed)
    requests = [*rng.integers(20, 60, (4, 2)).tolist(), [900, 10]]
    current = [0, *rng.choice([UNPLACED, 1], 3), UNPLACED]
    problem = equal_nodes(2, requests, current, mode=mode)
    # As many pods of every priority below, all placed elsewhere: desires are superincreasing.
    desire = superincreasing(np.repeat(np.arange(priorities), 11))[::11]
    wants = desire[np.append(rng.integers(0, priorities, 4), priorities - 1)]
    return replace(problem, desire=np.where(problem.must_place, 0.0, wants))


@pytest.mark.parametrize("mode", list(LoadMode))
@pytest.mark.parametrize("priorities", [1, 2, 5, 16])
@pytest.mark.parametrize("seed", range(3))
def test_a_pod_that_fits_nowhere_proves_nothing(seed: int, priorities: int, mode: LoadMode) -> None:
    """Its desire, up to 1e17, is in H and bound alike: neither makes a plan the best."""
    problem = crowded(seed, priorities, mode)
    exact = solve_exact(problem, Weights())
    placements = list(feasible_placements(problem))
    scores = [score(problem, Weights(), placement) for placement in placements]
    least = min(scores)
    assert score(problem, Weights(), exact.placement) == (least[0], pytest.approx(least[1]))
    best = certificate(problem, Weights(), exact.placement, exact.bound, exact.fewest)
    assert best.status is CertificateStatus.OPTIMAL
    for placement, (left, found) in zip(placements, scores, strict=True):
        for proven in ((-np.inf, False), (exact.bound, exact.fewest)):
            if proven[1] and left != least[0]:
                continue  # The exact solver's bound is one on those that leave out as few.
            given = certificate(problem, Weights(), placement, *proven)
            worse = left > least[0] or found > least[1] * (1 + 1e-4) + 1e-4
            assert not (worse and given.status is CertificateStatus.OPTIMAL)
            alike = [rest for others, rest in scores if others == left]
            assert given.bound_without_left_out is not None
            assert given.bound_without_left_out <= min(alike) + 1e-9
            assert given.gap is None or given.gap < 10  # Relative to the rest, not to the desire.


def test_packed_halves_are_optimal() -> None:
    """Three full nodes for six halves: the volume says so, and moving nothing is best."""
    problem = equal_nodes(6, [(50, 50)] * 6, [0, 0, 1, 1, 2, 2])
    given = certificate(problem, Weights(), problem.current)
    assert given.status is CertificateStatus.OPTIMAL
    assert given.no_move_pays
    assert given.bound == pytest.approx(3.0)
    assert given.gap == pytest.approx(0.0, abs=1e-6)


def test_a_start_worth_changing_is_not_called_optimal() -> None:
    """Six halves on six nodes: the bound is the three nodes and three moves of the best plan."""
    problem = equal_nodes(6, [(50, 50)] * 6, [0, 1, 2, 3, 4, 5])
    given = certificate(problem, Weights(), problem.current)
    assert given.status is CertificateStatus.BOUNDED
    assert given.bound == pytest.approx(3 + 0.3)
    assert given.gap == pytest.approx(2.7 / 3.3)
    best = certificate(problem, Weights(), np.array([0, 1, 2, 0, 1, 2]))
    assert best.status is CertificateStatus.OPTIMAL
    assert not best.no_move_pays


def test_large_pods_are_counted_not_poured() -> None:
    """Pods of 60 of 100 never share a node: five of them need five, though three would hold all."""
    problem = equal_nodes(6, [(60, 10)] * 5, [0, 1, 2, 3, 4])
    assert lower_bound(problem, LOAD_ONLY).value == pytest.approx(5)


def test_pods_kept_apart_need_a_node_each() -> None:
    """Required anti-affinity among four small pods: four nodes."""
    problem = equal_nodes(6, [(1, 1)] * 4, [0, 1, 2, 3])
    tally = Tally(np.arange(6), np.ones(4, dtype=np.bool_), np.zeros(6, dtype=np.int64))
    apart = replace(problem, tallies=(tally,), exclusions=(Exclusion(0, 0, "apart"),))
    assert lower_bound(problem, LOAD_ONLY).value == pytest.approx(1)
    assert lower_bound(apart, LOAD_ONLY).value == pytest.approx(4)


def test_pods_confined_to_a_pool_need_its_nodes() -> None:
    """A pod that may only use the dear node keeps it open beside the cheap ones."""
    problem = equal_nodes(3, [(50, 50), (50, 50)], [0, 2], price=np.array([1.0, 1.0, 5.0]))
    allowed = np.array([[True, True, False], [False, False, True]])
    assert lower_bound(replace(problem, allowed=allowed), LOAD_ONLY).value == pytest.approx(6)


def test_prices_choose_the_cheap_nodes() -> None:
    """Four halves fit on two nodes: the two cheapest bound the price."""
    problem = equal_nodes(4, [(50, 50)] * 4, [0, 1, 2, 3], price=np.array([4.0, 1.0, 2.0, 3.0]))
    assert lower_bound(problem, LOAD_ONLY).value == pytest.approx(3)


def test_dividable_load_is_poured_to_the_optimum() -> None:
    """Equal pods on equal nodes, as many to each: variance 0 is proven, and is the optimum."""
    problem = equal_nodes(3, [(10, 10)] * 6, [0, 0, 1, 1, 2, 2], mode=LoadMode.SPREAD)
    given = certificate(problem, Weights(), problem.current)
    assert given.status is CertificateStatus.OPTIMAL
    assert given.gap == pytest.approx(0.0)


def test_squares_are_bounded_by_equal_utilisation() -> None:
    """The sum of squares cannot be below that of the mean on every node."""
    problem = equal_nodes(4, [(40, 20)] * 5, [0, 0, 1, 2, 3], mode=LoadMode.SQUARES)
    expected = 4 * (0.5**2 + 0.25**2)
    assert lower_bound(problem, LOAD_ONLY).value == pytest.approx(expected, rel=1e-6)


def test_water_stays_above_what_is_fixed() -> None:
    """A node with 90 of 100 fixed keeps it: the rest is levelled below."""
    problem = equal_nodes(3, [(30, 30), (30, 30)], [1, 2], mode=LoadMode.SPREAD)
    problem = replace(problem, load_fixed=np.array([[90.0, 90.0], [0.0, 0.0], [0.0, 0.0]]))
    mean = 150 / 300
    expected = 2 * ((0.9 - mean) ** 2 + 2 * (0.3 - mean) ** 2)
    assert lower_bound(problem, LOAD_ONLY).value == pytest.approx(expected, rel=1e-9)


def test_tangents_know_that_moving_costs() -> None:
    """Where moves cost more than they level, the start is proven optimal, not the liquid."""
    problem = equal_nodes(2, [(10, 10), (10, 10)], [0, 0], mode=LoadMode.SPREAD)
    given = certificate(problem, Weights(C=1000.0), problem.current)
    assert given.source is BoundSource.TANGENT
    assert given.status is CertificateStatus.OPTIMAL
    assert given.no_move_pays


@pytest.mark.parametrize("mode", list(LoadMode))
def test_without_moves_the_bound_is_the_start(mode: LoadMode) -> None:
    """A bound on moves of 0 leaves one placement, and every relaxation finds its energy."""
    problem = equal_nodes(4, [(30, 20), (50, 60), (10, 40), (20, 20), (40, 10)], [0, 0, 1, 2, 3])
    problem = replace(problem, mode=mode, max_moves=0)
    start = energy(problem, Weights(), problem.current).total
    assert lower_bound(problem, Weights()).value == pytest.approx(start)


def test_a_disruption_budget_keeps_nodes_in_use() -> None:
    """Four small pods would fit on one node, but three of them may not leave theirs."""
    problem = equal_nodes(4, [(10, 10)] * 4, [0, 1, 2, 3])
    members = np.array([True, True, True, False])
    problem = replace(
        problem, mode=LoadMode.CONSOLIDATE, move_limits=(MoveLimit(members, 0, "shop/web"),)
    )
    assert lower_bound(problem, Weights(C=0.0)).value == pytest.approx(3.0)


def test_the_exact_solver_closes_a_gap_when_asked() -> None:
    """Three equal pods on two nodes: the liquid is even, whole pods are not."""
    problem = equal_nodes(2, [(30, 30)] * 3, [0, 0, 1], mode=LoadMode.SPREAD)
    without = certificate(problem, LOAD_ONLY, problem.current)
    proven = solve_exact(problem, LOAD_ONLY).bound
    exact = certificate(problem, LOAD_ONLY, problem.current, proven)
    assert without.status is CertificateStatus.BOUNDED
    assert exact.status is CertificateStatus.OPTIMAL
    assert exact.source is BoundSource.CP_SAT


def test_pods_that_cannot_all_fit_are_counted() -> None:
    """Two pods of 80 on one node of 100: that one stays out is proven; which may be is not."""
    problem = equal_nodes(1, [(80, 80), (80, 80)], [UNPLACED, UNPLACED])
    assert certificate(problem, LOAD_ONLY, np.array([0, UNPLACED])).left_out_proven
    assert not certificate(problem, LOAD_ONLY, np.array([UNPLACED, UNPLACED])).left_out_proven


def test_searched_to_the_end_is_not_yet_optimal() -> None:
    """What ended a solve never says more than its certificate."""
    problem = equal_nodes(2, [(30, 30)] * 3, [0, 0, 1], mode=LoadMode.SPREAD)
    bounded = certificate(problem, LOAD_ONLY, problem.current)
    assert ended_by(StopReason.OPTIMAL, bounded) is StopReason.WORK
    assert ended_by(StopReason.CLOCK, bounded) is StopReason.CLOCK


def test_the_gap_of_a_spread_is_relative_to_the_sum_of_squares() -> None:
    """DESIGN section 4: (H - bound) / (bound + B sum of mean^2 over usable nodes)."""
    problem = equal_nodes(2, [(30, 10)] * 2, [0, 0], mode=LoadMode.SPREAD)
    squares = 2 * (0.3**2 + 0.1**2)
    assert relative_gap(problem, Weights(B=3.0), 0.5, 0.2) == pytest.approx(
        0.3 / (0.2 + 3 * squares)
    )
    assert relative_gap(problem, Weights(B=0.0), 0.5, 0.0) is None


def test_what_is_proven_needs_no_relaxation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the exact solver has closed the gap, nothing is relaxed to say so again."""

    def relaxed(*_: object) -> None:
        raise AssertionError("a relaxation was solved")

    problem = equal_nodes(2, [(40, 40), (50, 50)], [0, 0])
    proven = energy(problem, Weights(), problem.current).without_desire(Weights())
    monkeypatch.setitem(certificate.__globals__, "lower_bound", relaxed)
    told = certificate(problem, Weights(), problem.current, proven, fewest=True)
    assert told.status is CertificateStatus.OPTIMAL
    assert told.bound == pytest.approx(energy(problem, Weights(), problem.current).total)
