"""Offers that another serves as well for no more money: nobody needs to look at them."""

from __future__ import annotations

import numpy as np

from kytos.problem import Bools
from kytos.solvers.patterns.packing import UNLIMITED, Packing


def undominated(packing: Packing) -> Bools:
    """Return ``(offers,)`` those worth looking at: no other takes all they take for no more.

    An offer that there are only so many of dominates none, nor does one that counts otherwise in
    `Packing.rows`. Of equals the first is kept.
    """
    useful: Bools = np.any(packing.fit > 0, axis=0)
    kept = useful.copy()
    # The cheaper first, then the larger: nothing later dominates what is already kept.
    size = packing.capacity.sum(axis=1)
    order = np.lexsort((np.arange(len(size)), -size, packing.price))
    weights = np.array([row.weight for row in packing.rows]).reshape(-1, len(packing.price))
    winners: list[int] = []
    for offer in order:
        if not useful[offer] or packing.limit[offer] < UNLIMITED:
            continue
        if winners and _beaten(packing, weights, np.array(winners), int(offer)):
            kept[offer] = False
        else:
            winners.append(int(offer))
    return kept


def _beaten(packing: Packing, weights: np.ndarray, winners: np.ndarray, offer: int) -> bool:
    larger = (packing.capacity[winners] >= packing.capacity[offer]).all(axis=1)
    among = winners[larger]
    if not len(among):
        return False
    taken = packing.allowed[:, offer]
    serves = packing.allowed[np.ix_(taken, among)].all(axis=0)
    serves &= (packing.cost[np.ix_(taken, among)] <= packing.cost[taken, offer][:, None]).all(
        axis=0
    )
    if len(weights):
        serves &= (weights[:, among] <= weights[:, [offer]]).all(axis=0)
    return bool(serves.any())
