"""The best proven lower bound on H: relaxations that drop some of the rules, none of the cost.

Every relaxation lets what is left be solved quickly, so it holds for all feasible placements:

* *water-filling* and *tangent* (spread, squares): `kytos.bounds.squares`;
* *volume* (consolidate): `kytos.bounds.volume`.

What replicas, preferences and traffic must cost at the least is added to each.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from kytos.bounds.pod_costs import PodCosts
from kytos.bounds.squares import tangents, water_filling
from kytos.bounds.togetherness import togetherness
from kytos.bounds.volume import most_held, volume
from kytos.contract.weights import Weights
from kytos.problem import Bools, LoadMode, Problem

TANGENT_PAIRS = 4_000_000
"""Pods x nodes up to which tangents are tried: each round touches every pair."""


class BoundSource(StrEnum):
    """How a bound was proven."""

    CP_SAT = "cp-sat"
    WATER_FILLING = "water-filling"
    TANGENT = "tangent"
    VOLUME = "volume"


@dataclass(frozen=True)
class LowerBound:
    """A value no feasible placement's energy is below."""

    value: float
    source: BoundSource


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
    room = most_held(problem).sum(axis=0) - problem.request[problem.must_place].sum(axis=0)
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


def _relaxations(problem: Problem, weights: Weights, options: Bools, placed: Bools) -> LowerBound:
    """Bound all but `desire`, given that at least the pods `placed` ``(pods,)`` get a node."""
    costs = PodCosts.of(problem, weights, options, placed)
    together = togetherness(problem, weights, options, placed)
    cheapest = float(costs.cheapest.sum())
    if problem.mode is LoadMode.CONSOLIDATE:
        value = volume(problem, weights, options, placed, costs)
        return LowerBound(value + together, BoundSource.VOLUME)
    poured = weights.B * water_filling(problem, options, placed)
    best = LowerBound(poured + cheapest + together, BoundSource.WATER_FILLING)
    if weights.B > 0 and options.size <= TANGENT_PAIRS and len(problem.pods):
        tangent = tangents(problem, weights, costs) + together
        if tangent > best.value:
            best = LowerBound(tangent, BoundSource.TANGENT)
    return best
