"""Rearrangements: a pod goes where it has no room, and those who are there make it."""

from __future__ import annotations

from kytos.refine.kernels.compiled import called_from_kernels, inlined
from kytos.refine.kernels.counts import NOWHERE, shift
from kytos.refine.kernels.energy import cost_at
from kytos.refine.kernels.randomness import accepts, random_below
from kytos.refine.kernels.rules import fits, has_left_rightly, may_leave, rules_hold

MOST = 24
"""Pods that a rearrangement moves at the most."""
LOOKS = 24
"""Nodes looked at for each that makes room, beside its home and where the first one was."""
TRIES = 4
"""Pods in a row of which none gains by leaving, before that ends."""


@called_from_kernels
def try_rearrangement(T, S, pods, nodes, rng, temperature, chain):
    """Propose one; return how many pods it moved, 0 when it was left, and what that changed.

    The larger of two pods drawn goes to a node, whether it has room there or not. Then one pod
    after another leaves that node for the cheapest of some others, until all fit and no further
    one gains. Moves and swaps find no way there where a large pod faces many small ones: each step
    alone costs. `chain` ``(at least MOST, 3)`` is written to: each pod, where to, where from.
    """
    pod, rival = pods[random_below(rng, len(pods))], pods[random_below(rng, len(pods))]
    if T.pod[rival].size > T.pod[pod].size:
        pod = rival
    here, there = S.place[pod], nodes[random_below(rng, len(nodes))]
    if here < 0 or there == here:
        return 0, 0.0
    if there != T.pod[pod].home and not T.allowed[T.pod[pod].row, there]:
        return 0, 0.0
    cost = _go(T, S, chain, 0, pod, there)
    if S.place[pod] != there:
        return 0, 0.0
    legs, idle = 1, 0
    over = _overfull(T, S, there)
    while legs < MOST and idle < TRIES and S.node[there].count > 1:
        leaver = _on(S, there, rng)
        if leaver == pod or (over >= 0 and T.request[leaver, over] == 0):
            idle += 1
            continue
        limit = cost_at(T, S, leaver, there)[0] if over < 0 else 1e300
        node = _cheapest(T, S, leaver, there, here, nodes, rng, limit)
        change = _go(T, S, chain, legs, leaver, node) if node >= 0 else 0.0
        if node < 0 or S.place[leaver] != node:
            idle += 1
            continue
        cost += change
        legs += 1
        idle = 0
        over = _overfull(T, S, there)
    if over < 0 and accepts(rng, cost, temperature):
        return legs, cost
    for leg in range(legs - 1, -1, -1):
        shift(T, S, chain[leg, 0], chain[leg, 2])
    return 0, 0.0


@called_from_kernels
def _go(T, S, chain, leg, pod, node):
    """Move a pod if the bounds on moves and the rules between pods let it; return the change."""
    old = S.place[pod]
    if not may_leave(T, S, pod, node):
        return 0.0
    cost = cost_at(T, S, pod, node)[0] - cost_at(T, S, pod, old)[0]
    shift(T, S, pod, node)
    if has_left_rightly(T, S, pod) and (not T.setting[0].has_rules or rules_hold(T, S, pod, old)):
        chain[leg, 0], chain[leg, 1], chain[leg, 2] = pod, node, old
        return cost
    shift(T, S, pod, old)
    return 0.0


@inlined
def _on(S, node, rng):
    """One of the pods on a node."""
    pod = S.node[node].first
    for _ in range(random_below(rng, S.node[node].count)):
        pod = S.link[pod].after
    return pod


@called_from_kernels
def _overfull(T, S, node):
    """A resource of which a node holds more than it has for those that came, or nowhere."""
    for resource in range(S.held.shape[1]):
        if S.need[node, resource] > 0 and S.held[node, resource] > T.capacity[node, resource]:
            return resource
    return NOWHERE


@called_from_kernels
def _cheapest(T, S, pod, there, here, nodes, rng, limit):
    """The node that takes a pod at the least cost below a limit, of some that have room."""
    chosen, least = NOWHERE, limit
    for look in range(LOOKS + 2):
        node = here
        if look == 1:
            node = T.pod[pod].home
        elif look > 1:
            node = nodes[random_below(rng, len(nodes))]
        if node >= 0 and node != there and fits(T, S, pod, node):
            cost = cost_at(T, S, pod, node)[0]
            if cost < least:
                chosen, least = node, cost
    return chosen
