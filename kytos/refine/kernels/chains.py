"""Chains: two or three pods moved at once, where neither a move nor a swap would be allowed."""

from __future__ import annotations

import numpy as np

from kytos.refine.kernels.compiled import called_from_kernels, inlined
from kytos.refine.kernels.counts import NOWHERE, shift, taken
from kytos.refine.kernels.energy import cost_at
from kytos.refine.kernels.randomness import accepts, near, random_below, random_word
from kytos.refine.kernels.rules import has_left_rightly, may_leave, rules_hold

LEGS = 3
"""Pods that a chain moves at the most."""
TRIES = 8
"""Pods looked at for one that is away from home."""


@called_from_kernels
def try_chain(T, S, pods, nodes, first, second, rng, temperature, chain):
    """Propose a chain; return how many pods it moved, 0 when it was left, and what that changed.

    `chain` ``(at least LEGS, 3)`` is written to: each pod, where to, where from. A chain is one of

    * a pod onto a node, and one of that node home or to a third;
    * three pods round three nodes;
    * one pod against two of another node;
    * where a bound on moves is reached, a pod home, and another away or two others swapped.
    """
    legs = _draw(T, S, pods, nodes, first, second, rng, chain)
    if legs == 0 or not _has_room(T, S, chain, legs):
        return 0, 0.0
    cost = 0.0
    guide = 0.0
    for leg in range(legs):
        sign = 1.0
        # One loop, so that `cost_at` is compiled in once.
        for side in range(1, 3):
            c, g = cost_at(T, S, chain[leg, 0], chain[leg, side])
            cost += sign * c
            guide += sign * g
            sign = -sign
        shift(T, S, chain[leg, 0], chain[leg, 1])
    if accepts(rng, cost + guide, temperature) and _holds(T, S, chain, legs):
        return legs, cost
    for leg in range(legs - 1, -1, -1):
        shift(T, S, chain[leg, 0], chain[leg, 2])
    return 0, 0.0


@inlined
def _draw(T, S, pods, nodes, first, second, rng, chain):
    """Write a chain drawn at random; return how many pods it moves, 0 for none."""
    kind = random_word(rng) >> np.uint64(61)
    one, two, three = near(pods, first, rng), near(pods, second, rng), near(pods, second, rng)
    here, there, beyond = S.place[one], S.place[two], S.place[three]
    if here < 0 or there < 0 or beyond < 0:
        return 0
    legs = 3
    if kind >= 2 and not may_leave(T, S, one, NOWHERE):
        # One that is away goes home for `one` to leave, alone or against `three`.
        for _ in range(TRIES):
            if _makes_way(T, S, two, one):
                break
            two = near(pods, second, rng)
        _write(S, chain, 0, two, T.pod[two].home)
        if kind < 5:
            beyond = nodes[random_below(rng, len(nodes))]
            legs = 2
        _write(S, chain, 1, one, beyond)
        _write(S, chain, 2, three, here)
    elif kind < 4:
        _write(S, chain, 0, one, there)
        if kind == 0 and T.pod[two].home >= 0:
            beyond = T.pod[two].home
        _write(S, chain, 1, two, beyond)
        legs = 2
    elif kind < 6:
        _write(S, chain, 0, one, there)
        _write(S, chain, 1, two, beyond)
        _write(S, chain, 2, three, here)
    else:
        three = S.node[there].first
        for _ in range(random_below(rng, S.node[there].count)):
            three = S.link[three].after
        _write(S, chain, 0, one, there)
        _write(S, chain, 1, two, here)
        _write(S, chain, 2, three, here)
    for leg in range(legs):
        pod, node = chain[leg, 0], chain[leg, 1]
        if node < 0 or node == chain[leg, 2] or pod == chain[leg - 1 if leg else legs - 1, 0]:
            return 0
        if node != T.pod[pod].home and not T.allowed[T.pod[pod].row, node]:
            return 0
    return legs


@inlined
def _makes_way(T, S, pod, other):
    """Whether a pod is away from home, and counts in a bound that keeps another at home."""
    if T.pod[pod].home < 0 or S.place[pod] == T.pod[pod].home:
        return False
    if S.gone[0] >= T.setting[0].max_moves:
        return True
    for one in range(T.pod[pod].limit_from, T.pod[pod].limit_to):
        for two in range(T.pod[other].limit_from, T.pod[other].limit_to):
            if T.limited[one] == T.limited[two]:
                return True
    return False


@inlined
def _write(S, chain, leg, pod, node):
    chain[leg, 0] = pod
    chain[leg, 1] = node
    chain[leg, 2] = S.place[pod]


@inlined
def _has_room(T, S, chain, legs):
    """Whether the bound on moves and the nodes that pods come to have room for a chain."""
    gone = S.gone[0]
    for leg in range(legs):
        home = T.pod[chain[leg, 0]].home
        if home >= 0:
            gone += (chain[leg, 2] == home) - np.int64(chain[leg, 1] == home)
    if gone > T.setting[0].max_moves:
        return False
    for leg in range(legs):
        node = chain[leg, 1]
        for resource in range(S.held.shape[1]):
            if T.request[chain[leg, 0], resource] > 0:
                held = S.held[node, resource]
                for other in range(legs):
                    if chain[other, 1] == node:
                        held += taken(T, chain[other, 0], node, resource)
                    elif chain[other, 2] == node:
                        held -= taken(T, chain[other, 0], node, resource)
                if held > T.capacity[node, resource]:
                    return False
    return True


@inlined
def _holds(T, S, chain, legs):
    """Whether the bounds on moves and the rules between pods hold after a chain."""
    for leg in range(legs):
        if not has_left_rightly(T, S, chain[leg, 0]):
            return False
    if T.setting[0].has_rules:
        for leg in range(legs):
            if not rules_hold(T, S, chain[leg, 0], chain[leg, 2]):
                return False
    return True
