"""What each pod costs on its own: moving, running where it costs, preferring another node."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kytos.contract.weights import Weights, exchange_rates
from kytos.problem import Bools, Floats, Problem


@dataclass(frozen=True)
class PodCosts:
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
    def of(cls, problem: Problem, weights: Weights, options: Bools, placed: Bools) -> PodCosts:
        """Work out the costs; `options` ``(pods, nodes)`` where each pod may end."""
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
