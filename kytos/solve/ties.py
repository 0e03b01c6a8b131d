"""Among placements of equal energy, one whose fullest node is less full."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.problem import Ints, Problem
from kytos.referee.energy import rank
from kytos.referee.feasible import feasible
from kytos.referee.incremental import PlacementState

LOOKS = 400_000
"""Pods looked at in all: each try is scored, which looks at every pod."""


def lower_peak(problem: Problem, weights: Weights, placement: Ints, watch: Watch) -> Ints:
    """Return a placement of no more energy whose fullest node is less full, or the one given.

    Pods on the fullest node go to others that stay below its peak, or change places with smaller
    ones there; what raises the energy is not kept (`kytos.referee.energy.rank`). The search ends
    where no such step lowers the peak, by work, or by the clock.
    """
    best, worth = placement, rank(problem, weights, placement)
    tries = LOOKS // max(1, len(problem.pods))
    bettered = True
    while bettered and tries > 0:
        bettered = False
        for offered in _steps(problem, best):
            if watch.reason is not None or tries == 0:
                return best
            tries -= 1
            reached = rank(problem, weights, offered)
            if reached < worth and feasible(problem, offered):
                best, worth, bettered = offered, reached, True
                break
    return best


def _steps(problem: Problem, placement: Ints) -> Iterator[Ints]:
    """Placements that take a pod off the fullest node and leave others below its peak."""
    levelled = problem.allocatable[:, :2]
    held = problem.held(placement)[:, :2]
    share = np.where(problem.usable[:, None], held / np.maximum(levelled, 1), 0.0)
    share[levelled <= 0] = 0.0
    fullest, resource = np.unravel_index(int(share.argmax()), share.shape)
    peak = share[fullest, resource]
    state = PlacementState(problem, placement)
    here = np.flatnonzero(placement == fullest)
    here = here[np.argsort(-problem.request[here, resource], kind="stable")]
    for pod in here.tolist():
        state.remove(pod)
        for node in np.flatnonzero(state.fits(pod)).tolist():
            if node != fullest and _below(problem, held[node], pod, node, peak):
                yield _with(placement, (pod, node))
        state.place(pod, int(fullest))
    for pod in here.tolist():
        size = problem.request[pod, resource]
        smaller = (placement >= 0) & (placement != fullest)
        smaller &= problem.request[:, resource] < size
        smaller &= problem.allowed[pod, np.maximum(placement, 0)]
        for other in np.flatnonzero(smaller).tolist():
            node = int(placement[other])
            freed = held[node] - problem.request[other, :2]
            if problem.allowed[other, fullest] and _below(problem, freed, pod, node, peak):
                yield _with(placement, (pod, node), (other, int(fullest)))


def _below(problem: Problem, held: Ints, pod: int, node: int, peak: float) -> bool:
    """Whether a node that holds so much stays below the peak with a pod more."""
    offered = problem.allocatable[node, :2]
    with_pod = held + problem.request[pod, :2]
    return bool((with_pod < peak * offered).all())


def _with(placement: Ints, *places: tuple[int, int]) -> Ints:
    changed = placement.copy()
    for pod, node in places:
        changed[pod] = node
    return changed
