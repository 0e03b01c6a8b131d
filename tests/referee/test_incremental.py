"""`PlacementState` against the final check, which shares no code with it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kytos.problem import UNPLACED, Ints, MoveLimit, Presence, Problem, Tally
from kytos.referee.feasible import feasible, has_left
from kytos.referee.incremental import PlacementState, evictable
from tests.problems import problems, random_feasible, random_problem, seeds


def without_budgets(problem: Problem) -> Problem:
    """The same problem where any pod may be in hand."""
    nobody = np.zeros(len(problem.pods), dtype=np.bool_)
    return replace(problem, must_place=nobody, max_moves=None, move_limits=())


def with_pod_on(placement: Ints, pod: int, node: int) -> Ints:
    changed = placement.copy()
    changed[pod] = node
    return changed


@settings(max_examples=300, deadline=None)
@given(problems(max_pods=7, further=True), seeds, st.integers(0, 6))
def test_fits_is_the_final_check_of_one_more_pod(problem: Problem, seed: int, pod: int) -> None:
    """Where all is well without a pod, `fits` names exactly the nodes where it stays well."""
    pod %= len(problem.pods)
    problem = without_budgets(problem)
    placement = with_pod_on(random_feasible(problem, seed), pod, UNPLACED)
    if not feasible(problem, placement):
        return
    expected = [
        feasible(problem, with_pod_on(placement, pod, node)) for node in range(len(problem.nodes))
    ]
    assert PlacementState(problem, placement).fits(pod).tolist() == expected


def test_who_is_left_by_its_company_is_no_first_of_its_kind() -> None:
    """On its own node a pod keeps the company it had; that no target is anywhere is no excuse."""
    everyone = np.ones(2, dtype=np.bool_)
    # The second node lacks the topology's key: who is there counts nowhere.
    kind = Tally(np.array([0, -1]), everyone, np.zeros(1, dtype=np.int64))
    problem = without_budgets(random_problem(1, pods=2, nodes=2, rules=False, room=10.0))
    problem = replace(
        problem,
        current=np.array([0, 0]),
        allowed=np.ones((2, 2), dtype=np.bool_),
        allocatable=np.full_like(problem.allocatable, 1000),
        capacity=np.full_like(problem.capacity, 1000),
        tallies=(kind,),
        presences=(Presence(0, 0, "near", everyone),),
    )
    left = np.array([UNPLACED, 1])
    assert not feasible(problem, with_pod_on(left, 0, 0))
    assert not PlacementState(problem, left).fits(0)[0]


@settings(max_examples=60, deadline=None)
@given(problems(), seeds)
def test_removing_undoes_placing(problem: Problem, seed: int) -> None:
    """A state built pod by pod and emptied again answers as one that was never filled."""
    empty = np.full(len(problem.pods), UNPLACED)
    state = PlacementState(problem, random_feasible(problem, seed))
    for pod in np.flatnonzero(state.placement >= 0):
        state.remove(int(pod))
    fresh = PlacementState(problem, empty)
    assert (state.held == fresh.held).all()
    for pod in range(len(problem.pods)):
        assert (state.fits(pod) == fresh.fits(pod)).all()


@settings(max_examples=60, deadline=None)
@given(problems(), seeds)
def test_evictable_pods_stay_within_every_budget(problem: Problem, seed: int) -> None:
    """Evicting all that `evictable` names breaks neither `max_moves` nor a move limit."""
    order = np.random.default_rng(seed).permutation(len(problem.pods))
    gone = problem.current.copy()
    gone[evictable(problem, order)] = UNPLACED
    left = has_left(problem, gone)
    assert problem.max_moves is None or left.sum() <= problem.max_moves
    for limit in problem.move_limits:
        assert (left & limit.members).sum() <= limit.limit


def test_evictable_uses_budgets_up_in_order() -> None:
    """The first pods of the order get the moves; one past its own limit does not use any."""
    problem = replace(
        random_problem(1, pods=4, waiting=0.0),
        max_moves=2,
        move_limits=(MoveLimit(np.array([True, True, False, False]), 1, "default/web"),),
    )
    assert evictable(problem, [1, 0, 3, 2]).tolist() == [1, 3]
