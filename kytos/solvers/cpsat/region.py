"""Some nodes of a plan decided anew and exactly, everything else as it is."""

from __future__ import annotations

import numpy as np

from kytos.contract.params import SolverParams
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.problem import Ints, Problem
from kytos.solvers.cpsat.solver import solve_exact


def solve_region(
    problem: Problem,
    weights: Weights,
    placement: Ints,
    nodes: Ints,
    params: SolverParams,
    watch: Watch,
) -> Ints:
    """Return a placement ``(pods,)`` no worse, that differs only in who is where on `nodes`.

    Their pods choose among them anew under all rules. What `params.proof_work` and the watch allow
    ends it; same seed, same answer where the clock did not.
    """
    options = np.zeros(problem.allowed.shape, dtype=np.bool_)
    placed = np.flatnonzero(placement >= 0)
    options[placed, placement[placed]] = True
    inside = np.flatnonzero(np.isin(placement, nodes))
    options[np.ix_(inside, nodes)] |= problem.allowed[np.ix_(inside, nodes)]
    home = problem.current[inside]
    back = np.isin(home, nodes)
    options[inside[back], home[back]] = True
    return solve_exact(problem, weights, params, watch, hint=placement, options=options).placement
