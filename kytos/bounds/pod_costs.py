"""What each pod costs on its own: moving, running where it costs, preferring another node."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kytos.contract.weights import Weights, exchange_rates
from kytos.pairs import CELLS, PairCosts, PairMask, PairRows
from kytos.problem import Bools, Floats, Ints, Problem


@dataclass(frozen=True)
class PodCosts:
    """Cost and preference of each pod by itself, weighted, in units of H.

    Attributes
    ----------
    options
        ``(pods, nodes)`` where each pod may end.
    leaving
        ``(pods,)`` cost of not being where it runs.
    running
        ``(pods, nodes)`` cost of running there beside the move, or None where there is none.
    current
        ``(pods,)`` as in `Problem`.
    unplaced
        ``(pods,)`` cost of no node without `desire`; infinite for pods that get one.
    cheapest
        ``(pods,)`` the least of all.
    away
        ``(pods,)`` the least with the current node left out.
    """

    options: PairMask
    leaving: Floats
    running: PairCosts | None
    current: Ints
    unplaced: Floats
    cheapest: Floats
    away: Floats

    @classmethod
    def of(cls, problem: Problem, weights: Weights, options: PairMask, placed: Bools) -> PodCosts:
        """Work out the costs; `options` ``(pods, nodes)`` where each pod may end."""
        rates = exchange_rates(problem)
        runs = problem.current >= 0
        leaving = np.where(runs, weights.C * rates.cost * problem.move_cost, 0.0)
        unplaced = np.where(placed, np.inf, leaving)
        running = _running(problem, weights)
        away = np.minimum(leaving + _least_away(options, running, problem.current), unplaced)
        cheapest = away.copy()
        at = np.flatnonzero(runs), problem.current[runs]
        cheapest[runs] = np.minimum(away[runs], 0.0 if running is None else running[at])
        return cls(options, leaving, running, problem.current, unplaced, cheapest, away)

    def matrix(self) -> Floats:
        """``(pods, nodes)`` cost of running there, infinite where the pod cannot go.

        As large as there are pairs: for problems that are known to be small.
        """
        costs = np.where(self.options, self.leaving[:, None], np.inf)
        runs = np.flatnonzero(self.current >= 0)
        costs[runs, self.current[runs]] = 0.0
        if self.running is not None:
            costs += self.running
        return costs


def _running(problem: Problem, weights: Weights) -> PairCosts | None:
    """Cost of running on a node, the two parts weighted and added up."""
    rates = exchange_rates(problem)
    parts = [
        (rate, pairs)
        for rate, pairs in (
            (weights.C * rates.cost, problem.node_cost),
            (weights.D * rates.affinity, problem.preference),
        )
        if pairs is not None
    ]
    if not parts:
        return None
    if len(parts) == 1:
        ((rate, pairs),) = parts
        return PairRows(pairs.of_pod, rate * pairs.rows)
    (rate, first), (other, second) = parts
    kinds, kind = _both(first.of_pod, second.of_pod)
    return PairRows(kind, rate * first.rows[kinds[:, 0]] + other * second.rows[kinds[:, 1]])


def _least_away(options: PairMask, running: PairCosts | None, current: Ints) -> Floats:
    """``(pods,)`` the least cost of running on a node but the current one, infinite for none."""
    pods, nodes = options.shape
    least = np.full(pods, np.inf)
    if not nodes:
        return least
    kinds, kind = _both(options.of_pod, None if running is None else running.of_pod)
    first, second, where = np.empty((3, len(kinds)))
    step = max(1, CELLS // nodes)
    for start in range(0, len(kinds), step):
        some = slice(start, start + step)
        open_, cost = kinds[some].T
        costs = np.where(
            options.rows[open_], 0.0 if running is None else running.rows[cost], np.inf
        )
        rows = np.arange(len(costs))
        cheapest = costs.argmin(axis=1)
        where[some], first[some] = cheapest, costs[rows, cheapest]
        costs[rows, cheapest] = np.inf
        second[some] = costs.min(axis=1)
    return np.where(where[kind] == current, second[kind], first[kind])


def _both(first: Ints, second: Ints | None) -> tuple[Ints, Ints]:
    """``(kinds, 2)`` the distinct pairs of two rows, and ``(pods,)`` which of them each pod has."""
    other = np.zeros_like(first) if second is None else second
    width = int(other.max(initial=0)) + 1
    code, kind = np.unique(first * width + other, return_inverse=True)
    return np.column_stack([code // width, code % width]), kind.reshape(-1)
