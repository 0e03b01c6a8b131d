"""The certificate: a proven lower bound on H for a problem, and how near to it a placement is.

Every bound drops some of the rules and lets what is left be solved quickly, so it holds for all
feasible placements:

* *water-filling* (spread, squares): load as a liquid, poured so that the squares are least;
* *tangent* (spread, squares): the squares replaced by tangents, after which every pod chooses on
  its own; unlike water-filling it sees what moving costs (Frank and Wolfe 1956);
* *volume* (consolidate): the cheapest set of nodes with room for everything, by resource and for
  large pods by number, where a node that is freed costs at least the moves that empty it;
* *cp-sat*: what the exact solver proved, where it ran.

What replicas, preferences and traffic must cost at the least is added to each.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from kytos.cluster import Frozen
from kytos.hamiltonian.energy import energy
from kytos.hamiltonian.weights import Weights, exchange_rates
from kytos.problem import (
    Bools,
    Exclusion,
    Floats,
    Ints,
    LoadMode,
    Pairing,
    Problem,
    rows_alike,
)

TOLERANCE = 1e-6
"""A gap below this is none: it is what HiGHS's own tolerances leave undecided."""

TANGENT_PAIRS = 4_000_000
"""Pods x nodes up to which tangents are tried: each round touches every pair."""

TANGENT_ROUNDS = 80
"""The bound gains little after this many rounds; 1,000 x 100 takes a quarter of a second."""

VOLUME_SECONDS = 2.0
"""Time HiGHS may take over the set of nodes; what it has proven by then is used."""

SIZES = 12
"""Sizes at which large pods are counted, per resource, the largest first."""

POOLS = 20
"""Pools of nodes (by what pods are restricted to) that get volume rows of their own."""


class CertificateStatus(StrEnum):
    """What is known about a placement."""

    OPTIMAL = "optimal"
    """Nothing better exists."""
    BOUNDED = "bounded"
    """Nothing better than the bound exists."""
    NONE = "none"
    """No useful bound: the gap cannot be expressed."""


class BoundSource(StrEnum):
    """How a bound was proven."""

    CP_SAT = "cp-sat"
    WATER_FILLING = "water-filling"
    TANGENT = "tangent"
    VOLUME = "volume"


class Certificate(Frozen):
    """What is proven about a placement's energy."""

    status: CertificateStatus
    bound: float
    """No feasible placement has a lower energy H."""
    gap: float | None
    """(H - bound) over the bound; for spread over the bound plus the sum of squared means."""
    source: BoundSource
    no_move_pays: bool = False
    """The placement is the current one, and optimal."""


@dataclass(frozen=True)
class LowerBound:
    """A value no feasible placement's energy is below."""

    value: float
    source: BoundSource


def certificate(
    problem: Problem,
    weights: Weights,
    placement: Ints,
    proven: float = -math.inf,
) -> Certificate:
    """Return what is proven about a feasible placement.

    Parameters
    ----------
    placement
        ``(pods,)``, breaking no rule.
    proven
        A bound that the exact solver proved, if any (`kytos.solve.Solution.bound`).
    """
    found = energy(problem, weights, placement).total
    bound = lower_bound(problem, weights)
    if proven > bound.value:
        bound = LowerBound(proven, BoundSource.CP_SAT)
    # Float sums in another order may leave the bound a hair above what it bounds.
    value = min(bound.value, found)
    optimal = _closed(problem, weights, found, value)
    gap = relative_gap(problem, weights, found, value)
    status = CertificateStatus.BOUNDED if gap is not None else CertificateStatus.NONE
    return Certificate(
        status=CertificateStatus.OPTIMAL if optimal else status,
        bound=value,
        gap=gap,
        source=bound.source,
        no_move_pays=optimal and bool((placement == problem.current).all()),
    )


def relative_gap(problem: Problem, weights: Weights, found: float, bound: float) -> float | None:
    """(H - bound) / (bound + B · sum_{n,r} mean_r^2), the second term for spread only.

    On equal nodes the bound of a variance is 0; with the squared means added, the gap is relative
    to the sum of squared utilisation. None when there is nothing to relate it to.
    """
    reference = abs(bound)
    if problem.mode is LoadMode.SPREAD:
        levelled = ((problem.load_allocatable > 0) & problem.usable[:, None]).sum(axis=0)
        reference += weights.B * float(levelled @ problem.mean_load**2)
    difference = max(0.0, found - bound)
    if reference <= 0:
        return 0.0 if difference == 0 else None
    return difference / reference


