"""From any placement to a feasible one, keeping of it what the rules allow."""

from __future__ import annotations

import numpy as np

from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.problem import Ints, Problem
from kytos.referee.feasible import check_placement
from kytos.refine import kernels
from kytos.refine.ejection import EjectionSearch
from kytos.refine.state import State, Tables, flatten

NO_WATCH = Watch()

_ATTEMPTS = 64
"""Pods that may be given up for others, one after another, before filling up ends."""

_LOOKS = 256
"""Pods and nodes an ejection search may look at, for each pod of the problem."""


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
    flat, state = flatten(problem, weights)
    kernels.load(flat, state, np.asarray(placement, dtype=np.int64))
    if not kernels.all_hold(flat, state):
        kernels.load(flat, state, np.asarray(problem.current, dtype=np.int64))
        _approach(flat, state, placement)
    # A fixed seed: where a rule leaves a choice, the same one every time.
    search = EjectionSearch(problem, flat, state, np.ones(1, dtype=np.uint64))
    fill(search, _LOOKS * len(problem.pods), watch)
    return state.place.copy()


def _approach(flat: Tables, state: State, placement: Ints) -> None:
    """Move pods from home to where they are wanted until no more can."""
    wanted = np.flatnonzero((placement >= 0) & (placement != state.place))
    # Higher priority first; where moves are scarce, those that gain most; else big before small.
    gains = np.zeros(len(wanted))
    if flat.setting["max_moves"][0] < len(wanted):
        for at, pod in enumerate(wanted):
            if state.place[pod] >= 0:
                gains[at] = kernels.change_of(flat, state, pod, kernels.NOWHERE, placement[pod])
    pods = flat.pod[wanted]
    order = wanted[np.lexsort((-pods["size"], gains, pods["rank"] // 2))]
    while kernels.approach(flat, state, order, placement):
        order = order[state.place[order] != placement[order]]


def fill(search: EjectionSearch, budget: int, watch: Watch = NO_WATCH) -> None:
    """Fit unplaced pods in, higher priority first, in place.

    Once the watch says stop, what is left only goes where there is room already.
    """
    flat, state = search.flat, search.state
    size, rank = flat.pod["size"], flat.pod["rank"]
    nodes = np.arange(len(flat.capacity))
    evicted = np.zeros(len(flat.pod), dtype=np.int64)
    unplaced = np.flatnonzero(state.place < 0)
    queue = list(unplaced[np.lexsort((-size[unplaced], rank[unplaced]))])
    attempts = _ATTEMPTS + 2 * len(queue)
    while queue and attempts > 0:
        if watch.reason is not None:
            kernels.pack(flat, state, np.array(queue), nodes, 0)
            return
        attempts -= 1
        gone = kernels.fit_in(flat, state, queue.pop(0), nodes, evicted)
        if gone > 0:
            queue.extend(int(other) for other in evicted[:gone])
            queue.sort(key=lambda other: (rank[other], -size[other], other))
    search.serve(budget, watch)
