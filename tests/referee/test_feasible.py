"""The final check, rule by rule, on a cluster small enough to judge by eye."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from kytos.contract.weights import Weights
from kytos.problem import (
    UNPLACED,
    Exclusion,
    LoadMode,
    MoveLimit,
    Presence,
    Problem,
    Skew,
    Tally,
)
from kytos.referee.energy import energy
from kytos.referee.feasible import ViolationKind, feasible, violations
from tests.problems import problems, random_feasible, random_placement, random_problem, seeds

HOSTS = np.arange(4)
ZONES = np.array([0, 0, 1, -1])
NOBODY = np.zeros(4, dtype=np.bool_)


def members(*pods: int) -> np.ndarray:
    chosen = NOBODY.copy()
    chosen[list(pods)] = True
    return chosen


@pytest.fixture
def four_nodes() -> Problem:
    """Pods 0..3 on nodes 0..3 of which the last is in no zone; all fits everywhere, no rules."""
    plain = random_problem(0, 4, 4, LoadMode.SPREAD, rules=False, traffic=False, waiting=0.0)
    room = np.full((4, 3), 10)
    return replace(
        plain,
        allocatable=room,
        capacity=room,
        fixed=np.zeros((4, 3), dtype=np.int64),
        request=np.tile([2, 0, 1], (4, 1)),
        current=np.arange(4),
        allowed=np.ones((4, 4), dtype=np.bool_),
        must_place=np.ones(4, dtype=np.bool_),
        desire=np.zeros(4),
        tallies=(),
        pairings=(),
    )


def found(problem: Problem, *placement: int) -> list[tuple[ViolationKind, int]]:
    return [(each.kind, each.amount) for each in violations(problem, np.array(placement))]


def test_doing_nothing_breaks_nothing(four_nodes):
    """What is broken at the start is not held against a plan that leaves it."""
    full = replace(four_nodes, fixed=np.full((4, 3), 50), allowed=np.zeros((4, 4), dtype=np.bool_))
    assert feasible(full, full.current)


def test_exact_fit_passes_and_one_more_does_not(four_nodes):
    """Capacity is exact in integers."""
    fits = replace(four_nodes, capacity=np.tile([4, 10, 10], (4, 1)))
    assert found(fits, 1, 1, 2, 3) == []
    assert found(fits, 1, 1, 1, 3) == [(ViolationKind.CAPACITY, 2)]


def test_zero_request_fits_an_overcommitted_node(four_nodes):
    """Memory is overcommitted on node 1, but nobody who comes asks for memory."""
    held = four_nodes.fixed.copy()
    held[1] = [0, 99, 0]
    assert found(replace(four_nodes, fixed=held), 1, 1, 2, 3) == []


def test_smaller_pod_may_not_take_a_bigger_ones_place_beyond_capacity(four_nodes):
    """A node that starts overcommitted takes a pod only once all fits."""
    over = replace(four_nodes, request=np.array([[1, 0, 1], [3, 0, 1], [2, 0, 1], [2, 0, 1]]))
    held = over.fixed.copy()
    held[1, 0] = 10
    over = replace(over, fixed=held)
    assert found(over, 1, 2, 2, 3) == [(ViolationKind.CAPACITY, 1)]
    assert energy(over, Weights(), np.array([1, 2, 2, 3])).constraint == 0


def test_forbidden_pair_and_lost_pod(four_nodes):
    """A pod where no rule lets it, and one that must run but does not."""
    allowed = four_nodes.allowed.copy()
    allowed[0, 1] = False
    expected = [(ViolationKind.UNPLACED, 1), (ViolationKind.FORBIDDEN, 1)]
    assert found(replace(four_nodes, allowed=allowed), 1, 1, 2, UNPLACED) == expected


def test_exclusion_counts_unordered_pairs_of_which_one_moved(four_nodes):
    """Three carriers on a node: two of them came, so all three pairs are new."""
    hosts = Tally(HOSTS, members(0, 1, 2), np.zeros(4, dtype=np.int64))
    apart = replace(four_nodes, tallies=(hosts,), exclusions=(Exclusion(0, 0, "apart"),))
    assert found(apart, 0, 0, 0, 0) == [(ViolationKind.EXCLUSION, 3)]
    together = replace(apart, current=np.zeros(4, dtype=np.int64))
    assert found(together, 0, 0, 1, 2) == []
    assert found(together, 0, 0, 0, 3) == []


def test_exclusion_between_carrier_and_target(four_nodes):
    """A pod that is both does not exclude itself; a fixed target does; no key, no conflict."""
    carriers = Tally(ZONES, members(0), np.array([0, 0]))
    targets = Tally(ZONES, members(0, 3), np.array([0, 1]))
    apart = replace(four_nodes, tallies=(carriers, targets), exclusions=(Exclusion(0, 1, "z"),))
    assert found(apart, 1, 1, 2, 3) == []
    assert found(apart, 2, 1, 2, 3) == [(ViolationKind.EXCLUSION, 1)]
    assert found(apart, 0, 1, 2, 1) == [(ViolationKind.EXCLUSION, 1)]
    assert found(apart, 3, 1, 2, 3) == []


@pytest.mark.parametrize(
    ("placement", "broken"),
    [
        ((1, 1, 2, 3), 0),
        ((2, 1, 2, 3), 1),
        ((3, 1, 2, 3), 1),
        ((0, 2, 2, 3), 1),
        ((2, 2, 2, 3), 0),
    ],
    ids=["same zone", "left its target", "no zone there", "target left", "both went"],
)
def test_presence(four_nodes, placement, broken):
    """Pod 0 needs pod 1 in its zone; neither may leave the other behind."""
    carriers = Tally(ZONES, members(0), np.zeros(2, dtype=np.int64))
    targets = Tally(ZONES, members(1), np.zeros(2, dtype=np.int64))
    near = replace(
        four_nodes, tallies=(carriers, targets), presences=(Presence(0, 1, "near", NOBODY),)
    )
    assert found(near, *placement) == [(ViolationKind.PRESENCE, 1)] * broken


def test_first_of_its_kind_may_stand_alone(four_nodes):
    """With no target anywhere else a self-matching pod may go anywhere; with one it may not."""
    alone = Tally(ZONES, members(0), np.zeros(2, dtype=np.int64))
    first = replace(four_nodes, tallies=(alone,), presences=(Presence(0, 0, "me", members(0)),))
    assert found(first, 2, 1, 2, 3) == []
    assert found(first, 3, 1, 2, 3) == [(ViolationKind.PRESENCE, 1)]
    other = replace(first, tallies=(replace(alone, fixed=np.array([1, 0])),))
    assert found(other, 2, 1, 2, 3) == [(ViolationKind.PRESENCE, 1)]


def test_skew_judged_as_the_scheduler_does(four_nodes):
    """Two pods in zone 0, one in zone 1: a third in zone 0 is a skew of 3 over what is left."""
    zones = Tally(ZONES, members(0, 1, 2), np.zeros(2, dtype=np.int64))
    spread = Skew(0, 0, 1, 1, np.ones(2, dtype=np.bool_), "zones")
    even = replace(four_nodes, tallies=(zones,), skews=(spread,))
    assert found(even, 1, 1, 2, 3) == []
    assert found(even, 2, 1, 2, 3) == []
    broken = found(even, 0, 1, 1, 3)
    assert broken == [(ViolationKind.SKEW, 1), (ViolationKind.SKEW, 1)]
    assert found(even, 3, 1, 2, 3) == [(ViolationKind.SKEW, 1)]


def test_skew_already_there_may_stay_but_not_grow(four_nodes):
    """Unmoved carriers keep their domain at the skew it had."""
    zones = Tally(ZONES, members(0, 1, 2), np.array([2, 0]))
    spread = Skew(0, 0, 1, 1, np.ones(2, dtype=np.bool_), "zones")
    skewed = replace(four_nodes, tallies=(zones,), skews=(spread,))
    assert found(skewed, 0, 1, 2, 0) == []
    assert found(skewed, 0, 1, 3, 3) == [(ViolationKind.SKEW, 1), (ViolationKind.SKEW, 1)]


def test_a_skew_is_looked_at_by_its_own_pods(four_nodes, monkeypatch):
    """On a large cluster thousands of services are spread: a move of another's pod asks none."""
    looked = []
    monkeypatch.setattr("kytos.referee.feasible._minimum", lambda skew, _: looked.append(skew) or 0)
    zones = Tally(ZONES, members(0, 1), np.zeros(2, dtype=np.int64))
    spread = Skew(0, 0, 1, 1, np.ones(2, dtype=np.bool_), "zones")
    problem = replace(four_nodes, tallies=(zones,), skews=(spread,))
    feasible(problem, np.array([0, 1, 3, 3]))
    assert looked == []
    feasible(problem, np.array([1, 1, 2, 3]))
    assert looked


