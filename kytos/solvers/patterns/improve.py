"""Plans made by filling nodes one after another, and bettered a few nodes at a time."""

from __future__ import annotations

import numpy as np

from kytos.contract.watch import Watch
from kytos.problem import Bools, Floats, Ints
from kytos.solvers.patterns.filling import dearest_filling
from kytos.solvers.patterns.packing import UNLIMITED, Packing, fits, total_of

Nodes = tuple[Ints, Ints]
"""``(nodes,)`` offers and ``(nodes, classes)`` patterns."""

NO_WATCH = Watch()

MOST_NODES = 20_000
"""A plan of more is none that anybody asked for."""


def construct(packing: Packing, counts: Floats, watch: Watch = NO_WATCH) -> Nodes:
    """Return the best of a few plans that fill nodes greedily.

    Parameters
    ----------
    counts
        ``(offers,)`` nodes of each offer to begin with, or NaN.
    """
    plans: list[Nodes] = []
    for weights in worths(packing):
        if not plans or watch.reason is None:
            plans.append(filled_greedily(packing, weights, watch=watch))
    if not np.isnan(counts).any() and watch.reason is None:
        plans.append(filled_nodes(packing, counts.astype(np.int64)))
    plans = [cheapest_hosts(packing, *plan) for plan in plans]
    return min(plans, key=lambda plan: rank(packing, plan))


def rank(packing: Packing, plan: Nodes) -> tuple[int, float]:
    """What makes one plan better than another: fewer pods left out, then less to pay."""
    left = int(np.maximum(packing.demand - plan[1].sum(axis=0), 0).sum())
    return left, total_of(packing, *plan)


