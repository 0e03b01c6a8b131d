"""The exact solver against all placements of tiny problems, and its manners with clock and stop."""

from __future__ import annotations

import math
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kytos.hamiltonian.energy import energy
from kytos.hamiltonian.feasible import feasible
from kytos.hamiltonian.weights import Weights
from kytos.problem import LoadMode, Problem
from kytos.solvers import cpsat
from kytos.solvers.base import SolverParams, Watch
from kytos.solvers.cpsat import CP_SAT, ExactStatus, solve_exact
from tests.brute_force import feasible_placements, rank
from tests.problems import problems, random_problem, seeds

weights = st.builds(
    Weights,
    B=st.sampled_from([0.0, 1.0, 3.0]),
    C=st.sampled_from([0.0, 1.0, 2.0]),
    D=st.sampled_from([0.0, 1.0, 5.0]),
)


@settings(max_examples=60, deadline=None)
@given(problems(max_pods=4, max_nodes=3), weights, seeds)
def test_nothing_ranks_before_the_exact_answer(
    problem: Problem, weights: Weights, seed: int
) -> None:
    """The answer is feasible and as good as the best of all placements; the bound is under it."""
    problem = replace(problem, sole=np.random.default_rng(seed).random(len(problem.pods)) < 0.3)
    result = solve_exact(problem, weights)
    everything = list(feasible_placements(problem))
    best = min(rank(problem, weights, placement) for placement in everything)
    assert result.status is ExactStatus.OPTIMAL
    assert feasible(problem, result.placement)
    assert rank(problem, weights, result.placement) == pytest.approx(best, rel=1e-6, abs=1e-6)
    lowest = min(energy(problem, weights, placement).total for placement in everything)
    assert result.bound <= lowest + 1e-9 * max(1.0, abs(lowest))
