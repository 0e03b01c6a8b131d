"""The referee: the exact energy of a placement in NumPy.

It shares no code with the QUBO model; property tests hold the two equal. What a solver reports is
never trusted: every placement is scored here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kytos.contract.weights import Weights, exchange_rates
from kytos.problem import Floats, Ints, LoadMode, Problem
from kytos.referee.feasible import has_left, pairs, rule_violations


@dataclass(frozen=True)
class EnergyTerms:
    """An energy and what it is made of.

    The terms carry the exchange rates of `kytos.contract.weights`, not the sliders:
    ``total = A·constraint + B·load + C·cost + D·affinity``.
    """

    constraint: float
    load: float
    cost: float
    affinity: float
    total: float

    def without_desire(self, weights: Weights) -> float:
        """H but for what pods without a node (and, where any are, broken rules) cost.

        With many priorities the desire of one pod is beyond 1e17, and H tells nothing else apart.
        """
        return weights.B * self.load + weights.C * self.cost + weights.D * self.affinity


Score = tuple[tuple[int, ...], float]
"""What decides between feasible placements: who is left out, then the energy without desire."""


def score(problem: Problem, weights: Weights, placement: Ints) -> Score:
    """Return what decides between feasible placements; lower is better."""
    terms = energy(problem, weights, placement)
    return problem.left_out(placement), terms.without_desire(weights)


DIGITS = 10
"""Significant ones in which energies that tie agree: float sums in another order differ later."""

Rank = tuple[tuple[int, ...], float, float, int]
"""Who is left out, the energy without desire, the highest utilisation, pods moved."""


def rank(
    problem: Problem, weights: Weights, placement: Ints, terms: EnergyTerms | None = None
) -> Rank:
    """Return what chooses among feasible placements everywhere alike; lower is better.

    As `score`, but where energies tie the lower peak is better, and then fewer moves.

    Parameters
    ----------
    terms
        The energy of the placement where it is known: with thousands of rules it takes long.
    """
    terms = terms or energy(problem, weights, placement)
    left, worth = problem.left_out(placement), terms.without_desire(weights)
    usable = problem.usable[:, None] & (problem.allocatable > 0)
    share = problem.held(placement) / np.maximum(problem.allocatable, 1)
    peak = float(np.where(usable, share, 0.0)[:, :2].max(initial=0.0))
    moves = int(has_left(problem, placement).sum())
    return left, float(f"{worth:.{DIGITS}g}"), peak, moves


def fall(weights: Weights, before: EnergyTerms, after: EnergyTerms) -> float:
    """By how much H fell, of the parts: a difference of totals may have no digit left."""
    unplaced = weights.A * (before.constraint - after.constraint)
    return unplaced + before.without_desire(weights) - after.without_desire(weights)


def energy(problem: Problem, weights: Weights, placement: Ints) -> EnergyTerms:
    """Return the energy of a placement ``(pods,)``.

    Raises
    ------
    ValueError
        When `placement` is not one node position or -1 for each pod.
    """
    rates = exchange_rates(problem)
    constraint = constraint_term(problem, placement)
    load = load_term(problem, placement)
    cost = rates.cost * _cost(problem, placement)
    affinity = rates.affinity * _affinity(problem, placement)
    total = weights.A * constraint + weights.B * load + weights.C * cost + weights.D * affinity
    return EnergyTerms(constraint, load, cost, affinity, total)


def constraint_term(problem: Problem, placement: Ints) -> float:
    """Desire of unplaced pods, squared excess of utilisation, and rules broken, one unit each.

    It is 0 for every feasible placement that places all. The converse does not hold: a node that
    starts overcommitted may not receive a pod (`feasible`), though its excess here is 0 as long
    as it holds no more than it did.
    """
    broken = sum(violation.amount for violation in rule_violations(problem, placement))
    unplaced = float(problem.desire[placement < 0].sum())
    return unplaced + float((excess(problem, placement) ** 2).sum()) + broken


def excess(problem: Problem, placement: Ints) -> Floats:
    """``(nodes, resources)`` utilisation above its bound, max(capacity, held at the start).

    Where nothing is allocatable, what is held above the start, in units of the resource.
    """
    bound = np.maximum(problem.capacity, problem.initial_held)
    over = np.maximum(problem.held_at_once(placement) - bound, 0)
    return np.asarray(over / np.maximum(problem.allocatable, 1), dtype=np.float64)


def load_term(problem: Problem, placement: Ints) -> float:
    """H_load as `Problem.mode` asks, and what should stay free.

    Pairs where nothing is allocatable are left out of what is levelled.
    """
    return _levelled(problem, placement) + _headroom(problem, placement)


def _levelled(problem: Problem, placement: Ints) -> float:
    if problem.mode is LoadMode.CONSOLIDATE:
        used = problem.held_open | np.isin(np.arange(len(problem.nodes)), placement)
        return float(problem.price[used].sum())
    load = problem.load_fixed + _sum_by_node(problem, placement, problem.load_request)
    total = 0.0
    for resource in range(load.shape[1]):
        offered = problem.load_allocatable[:, resource]
        levelled = offered > 0
        middle = 0.0
        if problem.mode is LoadMode.SPREAD:
            levelled = levelled & problem.usable
            middle = float(problem.mean_load[resource])
        utilisation = load[levelled, resource] / offered[levelled]
        total += float(((utilisation - middle) ** 2).sum())
    return total


def _headroom(problem: Problem, placement: Ints) -> float:
    """Safety lines passed, and resources that stay free out of balance."""
    if not problem.keeps_headroom:
        return 0.0
    held = problem.held(placement)
    total = 0.0 if problem.safety is None else problem.safety.total(held)
    return total + sum(balance.total(problem.allocatable - held) for balance in problem.balances)


def most_moved(problem: Problem, placement: Ints) -> int:
    """Return how many pods leave of the service that most leave of."""
    left = problem.service[has_left(problem, placement) & (problem.service >= 0)]
    return int(np.bincount(left, minlength=1).max())


def _cost(problem: Problem, placement: Ints) -> float:
    """Moves, running where it costs, and traffic between pods of the problem, in moves."""
    placed = np.flatnonzero(placement >= 0)
    total = float(problem.move_cost[has_left(problem, placement)].sum())
    if problem.node_cost is not None:
        total += float(problem.node_cost[placed, placement[placed]].sum())
    if problem.traffic is not None and len(problem.traffic.pairs):
        ends = placement[problem.traffic.pairs]
        both = (ends >= 0).all(axis=1)
        latency = problem.traffic.latency[ends[both, 0], ends[both, 1]]
        total += float(problem.traffic.weight[both] @ latency)
    if problem.most_moved_cost:
        total += problem.most_moved_cost * most_moved(problem, placement)
    return total


def _affinity(problem: Problem, placement: Ints) -> float:
    """Replicas of one service on one node (and zone), and preferences, in pairs."""
    placed = np.flatnonzero(placement >= 0)
    serving = placed[problem.service[placed] >= 0]
    replicas = problem.service_fixed.plus(problem.service[serving], placement[serving])
    total = float(replicas.pairs())
    if problem.zone_pairs:
        together = replicas.by(problem.zone, int(problem.zone.max(initial=-1)) + 1)
        total += float((together * (together - 1)).sum()) / 2
    for pairing in problem.pairings:
        carriers, targets = problem.tallies[pairing.carriers], problem.tallies[pairing.targets]
        total += pairing.weight * float(pairs(carriers, targets, placement).sum())
    if problem.preference is not None:
        total += float(problem.preference[placed, placement[placed]].sum())
    return total


def _sum_by_node(problem: Problem, placement: Ints, amounts: Floats) -> Floats:
    placed = placement >= 0
    summed = np.zeros((len(problem.nodes), amounts.shape[1]))
    np.add.at(summed, placement[placed], amounts[placed])
    return summed
