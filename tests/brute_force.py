"""Every placement of a tiny problem: the oracle of exact solver, bounds and baselines."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from kytos.contract.weights import Weights
from kytos.problem import UNPLACED, Ints, Problem
from kytos.referee.energy import Score, energy, score
from kytos.referee.feasible import feasible


def feasible_placements(problem: Problem) -> Iterator[Ints]:
    """All ``(nodes + 1) ** pods`` placements that break nothing; keep both small."""
    options = range(UNPLACED, len(problem.nodes))
    for choice in product(options, repeat=len(problem.pods)):
        placement = np.array(choice, dtype=np.int64)
        if feasible(problem, placement):
            yield placement


def lowest_energy(problem: Problem, weights: Weights) -> float:
    """The least H of any feasible placement."""
    return min(
        energy(problem, weights, placement).total for placement in feasible_placements(problem)
    )


def rank(problem: Problem, weights: Weights, placement: Ints) -> tuple[float, ...]:
    """What a placement is judged by, in order: lower is better.

    Pods left out by falling `desire`, then services of which none of the lifeline has a node, then
    the energy.
    """
    wanted = ~problem.must_place & (problem.desire > 0)
    out = wanted & (placement < 0)
    classes = sorted(set(problem.desire[wanted].tolist()), reverse=True)
    left = [float((out & (problem.desire == desire)).sum()) for desire in classes]
    services = set(problem.lifeline[problem.lifeline >= 0].tolist())
    down = [(placement[problem.lifeline == service] < 0).all() for service in services]
    return (*left, float(sum(down)), energy(problem, weights, placement).total)


def lowest_score(problem: Problem, weights: Weights) -> Score:
    """The best of all feasible placements: who is left out, then the energy without desire."""
    return min(score(problem, weights, placement) for placement in feasible_placements(problem))
