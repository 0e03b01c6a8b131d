"""Parallel tempering keeps its books, finds ground states, and moves pods in one step."""

from __future__ import annotations

import dimod
import numpy as np
import pytest

from kytos.contract.params import SolverParams
from kytos.contract.watch import Watch
from kytos.solvers.local.ising import Ising
from kytos.solvers.local.openjij import OPENJIJ_SA
from kytos.solvers.local.temperature import geometric
from kytos.solvers.local.tempering import PARALLEL_TEMPERING, _Binary, _State
from tests.solvers.models import random_model, spread_model


@pytest.mark.parametrize("density", [0.03, 0.6], ids=["sparse", "dense"])
def test_energies_and_fields_stay_those_of_the_model(density: float) -> None:
    """After many sweeps of flips and exchanges nothing has drifted, in either form."""
    bqm = random_model(40, density, seed=2).change_vartype(dimod.BINARY, inplace=False)
    ising = Ising.from_bqm(bqm)
    assert ising.dense == (density > 0.1)
    model = _Binary.of(ising)
    state = _State.drawn(model, np.random.default_rng(0))
    state.sweep(model, geometric(0.1, 3.0, len(state.bits)), 50)
    for bits, field, energy in zip(state.bits, state.field, state.energy, strict=True):
        sample = dict(zip(bqm.variables, bits.tolist(), strict=True))
        zero = bqm.energy(dict.fromkeys(bqm.variables, 0))
        assert energy + zero == pytest.approx(bqm.energy(sample), abs=1e-9)
        assert field == pytest.approx(model.pull(bits), abs=1e-9)
    assert state.lowest[0] <= state.energy.min() + 1e-9
    best = dict(zip(bqm.variables, state.best.tolist(), strict=True))
    assert state.lowest[0] + zero == pytest.approx(bqm.energy(best), abs=1e-9)
    assert sorted(state.order) == list(range(len(state.bits)))


def test_it_crosses_a_penalty_that_flips_cannot() -> None:
    """One place of ten for each of six pods, high penalties, all at once: every read is right."""
    bqm = dimod.BinaryQuadraticModel("BINARY")
    rng = np.random.default_rng(1)
    best = 0.0
    for pod in range(6):
        names, cost = [f"x[{pod},{node}]" for node in range(10)], rng.uniform(0, 1, 10)
        best += cost.min()
        bqm.add_linear_from(zip(names, cost, strict=True))
        bqm.add_linear_equality_constraint([(name, 1) for name in names], 100.0, -1)
    drawn = PARALLEL_TEMPERING.sample(bqm, SolverParams(num_reads=4, num_sweeps=400), Watch())
    assert drawn.record.energy == pytest.approx(best, abs=1e-9)


def test_reads_end_lower_than_an_annealers() -> None:
    """On a spread of 60 pods and 6 nodes, as many sweeps each."""
    model = spread_model(60, 6, seed=0, penalty=0.1)
    params = SolverParams(num_reads=6, num_sweeps=1000)
    tempered = PARALLEL_TEMPERING.sample(model, params, Watch()).record.energy
    annealed = OPENJIJ_SA.sample(model, params, Watch()).record.energy
    assert np.median(tempered) < np.median(annealed)
    assert tempered.min() <= annealed.min() + 1e-9


def test_nothing_to_anneal_is_no_fault() -> None:
    """A model without variables has one state."""
    drawn = PARALLEL_TEMPERING.sample(
        dimod.BinaryQuadraticModel({}, {}, 1.5, "BINARY"), SolverParams(num_reads=2), Watch()
    )
    assert drawn.record.energy.tolist() == [1.5, 1.5]
