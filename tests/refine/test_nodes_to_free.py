"""Choosing nodes to free: what saves most goes first; whole plans against the exact solver."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kytos.contract.params import SolverParams
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.problem import LoadMode, Problem
from kytos.refine import kernels, refine
from kytos.refine.ejection import EjectionSearch
from kytos.refine.nodes_to_free import NodeChooser
from kytos.refine.state import flatten
from kytos.solvers.cpsat import ExactStatus, solve_exact
from tests.solvers.baselines.test_baselines import equal_nodes


@pytest.fixture
def one_to_free() -> Problem:
    """Three nodes with room to free one; all cost the same but the last, which costs more."""
    problem = equal_nodes(3, [(30, 10), (30, 10), (60, 10), (30, 10)], [0, 0, 1, 2])
    return replace(problem, mode=LoadMode.CONSOLIDATE, price=np.array([1.0, 1.0, 1.5]))


@pytest.fixture
def mixed_prices() -> Problem:
    """Eighty pods of all sizes on ten nodes of three sizes, priced roughly by size."""
    rng = np.random.default_rng(8)
    size = np.array([1, 2, 4, 1, 2, 4, 2, 2, 4, 1])
    allocatable = np.column_stack([100 * size, 100 * size, np.full(10, 110)])
    requests = [tuple(pair) for pair in rng.integers(4, 26, (80, 2)).tolist()]
    left, homes = allocatable.copy(), []
    for cpu, memory in requests:
        taken = np.array([cpu, memory, 1])
        homes.append(int(rng.choice(np.flatnonzero((left >= taken).all(axis=1)))))
        left[homes[-1]] -= taken
    problem = equal_nodes(10, requests, homes)
    return replace(
        problem,
        mode=LoadMode.CONSOLIDATE,
        allocatable=allocatable,
        capacity=allocatable,
        load_allocatable=allocatable[:, :2].astype(np.float64),
        price=size * (0.8 + 0.4 * rng.random(10)),
        move_cost=rng.choice([0.5, 1.0, 1.0, 3.0], 80),
    )


def _chooser(problem: Problem) -> NodeChooser:
    flat, state = flatten(problem, Weights())
    kernels.load(flat, state, problem.current)
    search = EjectionSearch(problem, flat, state, np.ones(1, dtype=np.uint64))
    return NodeChooser(search, seed=0)


def test_what_saves_most_is_freed_first(one_to_free: Problem) -> None:
    """Freeing the dear node takes the room that freeing any other would have taken."""
    chooser = _chooser(one_to_free)
    chooser.free_all(10**9, Watch())
    assert chooser.state.node["count"].tolist() == [3, 1, 0]


def test_nothing_is_freed_that_does_not_pay(one_to_free: Problem) -> None:
    """A pod that costs more to move than its node costs stays, and so do the others."""
    chooser = _chooser(replace(one_to_free, move_cost=np.full(4, 100.0)))
    chooser.free_all(10**9, Watch())
    assert (chooser.state.place == one_to_free.current).all()


def test_a_node_free_of_charge_takes_pods(one_to_free: Problem) -> None:
    """An empty node that costs nothing is as good as one in use."""
    problem = replace(one_to_free, current=np.array([0, 0, 1, 1]), price=np.array([1.0, 1.0, 0.0]))
    chooser = _chooser(problem)
    chooser.free_all(10**9, Watch())
    assert (chooser.state.node["count"][:2] > 0).sum() == 1


@pytest.mark.parametrize("seed", [0, 1])
def test_refinement_chooses_the_nodes_an_exact_solver_would(
    mixed_prices: Problem, seed: int
) -> None:
    """Where prices and moves are to be weighed node by node, H is the least."""
    exact = solve_exact(mixed_prices, Weights(), SolverParams(proof_work=8.0, time_limit_s=60.0))
    assert exact.status is ExactStatus.OPTIMAL
    found = refine(mixed_prices, Weights(), mixed_prices.current, 2_000_000, seed)
    assert found.energy == pytest.approx(exact.bound)
