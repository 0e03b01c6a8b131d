"""The best proven lower bound on H but for `desire`: relaxations that drop some of the rules.

Every relaxation lets what is left be solved quickly, so it holds for all feasible placements:

* *water-filling* and *tangent* (spread, squares): `kytos.bounds.squares`;
* *volume* (consolidate): `kytos.bounds.volume`.

What replicas, preferences and traffic must cost at the least is added to each. What pods without a
node cost is no part of it: who is left out comes before any energy (`Problem.left_out`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kytos.bounds.pod_costs import PodCosts
from kytos.bounds.squares import tangents, water_filling
from kytos.bounds.togetherness import togetherness
from kytos.bounds.volume import volume
from kytos.contract.weights import Weights
from kytos.pairs import PairMask
from kytos.problem import Bools, LoadMode, Problem, pairs_with_room

TANGENT_PAIRS = 4_000_000
"""Pods x nodes up to which tangents are tried: each round touches every pair."""


class BoundSource(StrEnum):
    """How a bound was proven."""

    PATTERNS = "patterns"
    """How many pods of each kind fill a node, every node that can be bought counted."""
    CP_SAT = "cp-sat"
    WATER_FILLING = "water-filling"
    TANGENT = "tangent"
    VOLUME = "volume"


@dataclass(frozen=True)
class LowerBound:
    """A value that no energy without `desire` is below."""

    value: float
    source: BoundSource


def lower_bound(
    problem: Problem,
    weights: Weights,
    placed: Bools | None = None,
    options: PairMask | None = None,
) -> LowerBound:
    """Return the best of the relaxations, for all placements that give `placed` a node.

    Parameters
    ----------
    placed
        ``(pods,)``; those that must have one when left out.
    options
        ``(pods, nodes)`` where each may end, where that is known already.
    """
    options = pairs_with_room(problem) if options is None else options
    placed = problem.must_place if placed is None else placed | problem.must_place
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