def test_bounds_on_moves(four_nodes):
    """max_moves counts all that leave, a budget its members."""
    bounded = replace(
        four_nodes, max_moves=2, move_limits=(MoveLimit(members(0, 1), 1, "default/pdb"),)
    )
    assert found(bounded, 0, 2, 1, 3) == []
    assert found(bounded, 1, 0, 2, 3) == [(ViolationKind.MOVE_LIMIT, 1)]
    assert found(bounded, 0, 2, 1, 1) == [(ViolationKind.MAX_MOVES, 1)]


def test_a_placement_of_another_problem_is_refused(four_nodes):
    """Wrong length or a node that does not exist is an error, not a verdict."""
    with pytest.raises(ValueError, match="shape"):
        feasible(four_nodes, np.zeros(3, dtype=np.int64))
    with pytest.raises(ValueError, match="below 4"):
        violations(four_nodes, np.array([0, 1, 2, 4]))


@settings(max_examples=80, deadline=None)
@given(problems(), seeds)
def test_feasible_placements_only_pay_desire(problem, seed):
    """The energy's constraint is 0 for every feasible plan that places everything."""
    placement = random_feasible(problem, seed)
    waiting = problem.desire[placement == UNPLACED].sum()
    assert energy(problem, Weights(), placement).constraint == waiting


@settings(max_examples=80, deadline=None)
@given(problems(), seeds)
def test_relabelling_pods_and_nodes_changes_no_verdict(problem, seed):
    """Exclusions, capacities and bounds do not depend on the order of nodes or pods."""
    problem = replace(problem, presences=(), skews=(), exclusions=(), pairings=(), tallies=())
    rng = np.random.default_rng(seed)
    pods, nodes = rng.permutation(len(problem.pods)), rng.permutation(len(problem.nodes))
    back = np.append(np.argsort(nodes), UNPLACED)
    turned = replace(
        problem,
        allocatable=problem.allocatable[nodes],
        capacity=problem.capacity[nodes],
        fixed=problem.fixed[nodes],
        request=problem.request[pods],
        current=back[problem.current[pods]],
        allowed=problem.allowed[np.ix_(pods, nodes)],
        must_place=problem.must_place[pods],
        move_limits=tuple(
            replace(limit, members=limit.members[pods]) for limit in problem.move_limits
        ),
    )
    placement = random_placement(problem, seed)
    there = violations(turned, back[placement[pods]])
    here = violations(problem, placement)
    assert sorted((each.kind, each.amount) for each in there) == sorted(
        (each.kind, each.amount) for each in here
    )
