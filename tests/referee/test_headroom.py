"""Headroom, moves by service, locations and overlapping moves against figures by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kytos.contract.weights import Weights, exchange_rates
from kytos.headroom import Balance, SafetyLines
from kytos.problem import Locations, Problem, Tally
from kytos.referee.energy import energy, most_moved
from kytos.referee.feasible import ViolationKind, feasible, violations
from kytos.solvers.cpsat import solve_exact
from tests.solvers.baselines.test_baselines import equal_nodes


@pytest.fixture
def two_on_one() -> Problem:
    """Two pods of 40 and 30 on the first of three nodes that hold 100 of cpu and of memory."""
    return equal_nodes(3, [(40, 40), (30, 30)], [0, 0])


def load_of(problem: Problem, placement: list[int]) -> float:
    return energy(problem, Weights(), np.array(placement)).load


def test_what_is_held_above_a_line_costs_by_the_unit(two_on_one: Problem) -> None:
    """70 of cpu where the line is at 50 are 20 units; on two nodes nothing is above it."""
    line, cost = np.full((3, 3), 1000), np.zeros((3, 3))
    line[:, 0], cost[:, 0] = 50, 0.25
    lined = replace(two_on_one, safety=SafetyLines(line, cost))
    assert load_of(lined, [0, 0]) - load_of(two_on_one, [0, 0]) == pytest.approx(5.0)
    assert load_of(lined, [0, 1]) == load_of(two_on_one, [0, 1])


def test_a_balance_wants_the_second_for_what_stays_free_of_the_first(two_on_one: Problem) -> None:
    """Two for one: 100 are wanting on each empty node, and 30 beside the two pods."""
    balanced = replace(two_on_one, balances=(Balance(0, 1, 2, np.full(3, 0.1)),))
    assert load_of(balanced, [0, 0]) - load_of(two_on_one, [0, 0]) == pytest.approx(23.0)


def test_only_the_service_that_moves_most_counts(two_on_one: Problem) -> None:
    """Two pods of one service cost twice what one of each of two does."""
    weights = Weights(C=1.0)
    rate = exchange_rates(two_on_one).cost
    both = np.array([1, 1])
    for service, most in (([0, 0], 2), ([0, 1], 1), ([-1, -1], 0)):
        problem = replace(
            two_on_one,
            service=np.array(service),
            services=("web", "db"),
            service_fixed=np.zeros((2, 3), dtype=np.int64),
            most_moved_cost=5.0,
        )
        assert most_moved(problem, both) == most
        dearer = energy(problem, weights, both).cost
        plain = energy(replace(problem, most_moved_cost=0.0), weights, both).cost
        assert dearer - plain == pytest.approx(5.0 * rate * most)


def test_a_service_keeps_its_locations(two_on_one: Problem) -> None:
    """Held to two of three domains, no plan has both pods in one; where it is one today it may."""
    tally = Tally(np.arange(3), np.ones(2, dtype=np.bool_), np.zeros(3, dtype=np.int64))
    apart = replace(
        two_on_one,
        current=np.array([0, 1]),
        tallies=(tally,),
        locations=(Locations(0, 2, "zones of web"),),
    )
    assert not feasible(apart, np.array([1, 1]))
    assert feasible(apart, np.array([2, 1]))
    (told,) = violations(apart, np.array([1, 1]))
    assert (told.kind, told.rule, told.amount, told.pods) == (
        ViolationKind.LOCATIONS,
        "zones of web",
        1,
        (0,),
    )
    assert feasible(replace(apart, current=np.array([0, 0])), np.array([2, 2]))
    assert len(np.unique(solve_exact(apart, Weights()).placement)) == 2


def test_what_moves_is_held_in_both_places() -> None:
    """Two pods of 60 cannot change places on nodes of 100 while both places are held."""
    problem = equal_nodes(2, [(60, 60), (60, 60)], [0, 1])
    swapped = np.array([1, 0])
    assert feasible(problem, swapped)
    overlapping = replace(problem, overlap=np.array([True, False, False]))
    assert not feasible(overlapping, swapped)
    assert {told.kind for told in violations(overlapping, swapped)} == {ViolationKind.CAPACITY}
    assert feasible(replace(problem, overlap=np.array([False, False, True])), swapped)


@pytest.mark.parametrize("cost", [-1.0, np.nan, np.inf])
def test_a_full_node_is_never_rewarded(cost: float) -> None:
    """A cost below 0 would break every bound."""
    with pytest.raises(ValueError, match="SafetyLines"):
        SafetyLines(np.zeros((1, 1), dtype=np.int64), np.full((1, 1), cost))
    with pytest.raises(ValueError, match="Balance"):
        Balance(0, 1, 1, np.array([cost]))
