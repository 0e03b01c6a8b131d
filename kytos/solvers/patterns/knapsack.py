"""The most valuable filling of one node: depth first over classes, compiled."""

from __future__ import annotations

from functools import cache

import numpy as np
from numba import njit

from kytos.problem import Floats, Ints
from kytos.refine.kernels.compiled import kept_on_disk
from kytos.solvers.patterns.packing import Contests

LOOKS = 60_000
"""Partial fillings looked at; some milliseconds. Where they do not suffice, the bound is that of
whole fractions."""

CLOSE = 2e-4
"""A filling is taken for the best where none is worth more by this share: the bound pays for it."""

MIXES = 7

NARROWEST = 1e-4
"""Step at which a mixture of resources is near enough to the best."""


def filling(
    need: Ints,
    room: Ints,
    most: Ints,
    gain: Floats,
    close: float,
    looks: int = LOOKS,
    least: float = 0.0,
    contests: Contests | None = None,
    names: Ints | None = None,
) -> tuple[float, Ints]:
    """Return what no filling is worth more than, and the best one above `least`, or nothing.

    Parameters
    ----------
    need
        ``(classes, resources)``.
    room
        ``(resources,)``.
    most
        ``(classes,)`` of each at most.
    gain
        ``(classes,)`` of one, positive.
    close
        Share by which a filling may be better than the one returned.
    looks
        Partial fillings looked at.
    least
        Fillings worth no more are not looked for, and the bound is no lower.
    contests
        Who keeps whom off the node.
    names
        ``(classes,)`` by which `contests` knows them; left out: as they stand.
    """
    asked = (need.max(axis=0) > 0) & (room >= 0)
    contests = contests or Contests.of((), len(gain))
    bound, chosen = _filling(
        np.ascontiguousarray(need[:, asked], dtype=np.float64),
        room[asked].astype(np.float64),
        most,
        gain,
        _mixtures(int(asked.sum())),
        close,
        looks,
        least,
        np.arange(len(gain)) if names is None else names,
        contests.start,
        contests.pair,
        contests.side,
        contests.count,
    )
    return float(bound), chosen


@cache
def _mixtures(resources: int) -> Floats:
    """``(mixes, resources)`` weights: the first two in several proportions, each other alone.

    The last row is free.
    """
    if resources == 1:
        return np.ones((2, 1))
    mixes = []
    for step in range(MIXES):
        mix = np.zeros(resources)
        mix[0], mix[1] = step / (MIXES - 1), 1 - step / (MIXES - 1)
        mixes.append(mix)
        if resources > 2 and 0 < step < MIXES - 1:
            with_third = mix * 0.6
            with_third[2] = 0.4
            mixes.append(with_third)
    mixes.extend(np.eye(resources)[2:])
    mixes.append(np.ones(resources))
    return np.array(mixes)


@kept_on_disk
@njit
def _filling(  # type: ignore[no-untyped-def]
    need, room, most, gain, mixes, close, looks, least, names, start, pair, side, pairs
):
    classes, resources = need.shape
    share = np.zeros((classes, resources))
    for r in range(resources):
        share[:, r] = need[:, r] / max(room[r], 1.0)
    chosen = np.zeros(classes, np.int64)
    root, best_mix = np.inf, 0
    for m in range(len(mixes) - 1):
        worth = _fractions(share, mixes[m], most, gain)
        if worth < root:
            root, best_mix = worth, m
        if root <= least:
            return root, chosen
    # The last row is free for the mixture that bounds this filling best.
    mixes = mixes.copy()
    root = _narrowed(share, mixes[best_mix], most, gain, root, least, mixes[-1])
    if root <= least:
        return root, chosen
    best_mix = len(mixes) - 1
    mixed = np.zeros((classes, len(mixes)))
    limits = np.zeros(len(mixes))
    for m in range(len(mixes)):
        for r in range(resources):
            limits[m] += mixes[m, r]
            mixed[:, m] += mixes[m, r] * share[:, r]
    order = np.argsort(-gain / np.maximum(mixed[:, best_mix], 1e-12), kind="mergesort")
    worth, counts, looked = _search(
        need[order],
        room,
        most[order],
        gain[order],
        mixed[order],
        limits,
        best_mix,
        close,
        looks,
        least,
        names[order],
        start,
        pair,
        side,
        pairs,
    )
    chosen[order] = counts
    if looked >= looks:
        return root, chosen
    return min(worth * (1 + close) + 1e-12, root), chosen


@kept_on_disk
@njit
def _narrowed(share, begin, most, gain, root, least, best):  # type: ignore[no-untyped-def]
    """Write the mixture near one that bounds a filling best into `best`; returns that bound."""
    best[:] = begin
    step = 0.5 / MIXES
    while step > NARROWEST and root > least:
        better = False
        for r in range(len(best)):
            for sign in (-1.0, 1.0):
                before = best[r]
                best[r] = max(0.0, before + sign * step)
                worth = _fractions(share, best, most, gain)
                if worth < root:
                    root, better = worth, True
                else:
                    best[r] = before
        if not better:
            step /= 3
    return root


