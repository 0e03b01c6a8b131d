"""What the baselines share: pods taken off their nodes and placed again, one by one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kytos.contract.watch import Watch
from kytos.problem import UNPLACED, Ints, Problem
from kytos.referee.feasible import feasible
from kytos.referee.incremental import PlacementState, evictable

Choose = Callable[[PlacementState, int, Ints], int]
"""Picks one of the nodes ``(candidates,)`` where a pod fits, given what is placed so far."""

PODS_BETWEEN_LOOKS = 64
"""Pods placed between two looks at the clock and the stop button: some milliseconds."""


def pods_to_place(problem: Problem) -> Ints:
    """Positions of the pods a scheduler would see: those that wait, or else all of them.

    Where pods wait for a node (recovery, placement) the running ones are left alone; where none
    does the question is what would come of rescheduling everything.
    """
    waiting = np.flatnonzero(problem.current < 0)
    return waiting if len(waiting) else np.arange(len(problem.pods))


def replace_pods(problem: Problem, order: Ints, choose: Choose, watch: Watch) -> Ints:
    """Evict the pods of `order` as far as budgets allow, and place them again in that order.

    Returns
    -------
    ``(pods,)`` a feasible placement: the current one when a pod that must run fits nowhere, when
    what results breaks a rule (one that only a later pod could have met), or when stopped midway.
    Pods that may stay unplaced and fit nowhere do.
    """
    pods = evictable(problem, order)
    base = problem.current.copy()
    base[pods] = UNPLACED
    state = PlacementState(problem, base)
    for done, pod in enumerate(map(int, pods)):
        if done % PODS_BETWEEN_LOOKS == 0 and watch.reason is not None:
            return problem.current
        nodes = np.flatnonzero(state.fits(pod))
        if len(nodes):
            state.place(pod, choose(state, pod, nodes))
        elif problem.must_place[pod]:
            return problem.current
    return state.placement if feasible(problem, state.placement) else problem.current


def dominant_share(problem: Problem) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """``(pods,)`` the largest share a pod takes of all that is offered of some resource.

    Source: dominant resource fairness (Ghodsi et al. 2011).
    """
    offered = np.maximum(problem.allocatable.sum(axis=0), 1)
    share: np.ndarray[tuple[int], np.dtype[np.float64]] = (problem.request / offered).max(
        axis=1, initial=0.0
    )
    return share
