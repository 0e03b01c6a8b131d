"""The most valuable filling of one node: depth first over classes, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit

from kytos.problem import Floats, Ints
from kytos.refine.kernels.compiled import kept_on_disk

LOOKS = 60_000
"""Partial fillings looked at; some milliseconds. Where they do not suffice, the bound is that of
whole fractions."""

CLOSE = 2e-4
"""A filling is taken for the best where none is worth more by this share: the bound pays for it."""

MIXES = 7


def filling(
    need: Ints, room: Ints, most: Ints, gain: Floats, close: float, looks: int = LOOKS
) -> tuple[float, Ints]:
    """Return what no filling is worth more than, and the best found.

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
    """
    asked = (need.max(axis=0) > 0) & (room >= 0)
    need, room = need[:, asked].astype(np.float64), room[asked].astype(np.float64)
    share = need / np.maximum(room, 1.0)
    # Any mixture of resources bounds a filling; one of them nearly as well as all together.
    mixes = _mixtures(share.shape[1])
    mixed = share @ mixes.T
    limits = mixes.sum(axis=1)
    roots = np.array([_fractions(mixed[:, m], limits[m], most, gain) for m in range(len(limits))])
    best_mix = int(roots.argmin())
    order = np.argsort(-gain / np.maximum(mixed[:, best_mix], 1e-12), kind="stable")
    worth, counts, looked = _search(
        need[order],
        room,
        most[order].astype(np.int64),
        gain[order],
        mixed[order],
        limits,
        best_mix,
        close,
        looks,
    )
    found = np.zeros(len(gain), dtype=np.int64)
    found[order] = counts
    if looked >= looks:
        return float(roots.min()), found
    return float(min(worth * (1 + close) + 1e-12, roots.min())), found


def _mixtures(resources: int) -> Floats:
    """``(mixes, resources)`` weights: the first two in several proportions, each other alone."""
    if resources == 1:
        return np.ones((1, 1))
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
    return np.array(mixes)


def _fractions(size: Floats, limit: float, most: Ints, gain: Floats) -> float:
    """What whole fractions are worth, by one mixture of resources."""
    order = np.argsort(-gain / np.maximum(size, 1e-12), kind="stable")
    volume = (size * most)[order]
    filled = np.minimum(np.maximum(limit - (np.cumsum(volume) - volume), 0.0), volume)
    share = np.where(volume > 0, filled / np.maximum(volume, 1e-300), 1.0)
    return float((share * (gain * most)[order]).sum())


@kept_on_disk
@njit
def _search(need, room, most, gain, mixed, limits, best_mix, close, looks):  # type: ignore[no-untyped-def]
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
    counts = np.zeros(classes, np.int64)
    best = np.zeros(classes, np.int64)
    worth, reached = 0.0, 0.0
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
            elif reached > worth:
                worth = reached
                best[:] = counts
            if at < classes and bound > worth * (1 + close) + 1e-15:
                times = most[at]
                for r in range(resources):
                    if need[at, r] > 0:
                        times = min(times, np.int64(max(left[r], 0.0) // need[at, r]))
                counts[at] = times
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
