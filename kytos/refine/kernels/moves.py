"""Moves and swaps that are made only if nothing breaks."""

from __future__ import annotations

import numpy as np

from kytos.refine.kernels.compiled import called_from_python, inlined
from kytos.refine.kernels.counts import NOWHERE, shift
from kytos.refine.kernels.energy import change_by
from kytos.refine.kernels.rules import fits, has_left_rightly, may_leave, rules_hold


@called_from_python
def try_shift(T, S, pod, node):
    """Move a pod if nothing breaks; say whether it moved."""
    old = S.place[pod]
    if old == node or not may_leave(T, S, pod, node) or not fits(T, S, pod, node):
        return False
    shift(T, S, pod, node)
    if T.setting[0].has_rules and not rules_hold(T, S, pod, old):
        shift(T, S, pod, old)
        return False
    return True


@inlined
def carry_out(T, S, pod, other, here, there):
    """Move or swap if no bound on moves and no rule between pods breaks; say whether it did."""
    shift(T, S, pod, there)
    if other >= 0:
        shift(T, S, other, here)
    if has_left_rightly(T, S, pod) and (other < 0 or has_left_rightly(T, S, other)):
        if not T.setting[0].has_rules:
            return True
        if rules_hold(T, S, pod, here) and (other < 0 or rules_hold(T, S, other, there)):
            return True
    shift(T, S, pod, here)
    if other >= 0:
        shift(T, S, other, there)
    return False


@called_from_python
def approach(T, S, order, placement):
    """Move pods to where `placement` wants them, in order; return how many arrived."""
    arrived = 0
    for pod in order:
        if placement[pod] >= 0:
            arrived += try_shift(T, S, pod, placement[pod])
    return arrived


@called_from_python
def changes_of(T, S, pod, nodes, changes):
    """Write what moving a placed pod to each node would change, infinite where something breaks."""
    home = S.place[pod]
    for at, node in enumerate(nodes):
        changes[at] = np.inf
        change, _ = change_by(T, S, pod, NOWHERE, home, node)
        if try_shift(T, S, pod, node):
            changes[at] = change
            shift(T, S, pod, home)
