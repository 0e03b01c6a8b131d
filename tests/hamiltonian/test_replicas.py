"""The QUBO of replica counts: its integers, its terms, and its ground state."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import dimod
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kytos.contract.weights import PAIR_IN_SPREAD, Weights
from kytos.hamiltonian.arrays import Coefficients
from kytos.hamiltonian.integers import LARGEST, bounded_coefficients
from kytos.hamiltonian.replicas import ReplicaModel, _feed, replica_model, replica_penalties
from kytos.hamiltonian.scale_out import MOST_LEVELS, ScaleOut, broken, unserved_cost
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
    return replica_model(scale_out)


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


@pytest.mark.parametrize("weights", [WEIGHTS, Weights(A=0, B=2), Weights(B=0, C=3, D=0.5)])
def test_squares_equal_pyqubo(model: ReplicaModel, weights: Weights) -> None:
    """What is annealed has the PyQUBO model's coefficients, which it is not compiled for."""
    specified = dimod.BinaryQuadraticModel(dimod.BINARY)
    specified.add_linear_from(dict.fromkeys(model.assignments + model.slacks, 0.0))
    specified.update(model.model.to_bqm(feed_dict=_feed(model.problem, model.rows, weights)))
    fast = Coefficients.of(model.bqm(weights), model.assignments + model.slacks)
    slow = Coefficients.of(specified, model.assignments + model.slacks)
    assert fast.linear == pytest.approx(slow.linear, rel=1e-9, abs=1e-9)
    assert fast.quadratic.toarray() == pytest.approx(slow.quadratic.toarray(), rel=1e-9, abs=1e-9)
    assert fast.offset == pytest.approx(slow.offset, rel=1e-9, abs=1e-9)


def test_arrays_have_the_dimod_models_energies(model: ReplicaModel) -> None:
    """Read off in the model's order, every pair once."""
    arrays, bqm = model.coefficients(WEIGHTS), model.bqm(WEIGHTS)
    samples = np.random.default_rng(0).integers(0, 2, (50, len(arrays.variables)))
    found = bqm.energies((samples, list(arrays.variables)))
    assert arrays.energies(samples) == pytest.approx(found)
    # Two replicas take two bits, one takes one; demand of two and two takes two each.
    assert dict(model.parts) == {
        "replicas": 5,
        "unserved": 4,
        "slack": bqm.num_variables - 9,
    }


def test_counts_written_as_a_sample_are_read_back_at_their_energy(
    scale_out: ScaleOut, model: ReplicaModel
) -> None:
    """Slack at its best: what breaks nothing has H for its energy."""
    for counts in every_count(scale_out):
        sample = model.encode(counts)
        assert (model.decode(sample) == counts).all()
        if not broken(scale_out, counts):
            assert model.bqm(WEIGHTS).energy(sample) == pytest.approx(objective(scale_out, counts))


def test_more_replicas_than_bits_are_refused_by_name(model: ReplicaModel) -> None:
    """The service and the node are named."""
    with pytest.raises(ValueError, match="3 replicas of 'a' on 'y'"):
        model.encode(np.array([[0, 3], [0, 0]]))


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ([[0, 0], [0, 0]], set()),
        ([[2, 1], [0, 0]], {"demand"}),
        ([[2, 0], [1, 0]], {"room: cpu"}),
        ([[2, 1], [1, 1]], {"demand", "room: cpu", "margin: cpu"}),
    ],
)
def test_what_breaks_is_named_by_family(
    scale_out: ScaleOut, counts: list[list[int]], said: set[str]
) -> None:
    """As penalties are."""
    assert broken(scale_out, np.array(counts)) == said


def test_a_room_that_many_small_replicas_share_is_not_called_full_at_half(
    scale_out: ScaleOut,
) -> None:
    """A replica is rounded up to at least itself: in 64 levels 120 of these would not fit."""
    many = replace(
        scale_out,
        wanted=np.array([60, 60]),
        request=np.array([[200, 1, 1], [250, 1, 1]]),
        most=np.array([[60, 60], [60, 60]]),
        room=np.array([[90_000, 400, 400]] * 2),
        margin_room=np.array([35_000, 10_000]),
        offered=np.array([[90_000.0, 400.0]] * 2),
    )
    counts = np.array([[30, 30], [30, 30]])  # 27,000 of 35,000
    rows = replica_model(many).rows
    (margin,) = (row for row in rows if row.family == "margin: cpu")
    used = sum(
        int(a) * int(counts[pair]) for pair, a in zip(margin.pairs, margin.amount, strict=True)
    )
    assert used <= margin.levels <= MOST_LEVELS


def test_a_node_that_failed_makes_no_penalty_dearer(
    scale_out: ScaleOut, model: ReplicaModel
) -> None:
    """It offers nothing and takes nobody, so it has no share in what breaking anything could save.

    Divided by its nothing, a request in bytes made penalties a billion times too large.
    """
    failed = replace(
        scale_out,
        nodes=("x", "y", "failed"),
        most=np.hstack([scale_out.most, [[0], [0]]]),
        room=np.vstack([scale_out.room, [0, 0, 0]]),
        load=np.vstack([scale_out.load, [0.0, 0.0]]),
        offered=np.vstack([scale_out.offered, [0.0, 0.0]]),
        present=np.hstack([scale_out.present, [[0], [0]]]),
    )
    found = replica_penalties(replica_model(failed), WEIGHTS)
    assert found == replica_penalties(model, WEIGHTS)


def test_no_replica_too_many_makes_up_for_a_dearer_services_row(model: ReplicaModel) -> None:
    """The margin is shared: one too many of the cheap service costs what the margin charges."""
    demand, *rows = replica_penalties(model, WEIGHTS)
    assert "margin: cpu" in {row.name for row in rows}
    assert demand.least >= max(row.most for row in rows)


def test_penalties_outweigh_what_they_protect(model: ReplicaModel) -> None:
    """One of each family that can be broken, each above its bound at A = 1."""
    found = replica_penalties(model, WEIGHTS)
    assert {one.name for one in found} >= {"demand", "room: cpu", "margin: cpu"}
    for one in found:
        assert one.count == one.in_force
        assert one.most > one.bound > 0
