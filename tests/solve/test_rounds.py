"""Rounds of reads: only rows that were broken are priced, and every read is told in one QUBO."""

from __future__ import annotations

from functools import partial

import dimod
import numpy as np
import pytest

from kytos.contract.params import SolverName, SolverParams
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.hamiltonian.model import Model, build_model
from kytos.problem import LoadMode, Problem
from kytos.referee.feasible import ViolationKind, violations
from kytos.solve.registry import find_solver
from kytos.solve.rounds import (
    FIRST_STRENGTH,
    MOST_ROUNDS,
    RAISE,
    draw_at_once,
    draw_in_rounds,
    raised,
    row_excess,
)
from kytos.solvers.local.openjij import OPENJIJ_SA
from tests.problems import random_problem

READS = SolverParams(num_reads=10, num_sweeps=100)


@pytest.fixture
def tight() -> Problem:
    """A spread whose first reads overfill some node."""
    return random_problem(
        5, pods=20, nodes=5, room=1.2, waiting=0.0, rules=False, mode=LoadMode.SPREAD
    )


@pytest.fixture
def model(tight: Problem) -> Model:
    return build_model(tight)


class Counted:
    """A sampler that keeps what it was asked."""

    name = SolverName.OPENJIJ_SA

    def __init__(self) -> None:
        self.asked: list[SolverParams] = []

    def available(self) -> object:
        return OPENJIJ_SA.available()

    def sample(
        self, bqm: dimod.BinaryQuadraticModel, params: SolverParams, watch: Watch
    ) -> dimod.SampleSet:
        self.asked.append(params)
        return OPENJIJ_SA.sample(bqm, params, watch)


def build(model: Model) -> object:
    return lambda strength: model.bqm(Weights(), strength=strength)


def test_all_reads_are_drawn_each_round_with_a_seed_of_its_own(model: Model) -> None:
    """Rounds share the reads out; none is lost, and no two rounds repeat each other."""
    sampler = Counted()
    drawn = draw_in_rounds(model, build(model), sampler, READS, Watch())
    assert drawn.bits.shape == (10, len(model.variables))
    assert drawn.rounds == len(sampler.asked) == MOST_ROUNDS
    assert sum(params.num_reads for params in sampler.asked) == 10
    assert len({params.seed for params in sampler.asked}) == MOST_ROUNDS
    assert sampler.asked[0].seed == READS.seed


def test_a_charged_sampler_is_called_once_with_every_row_in_force(model: Model) -> None:
    """What was consented to is one call."""
    sampler = Counted()
    drawn = draw_at_once(model, build(model), sampler, READS, Watch())
    assert len(sampler.asked) == 1
    assert (drawn.strength == 1).all()


def test_only_broken_rows_are_raised(model: Model, tight: Problem) -> None:
    """The start breaks none; all pods on one node break that node's rows and no other's."""
    layout, none = model.layout, np.zeros(len(model.layout.rows))
    assert (raised(layout, none, tight.current[np.newaxis]) == 0).all()
    crowded = np.zeros((1, len(tight.pods)), dtype=np.int64)
    once = raised(layout, none, crowded)
    broken = {f"{v.place},{v.rule}" for v in violations(tight, crowded[0])
              if v.kind is ViolationKind.CAPACITY}  # fmt: skip
    assert broken
    named = {row.name for row, value in zip(layout.rows, once, strict=True) if value > 0}
    assert broken <= named
    assert all(name.startswith("0,") for name in named)
    assert set(once) <= {0.0, FIRST_STRENGTH}
    assert raised(layout, once, crowded).max() == pytest.approx(RAISE * FIRST_STRENGTH)


def test_excess_of_a_feasible_placement_is_never_above_zero(model: Model, tight: Problem) -> None:
    """The start fits every row."""
    assert (row_excess(model.layout, tight.current[np.newaxis]) <= 0).all()


def test_energies_are_those_of_the_last_rounds_qubo(model: Model) -> None:
    """Reads of different rounds compare: one QUBO scores them all."""
    drawn = draw_in_rounds(model, build(model), OPENJIJ_SA, READS, Watch())
    scored = model.coefficients(Weights(), strength=drawn.strength).energies(drawn.bits)
    assert drawn.energies == pytest.approx(scored, abs=1e-9)


def test_stopped_before_the_first_read_there_are_none(model: Model) -> None:
    """A stop leaves an empty answer, not an error."""
    watch = Watch(stopped=lambda: True)
    assert len(draw_in_rounds(model, build(model), OPENJIJ_SA, READS, watch).bits) == 0


def test_progress_never_falls(model: Model) -> None:
    """Eight rounds look like one stage to whoever watches."""
    shares: list[float] = []
    watch = Watch(report=lambda stage, share, energy: shares.append(share))
    draw_in_rounds(model, build(model), OPENJIJ_SA, READS, watch)
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)


@pytest.mark.parametrize("name", [SolverName.OPENJIJ_SA, SolverName.DWAVE_SA])
def test_same_seed_same_reads(model: Model, name: SolverName) -> None:
    """Rounds keep what each sampler promises."""
    draw = partial(draw_in_rounds, model, build(model), find_solver(name))
    assert (draw(READS, Watch()).bits == draw(READS, Watch()).bits).all()
