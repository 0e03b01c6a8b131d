"""One node emptied, for CP-SAT: as far as it can be, and at what energy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kytos.contract.params import SolverParams
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.problem import Ints, Problem
from kytos.solvers.cpsat.energy import EnergyModel
from kytos.solvers.cpsat.library import cp_model
from kytos.solvers.cpsat.rules import BuildingStopped, RulesModel, total
from kytos.solvers.cpsat.search import Search
from kytos.solvers.cpsat.solver import MAX_PAIRS


@dataclass(frozen=True)
class Emptied:
    """What emptying a node comes to.

    Attributes
    ----------
    placement
        ``(pods,)`` the best found.
    proven
        Whether none is better: fewer pods on the node, or less energy.
    """

    placement: Ints
    proven: bool


def fewest_staying(
    problem: Problem, node: int, params: SolverParams, watch: Watch
) -> Emptied | None:
    """Return a placement with as few pods on a node as can be, those that run there before others.

    None where none was found.
    """
    if int(problem.allowed.sum()) > MAX_PAIRS:
        return None
    try:
        model = RulesModel(problem, watch)
    except BuildingStopped:
        return None
    there = [(pod, options[node]) for pod, options in enumerate(model.x) if node in options]
    # The count comes first; among equal ones, pods that are there already are the better answer.
    one = len(there) + 1
    weight = [one + int(problem.current[pod] != node) for pod, _ in there]
    count = cp_model.LinearExpr.weighted_sum([variable for _, variable in there], weight)
    answer = Search(model, params, watch).minimise(count, problem.current)
    if answer.placement is None:
        return None
    return Emptied(answer.placement, answer.optimal)


def best_without(
    problem: Problem,
    weights: Weights,
    node: int,
    hint: Ints,
    params: SolverParams,
    watch: Watch,
) -> Emptied | None:
    """Return the placement of least energy that leaves a node empty; None where none was found.

    Parameters
    ----------
    hint
        ``(pods,)`` one that does.
    """
    try:
        model = EnergyModel(problem, weights, watch)
    except BuildingStopped:
        return None
    model.cp.add(total([options[node] for options in model.x if node in options]) == 0)
    search = Search(model, params, watch)
    answer = search.minimise(model.objective.expression(), hint, model.objective)
    if answer.placement is None:
        return None
    return Emptied(np.asarray(answer.placement), answer.optimal)
