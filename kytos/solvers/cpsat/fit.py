"""Whether pods can all have a node at once: a question of yes or no for CP-SAT."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from kytos.contract.watch import Watch
from kytos.problem import Problem
from kytos.solvers.cpsat.library import cp_model
from kytos.solvers.cpsat.rules import BuildingStopped, RulesModel
from kytos.solvers.cpsat.solver import MAX_PAIRS


def can_place_all(problem: Problem, seconds: float, watch: Watch, seed: int = 0) -> bool | None:
    """Whether a feasible placement leaves no pod out; None where that was not settled.

    Parameters
    ----------
    seconds
        What the search may take.
    """
    if not problem.allowed.any(axis=1).all():
        return False
    seconds = min(seconds, watch.remaining_s)
    if seconds <= 0 or int(problem.allowed.sum()) > MAX_PAIRS:
        return None
    try:
        model = RulesModel(replace(problem, must_place=np.ones_like(problem.must_place)), watch)
    except BuildingStopped:
        return None
    solver = cp_model.CpSolver()
    solver.parameters.random_seed = seed
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = seconds
    status = solver.solve(model.cp)
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return True
    return False if status == cp_model.INFEASIBLE else None
