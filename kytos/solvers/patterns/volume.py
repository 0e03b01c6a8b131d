"""What no plan can undercut, from volumes and counts alone: a small mixed-integer programme."""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from kytos.problem import Floats
from kytos.solvers.patterns.packing import UNLIMITED, Packing

MOST_SETS = 200
"""Different sets of offers that classes may use which are looked at; the others are left to the
set of all, which is a weaker bound and no wrong one."""

MOST_ROWS = 2_000


def volume_bound(packing: Packing, seconds: float) -> tuple[float, Floats]:
    """Return a lower bound of every plan's total, and the numbers of nodes that reach it.

    The nodes that a set of classes may use must offer what those classes need of each resource,
    have places for each of them, and keep `Packing.limit`, `rows` and `most_kinds`.

    Returns
    -------
    tuple
        The bound, and ``(offers,)`` whole numbers; NaN where no time was enough for any.
    """
    offers = len(packing.price)
    rows, least = _rows(packing)
    # HiGHS drops coefficients below 1e-9 of the largest: each row in units of what is needed.
    scale = np.maximum(least, 1e-9)
    constraints = [LinearConstraint(rows / scale[:, None], least / scale, np.inf)]
    most = np.minimum(packing.limit, packing.demand.sum()).astype(float)
    price, upper, whole = packing.price, most, np.ones(offers)
    own = [(row.weight, row.most) for row in packing.rows]
    kinds = np.unique(packing.kind[packing.kind >= 0])
    if packing.most_kinds is not None:
        chosen = (packing.kind[:, None] == kinds[None, :]).astype(float)
        constraints = [_wider(constraint, len(kinds)) for constraint in constraints]
        own = [(np.concatenate([weight, np.zeros(len(kinds))]), most_) for weight, most_ in own]
        counted = packing.kind >= 0
        linked = np.hstack([np.eye(offers), -chosen * most[:, None]])[counted]
        constraints.append(LinearConstraint(linked, -np.inf, 0))
        own.append((np.concatenate([np.zeros(offers), np.ones(len(kinds))]), packing.most_kinds))
        price = np.concatenate([price, np.zeros(len(kinds))])
        upper = np.concatenate([most, np.ones(len(kinds))])
        whole = np.ones(offers + len(kinds))
    constraints += [LinearConstraint(weight[None, :], -np.inf, most_) for weight, most_ in own]
    result = milp(
        price,
        constraints=constraints,
        bounds=Bounds(0, upper),
        integrality=whole,
        options={"time_limit": max(seconds, 0.05), "mip_rel_gap": 1e-6},
    )
    cheapest_run = float((packing.demand * packing.cost.min(axis=1, initial=np.inf)).sum())
    if not math.isfinite(cheapest_run):
        cheapest_run = 0.0
    proven = getattr(result, "mip_dual_bound", None)
    bound = 0.0 if proven is None or not math.isfinite(proven) else max(0.0, float(proven))
    counts = np.full(offers, np.nan) if result.x is None else np.rint(result.x[:offers])
    # What HiGHS leaves undecided by its tolerances is not proven.
    return bound * (1 - 1e-7) + cheapest_run, counts


def _rows(packing: Packing) -> tuple[Floats, Floats]:
    """``(rows, offers)`` and ``(rows,)``: what the nodes used must have together, at least."""
    rows: list[Floats] = []
    least: list[float] = []
    need = packing.request * packing.demand[:, None]
    capacity = np.maximum(packing.capacity, 0).astype(float)
    sets = np.unique(packing.allowed, axis=0)
    everywhere = np.ones((1, len(packing.price)), dtype=np.bool_)
    for usable in np.vstack([everywhere, sets[:MOST_SETS]]):
        inside = ~(packing.allowed & ~usable).any(axis=1)
        for resource in range(packing.request.shape[1]):
            needed = float(need[inside, resource].sum())
            if needed > 0:
                rows.append(np.where(usable, capacity[:, resource], 0.0))
                least.append(needed)
    order = np.argsort(-packing.request.max(axis=1, initial=0))[: MOST_ROWS - len(rows)]
    for class_ in order:
        if packing.demand[class_] > 0:
            # No node counts for more than are asked for.
            rows.append(packing.fit[class_].astype(float))
            least.append(float(packing.demand[class_]))
    return np.array(rows).reshape(-1, len(packing.price)), np.array(least)


def _wider(constraint: LinearConstraint, by: int) -> LinearConstraint:
    wide = np.hstack([constraint.A, np.zeros((constraint.A.shape[0], by))])
    return LinearConstraint(wide, constraint.lb, constraint.ub)


def limited(packing: Packing) -> np.ndarray:
    """``(offers,)`` bool: there are only so many of them."""
    return packing.limit < UNLIMITED
