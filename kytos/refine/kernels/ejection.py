"""Room for a pod by moving others on, or by putting them out in turn."""

from __future__ import annotations

import numpy as np

from kytos.refine.kernels.compiled import called_from_kernels, called_from_python, inlined
from kytos.refine.kernels.counts import NOWHERE, shift, taken
from kytos.refine.kernels.descent import settle_best
from kytos.refine.kernels.moves import carry_out, try_shift
from kytos.refine.kernels.packing import tuck
from kytos.refine.kernels.randomness import random_below, random_word
from kytos.refine.kernels.rules import may_leave, rules_hold, swap_fits

SHAKES = 64
"""Random moves between two ejections, so that the same pods do not chase each other."""


@called_from_python
def fit_by_ejection(T, S, pods, nodes, rng, pool, waiting, weight, level, target, budget):
    """Fit the first `waiting` pods of `pool` into `nodes` by putting others out in turn.

    Guided ejection search: what cannot be placed gains weight, and whoever weighs least makes room
    for it. Pods that may be given up and matter less than `level` are not placed again. Ends with
    fewer than `target` waiting, all of which may wait, or when `budget` pods and nodes were looked
    at. Returns how many wait and how many were looked at. Source: Nagata and Bräysy, *A powerful
    route minimization heuristic for the vehicle routing problem with time windows* (2009).
    """
    looked = 0
    for at in range(waiting):
        shift(T, S, pool[at], NOWHERE)
    while looked < budget:
        if waiting < target and _all_may_wait(T, pool, waiting, level):
            break
        waiting -= 1
        pod = pool[waiting]
        looked += len(nodes)
        if settle_best(T, S, pod, nodes, np.inf):
            continue
        weight[pod] += 1.0
        node, first, second, seen = _weakest(T, S, pod, nodes, weight, level, rng)
        looked += seen
        if node < 0:
            pool[waiting] = pod
            waiting += 1
            break
        if not _exchange(T, S, pod, node, first, second):
            weight[first] += 1.0
            pool[waiting] = pod
            waiting += 1
            continue
        for out in (first, second):
            if out >= 0 and not (T.pod[out].optional and T.pod[out].rank // 2 > level):
                pool[waiting] = out
                waiting += 1
        _shake(T, S, pods, rng, SHAKES)
        looked += SHAKES
    return waiting, looked


@called_from_kernels
def _all_may_wait(T, pool, waiting, level):
    """Whether the pool holds none that must be placed or matters more than `level`."""
    for at in range(waiting):
        if not T.pod[pool[at]].optional or T.pod[pool[at]].rank // 2 < level:
            return False
    return True


@called_from_kernels
def _weakest(T, S, pod, nodes, weight, level, rng):
    """Return a node and one or two pods there whose going lets a pod in, the least in weight.

    Also returns how many pods were looked at. -1 stands for no pod and for no node.
    """
    chosen, first, second = NOWHERE, NOWHERE, NOWHERE
    least = np.inf
    looked = 0
    ties = 0
    for node in nodes:
        if node != T.pod[pod].home and not T.allowed[T.pod[pod].row, node]:
            continue
        one = S.node[node].first
        while one >= 0:
            looked += 1
            price = _loss(T, weight, one, level)
            if price <= least and may_leave(T, S, one, NOWHERE):
                if _covers(T, S, pod, node, one, NOWHERE):
                    # Among equals any one is as likely, or the search would go in circles.
                    ties = 1 if price < least else ties + 1
                    if ties == 1 or random_below(rng, ties) == 0:
                        chosen, first, second, least = node, one, NOWHERE, price
                else:
                    two = S.link[one].after
                    while two >= 0:
                        looked += 1
                        both = price + _loss(T, weight, two, level)
                        if both < least and _covers(T, S, pod, node, one, two):
                            chosen, first, second, least = node, one, two, both
                            ties = 1
                        two = S.link[two].after
            one = S.link[one].after
    return chosen, first, second, looked


@inlined
def _loss(T, weight, pod, level):
    """What putting a pod out counts: little where it may be given up for good."""
    if T.pod[pod].optional and T.pod[pod].rank // 2 > level:
        return 1e-3 * T.pod[pod].size
    return weight[pod]


@called_from_kernels
def _exchange(T, S, pod, node, first, second):
    """Put one or two pods of a node out for another; say whether that broke nothing."""
    if _put_out(T, S, first):
        if second < 0 or _put_out(T, S, second):
            if try_shift(T, S, pod, node):
                return True
            if second >= 0:
                shift(T, S, second, node)
        shift(T, S, first, node)
    return False


@called_from_kernels
def _put_out(T, S, pod):
    """Take a pod off its node if the rules let it go; say whether it went."""
    node = S.place[pod]
    if not may_leave(T, S, pod, NOWHERE):
        return False
    shift(T, S, pod, NOWHERE)
    if T.setting[0].has_rules and not rules_hold(T, S, pod, node):
        shift(T, S, pod, node)
        return False
    return True


@called_from_kernels
def _shake(T, S, pods, rng, count):
    """Random moves and swaps that break nothing, whatever they cost."""
    for _ in range(count):
        pod = pods[random_below(rng, len(pods))]
        other = pods[random_below(rng, len(pods))]
        here, there = S.place[pod], S.place[other]
        if here < 0 or there < 0 or here == there:
            continue
        if random_word(rng) >> np.uint64(63):
            if swap_fits(T, S, pod, other):
                carry_out(T, S, pod, other, here, there)
        elif S.node[here].count > 1 or T.node[here].held_open:
            try_shift(T, S, pod, there)


@called_from_python
def vacate(T, S, pods, node, nodes, budget):
    """Move `pods` off a node, each where it fits best, or by moving one other on.

    Returns whether all went, and how many pods and nodes were looked at: when more than `budget`,
    it gives up.
    """
    looked = 0
    for pod in pods:
        looked += len(nodes)
        if tuck(T, S, pod, node, nodes):
            continue
        if looked > budget:
            return False, looked
        placed, seen = _make_room(T, S, pod, nodes)
        looked += seen
        if not placed:
            return False, looked
    return True, looked


@called_from_kernels
def _make_room(T, S, pod, nodes):
    """Place a pod by moving another one, not bigger, on; return success and what was looked at."""
    looked = 0
    for node in nodes:
        if node != T.pod[pod].home and not T.allowed[T.pod[pod].row, node]:
            continue
        other = S.node[node].first
        while other >= 0:
            following = S.link[other].after
            looked += 1
            if T.pod[other].size <= T.pod[pod].size and _covers(T, S, pod, node, other, NOWHERE):
                looked += len(nodes)
                for target in nodes:
                    if target != node and try_shift(T, S, other, target):
                        if try_shift(T, S, pod, node):
                            return True, looked
                        shift(T, S, other, node)
            other = following
    return False, looked


@inlined
def _covers(T, S, pod, node, one, two):
    """Whether a node has room for a pod once one or two of its own are gone."""
    for resource in range(S.held.shape[1]):
        amount = T.request[pod, resource]
        if amount > 0:
            held = S.held[node, resource] + taken(T, pod, node, resource)
            held -= taken(T, one, node, resource)
            if two >= 0:
                held -= taken(T, two, node, resource)
            if held > T.capacity[node, resource]:
                return False
    return True