def _closed(problem: Problem, weights: Weights, found: float, bound: float) -> bool:
    gap = relative_gap(problem, weights, found, bound)
    return gap is not None and gap <= TOLERANCE


def lower_bound(problem: Problem, weights: Weights) -> LowerBound:
    """Return the best of the relaxations.

    Either every pod that has somewhere to go is placed, or at least one is not and its `desire`
    is paid; no placement is below the lesser of the two.
    """
    options = _options(problem)
    optional = ~problem.must_place & options.any(axis=1)
    stranded = ~problem.must_place & ~options.any(axis=1)
    lost = weights.A * float(problem.desire[stranded].sum())
    every = _relaxations(problem, weights, options, ~stranded)
    if not optional.any():
        return LowerBound(lost + every.value, every.source)
    shortage = weights.A * _shortage(problem, optional)
    left_out = max(shortage, weights.A * float(problem.desire[optional].min()))
    fewer = _relaxations(problem, weights, options, problem.must_place)
    some_left = LowerBound(lost + left_out + fewer.value, fewer.source)
    all_placed = LowerBound(lost + every.value, every.source)
    if shortage > 0 or some_left.value < all_placed.value:
        return some_left
    return all_placed


def _options(problem: Problem) -> Bools:
    """``(pods, nodes)`` where each pod may end, its current node included."""
    options = problem.allowed.copy()
    running = np.flatnonzero(problem.current >= 0)
    options[running, problem.current[running]] = True
    return options


def _shortage(problem: Problem, optional: Bools) -> float:
    """Desire that goes unmet for want of room, by the scarcest resource, pods cut to measure."""
    worst = 0.0
    room = _room(problem).sum(axis=0) - problem.request[problem.must_place].sum(axis=0)
    for resource in range(len(problem.resources)):
        asking = optional & (problem.request[:, resource] > 0)
        request = problem.request[asking, resource].astype(np.float64)
        missing = float(request.sum()) - float(room[resource])
        if missing <= 0:
            continue
        rate = problem.desire[asking] / request
        order = np.argsort(rate, kind="stable")
        before = np.concatenate([[0.0], np.cumsum(request[order])[:-1]])
        taken = np.clip(missing - before, 0.0, request[order])
        worst = max(worst, float(taken @ rate[order]))
    return worst * (1 - 1e-12)


def _room(problem: Problem) -> Ints:
    """``(nodes, resources)`` the most that pods of the problem can ever hold on a node."""
    most: Ints = np.maximum(problem.capacity, problem.initial_held) - problem.fixed
    return np.maximum(most, 0)


def _relaxations(problem: Problem, weights: Weights, options: Bools, placed: Bools) -> LowerBound:
    """Bound all but `desire`, given that at least the pods `placed` ``(pods,)`` get a node."""
    costs = _PodCosts.of(problem, weights, options, placed)
    together = _togetherness(problem, weights, options, placed)
    cheapest = float(costs.cheapest.sum())
    if problem.mode is LoadMode.CONSOLIDATE:
        value = _volume(problem, weights, options, placed, costs)
        return LowerBound(value + together, BoundSource.VOLUME)
    poured = weights.B * _water_filling(problem, options, placed)
    best = LowerBound(poured + cheapest + together, BoundSource.WATER_FILLING)
    if weights.B > 0 and options.size <= TANGENT_PAIRS and len(problem.pods):
        tangent = _tangents(problem, weights, costs) + together
        if tangent > best.value:
            best = LowerBound(tangent, BoundSource.TANGENT)
    return best


# What each pod costs on its own


@dataclass(frozen=True)
class _PodCosts:
    """Cost and preference of each pod by itself, weighted, in units of H.

    Attributes
    ----------
    matrix
        ``(pods, nodes)`` cost of running there, infinite where the pod cannot go.
    unplaced
        ``(pods,)`` cost of no node without `desire`; infinite for pods that get one.
    cheapest
        ``(pods,)`` the least of both.
    away
        ``(pods,)`` the least with the current node left out.
    """

    matrix: Floats
    unplaced: Floats
    cheapest: Floats
    away: Floats

    @classmethod
    def of(cls, problem: Problem, weights: Weights, options: Bools, placed: Bools) -> _PodCosts:
        rates = exchange_rates(problem)
        runs = problem.current >= 0
        leaving = np.where(runs, weights.C * rates.cost * problem.move_cost, 0.0)
        unplaced = np.where(placed, np.inf, leaving)
        matrix = np.where(options, leaving[:, None], np.inf)
        if problem.node_cost is not None:
            matrix += weights.C * rates.cost * problem.node_cost
        if problem.preference is not None:
            matrix += weights.D * rates.affinity * problem.preference
        at = np.flatnonzero(runs), problem.current[runs]
        stay = matrix[at] - leaving[runs]
        matrix[at] = np.inf
        away = np.minimum(matrix.min(axis=1, initial=np.inf), unplaced)
        matrix[at] = stay
        cheapest = away.copy()
        cheapest[runs] = np.minimum(away[runs], stay)
        return cls(matrix, unplaced, cheapest, away)


