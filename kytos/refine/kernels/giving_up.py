"""Room for a pod that waits, by giving up those that matter less."""

from __future__ import annotations

import numpy as np

from kytos.refine.kernels.compiled import called_from_kernels, called_from_python
from kytos.refine.kernels.counts import NOWHERE, shift
from kytos.refine.kernels.descent import settle_best
from kytos.refine.kernels.moves import try_shift
from kytos.refine.kernels.rules import may_leave, rules_hold


@called_from_python
def fit_in(T, S, pod, nodes, evicted):
    """Place a pod that waits; return how many of lower priority were given up for it.

    Their positions are written to `evicted`; -1 where even that does not place it.
    """
    if settle_best(T, S, pod, nodes, np.inf):
        return 0
    return _preempt(T, S, pod, nodes, evicted)


@called_from_kernels
def _preempt(T, S, pod, nodes, evicted):
    """Place a pod by giving up those that matter least; return how many, -1 if none do."""
    chosen, least = NOWHERE, np.inf
    for node in nodes:
        if node != T.pod[pod].home and not T.allowed[T.pod[pod].row, node]:
            continue
        gone, price = _give_up(T, S, pod, node, evicted)
        placed = S.place[pod] == node
        if placed:
            shift(T, S, pod, NOWHERE)
        for at in range(gone - 1, -1, -1):
            shift(T, S, evicted[at], node)
        if placed and price < least:
            chosen, least = node, price
    if chosen < 0:
        return -1
    gone, _ = _give_up(T, S, pod, chosen, evicted)
    return gone


@called_from_kernels
def _give_up(T, S, pod, node, evicted):
    """Place a pod on a node by giving up others there; return how many, and what they matter."""
    gone = 0
    price = 0.0
    while S.place[pod] != node and not try_shift(T, S, pod, node):
        worst = _least_worth(T, S, pod, node, gone == 0)
        if worst < 0:
            break
        shift(T, S, worst, NOWHERE)
        if T.setting[0].has_rules and not rules_hold(T, S, worst, node):
            shift(T, S, worst, node)
            break
        evicted[gone] = worst
        gone += 1
        price += 2.0 ** (-float(T.pod[worst].rank)) + 1e-9
        if T.pod[worst].rank // 2 == T.pod[pod].rank // 2:
            try_shift(T, S, pod, node)
            break
    return gone, price


@called_from_kernels
def _least_worth(T, S, pod, node, same):
    """Return whom to give up on a node for a pod: lowest priority first, then the biggest.

    `same` allows one of the same priority whose service has others left, for a pod that is the
    last of its own.
    """
    worst = NOWHERE
    other = S.node[node].first
    while other >= 0:
        rank = T.pod[other].rank
        lower = rank // 2 > T.pod[pod].rank // 2 or (same and rank > T.pod[pod].rank)
        if (
            lower
            and T.pod[other].optional
            and may_leave(T, S, other, NOWHERE)
            and (
                worst < 0
                or rank > T.pod[worst].rank
                or (rank == T.pod[worst].rank and T.pod[other].size > T.pod[worst].size)
            )
        ):
            worst = other
        other = S.link[other].after
    return worst