def filled_greedily(
    packing: Packing, worth: Floats, begun: Nodes | None = None, watch: Watch = NO_WATCH
) -> Nodes:
    """Buy the node that takes most worth for its price, again and again.

    Parameters
    ----------
    worth
        ``(classes,)`` of a pod.
    begun
        Nodes that are bought already.
    watch
        When it ends, only offers that were used so far are looked at, wherever one of them will do.
    """
    classes = len(packing.demand)
    offers: list[int] = [] if begun is None else begun[0].tolist()
    patterns: list[Ints] = [] if begun is None else list(begun[1])
    left = packing.demand.copy()
    for pattern in patterns:
        left = left - pattern
    left = np.maximum(left, 0)
    used = np.bincount(offers, minlength=len(packing.price)).astype(np.int64)
    value = worth[:, None] - packing.cost
    value = np.where(packing.allowed, np.maximum(value, 1e-9 * worth[:, None]), 0.0)
    rows = np.arange(classes)
    while left.any() and len(offers) < MOST_NODES:
        open_ = left > 0
        if 2 * int(open_.sum()) < len(left):  # those that all have a node are looked at no more
            packing, value = packing.of_classes(open_), value[open_]
            rows, left = rows[open_], left[open_]
        free = np.minimum(packing.limit - used, _room_in_rows(packing, used))
        usable = free > 0
        if not usable.any():
            break
        if watch.reason is not None and (usable & (used > 0)).any():
            usable &= used > 0
        ratio, offer, counts = dearest_filling(packing, value, left, usable)
        if ratio <= 0 and usable.sum() < (free > 0).sum():
            ratio, offer, counts = dearest_filling(packing, value, left, free > 0)
        if ratio <= 0:
            break
        repeats = int((left[counts > 0] // counts[counts > 0]).min())
        times = max(1, min(repeats, int(free[offer])))
        offers += [offer] * times
        whole = np.zeros(classes, dtype=np.int64)
        whole[rows] = counts
        patterns += [whole] * times
        used[offer] += times
        left = np.maximum(left - times * counts, 0)
    return (
        np.array(offers, dtype=np.int64),
        np.array(patterns, dtype=np.int64).reshape(-1, classes),
    )


def worths(packing: Packing) -> list[Floats]:
    """``(classes,)`` what a pod is worth, by a few opinions on which resource is dear."""
    wanted = np.maximum((packing.request * packing.demand[:, None]).sum(axis=0), 1)
    share = packing.request / wanted
    basic = share[:, :2]
    largest = packing.request / np.maximum(packing.capacity.max(axis=0, initial=1), 1)
    opinions = [
        basic.sum(axis=1),
        basic[:, 0] + 0.2 * basic.sum(axis=1),
        basic[:, 1] + 0.2 * basic.sum(axis=1),
        share.max(axis=1),
        largest.sum(axis=1) ** 1.3,
    ]
    least = 1e-6 / max(1, int(packing.demand.sum()))
    return [np.maximum(opinion, least) for opinion in opinions]


def _room_in_rows(packing: Packing, used: Ints) -> Ints:
    """``(offers,)`` how many more nodes of each the bounds on numbers allow."""
    room = np.full(len(packing.price), UNLIMITED, dtype=np.int64)
    for row in packing.rows:
        left = row.most - float(row.weight @ used)
        heavy = row.weight > 1e-12
        room[heavy] = np.minimum(room[heavy], np.floor((left + 1e-9) / row.weight[heavy]))
    return np.maximum(room, 0)


def filled_nodes(packing: Packing, counts: Ints) -> Nodes:
    """Fill given nodes, the largest pod first and each where it leaves least; then buy the rest."""
    offer = np.repeat(np.arange(len(counts)), np.minimum(counts, MOST_NODES))
    pattern = np.zeros((len(offer), len(packing.demand)), dtype=np.int64)
    room = packing.capacity[offer].copy()
    scale = np.maximum((packing.request * packing.demand[:, None]).sum(axis=0), 1)
    order = np.argsort(-(packing.request / scale).max(axis=1), kind="stable")
    for class_ in order:
        need, left = packing.request[class_], int(packing.demand[class_])
        asks = need > 0
        while left > 0 and len(offer):
            fitting = packing.allowed[class_, offer] & (pattern[:, class_] < packing.most[class_])
            fitting &= (room[:, asks] >= need[asks]).all(axis=1)
            for one, two in packing.rivals:
                if one[class_]:
                    fitting &= ~pattern[:, two].any(axis=1)
                if two[class_]:
                    fitting &= ~pattern[:, one].any(axis=1)
            if not fitting.any():
                break
            rest = (room - need)[:, :2] / np.maximum(packing.capacity[offer][:, :2], 1)
            uneven = np.abs(rest[:, 0] - rest[:, 1])
            best = int(np.where(fitting, rest.sum(axis=1) + uneven, np.inf).argmin())
            times = min(left, int((room[best, asks] // need[asks]).min()) if asks.any() else left)
            times = max(1, min(times, int(packing.most[class_] - pattern[best, class_]), 4))
            pattern[best, class_] += times
            room[best] -= times * need
            left -= times
    used = pattern.any(axis=1)
    return filled_greedily(packing, worths(packing)[0], (offer[used], pattern[used]))


def cheapest_hosts(packing: Packing, offer: Ints, pattern: Ints) -> Nodes:
    """Let each node's pods run on the cheapest offer that holds them."""
    offer, used = offer.copy(), np.bincount(offer, minlength=len(packing.price))
    for node in np.argsort(-packing.price[offer], kind="stable"):
        counts, here = pattern[node], int(offer[node])
        price = packing.price + counts @ packing.cost
        for other in np.argsort(price, kind="stable"):
            if price[other] >= price[here] - 1e-12:
                break
            if fits(packing, int(other), counts) and _may_swap(packing, used, here, int(other)):
                used[here] -= 1
                used[other] += 1
                offer[node] = other
                break
    return offer, pattern


def _may_swap(packing: Packing, used: Ints, one: int, other: int) -> bool:
    if used[other] >= packing.limit[other]:
        return False
    after = used.copy()
    after[one] -= 1
    after[other] += 1
    return all(float(row.weight @ after) <= row.most + 1e-9 for row in packing.rows)


def part_of(packing: Packing, offer: Ints, pattern: Ints, chosen: Bools) -> Packing:
    """The packing of some nodes' pods, all other nodes as they are."""
    others = np.bincount(offer[~chosen], minlength=len(packing.price))
    demand = pattern[chosen].sum(axis=0)
    demand += np.maximum(packing.demand - pattern.sum(axis=0), 0)
    limit = np.where(packing.limit < UNLIMITED, packing.limit - others, packing.limit)
    return packing.asking(demand, np.maximum(limit, 0), others)


def trimmed(packing: Packing, offer: Ints, pattern: Ints) -> Nodes:
    """Take off pods that are covered more than once, where they cost most; drop empty nodes."""
    pattern = pattern.copy()
    over = pattern.sum(axis=0) - packing.demand
    for class_ in np.flatnonzero(over > 0):
        for node in np.argsort(-packing.cost[class_, offer], kind="stable"):
            taken = min(int(over[class_]), int(pattern[node, class_]))
            pattern[node, class_] -= taken
            over[class_] -= taken
            if not over[class_]:
                break
    used = pattern.any(axis=1)
    return offer[used], pattern[used]
