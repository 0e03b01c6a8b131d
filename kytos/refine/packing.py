"""Packing everything anew, whatever runs where today: starts for consolidation."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from kytos.contract.watch import Watch
from kytos.problem import UNPLACED, Floats, Ints, Problem
from kytos.refine import kernels
from kytos.refine.state import State, Tables

ENOUGH = 0.002
"""Share of a node's scarcest resource that may stay free once it is filled tightly."""
LOOKS = 20_000
"""Pods looked at to fill one node tightly: more gained nothing on openb (docs/decisions/0091)."""


def packings(problem: Problem, flat: Tables, state: State, watch: Watch) -> Iterator[None]:
    """Pack in several ways; at each yield the state is one that breaks nothing.

    Higher priorities come first, and nodes by price for what they offer. Pods that may be on one
    node only are there before any other.
    """
    alone = problem.allowed.sum(axis=1, dtype=np.int64) <= 1
    start = np.where(alone, problem.current, UNPLACED)
    for pack in (_fill_tightly, _first_and_best_fit):
        for _ in pack(problem, flat, state, start, watch):
            if watch.reason is not None:
                return
            if kernels.all_hold(flat, state):
                yield


def _fill_tightly(
    problem: Problem, flat: Tables, state: State, start: Ints, watch: Watch
) -> Iterator[None]:
    """One node after another, each with the pods that leave least of what is scarce."""
    share = _shares(problem)
    asked = share.sum(axis=0)
    scarcest = int(asked.argmax())
    scarce = asked / max(asked[scarcest], 1e-9)
    nodes = _cheapest_first(problem, problem.capacity[:, scarcest].astype(np.float64))
    work = np.zeros((3, len(start)), dtype=np.int64)
    for weight in (share @ scarce, share.max(axis=1)):
        order = np.lexsort((*problem.request.T, -weight, flat.pod["rank"] // 2))
        # Only the scarcest counts, or the others a little, so that they do not run out first.
        for others in (0.0, 0.05):
            counts = others * scarce
            counts[scarcest] = 1.0
            kernels.load(flat, state, start)
            pods = order[state.place[order] < 0]
            left = len(pods)
            for node in nodes:
                if left == 0 or watch.reason is not None:
                    break
                left = kernels.fill_tightly(
                    flat, state, pods, left, node, counts, ENOUGH, LOOKS, work
                )
            yield


def _first_and_best_fit(
    problem: Problem, flat: Tables, state: State, start: Ints, watch: Watch
) -> Iterator[None]:
    """First-fit and best-fit decreasing, in several orders."""
    share = _shares(problem)
    worth = problem.capacity / np.maximum(problem.capacity.max(axis=0), 1)
    nodes = _cheapest_first(problem, worth.sum(axis=1))
    for weight in (share.max(axis=1), share.sum(axis=1), *share.T[:2]):
        order = np.lexsort((-weight, flat.pod["rank"] // 2))
        for best_fit in (0, 1):
            if watch.reason is not None:
                return
            kernels.load(flat, state, start)
            kernels.pack(flat, state, order[state.place[order] < 0], nodes, best_fit)
            yield


def _shares(problem: Problem) -> Floats:
    """``(pods, resources)`` what each asks for, of all there is."""
    share: Floats = problem.request / np.maximum(problem.capacity.sum(axis=0), 1)
    return share


def _cheapest_first(problem: Problem, worth: Floats) -> Ints:
    """Nodes by price for what they are worth, those in use anyway first, big before small."""
    price = np.where(problem.held_open, 0.0, problem.price / np.maximum(worth, 1e-9))
    return np.lexsort((-problem.capacity.sum(axis=1), price))
