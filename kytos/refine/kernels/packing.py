"""Nodes filled one after another, as full as they get."""

from __future__ import annotations

import numpy as np

from kytos.refine.kernels.compiled import called_from_kernels, called_from_python, inlined
from kytos.refine.kernels.counts import NOWHERE, shift
from kytos.refine.kernels.moves import try_shift
from kytos.refine.kernels.rules import fits, may_leave


@called_from_python
def pack(T, S, pods, nodes, best_fit):
    """Place pods one by one on the first (or tightest) of `nodes` that takes them."""
    for pod in pods:
        if best_fit and tuck(T, S, pod, NOWHERE, nodes):
            continue
        for node in nodes:
            if fits(T, S, pod, node) and try_shift(T, S, pod, node):
                break


@called_from_kernels
def tuck(T, S, pod, node, nodes):
    """Best fit: move a pod to the node in use, but `node`, that is left with least room."""
    chosen, least = NOWHERE, np.inf
    for target in nodes:
        closed = S.node[target].count == 0 and not T.node[target].held_open
        if target == node or (closed and T.node[target].price > 0.0):
            continue
        if fits(T, S, pod, target) and may_leave(T, S, pod, target):
            room = 0.0
            for resource in range(S.held.shape[1]):
                if T.capacity[target, resource] > 0:
                    left = T.capacity[target, resource] - S.held[target, resource]
                    room += (left - T.request[pod, resource]) / T.capacity[target, resource]
            if room < least:
                chosen, least = target, room
    return chosen >= 0 and try_shift(T, S, pod, chosen)


@called_from_python
def fill_tightly(T, S, pods, left, node, scarcity, enough, looks, work):
    """Fill a node with those of the first `left` of `pods` that leave least room; return the rest.

    A depth-first search through the pods in their order, which the first that fits always joins;
    it ends after so many `looks`, or with no more than `enough` waste. `pods` are closed up to
    those that are left, whose number is returned. `work` is ``(3, pods)`` to work in. Source: the
    minimum bin slack heuristic, Gupta and Ho (1999), with the fixed item of Fleszar and Hindi,
    *New heuristics for one-dimensional bin-packing* (2002).
    """
    after, chosen, best = work[0], work[1], work[2]
    _mark_alike(T, pods, left, after)
    least = np.inf
    depth, most, at = 0, 0, 0
    while True:
        while at < left:
            looks -= 1
            if not _has_room(T, S, pods[at], node):
                at = after[at]
            else:
                if try_shift(T, S, pods[at], node):
                    chosen[depth] = at
                    depth += 1
                at += 1
        waste = _waste(T, S, node, scarcity)
        if waste < least and depth > 0:
            least, most = waste, depth
            for position in range(depth):
                best[position] = chosen[position]
        if least <= enough or looks <= 0 or depth <= 1:
            break
        depth -= 1
        at = after[chosen[depth]]
        shift(T, S, pods[chosen[depth]], NOWHERE)
    for position in range(depth):
        shift(T, S, pods[chosen[position]], NOWHERE)
    taken, kept = 0, 0
    for position in range(left):
        if taken < most and best[taken] == position:
            try_shift(T, S, pods[position], node)
            taken += 1
        else:
            pods[kept] = pods[position]
            kept += 1
    return kept


@called_from_kernels
def _mark_alike(T, pods, left, after):
    """Write for each of the first `left` pods where the next that asks for another amount is."""
    for at in range(left - 1, -1, -1):
        after[at] = at + 1
        if at + 1 < left:
            alike = True
            for resource in range(T.request.shape[1]):
                if T.request[pods[at], resource] != T.request[pods[at + 1], resource]:
                    alike = False
            if alike:
                after[at] = after[at + 1]


@inlined
def _has_room(T, S, pod, node):
    """Whether a node's resources suffice for a pod, wherever it is at home."""
    for resource in range(S.held.shape[1]):
        amount = T.request[pod, resource]
        if amount > 0 and S.held[node, resource] + amount > T.capacity[node, resource]:
            return False
    return True


@inlined
def _waste(T, S, node, scarcity):
    """Room left on a node, as shares of what it has, weighted by how scarce each resource is."""
    waste = 0.0
    for resource in range(S.held.shape[1]):
        offered = T.capacity[node, resource]
        if offered > 0:
            waste += scarcity[resource] * (offered - S.held[node, resource]) / offered
    return waste
