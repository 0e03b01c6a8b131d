"""The descent: each pod to its cheapest node."""

from __future__ import annotations

import numpy as np

from kytos.refine.kernels.compiled import called_from_kernels, called_from_python
from kytos.refine.kernels.counts import NOWHERE
from kytos.refine.kernels.energy import cost_at
from kytos.refine.kernels.moves import try_shift
from kytos.refine.kernels.rules import fits


@called_from_python
def descend(T, S, pods, nodes):
    """Move each of `pods` once to its best node, if that lowers H; return how many moved."""
    moved = 0
    for pod in pods:
        if S.place[pod] >= 0:
            present, _ = cost_at(T, S, pod, S.place[pod])
            moved += settle_best(T, S, pod, nodes, present - 1e-12 * abs(present) - 1e-15)
    return moved


@called_from_kernels
def settle_best(T, S, pod, nodes, below):
    """Put a pod on its cheapest node if that costs less than `below`; say whether it went.

    The next best is tried only where a rule forbids the best.
    """
    above = -np.inf
    while True:
        node, cost = _cheapest(T, S, pod, nodes, above, below)
        if node < 0:
            return False
        if try_shift(T, S, pod, node):
            return True
        if not T.setting[0].has_rules:
            return False
        above = cost


@called_from_kernels
def _cheapest(T, S, pod, nodes, above, below):
    """Return the node that takes a pod at least cost between two bounds, and the cost."""
    chosen, least = NOWHERE, below
    for node in nodes:
        if node != S.place[pod] and fits(T, S, pod, node):
            cost, guide = cost_at(T, S, pod, node)
            if S.place[pod] < 0:
                cost += guide
            if above < cost < least:
                chosen, least = node, cost
    return chosen, least
