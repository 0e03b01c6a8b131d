"""What pods cost together at the least: traffic, replicas side by side, preferences."""

from __future__ import annotations

import heapq

import numpy as np

from kytos.contract.weights import Weights, exchange_rates
from kytos.pairs import PairMask
from kytos.problem import Bools, Ints, Pairing, Problem, Tally


def togetherness(problem: Problem, weights: Weights, options: PairMask, placed: Bools) -> float:
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
        total += liking * sum(
            _pairing_floor(problem, pairing, options, placed) for pairing in problem.pairings
        )
    return total


def _replica_pairs(problem: Problem, options: PairMask, placed: Bools) -> int:
    """Pairs that remain when the replicas of each service are dealt out as evenly as they can."""
    known = problem.zone[problem.zone >= 0]
    zones: Ints = np.unique(known) if problem.zone_pairs else known[:0]
    total = 0
    serving = np.flatnonzero(placed & (problem.service >= 0))
    order = serving[np.argsort(problem.service[serving], kind="stable")]
    starts = np.searchsorted(problem.service[order], np.arange(len(problem.services) + 1))
    for service in range(len(problem.services)):
        members = order[starts[service] : starts[service + 1]]
        count = len(members)
        open_to = options.reached(members)
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
    if int((open_to & (counts == 0)).sum()) >= more:
        return pairs
    heap = [int(count) for count in counts[open_to]]
    heapq.heapify(heap)
    for _ in range(more if heap else 0):
        fewest = heap[0]
        pairs += fewest
        heapq.heapreplace(heap, fewest + 1)
    return pairs


def _pairing_floor(problem: Problem, pairing: Pairing, options: PairMask, placed: Bools) -> float:
    """A preference at its best: pods kept apart where it repels, all together where it attracts.

    Pods that repel their own kind, as under a soft spread, are dealt out as evenly as they can.
    """
    carriers, targets = problem.tallies[pairing.carriers], problem.tallies[pairing.targets]
    first, second = carriers.fixed, targets.fixed
    if not len(first):
        return 0.0
    m, k = int(carriers.members.sum()), int(targets.members.sum())
    if pairing.carriers == pairing.targets:
        settled = _dealt_out(carriers, options, placed)
        fixed = int((first * (first - 1)).sum()) // 2
        attracted = fixed + m * int(first.max()) + m * (m - 1) // 2
    else:
        settled = int(first @ second)
        attracted = settled + m * int(second.max()) + k * int(first.max()) + m * k
    return pairing.weight * (settled if pairing.weight > 0 else attracted)


def _dealt_out(tally: Tally, options: PairMask, placed: Bools) -> int:
    """The fewest pairs of counted pods in one domain; nodes in none take any number."""
    members = tally.members.positions[placed[tally.members.positions]]
    open_to = options.reached(members)
    inside: Bools = tally.domain >= 0
    reached = np.zeros(len(tally.fixed), dtype=np.bool_)
    reached[tally.domain[open_to & inside]] = True
    count = 0 if bool(open_to[~inside].any()) else len(members)
    return _evenly(tally.fixed, reached, count)