# What pods cost together


def _togetherness(problem: Problem, weights: Weights, options: Bools, placed: Bools) -> float:
    """The least that traffic, replicas side by side and pod preferences can come to."""
    rates = exchange_rates(problem)
    total = 0.0
    if problem.traffic is not None and len(problem.traffic.pairs):
        least = float(problem.traffic.latency.min())
        both = placed[problem.traffic.pairs].all(axis=1)
        each = problem.traffic.weight * np.where(both, least, min(least, 0.0))
        total += weights.C * rates.cost * float(each.sum())
    liking = weights.D * rates.affinity
    if liking:
        total += liking * _replica_pairs(problem, options, placed)
        total += liking * sum(_pairing_floor(problem, pairing) for pairing in problem.pairings)
    return total


def _replica_pairs(problem: Problem, options: Bools, placed: Bools) -> int:
    """Pairs that remain when the replicas of each service are dealt out as evenly as they can."""
    known = problem.zone[problem.zone >= 0]
    zones: Ints = np.unique(known) if problem.zone_pairs else known[:0]
    total = 0
    for service in range(len(problem.services)):
        members = placed & (problem.service == service)
        count = int(members.sum())
        open_to = options[members].any(axis=0)
        fixed = problem.service_fixed[service]
        total += _evenly(fixed, open_to, count)
        if len(zones):
            in_zone = np.array([fixed[problem.zone == zone].sum() for zone in zones])
            reached = np.array([bool(open_to[problem.zone == zone].any()) for zone in zones])
            # Nodes without a zone take any number.
            free = bool(open_to[problem.zone < 0].any())
            total += _evenly(in_zone, reached, 0 if free else count)
    return total


def _evenly(counts: Ints, open_to: Bools, more: int) -> int:
    """Pairs after adding `more` one by one to the place that holds the fewest."""
    pairs = int((counts * (counts - 1)).sum()) // 2
    heap = [int(count) for count in counts[open_to]]
    heapq.heapify(heap)
    for _ in range(more if heap else 0):
        fewest = heap[0]
        pairs += fewest
        heapq.heapreplace(heap, fewest + 1)
    return pairs


def _pairing_floor(problem: Problem, pairing: Pairing) -> float:
    """A preference at its best: pods kept apart where it repels, all together where it attracts."""
    carriers, targets = problem.tallies[pairing.carriers], problem.tallies[pairing.targets]
    first, second = carriers.fixed, targets.fixed
    if not len(first):
        return 0.0
    m, k = int(carriers.members.sum()), int(targets.members.sum())
    if pairing.carriers == pairing.targets:
        settled = int((first * (first - 1)).sum()) // 2
        attracted = settled + m * int(first.max()) + m * (m - 1) // 2
    else:
        settled = int(first @ second)
        attracted = settled + m * int(second.max()) + k * int(first.max()) + m * k
    return pairing.weight * (settled if pairing.weight > 0 else attracted)


# Spread and squares


def _water_filling(problem: Problem, options: Bools, placed: Bools) -> float:
    """Least sum of (u - mean)^2 (spread) or u^2 (squares) when pods are a liquid.

    Each node holds at least what cannot leave it and at most what may come to it; together they
    hold at least the pods that can be nowhere else.
    """
    spread = problem.mode is LoadMode.SPREAD
    row, rows = rows_alike(options)
    total = 0.0
    for resource in range(2):
        offered = problem.load_allocatable[:, resource]
        levelled = (offered > 0) & (problem.usable | (not spread))
        if not levelled.any():
            continue
        request = problem.load_request[:, resource]
        # By pods that may be in the same places: all of them, and those that get one for sure.
        whole = np.bincount(row, request, len(rows))
        sure = np.bincount(row, request * placed, len(rows))
        fixed = problem.load_fixed[levelled, resource]
        there = rows[:, levelled]
        only = rows.sum(axis=1) == 1
        floor = fixed + sure[only] @ there[only]
        ceiling = fixed + whole @ there
        inside = there.any(axis=1)
        tied = inside & ~rows[:, ~levelled].any(axis=1)
        least = float(fixed.sum() + sure[tied].sum())
        most = float(fixed.sum() + whole[inside].sum())
        middle = float(problem.mean_load[resource]) if spread else 0.0
        total += _pour(offered[levelled], floor, ceiling, (least, most), middle)
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


