"""From any placement to a feasible one, keeping of it what the rules allow."""

from __future__ import annotations

import numpy as np

from kytos.hamiltonian.weights import Weights
from kytos.problem import UNPLACED, Ints, Problem
from kytos.refine import kernels
from kytos.refine.state import State, Tables, empty_state, tables
from kytos.solvers.base import Watch

NO_WATCH = Watch()

_ATTEMPTS = 64
"""Pods that may be given up for others, one after another, before filling up ends."""


def repair(problem: Problem, weights: Weights, placement: Ints, watch: Watch = NO_WATCH) -> Ints:
    """Return a feasible placement ``(pods,)`` close to `placement`.

    Deterministic, unless the watch cuts it short: then pods that no room is free for stay out.

    A feasible placement keeps every pod where it is. From any other the pods start at home, where
    doing nothing is always feasible, and are moved to where `placement` wants them, one by one,
    as long as nothing breaks. What is unplaced then is fitted in, higher priority first; lower
    ones may make room for higher ones where they may be given up.

    Raises
    ------
    ValueError
        When `placement` is not one node position or -1 for each pod.
    """
    check_placement(problem, placement)
    flat = tables(problem, weights)
    state = empty_state(flat)
    kernels.load(flat, state, np.asarray(placement, dtype=np.int64))
    if not kernels.all_hold(flat, state):
        kernels.load(flat, state, flat.current)
        _approach(flat, state, placement)
    fill(flat, state, watch)
    return state.place.copy()


def check_placement(problem: Problem, placement: Ints) -> None:
    """Refuse what is not a placement of the problem."""
    pods, nodes = len(problem.pods), len(problem.nodes)
    if placement.shape != (pods,) or (
        pods and not (placement.min() >= UNPLACED and placement.max() < nodes)
    ):
        raise ValueError(
            f"placement of shape {placement.shape} with values {placement.min(initial=0)}.."
            f"{placement.max(initial=0)}: expected {pods} node positions below {nodes}, "
            f"or {UNPLACED} for unplaced"
        )


def _approach(flat: Tables, state: State, placement: Ints) -> None:
    """Move pods from home to where they are wanted until no more can."""
    wanted = np.flatnonzero((placement >= 0) & (placement != state.place))
    gains = np.array(
        [
            kernels.change_of(flat, state, pod, placement[pod]) if state.place[pod] >= 0 else 0.0
            for pod in wanted
        ]
    )
    # Higher priority first; where moves are scarce, those that gain most; else big before small.
    scarce = flat.max_moves < len(wanted)
    keys = (-flat.size[wanted], gains if scarce else np.zeros(len(wanted)), flat.rank[wanted] // 2)
    order = wanted[np.lexsort(keys)]
    while len(order):
        arrived = np.array([kernels.try_shift(flat, state, p, placement[p]) for p in order])
        if not arrived.any():
            return
        order = order[~arrived]


def fill(flat: Tables, state: State, watch: Watch = NO_WATCH) -> None:
    """Fit unplaced pods in, higher priority first, in place.

    Once the watch says stop, what is left only goes where there is room already.
    """
    nodes = np.arange(len(flat.capacity))
    ejected = np.zeros(len(flat.current), dtype=np.int64)
    unplaced = np.flatnonzero(state.place < 0)
    queue = list(unplaced[np.lexsort((-flat.size[unplaced], flat.rank[unplaced]))])
    attempts = _ATTEMPTS + 2 * len(queue)
    while queue and attempts > 0:
        attempts -= 1
        pod = queue.pop(0)
        placed = kernels.insert(flat, state, pod, nodes)
        if placed or watch.reason is not None or kernels.make_room(flat, state, pod, nodes):
            continue
        gone = kernels.preempt(flat, state, pod, nodes, ejected)
        if gone > 0:
            queue.extend(int(other) for other in ejected[:gone])
            queue.sort(key=lambda other: (flat.rank[other], -flat.size[other], other))