@kept_on_disk
@njit
def _fractions(share, mix, most, gain):  # type: ignore[no-untyped-def]
    """What whole fractions are worth, by one mixture of resources."""
    classes = len(gain)
    size = np.zeros(classes)
    space, worth = 0.0, 0.0
    for r in range(len(mix)):
        space += mix[r]
        if mix[r] > 0:
            for c in range(classes):
                size[c] += mix[r] * share[c, r]
    for c in np.argsort(-gain / np.maximum(size, 1e-12), kind="mergesort"):
        volume = size[c] * most[c]
        if volume <= space:
            space -= volume
            worth += gain[c] * most[c]
        else:
            worth += gain[c] * space / size[c]
            break
    return worth


@kept_on_disk
@njit
def _room_for(at, order, start, pair, side, first, second):  # type: ignore[no-untyped-def]
    """How many of a class its rivals leave room for: none, one or any."""
    most = np.int64(2**31)
    class_ = order[at]
    for entry in range(start[class_], start[class_ + 1]):
        if side[entry] == 3:
            most = min(most, np.int64(1))
            if first[pair[entry]] > 0 or second[pair[entry]] > 0:
                return np.int64(0)
        elif side[entry] == 1:
            if second[pair[entry]] > 0:
                return np.int64(0)
        elif first[pair[entry]] > 0:
            return np.int64(0)
    return most


@kept_on_disk
@njit
def _stand(at, by, order, start, pair, side, first, second):  # type: ignore[no-untyped-def]
    """Count a class among (by 1) or off (by -1) those on the node."""
    class_ = order[at]
    for entry in range(start[class_], start[class_ + 1]):
        if side[entry] & 1:
            first[pair[entry]] += by
        if side[entry] & 2:
            second[pair[entry]] += by


@kept_on_disk
@njit
def _search(  # type: ignore[no-untyped-def]
    need,
    room,
    most,
    gain,
    mixed,
    limits,
    best_mix,
    close,
    looks,
    least,
    order,
    start,
    pair,
    side,
    pairs,
):
    """Depth first, the densest class and the most of it first; what cannot be better is left."""
    classes, resources = need.shape
    mixes = mixed.shape[1]
    rate = np.zeros((classes + 1, mixes))
    for at in range(classes - 1, -1, -1):
        for m in range(mixes):
            own = np.inf if mixed[at, m] <= 0 else gain[at] / mixed[at, m]
            rate[at, m] = max(rate[at + 1, m], own)
    left = room.copy()
    free = limits.copy()
    first, second = np.zeros(pairs, np.int64), np.zeros(pairs, np.int64)
    counts = np.zeros(classes, np.int64)
    best = np.zeros(classes, np.int64)
    worth, reached = least, 0.0
    at, looked = 0, 0
    descending = True
    while at >= 0:
        looked += 1
        if looked >= looks:
            break
        if descending:
            bound = reached
            if at < classes:
                rest = np.inf
                for m in range(mixes):
                    if rate[at, m] < np.inf:
                        rest = min(rest, rate[at, m] * max(free[m], 0.0))
                if bound + rest > worth * (1 + close):
                    space, fractions = max(free[best_mix], 0.0), 0.0
                    for later in range(at, classes):
                        size = mixed[later, best_mix] * most[later]
                        if size <= space:
                            space -= size
                            fractions += gain[later] * most[later]
                        else:
                            fractions += gain[later] * space / mixed[later, best_mix]
                            break
                    rest = min(rest, fractions)
                bound += rest
            if at < classes and bound > worth * (1 + close) + 1e-15:
                times = min(most[at], _room_for(at, order, start, pair, side, first, second))
                for r in range(resources):
                    if need[at, r] > 0:
                        times = min(times, np.int64(max(left[r], 0.0) // need[at, r]))
                counts[at] = times
                if times > 0:
                    _stand(at, 1, order, start, pair, side, first, second)
                    for r in range(resources):
                        left[r] -= times * need[at, r]
                    for m in range(mixes):
                        free[m] -= times * mixed[at, m]
                    reached += times * gain[at]
                    if reached > worth:
                        worth = reached
                        best[:] = counts
                at += 1
            else:
                descending = False
                at -= 1
        elif counts[at] > 0:
            counts[at] -= 1
            if counts[at] == 0:
                _stand(at, -1, order, start, pair, side, first, second)
            for r in range(resources):
                left[r] += need[at, r]
            for m in range(mixes):
                free[m] += mixed[at, m]
            reached -= gain[at]
            at += 1
            descending = True
        else:
            at -= 1
    return worth, best, looked
