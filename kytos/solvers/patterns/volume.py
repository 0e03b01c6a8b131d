"""What no plan can undercut, from volumes and counts alone: a small mixed-integer programme."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from kytos.problem import Floats, Ints
from kytos.solvers.patterns.packing import Packing, Prices

if TYPE_CHECKING:  # loaded where a programme is solved
    from scipy.optimize import LinearConstraint

MOST_SETS = 200
"""Different sets of offers that classes may use which are looked at; the others are left to the
set of all, which is a weaker bound and no wrong one."""

MOST_ROWS = 2_000


def volume_bound(
    packing: Packing,
    seconds: float,
    room: float = 0.0,
    at_least: Ints | None = None,
    barred: Sequence[frozenset[int]] = (),
) -> tuple[float, Floats]:
    """Return a lower bound of every plan's total, and the numbers of nodes that reach it.

    The nodes that a set of classes may use must offer what those classes need of each resource,
    have places for each of them, and keep `Packing.limit`, `rows` and `most_kinds`.

    Parameters
    ----------
    room
        Share by which the nodes are to have more than is needed: with any the first value returned
        is no bound.
    at_least
        ``(offers,)`` nodes there are to be.
    barred
        Sets of `Packing.most_kinds` types each that are not to be bought together.

    Returns
    -------
    tuple
        The bound, infinite where nothing is left that is not barred, and ``(offers,)`` whole
        numbers; NaN where no time was enough for any.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp  # loaded by who needs it

    offers = len(packing.price)
    rows, least, members = volume_rows(packing)
    if room:
        several = (members > 0).sum(axis=0) > 1
        least = np.where(several, least * (1 + room), least)
    # HiGHS drops coefficients below 1e-9 of the largest: each row in units of what is needed.
    scale = np.maximum(least, 1e-9)
    constraints = [LinearConstraint(rows / scale[:, None], least / scale, np.inf)]
    most = np.minimum(packing.limit, packing.demand.sum()).astype(float)
    price, upper, whole = packing.price, most, np.ones(offers)
    lower = np.zeros(offers) if at_least is None else np.minimum(at_least, most)
    own = [(row.weight, row.most) for row in packing.rows]
    kinds = np.unique(packing.kind[packing.kind >= 0])
    if packing.most_kinds is not None:
        chosen = (packing.kind[:, None] == kinds[None, :]).astype(float)
        constraints = [_wider(constraint, len(kinds)) for constraint in constraints]
        own = [(np.concatenate([weight, np.zeros(len(kinds))]), most_) for weight, most_ in own]
        counted = packing.kind >= 0
        linked = np.hstack([np.eye(offers), -chosen * most[:, None]])[counted]
        constraints.append(LinearConstraint(linked, -np.inf, 0))
        # As many as there may be, those that none is bought of too: so a set that is barred bars
        # all that can be bought within it.
        few = min(packing.most_kinds, len(kinds))
        number = np.concatenate([np.zeros(offers), np.ones(len(kinds))])
        constraints.append(LinearConstraint(number[None, :], few, few))
        own += [
            (np.concatenate([np.zeros(offers), np.isin(kinds, sorted(one))]), len(one) - 1)
            for one in barred
        ]
        price = np.concatenate([price, np.zeros(len(kinds))])
        upper = np.concatenate([most, np.ones(len(kinds))])
        lower = np.concatenate([lower, np.zeros(len(kinds))])
        whole = np.ones(offers + len(kinds))
    constraints += [LinearConstraint(weight[None, :], -np.inf, most_) for weight, most_ in own]
    result = milp(
        price,
        constraints=constraints,
        bounds=Bounds(lower, upper),
        integrality=whole,
        options={"time_limit": max(seconds, 0.05), "mip_rel_gap": 1e-3 if room else 1e-6},
    )
    cheapest_run = float((packing.demand * packing.cost.min(axis=1, initial=np.inf)).sum())
    if not math.isfinite(cheapest_run):
        cheapest_run = 0.0
    if barred and result.status == 2:
        return math.inf, np.full(offers, np.nan)
    proven = getattr(result, "mip_dual_bound", None)
    bound = 0.0 if proven is None or not math.isfinite(proven) else max(0.0, float(proven))
    counts = np.full(offers, np.nan) if result.x is None else np.rint(result.x[:offers])
    # What HiGHS leaves undecided by its tolerances is not proven.
    return bound * (1 - 1e-7) + cheapest_run, counts


