"""The QUBO of replica counts: its integers, its terms, and its ground state."""

from __future__ import annotations

from itertools import product

import dimod
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kytos.hamiltonian.replicas import (
    LARGEST,
    ReplicaModel,
    ScaleOut,
    bounded_coefficients,
    broken,
    compile_replicas,
    unserved_cost,
)
from kytos.hamiltonian.weights import PAIR_IN_SPREAD, Weights
from kytos.problem import Ints

WEIGHTS = Weights(B=1.5, C=2, D=0.5)


@given(st.integers(0, 200))
def test_an_integer_reaches_every_value_and_no_other(upper: int) -> None:
    """The coefficients are bounded and reach 0..upper without a gap."""
    coefficients = bounded_coefficients(upper)
    reached = {0}
    for size in coefficients:
        reached |= {value + size for value in reached}
    assert reached == set(range(upper + 1))
    assert max(coefficients, default=0) <= LARGEST


@pytest.fixture(scope="module")
def scale_out() -> ScaleOut:
    """Two services and two nodes; room for three of the four replicas they want."""
    return ScaleOut(
        services=("a", "b"),
        nodes=("x", "y"),
        resources=("cpu", "memory", "pods"),
        wanted=np.array([2, 2]),
        desired=np.array([4, 2]),
        rank=np.array([0, 1]),
        request=np.array([[2, 1, 1], [3, 2, 1]]),
        most=np.array([[2, 1], [1, 1]]),
        room=np.array([[5, 4, 9], [4, 4, 9]]),
        margin_room=np.array([8, 100]),
        load=np.array([[3.0, 2.0], [4.0, 2.0]]),
        offered=np.array([[8.0, 6.0], [8.0, 6.0]]),
        present=np.array([[1, 0], [0, 1]]),
    )


@pytest.fixture(scope="module")
def model(scale_out: ScaleOut) -> ReplicaModel:
    return compile_replicas(scale_out)


def every_count(problem: ScaleOut) -> list[Ints]:
    ranges = [range(most + 1) for most in problem.most.ravel()]
    return [np.array(one).reshape(problem.most.shape) for one in product(*ranges)]


def objective(problem: ScaleOut, counts: Ints) -> float:
    """H of counts that break nothing, in NumPy."""
    total = problem.load + counts.T @ problem.request[:, :2]
    wanted = problem.load.sum(axis=0) + problem.wanted @ problem.request[:, :2]
    mean = wanted / problem.offered.sum(axis=0)
    load = ((total / problem.offered - mean) ** 2).sum()
    pairs = (counts * (counts - 1) / 2 + counts * problem.present).sum()
    return float(
        WEIGHTS.B * load
        + WEIGHTS.C * unserved_cost(problem, counts.sum(axis=1))
        + WEIGHTS.D * PAIR_IN_SPREAD * pairs
    )


def test_the_ground_state_is_the_best_of_all_counts(
    scale_out: ScaleOut, model: ReplicaModel
) -> None:
    """The lowest sample breaks nothing and is as good as enumeration; its energy is H."""
    found = dimod.ExactSolver().sample(model.bqm(WEIGHTS)).first
    counts = model.decode(found.sample)
    best = min(
        objective(scale_out, one) for one in every_count(scale_out) if not broken(scale_out, one)
    )
    assert not broken(scale_out, counts)
    assert objective(scale_out, counts) == pytest.approx(best)
    assert found.energy == pytest.approx(best)


def test_terms_carry_labels(scale_out: ScaleOut, model: ReplicaModel) -> None:
    """The breakdown of a sample names load, cost, affinity and every constraint."""
    nothing = dict.fromkeys((*model.assignments, *model.slacks), 0)
    terms = model.breakdown(WEIGHTS, nothing)
    assert {"load", "cost", "affinity", "demand a", "demand b"} <= set(terms)
    # Nobody served, nobody counted as unserved: the demand's constraint is broken by two each.
    assert terms["demand a"] == 4
    assert terms["cost"] == 0


def test_higher_priority_and_greater_need_cost_more(scale_out: ScaleOut) -> None:
    """Unserved demand weighs by class, and more for each further replica missing."""
    full = np.array([2, 2])
    assert unserved_cost(scale_out, full) == 0
    low = unserved_cost(scale_out, full - [1, 0])
    lower = unserved_cost(scale_out, full - [2, 0])
    high = unserved_cost(scale_out, full - [0, 1])
    assert low < lower - low < high
