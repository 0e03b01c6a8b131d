"""Every pattern that a better plan could use: over all of them whole numbers are exact."""

from __future__ import annotations

import numpy as np

from kytos.contract.watch import Watch
from kytos.problem import Floats, Ints
from kytos.solvers.patterns.columns import Columns, Relaxed, offer_rows, relax
from kytos.solvers.patterns.improve import Nodes, rank, trimmed
from kytos.solvers.patterns.packing import Packing, fits, total_of

MOST_LOOKS = 200_000
"""Partial patterns looked at; about a second."""

MOST_PATTERNS = 20_000

TRIES = 4


def complete(
    columns: Columns, relaxed: Relaxed, plan: Nodes, bound: float, watch: Watch
) -> tuple[Nodes, float]:
    """Return the cheapest plan and the bound, both exact where all patterns can be listed.

    A pattern that costs more beyond its pods' worth than a plan is above the relaxation is in no
    better plan. All others are listed and whole numbers chosen among them.
    """
    packing = columns.packing
    for _ in range(TRIES):
        if rank(packing, plan)[0] or relaxed.missing or watch.reason is not None:
            return plan, bound
        allowance = total_of(packing, *plan) - relaxed.value + 1e-9
        patterns = _all_patterns(packing, relaxed, allowance, watch)
        if patterns is None:
            return plan, bound
        value = relaxed.worth[:, None] - packing.cost
        charge = packing.price + relaxed.surcharge
        paying = [
            (offer, counts)
            for offer, counts in patterns
            if counts @ value[:, offer] - charge[offer] > 1e-9 * max(1.0, relaxed.value)
        ]
        if not paying:
            return _exact(packing, patterns, plan, bound, watch)
        for offer, counts in paying:
            columns.add(offer, counts)
        relaxed = relax(columns)
    return plan, bound


def _all_patterns(
    packing: Packing, relaxed: Relaxed, allowance: float, watch: Watch
) -> list[tuple[int, Ints]] | None:
    """Every pattern that costs at most `allowance` beyond its pods' worth; None for too many."""
    patterns: list[tuple[int, Ints]] = []
    looks = 0
    free = not packing.cost.any() and not packing.rivals
    for offer in range(len(packing.price)):
        charge = float(packing.price[offer] + relaxed.surcharge[offer]) - allowance
        value = relaxed.worth - packing.cost[:, offer]
        classes = [int(c) for c in np.flatnonzero(packing.fit[:, offer] > 0)]
        size = packing.request / np.maximum(packing.capacity[offer], 1)
        classes.sort(key=lambda c: (-value[c] / max(float(size[c].max()), 1e-9), c))
        need = [[int(amount) for amount in packing.request[c]] for c in classes]
        most = [int(packing.fit[c, offer]) for c in classes]
        gain = [float(value[c]) for c in classes]
        rates = _rates(need, gain)
        room_at_first = tuple(int(r) for r in packing.capacity[offer])
        stack: list[tuple[int, tuple[int, ...], float, tuple[int, ...]]] = [
            (0, room_at_first, 0.0, ())
        ]
        while stack:
            at, room, reached, chosen = stack.pop()
            looks += 1
            if looks > MOST_LOOKS or len(patterns) > MOST_PATTERNS:
                return None
            if looks % 4096 == 0 and watch.reason is not None:
                return None
            if reached + _rest(rates[at], room, gain, most, at) < charge:
                continue
            if at == len(classes):
                if free and _has_room(room, chosen, need, most):
                    continue  # one with more pods, which cost nothing, does as well
                counts = np.zeros(len(packing.demand), dtype=np.int64)
                counts[classes] = chosen
                if counts.any() and fits(packing, offer, counts):
                    patterns.append((offer, counts))
                continue
            each = min(
                (room[r] // amount for r, amount in enumerate(need[at]) if amount), default=most[at]
            )
            for times in range(min(each, most[at]), -1, -1):
                rest = tuple(
                    left - times * amount for left, amount in zip(room, need[at], strict=True)
                )
                stack.append((at + 1, rest, reached + times * gain[at], (*chosen, times)))
    return patterns


def _has_room(
    room: tuple[int, ...], chosen: tuple[int, ...], need: list[list[int]], most: list[int]
) -> bool:
    """Whether one more pod of some class would fit."""
    return any(
        times < limit and all(amount <= left for amount, left in zip(each, room, strict=True))
        for times, limit, each in zip(chosen, most, need, strict=True)
    )


def _rates(need: list[list[int]], gain: list[float]) -> list[list[float]]:
    """For each position the highest gain for a unit of each resource from there on."""
    resources = len(need[0]) if need else 0
    rates = [[0.0] * resources for _ in range(len(need) + 1)]
    for at in range(len(need) - 1, -1, -1):
        for r in range(resources):
            own = max(gain[at], 0.0)
            each = own / need[at][r] if need[at][r] else (np.inf if own > 0 else 0.0)
            rates[at][r] = max(rates[at + 1][r], each)
    return rates


def _rest(
    rates: list[float], room: tuple[int, ...], gain: list[float], most: list[int], at: int
) -> float:
    """No filling of what is left gains more."""
    best = sum(max(g, 0.0) * m for g, m in zip(gain[at:], most[at:], strict=True))
    for rate, left in zip(rates, room, strict=True):
        if rate < np.inf:
            best = min(best, rate * left)
    return best + 1e-12


def _exact(
    packing: Packing,
    patterns: list[tuple[int, Ints]],
    plan: Nodes,
    bound: float,
    watch: Watch,
) -> tuple[Nodes, float]:
    from scipy.optimize import Bounds, LinearConstraint, milp  # loaded by who needs it

    if not patterns:
        return plan, max(bound, total_of(packing, *plan))
    offers = np.array([offer for offer, _ in patterns], dtype=np.int64)
    matrix = np.array([counts for _, counts in patterns], dtype=np.int64)
    price: Floats = packing.price[offers] + (matrix * packing.cost.T[offers]).sum(axis=1)
    weights, most = offer_rows(packing)
    rows = [LinearConstraint(matrix.T.astype(float), packing.demand, np.inf)]
    if len(most):
        rows.append(LinearConstraint(weights[:, offers], -np.inf, most))
    result = milp(
        price,
        constraints=rows,
        bounds=Bounds(0, np.inf),
        integrality=np.ones(len(price)),
        options={"time_limit": max(watch.remaining_s, 0.05), "mip_rel_gap": 1e-7},
    )
    reached = total_of(packing, *plan)
    if result.status == 2:  # nothing cheaper than what there is
        return plan, reached
    proven = getattr(result, "mip_dual_bound", None)
    if proven is not None and np.isfinite(proven):
        bound = max(bound, min(reached, float(proven) * (1 - 1e-9)))
    if result.x is not None:
        times = np.rint(result.x).astype(np.int64)
        chosen = trimmed(packing, np.repeat(offers, times), np.repeat(matrix, times, axis=0))
        if rank(packing, chosen) < rank(packing, plan):
            plan = chosen
    return plan, bound
