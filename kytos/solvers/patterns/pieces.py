"""A plan bettered a few nodes at a time: their pods are packed anew, all others left alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kytos.contract.watch import Watch
from kytos.problem import Bools
from kytos.solvers.patterns.improve import Nodes, part_of, rank
from kytos.solvers.patterns.packing import Packing, total_of

GIVEN_UP_AFTER = 60
"""Pieces in a row that nothing was gained from."""

PIECE_CLASSES = 120
PIECE_NODES = 5
GOOD_ENOUGH = 1e-3
"""Relative gap below which a large plan is left as it is."""


def improve(
    packing: Packing,
    plan: Nodes,
    bound: float,
    watch: Watch,
    randomness: int,
    repack: Callable[[Packing, Watch], Nodes],
) -> Nodes:
    """Return the plan with pieces packed anew wherever that is cheaper.

    Parameters
    ----------
    repack
        ``(packing, watch) -> Nodes`` for a piece.
    """
    generator = np.random.default_rng(randomness)
    idle = 0
    while watch.reason is None and idle < GIVEN_UP_AFTER and len(plan[0]) > 1:
        total = total_of(packing, *plan)
        left = rank(packing, plan)[0]
        if not left and total - bound <= GOOD_ENOUGH * max(bound, 1e-12):
            break
        chosen = _piece(packing, plan, generator)
        part = part_of(packing, *plan, chosen)
        asked = part.demand > 0
        small = part.of_classes(asked)
        new_offer, new_pattern = repack(small, watch.within(2.0))
        pattern = np.zeros((len(new_offer), len(packing.demand)), dtype=np.int64)
        pattern[:, asked] = new_pattern
        other = (
            np.concatenate([plan[0][~chosen], new_offer]),
            np.concatenate([plan[1][~chosen], pattern]),
        )
        if rank(packing, other) < (left, total - 1e-9):
            plan, idle = other, 0
        else:
            idle += 1
    return plan


def _piece(packing: Packing, plan: Nodes, generator: np.random.Generator) -> Bools:
    """A few nodes, badly filled ones rather than others, of not too many different pods."""
    offer, pattern = plan
    held = (pattern @ packing.request)[:, :2]
    empty = 1.0 - (held / np.maximum(packing.capacity[offer][:, :2], 1)).min(axis=1)
    keys = generator.random(len(offer)) ** (1.0 / np.maximum(empty + 0.05, 0.05))
    chosen = np.zeros(len(offer), dtype=np.bool_)
    seen = np.zeros(pattern.shape[1], dtype=np.bool_)
    for node in np.argsort(-keys)[: PIECE_NODES + int(generator.integers(0, 3))]:
        together = seen | (pattern[node] > 0)
        if chosen.sum() >= 2 and together.sum() > PIECE_CLASSES:
            continue
        chosen[node], seen = True, together
    return chosen
