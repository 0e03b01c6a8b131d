"""The most valuable way to fill one node: greedily for all offers at once, or exactly for one."""

from __future__ import annotations

import numpy as np
from numba import njit

from kytos.problem import Bools, Floats, Ints
from kytos.refine.kernels.compiled import kept_on_disk
from kytos.solvers.patterns.knapsack import CLOSE, LOOKS, filling
from kytos.solvers.patterns.packing import Packing


def greedy_fillings(packing: Packing, value: Floats, left: Ints) -> Ints:
    """Fill a node of each offer class by class, in several orders of value for room.

    Parameters
    ----------
    value
        ``(classes, offers)`` of one pod; classes without a positive one stay out.
    left
        ``(classes,)`` pods there are to take at most.

    Returns
    -------
    Ints
        ``(orders, offers, classes)``.
    """
    orders = orders_of(packing, value, left)
    contests = packing.contests
    fillings: Ints = _every(
        *_in_rows(packing, value),
        np.minimum(packing.most, left),
        orders,
        contests.start,
        contests.pair,
        contests.side,
        contests.count,
    )
    return fillings


def dearest_filling(
    packing: Packing, value: Floats, left: Ints, usable: Bools
) -> tuple[float, int, Ints]:
    """Return the greedy filling that is worth most for its price, its offer and that ratio.

    Parameters
    ----------
    usable
        ``(offers,)`` those that may be used.
    """
    contests = packing.contests
    counts = np.zeros(len(left), dtype=np.int64)
    ratio, offer = _dearest(
        *_in_rows(packing, value),
        packing.price,
        np.ascontiguousarray(packing.cost),
        np.minimum(packing.most, left),
        orders_of(packing, value, left),
        np.flatnonzero(usable),
        contests.start,
        contests.pair,
        contests.side,
        contests.count,
        counts,
    )
    return float(ratio), int(offer), counts


def _in_rows(packing: Packing, value: Floats) -> tuple[Ints, Ints, Floats, Bools]:
    """Arrays row by row: each layout in memory would be compiled for again."""
    return (
        np.ascontiguousarray(packing.request),
        np.ascontiguousarray(packing.capacity),
        np.ascontiguousarray(value),
        np.ascontiguousarray(packing.allowed),
    )


def orders_of(packing: Packing, value: Floats, left: Ints) -> Ints:
    """``(orders, classes)``: by value for room, as one or another resource is scarce; by size."""
    weights = _resource_weights(packing, left)
    size = np.maximum(packing.request @ weights.T, 1e-12)  # (classes, orders)
    best = value.max(axis=1, initial=0.0)
    orders = [np.argsort(-best / size[:, one], kind="stable") for one in range(size.shape[1])]
    orders.append(np.argsort(-size[:, 0], kind="stable"))
    return np.array(orders)


def _resource_weights(packing: Packing, left: Ints) -> Floats:
    """``(orders, resources)``: a unit of each in shares of what is wanted, and mixtures."""
    wanted = np.maximum((packing.request * left[:, None]).sum(axis=0), 1)
    share = 1.0 / wanted
    mixes = [np.ones(len(share))]
    for resource in np.flatnonzero(packing.request.max(axis=0, initial=0) > 0)[:3]:
        mix = np.full(len(share), 0.15)
        mix[resource] = 1.0
        mixes.append(mix)
    weights: Floats = np.array(mixes) * share
    return weights


def best_filling(
    packing: Packing,
    offer: int,
    value: Floats,
    close: float = CLOSE,
    looks: int = LOOKS,
    least: float = 0.0,
) -> tuple[float, Ints]:
    """Return the value that no filling of one node of an offer exceeds, and the best one found.

    Parameters
    ----------
    value
        ``(classes,)`` of one pod.
    close
        Share by which a filling may be worth more than the one returned.
    looks
        Partial fillings looked at; without time for all of them less is proven.
    least
        Fillings worth no more are not looked for, and the value returned is then no lower.
    """
    counts = np.zeros(len(value), dtype=np.int64)
    taken = np.flatnonzero((value > 1e-12) & (packing.fit[:, offer] > 0))
    if not len(taken):
        return 0.0, counts
    worth, chosen = filling(
        packing.request[taken],
        packing.capacity[offer],
        packing.fit[taken, offer],
        value[taken],
        close,
        looks,
        least,
        packing.contests,
        taken,
    )
    counts[taken] = chosen
    return worth, counts


@kept_on_disk
@njit
def _fill(  # type: ignore[no-untyped-def]
    request, left, value, allowed, most, order, offer, start, pair, side, first, second, counts
):
    """Fill one node of an offer in an order; returns what is gained."""
    gained = 0.0
    for class_ in order:
        if most[class_] <= 0 or value[class_, offer] <= 0 or not allowed[class_, offer]:
            continue
        times = most[class_]
        for r in range(len(left)):
            if request[class_, r] > 0:
                times = min(times, left[r] // request[class_, r])
                if times <= 0:
                    break
        for entry in range(start[class_], start[class_ + 1]):
            if times <= 0:
                break
            if side[entry] & 1 and second[pair[entry]]:
                times = 0
            if side[entry] & 2 and first[pair[entry]]:
                times = 0
            if side[entry] == 3:
                times = min(times, 1)
        if times <= 0:
            continue
        for entry in range(start[class_], start[class_ + 1]):
            if side[entry] & 1:
                first[pair[entry]] = True
            if side[entry] & 2:
                second[pair[entry]] = True
        counts[class_] = times
        gained += times * value[class_, offer]
        for r in range(len(left)):
            left[r] -= times * request[class_, r]
    return gained


@kept_on_disk
@njit
def _every(  # type: ignore[no-untyped-def]
    request, capacity, value, allowed, most, orders, start, pair, side, pairs
):
    offers, classes = len(capacity), len(most)
    fillings = np.zeros((len(orders), offers, classes), np.int64)
    for at in range(len(orders)):
        for offer in range(offers):
            first, second = np.zeros(pairs, np.bool_), np.zeros(pairs, np.bool_)
            _fill(
                request,
                capacity[offer].copy(),
                value,
                allowed,
                most,
                orders[at],
                offer,
                start,
                pair,
                side,
                first,
                second,
                fillings[at, offer],
            )
    return fillings


@kept_on_disk
@njit
def _dearest(  # type: ignore[no-untyped-def]
    request,
    capacity,
    value,
    allowed,
    price,
    cost,
    most,
    orders,
    usable,
    start,
    pair,
    side,
    pairs,
    best,
):
    """The ratio of value to price and the offer; writes the filling into `best`."""
    counts = np.zeros(len(most), np.int64)
    highest, chosen = 0.0, -1
    for offer in usable:
        for at in range(len(orders)):
            first, second = np.zeros(pairs, np.bool_), np.zeros(pairs, np.bool_)
            counts[:] = 0
            gained = _fill(
                request,
                capacity[offer].copy(),
                value,
                allowed,
                most,
                orders[at],
                offer,
                start,
                pair,
                side,
                first,
                second,
                counts,
            )
            if gained <= 0:
                continue
            spent = price[offer]
            for class_ in range(len(counts)):
                if counts[class_] > 0:
                    spent += counts[class_] * cost[class_, offer]
            ratio = gained / max(spent, 1e-9)
            if ratio > highest:
                highest, chosen = ratio, offer
                best[:] = counts
    return highest, chosen