def volume_prices(packing: Packing) -> Prices:
    """Return what volumes alone say that things are worth: no pattern is worth more than it costs.

    They are no more than a start for the prices of patterns, and a good one.
    """
    from scipy.optimize import linprog  # loaded by who needs it

    rows, least, members = volume_rows(packing)
    scale = np.maximum(least, 1e-9)
    own = np.array([row.weight for row in packing.rows]).reshape(-1, len(packing.price))
    limits = np.array([row.most for row in packing.rows])
    result = linprog(
        packing.price,
        A_ub=np.vstack([-rows / scale[:, None], own]),
        b_ub=np.concatenate([-least / scale, limits]),
        bounds=[(0, most) for most in np.minimum(packing.limit, packing.demand.sum())],
        method="highs",
    )
    worth = packing.cost.min(axis=1, initial=np.inf)
    worth = np.where(np.isfinite(worth), worth, 0.0)
    surcharge, charged = np.zeros(len(packing.price)), 0.0
    if result.x is not None:
        duals = np.maximum(-np.asarray(result.ineqlin.marginals), 0.0)
        worth = worth + members @ (duals[: len(rows)] / scale)
        # What a limit of an offer is worth is a surcharge on it.
        upper = np.maximum(-np.asarray(result.upper.marginals), 0.0)
        surcharge = duals[len(rows) :] @ own + upper
        charged = float(duals[len(rows) :] @ limits)
        charged += float(upper @ np.minimum(packing.limit, packing.demand.sum()))
    return Prices(worth, surcharge, charged)


def volume_rows(packing: Packing) -> tuple[Floats, Floats, Floats]:
    """What the nodes used must have together, at least.

    Returns
    -------
    tuple
        ``(rows, offers)`` what a node of each has, ``(rows,)`` what is needed, and
        ``(classes, rows)`` what a pod of each class needs of that.
    """
    rows: list[Floats] = []
    members: list[Floats] = []
    capacity = np.maximum(packing.capacity, 0).astype(float)
    sets = np.unique(packing.allowed, axis=0)
    everywhere = np.ones((1, len(packing.price)), dtype=np.bool_)
    seen: set[bytes] = set()
    for usable in np.vstack([everywhere, sets[:MOST_SETS]]):
        if usable.tobytes() in seen:
            continue
        seen.add(usable.tobytes())
        inside = ~(packing.allowed & ~usable).any(axis=1)
        for resource in range(packing.request.shape[1]):
            need = np.where(inside, packing.request[:, resource], 0).astype(float)
            if (need * packing.demand).any():
                rows.append(np.where(usable, capacity[:, resource], 0.0))
                members.append(need)
    order = np.argsort(-packing.request.max(axis=1, initial=0), kind="stable")
    for class_ in order[: MOST_ROWS - len(rows)]:
        if packing.demand[class_] > 0:
            # No node counts for more than are asked for.
            rows.append(packing.fit[class_].astype(float))
            member = np.zeros(len(packing.demand))
            member[class_] = 1.0
            members.append(member)
    needed = np.array(members).reshape(-1, len(packing.demand)).T
    return np.array(rows).reshape(-1, len(packing.price)), packing.demand @ needed, needed


def _wider(constraint: LinearConstraint, by: int) -> LinearConstraint:
    wide = np.hstack([constraint.A, np.zeros((constraint.A.shape[0], by))])
    return type(constraint)(wide, constraint.lb, constraint.ub)
