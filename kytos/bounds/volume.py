"""A bound on the price of the nodes in use, for consolidate: the volume of what must run.

The cheapest set of nodes with room for everything, by resource and for large pods by number, where
a node that is freed costs at least the moves that empty it and uses up the bounds on moves.
"""

from __future__ import annotations

import numpy as np

from kytos.bounds.pod_costs import PodCosts
from kytos.contract.weights import Weights
from kytos.pairs import PairMask
from kytos.pod_sets import PodSet
from kytos.problem import Bools, Exclusion, Floats, Ints, Problem

VOLUME_SECONDS = 2.0
"""Time HiGHS may take over the set of nodes; what it has proven by then is used."""

SIZES = 12
"""Sizes at which large pods are counted, per resource, the largest first."""

POOLS = 20
"""Pools of nodes (by what pods are restricted to) that get volume rows of their own."""


def volume(
    problem: Problem, weights: Weights, options: PairMask, placed: Bools, costs: PodCosts
) -> float:
    """Cheapest nodes to keep in use, whole nodes and pods as a liquid, plus what pods cost.

    A node that is freed makes each pod on it take its second choice.
    """
    price = weights.B * problem.price
    runs = np.flatnonzero(problem.current >= 0)
    extra = np.zeros(len(problem.nodes))
    np.add.at(extra, problem.current[runs], costs.away[runs] - costs.cheapest[runs])
    forced = problem.held_open | ~np.isfinite(extra)
    gain = price - np.where(np.isfinite(extra), extra, 0.0)
    own = float(costs.cheapest.sum()) + float(extra[~forced].sum())
    held = float(price[forced].sum())
    rows, demand = _rows(problem, options, placed)
    # Nodes that are forced open give what they have; those that pay for themselves cost nothing.
    demand = demand - rows[:, forced].sum(axis=1)
    return own + held + _cover(gain[~forced], rows[:, ~forced], demand)


def _rows(problem: Problem, options: PairMask, placed: Bools) -> tuple[Floats, Floats]:
    """``(rows, nodes)`` and ``(rows,)``: what each node in use offers, and what is needed."""
    room = most_held(problem)
    rows: list[Floats] = []
    demand: list[float] = []

    def need(offer: Ints | Bools, amount: float) -> None:
        if amount > 0:
            rows.append(offer.astype(np.float64) / amount)
            demand.append(1.0)

    for pods, nodes in _pools(options, placed):
        if nodes.any():
            need(nodes, 1)
        for resource in range(len(problem.resources)):
            request = problem.request[pods, resource]
            inside = room[:, resource] * nodes
            need(inside, float(request.sum()))
            for size in np.unique(request[request > 0])[::-1][:SIZES]:
                # Of pods that ask for at least `size` a node holds a whole number.
                need(inside // size, float((request >= size).sum()))
    runs = placed & (problem.current >= 0)
    budgets = [(limit.members, max(0, limit.limit)) for limit in problem.move_limits]
    if problem.max_moves is not None:
        budgets.append((PodSet.of(runs), problem.max_moves))
    for members, most in budgets:
        # Who runs on a node that is freed moves; of these only so many may.
        at_home = problem.current[members.positions[runs[members.positions]]]
        need(np.bincount(at_home, minlength=len(problem.nodes)), float(len(at_home) - most))
    for exclusion in problem.exclusions:
        kept_apart = _kept_apart(problem, exclusion, placed)
        if kept_apart is not None:
            need(*kept_apart)
    if not rows:
        return np.zeros((0, len(problem.nodes))), np.zeros(0)
    return np.array(rows), np.array(demand)


def _pools(options: PairMask, placed: Bools) -> list[tuple[Ints, Bools]]:
    """Sets of nodes some pods are confined to, with all the pods confined to them."""
    everywhere = np.ones(options.shape[1], dtype=np.bool_)
    pools = [(np.flatnonzero(placed), everywhere)]
    if not placed.any():
        return []
    with_pods = np.bincount(options.of_pod[placed], minlength=len(options.rows))
    kinds = np.flatnonzero(with_pods)
    sets, kind = np.unique(options.rows[kinds], axis=0, return_inverse=True)
    size = np.bincount(kind.reshape(-1), with_pods[kinds])
    for position in np.argsort(-size, kind="stable")[:POOLS]:
        pool = sets[position]
        if not pool.all():
            inside = placed & ~np.asarray(options.rows[:, ~pool].any(axis=1))[options.of_pod]
            pools.append((np.flatnonzero(inside), pool))
    return pools


def _kept_apart(problem: Problem, exclusion: Exclusion, placed: Bools) -> tuple[Ints, float] | None:
    """Offer and need when pods of one kind never share a node, or None when they may."""
    tally = problem.tallies[exclusion.carriers]
    known = tally.domain[tally.domain >= 0]
    own_kind = exclusion.carriers == exclusion.targets
    if not own_kind or len(np.unique(known)) < len(known) or not len(tally.fixed):
        return None
    if tally.counts(problem.current).max(initial=0) > 1:
        return None  # broken at the start, so it may stay broken
    count = int(placed[tally.members.positions].sum())
    taken = np.where(tally.domain >= 0, tally.fixed[tally.domain], 0)
    return np.where(tally.domain >= 0, 1 - np.minimum(taken, 1), count), float(count)


def _cover(gain: Floats, rows: Floats, demand: Floats) -> float:
    """Lower bound on the least sum of `gain` over whole nodes that cover every row."""
    from scipy.optimize import Bounds, LinearConstraint, milp  # loaded by who needs it

    open_anyway = gain <= 0
    total = float(gain[open_anyway].sum())
    demand = demand - rows[:, open_anyway].sum(axis=1)
    gain, rows = gain[~open_anyway], rows[:, ~open_anyway]
    unmet = demand > 1e-9
    rows, demand = rows[unmet], demand[unmet]
    if not len(demand) or not len(gain):
        return total
    kinds, size = np.unique(np.vstack([gain, rows]), axis=1, return_counts=True)
    answer = milp(
        kinds[0],
        integrality=np.ones(len(size)),
        bounds=Bounds(0, size),
        constraints=LinearConstraint(kinds[1:], lb=demand - 1e-9),
        options={"time_limit": VOLUME_SECONDS, "mip_rel_gap": 0.0},
    )
    bound = answer.mip_dual_bound
    if bound is None or not np.isfinite(bound):
        return total  # stopped before the first bound
    return total + max(0.0, float(bound) * (1 - 1e-9))


def most_held(problem: Problem) -> Ints:
    """``(nodes, resources)`` the most that pods of the problem can ever hold on a node."""
    most: Ints = np.maximum(problem.capacity, problem.initial_held) - problem.fixed
    return np.maximum(most, 0)
