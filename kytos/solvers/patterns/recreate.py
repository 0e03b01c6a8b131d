"""A plan bettered by taking nodes apart and buying anew for their pods, again and again."""

from __future__ import annotations

import numpy as np

from kytos.contract.watch import Watch
from kytos.problem import Bools, Floats
from kytos.solvers.patterns.improve import (
    Nodes,
    cheapest_hosts,
    filled_greedily,
    part_of,
    rank,
)
from kytos.solvers.patterns.packing import Packing, total_of

FEWEST, MOST = 3, 40
"""Nodes taken apart at once."""

OF_ALL = 0.2
"""And no more of all of them."""

LARGER = 1.5
"""Pods are worth their prices to a power of up to this: large ones first, small ones in gaps."""

NOISE = 0.08
"""Spread of the factors on what pods are worth, so that each try differs."""

WORSE = 2e-4
"""Share of a plan's price by which one may be worse and still be gone on from, at the start."""


def recreated(
    packing: Packing, plan: Nodes, worth: Floats, bound: float, watch: Watch, randomness: int
) -> Nodes:
    """Return the cheapest plan met (ruin and recreate, Schrimpf et al. 2000).

    Parameters
    ----------
    worth
        ``(classes,)`` of a pod, by a relaxation.
    """
    random = np.random.default_rng(randomness)
    best, at = plan, plan
    lowest = reached = rank(packing, plan)
    until = watch.remaining_s
    while watch.reason is None and lowest[1] > bound * (1 + 1e-4) and len(at[0]) > 1:
        chosen = _taken_apart(packing, at, random)
        part = part_of(packing, *at, chosen)
        asked = part.demand > 0
        small = part.of_classes(asked)
        mean = max(float(worth.mean()), 1e-12)
        power = random.uniform(0.0, LARGER - 1)
        factor = np.exp(NOISE * random.standard_normal(int(asked.sum())))
        new = filled_greedily(small, worth[asked] * (worth[asked] / mean) ** power * factor)
        new = cheapest_hosts(small, *new)
        pattern = np.zeros((len(new[0]), len(packing.demand)), dtype=np.int64)
        pattern[:, asked] = new[1]
        other = (
            np.concatenate([at[0][~chosen], new[0]]),
            np.concatenate([at[1][~chosen], pattern]),
        )
        left = int(np.maximum(small.demand - new[1].sum(axis=0), 0).sum())
        told = left, total_of(packing, *other)
        slack = WORSE * (watch.remaining_s / until if np.isfinite(until) else 0.0)
        if told[0] <= reached[0] and told[1] < reached[1] * (1 + slack):
            at, reached = other, told
            if reached < lowest:
                best, lowest = at, reached
    return best


def _taken_apart(packing: Packing, plan: Nodes, random: np.random.Generator) -> Bools:
    """``(nodes,)`` some of them, badly filled ones rather than others."""
    offer, pattern = plan
    count = len(offer)
    held = (pattern @ packing.request)[:, :2]
    empty = 1.0 - (held / np.maximum(packing.capacity[offer][:, :2], 1)).min(axis=1)
    keys = random.random(count) ** (1.0 / np.maximum(empty + 0.05, 0.05))
    most = max(FEWEST, min(MOST, int(OF_ALL * count)))
    chosen = np.zeros(count, dtype=np.bool_)
    chosen[np.argsort(-keys)[: int(random.integers(2, most + 1))]] = True
    return chosen
