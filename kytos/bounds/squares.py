"""Bounds on a sum of squares, for spread and squares.

* *water-filling*: load as a liquid, poured so that the squares are least;
* *tangent*: the squares replaced by tangents, after which every pod chooses on its own; unlike
  water-filling it sees what moving costs (Frank and Wolfe 1956).
"""

from __future__ import annotations

import numpy as np

from kytos.bounds.pod_costs import PodCosts
from kytos.contract.weights import Weights
from kytos.pairs import PairMask
from kytos.problem import Bools, Floats, Ints, LoadMode, Problem

TANGENT_ROUNDS = 80
"""The bound gains little after this many rounds; 1,000 x 100 takes a quarter of a second."""


def water_filling(problem: Problem, options: PairMask, placed: Bools) -> float:
    """Least sum of (u - mean)^2 (spread) or u^2 (squares) when pods are a liquid.

    Each node holds at least what cannot leave it and at most what may come to it; together they
    hold at least the pods that can be nowhere else.
    """
    spread = problem.mode is LoadMode.SPREAD
    row, rows = options.of_pod, options.rows
    alone = rows.sum(axis=1) == 1
    total = 0.0
    for resource in range(problem.loads):
        offered = problem.load_allocatable[:, resource]
        levelled = (offered > 0) & (problem.usable | (not spread))
        if not levelled.any():
            continue
        request = problem.load_request[:, resource]
        # By pods that may be in the same places: all of them, and those that get one for sure.
        whole = np.bincount(row, request, len(rows)).astype(np.float64)
        sure = np.bincount(row, request * placed, len(rows))
        fixed = problem.load_fixed[levelled, resource]
        floor = fixed + _by_node(options, np.where(alone, sure, 0.0))[levelled]
        ceiling = fixed + _by_node(options, whole)[levelled]
        inside = rows[:, levelled].any(axis=1)
        tied = inside & ~rows[:, ~levelled].any(axis=1)
        least = float(fixed.sum() + sure[tied].sum())
        most = float(fixed.sum() + whole[inside].sum())
        middle = float(problem.mean_load[resource]) if spread else 0.0
        total += _pour(offered[levelled], floor, ceiling, (least, most), middle)
    return total


def _by_node(options: PairMask, amount: Floats) -> Floats:
    """``(nodes,)`` the amounts ``(kinds,)`` of the rows that reach each node."""
    total = np.zeros(options.shape[1])
    for some, rows in options.chunks():
        total += amount[some] @ rows
    return total


def _pour(
    offered: Floats, floor: Floats, ceiling: Floats, amount: tuple[float, float], middle: float
) -> float:
    """Least sum of (l/a - middle)^2 over loads l within limits whose sum is within `amount`.

    The minimum for a multiplier m is at u = middle + m a, cut to its limits. Any m >= 0 bounds
    it with the least amount, any m <= 0 with the most (Lagrangian duality), so an inexact
    multiplier weakens the bound and never breaks it.
    """
    low, high = floor / offered, np.maximum(ceiling, floor) / offered

    def load_at(multiplier: float) -> Floats:
        return np.clip(middle + multiplier * offered, low, high)

    def bound(multiplier: float) -> float:
        at = load_at(multiplier)
        target = amount[0] if multiplier >= 0 else amount[1]
        return float(((at - middle) ** 2).sum() + 2 * multiplier * (target - at @ offered))

    level = float(load_at(0.0) @ offered)
    if amount[0] <= level <= amount[1]:
        return bound(0.0)
    target = amount[0] if level < amount[0] else amount[1]
    reach = float((np.abs(np.concatenate([low, high]) - middle) / np.tile(offered, 2)).max())
    left, right = (0.0, reach) if level < target else (-reach, 0.0)
    for _ in range(100):
        between = (left + right) / 2
        if float(load_at(between) @ offered) < target:
            left = between
        else:
            right = between
    return max(bound(left), bound(right))


def tangents(problem: Problem, weights: Weights, costs: PodCosts) -> float:
    """Best bound of several rounds of tangents, moved towards the fractional optimum."""
    spread = problem.mode is LoadMode.SPREAD
    offered = problem.load_allocatable
    counts = (offered > 0) & (problem.usable[:, None] | (not spread))
    share = np.divide(1.0, offered, out=np.zeros_like(offered), where=counts)
    middle = np.where(counts, problem.mean_load, 0.0) if spread else np.zeros_like(offered)
    base = problem.load_fixed * share - middle
    rows = np.arange(len(problem.pods))
    runs = np.flatnonzero(problem.current >= 0)
    matrix = costs.matrix()

    def follow(choice: Ints) -> tuple[Floats, float]:
        """Deviations and own costs when each pod takes its choice (-1: none)."""
        at = np.flatnonzero(choice >= 0)
        load = np.zeros_like(offered)
        np.add.at(load, choice[at], problem.load_request[at])
        none = float(costs.unplaced[choice < 0].sum())
        return base + load * share, none + float(matrix[at, choice[at]].sum())

    start = np.where(problem.current >= 0, problem.current, np.argmin(matrix, axis=1))
    start = np.where(np.isfinite(matrix[rows, start]), start, -1)
    deviation, own = follow(start)
    best = -np.inf
    for _ in range(TANGENT_ROUNDS):
        slope = 2 * weights.B * deviation * share
        priced = matrix + problem.load_request @ slope.T
        nearest = np.argmin(priced, axis=1)
        value = priced[rows, nearest]
        stays_out = costs.unplaced < value
        choice = np.where(stays_out, -1, nearest)
        value = np.where(stays_out, costs.unplaced, value)
        if problem.max_moves is not None:
            # Each pod chooses on its own, so the best use of few moves is where most is gained.
            gain = priced[runs, problem.current[runs]] - value[runs]
            kept = runs[np.argsort(-gain, kind="stable")[problem.max_moves :]]
            choice[kept] = problem.current[kept]
            value[kept] = priced[kept, problem.current[kept]]
        reached = float(value.sum())
        constant = weights.B * float((deviation * (2 * base - deviation))[counts].sum())
        best = max(best, constant + reached)
        target, target_own = follow(choice)
        step = target - deviation
        curvature = 2 * weights.B * float((step**2)[counts].sum())
        fall = -(2 * weights.B * float((deviation * step)[counts].sum()) + target_own - own)
        if fall <= 0:
            break
        length = 1.0 if curvature <= 0 else min(1.0, fall / curvature)
        deviation = deviation + length * step
        own += length * (target_own - own)
    return best - 1e-12 * abs(best)