def _tangents(problem: Problem, weights: Weights, costs: _PodCosts) -> float:
    """Best bound of several rounds of tangents, moved towards the fractional optimum."""
    spread = problem.mode is LoadMode.SPREAD
    offered = problem.load_allocatable
    counts = (offered > 0) & (problem.usable[:, None] | (not spread))
    share = np.divide(1.0, offered, out=np.zeros_like(offered), where=counts)
    middle = np.where(counts, problem.mean_load, 0.0) if spread else np.zeros_like(offered)
    base = problem.load_fixed * share - middle
    rows = np.arange(len(problem.pods))

    def follow(choice: Ints) -> tuple[Floats, float]:
        """Deviations and own costs when each pod takes its choice (-1: none)."""
        at = np.flatnonzero(choice >= 0)
        load = np.zeros_like(offered)
        np.add.at(load, choice[at], problem.load_request[at])
        none = float(costs.unplaced[choice < 0].sum())
        return base + load * share, none + float(costs.matrix[at, choice[at]].sum())

    start = np.where(problem.current >= 0, problem.current, np.argmin(costs.matrix, axis=1))
    start = np.where(np.isfinite(costs.matrix[rows, start]), start, -1)
    deviation, own = follow(start)
    best = -np.inf
    for _ in range(TANGENT_ROUNDS):
        slope = 2 * weights.B * deviation * share
        priced = costs.matrix + problem.load_request @ slope.T
        nearest = np.argmin(priced, axis=1)
        value = priced[rows, nearest]
        stays_out = costs.unplaced < value
        choice = np.where(stays_out, -1, nearest)
        reached = float(np.where(stays_out, costs.unplaced, value).sum())
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


# Consolidate


def _volume(
    problem: Problem, weights: Weights, options: Bools, placed: Bools, costs: _PodCosts
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


def _rows(problem: Problem, options: Bools, placed: Bools) -> tuple[Floats, Floats]:
    """``(rows, nodes)`` and ``(rows,)``: what each node in use offers, and what is needed."""
    room = _room(problem)
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
    for exclusion in problem.exclusions:
        kept_apart = _kept_apart(problem, exclusion, placed)
        if kept_apart is not None:
            need(*kept_apart)
    if not rows:
        return np.zeros((0, len(problem.nodes))), np.zeros(0)
    return np.array(rows), np.array(demand)


def _pools(options: Bools, placed: Bools) -> list[tuple[Ints, Bools]]:
    """Sets of nodes some pods are confined to, with all the pods confined to them."""
    nodes = options.shape[1]
    everywhere = np.ones(nodes, dtype=np.bool_)
    found = [(np.flatnonzero(placed), everywhere)]
    if not placed.any():
        return []
    sets, size = np.unique(options[placed], axis=0, return_counts=True)
    for position in np.argsort(-size, kind="stable")[:POOLS]:
        pool = sets[position]
        if not pool.all():
            inside = placed & ~options[:, ~pool].any(axis=1)
            found.append((np.flatnonzero(inside), pool))
    return found


def _kept_apart(problem: Problem, exclusion: Exclusion, placed: Bools) -> tuple[Ints, float] | None:
    """Offer and need when pods of one kind never share a node, or None when they may."""
    tally = problem.tallies[exclusion.carriers]
    known = tally.domain[tally.domain >= 0]
    own_kind = exclusion.carriers == exclusion.targets
    if not own_kind or len(np.unique(known)) < len(known) or not len(tally.fixed):
        return None
    if tally.counts(problem.current).max(initial=0) > 1:
        return None  # broken at the start, so it may stay broken
    count = int((tally.members & placed).sum())
    taken = np.where(tally.domain >= 0, tally.fixed[tally.domain], 0)
    return np.where(tally.domain >= 0, 1 - np.minimum(taken, 1), count), float(count)


def _cover(gain: Floats, rows: Floats, demand: Floats) -> float:
    """Lower bound on the least sum of `gain` over whole nodes that cover every row."""
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
