"""The most valuable way to fill one node: greedily for all offers at once, or exactly for one."""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from kytos.problem import Floats, Ints
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
    weights = _resource_weights(packing, left)
    size = np.maximum(packing.request @ weights.T, 1e-12)  # (classes, orders)
    best = value.max(axis=1, initial=0.0)
    orders = [np.argsort(-best / size[:, one], kind="stable") for one in range(size.shape[1])]
    orders.append(np.argsort(-size[:, 0], kind="stable"))
    return np.stack([_filled(packing, value, left, order) for order in orders])


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


def _filled(packing: Packing, value: Floats, left: Ints, order: Ints) -> Ints:
    offers = len(packing.price)
    room = packing.capacity.copy()
    counts = np.zeros((offers, len(packing.demand)), dtype=np.int64)
    most = np.minimum(packing.most, left)
    barred = [np.zeros((offers, 2), dtype=np.bool_) for _ in packing.rivals]
    for class_ in order:
        if most[class_] <= 0:
            continue
        need = packing.request[class_]
        asks = need > 0
        times = np.full(offers, most[class_])
        if asks.any():
            times = np.minimum(times, (room[:, asks] // need[asks]).min(axis=1))
        times[(value[class_] <= 0) | ~packing.allowed[class_]] = 0
        for (one, two), seen in zip(packing.rivals, barred, strict=True):
            if one[class_]:
                times[seen[:, 1]] = 0
                if two[class_]:
                    times = np.minimum(times, 1)
            if two[class_]:
                times[seen[:, 0]] = 0
        times = np.maximum(times, 0)
        for (one, two), seen in zip(packing.rivals, barred, strict=True):
            seen[:, 0] |= bool(one[class_]) & (times > 0)
            seen[:, 1] |= bool(two[class_]) & (times > 0)
        counts[:, class_] = times
        room -= times[:, None] * need
    return counts


def best_filling(
    packing: Packing,
    offer: int,
    value: Floats,
    seconds: float,
    close: float = CLOSE,
    looks: int = LOOKS,
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
    """
    classes = len(value)
    counts = np.zeros(classes, dtype=np.int64)
    taken = np.flatnonzero((value > 1e-12) & (packing.fit[:, offer] > 0))
    if not len(taken):
        return 0.0, counts
    rivals = [(one[taken], two[taken]) for one, two in packing.rivals]
    rivals = [(one, two) for one, two in rivals if one.any() and two.any()]
    if not rivals:
        worth, found = filling(
            packing.request[taken],
            packing.capacity[offer],
            packing.fit[taken, offer],
            value[taken],
            close,
            looks,
        )
        counts[taken] = found
        return worth, counts
    need = packing.request[taken].T.astype(float)
    asked = need.max(axis=1) > 0
    room = packing.capacity[offer].astype(float)
    scale = np.maximum(room[asked], 1.0)
    rows = [LinearConstraint(need[asked] / scale[:, None], -np.inf, room[asked] / scale)]
    upper = packing.fit[taken, offer].astype(float)
    gain, whole = -value[taken], np.ones(len(taken))
    if rivals:
        rows, gain, upper = _with_rivals(rows, gain, upper, rivals)
        whole = np.ones(len(gain))
    result = milp(
        gain,
        constraints=rows,
        bounds=Bounds(0, upper),
        integrality=whole,
        options={"time_limit": max(seconds, 0.02), "mip_rel_gap": max(close, 1e-7)},
    )
    proven = getattr(result, "mip_dual_bound", None)
    if result.x is not None:
        counts[taken] = np.rint(result.x[: len(taken)]).astype(np.int64)
    if proven is None or not math.isfinite(proven):
        return float((value[taken] * upper[: len(taken)]).sum()), counts
    return -float(proven) * (1 + 1e-9) + 1e-12, counts


def _with_rivals(
    rows: list[LinearConstraint],
    gain: Floats,
    upper: Floats,
    rivals: list[tuple[np.ndarray, np.ndarray]],
) -> tuple[list[LinearConstraint], Floats, Floats]:
    """Two switches for each pair of rivals, of which one may be on; a class needs its own on."""
    classes, extra = len(gain), 2 * len(rivals)
    wide = [
        LinearConstraint(np.hstack([row.A, np.zeros((row.A.shape[0], extra))]), row.lb, row.ub)
        for row in rows
    ]
    linked = []
    for at, (one, two) in enumerate(rivals):
        for side, members in enumerate((one, two)):
            for class_ in np.flatnonzero(members):
                row = np.zeros(classes + extra)
                row[class_] = 1.0
                row[classes + 2 * at + side] = -max(upper[class_], 1.0)
                linked.append((row, 0.0))
        both = one & two
        if both.any():
            # Rivals of their own kind: one of them at most, and then none of the others.
            row = np.zeros(classes + extra)
            row[:classes][both] = 1.0
            linked.append((row, 1.0))
            only_one, only_two = one & ~two, two & ~one
            for others in (only_one, only_two):
                for class_ in np.flatnonzero(others):
                    row = np.zeros(classes + extra)
                    row[class_] = 1.0 / max(upper[class_], 1.0)
                    row[:classes][both] = 1.0
                    linked.append((row, 1.0))
        else:
            row = np.zeros(classes + extra)
            row[classes + 2 * at : classes + 2 * at + 2] = 1.0
            linked.append((row, 1.0))
    matrix = np.array([row for row, _ in linked])
    most = np.array([bound for _, bound in linked])
    wide.append(LinearConstraint(matrix, -np.inf, most))
    switches = np.concatenate([gain, np.zeros(extra)])
    return wide, switches, np.concatenate([upper, np.ones(extra)])
