"""OpenJij's C++ layer, used directly: same model, same quality; fails when it changes."""

from __future__ import annotations

import time

import numpy as np
import openjij
import pytest
from openjij import cxxjij

from kytos.contract.params import SolverParams
from kytos.contract.watch import Watch
from kytos.solvers.local import drawing as reads
from kytos.solvers.local import openjij as ours
from kytos.solvers.local.ising import Ising, random_spins
from kytos.solvers.local.openjij import OPENJIJ_SA, OPENJIJ_SQA
from kytos.solvers.local.temperature import beta_range
from tests.solvers.models import random_model, spread_model


@pytest.mark.parametrize("density", [0.02, 0.5])
def test_graph_has_the_models_energies(density: float) -> None:
    """OpenJij computes the same energies from our matrix as dimod from the model."""
    model = random_model(40, density, seed=2)
    ising = Ising.from_bqm(model)
    graph = ours._graph(ising)
    for seed in range(5):
        state = random_spins(40, np.random.default_rng(seed))
        expected = model.spin.energies((state, list(ising.variables)))[0]
        assert graph.calc_energy(state.tolist()) + ising.offset == pytest.approx(expected)


def test_quality_is_that_of_openjijs_own_sampler() -> None:
    """At the same temperatures and sweeps the mean energy is within 5 % of SASampler's."""
    model = spread_model(40, 6, seed=1, penalty=0.2)
    hot, cold = beta_range(Ising.from_bqm(model), seed=0)
    theirs = [
        openjij.SASampler()
        .sample(model, beta_min=hot, beta_max=cold, num_sweeps=300, seed=seed)
        .first.energy
        for seed in range(10)
    ]
    drawn = OPENJIJ_SA.sample(model, SolverParams(num_reads=10, num_sweeps=300), Watch())
    start = model.energy(dict.fromkeys(model.variables, 0))
    gained, expected = start - drawn.record.energy.mean(), start - np.mean(theirs)
    assert gained == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("solver", [OPENJIJ_SA, OPENJIJ_SQA], ids=lambda solver: solver.name)
def test_default_anneal_of_a_spread_breaks_no_pod_and_is_near_the_best(solver) -> None:
    """At default reads and sweeps no pod has two nodes and the gain is that of a long anneal."""
    pods, nodes = 60, 6
    model = spread_model(pods, nodes, seed=3, penalty=0.3)
    best = solver.sample(model, SolverParams(), Watch()).first
    chosen = np.array([best.sample[variable] for variable in range(pods * (nodes - 1))])
    assert chosen.reshape(pods, nodes - 1).sum(axis=1).max() <= 1
    long = OPENJIJ_SA.sample(model, SolverParams(num_reads=4, num_sweeps=20_000), Watch())
    start = model.energy(dict.fromkeys(model.variables, 0))
    assert start - best.energy >= 0.97 * (start - long.first.energy)


def test_nine_hundred_variables_take_a_second() -> None:
    """The default work on 100 pods and 10 nodes; 0.4 s of this thread's own CPU time."""
    model = spread_model(100, 10, seed=0, penalty=0.3)
    assert model.num_variables == 900
    began = time.thread_time()
    OPENJIJ_SA.sample(model, SolverParams(), Watch())
    assert time.thread_time() - began < 2.0


def test_anneal_cut_into_pieces_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking at the watch more often changes the random numbers, not what is reached."""
    model = spread_model(40, 6, seed=1, penalty=0.2)
    params = SolverParams(num_reads=6, num_sweeps=500)
    whole = OPENJIJ_SA.sample(model, params, Watch()).record.energy
    monkeypatch.setattr(reads, "PIECE_COUPLINGS", 100_000)
    cut = OPENJIJ_SA.sample(model, params, Watch()).record.energy
    start = model.energy(dict.fromkeys(model.variables, 0))
    assert start - cut.mean() == pytest.approx(start - whole.mean(), rel=0.05)


def test_seed_alone_decides_a_run_of_the_algorithm() -> None:
    """OpenJij keeps no random state between runs: a read does not depend on those before."""
    graph = ours._graph(Ising.from_bqm(spread_model(20, 4, seed=2, penalty=0.2)))
    spins = random_spins(60, np.random.default_rng(0)).tolist()

    def answer(seed: int) -> list[int]:
        system = cxxjij.system.make_classical_ising(spins, graph)
        schedule = [(beta, 1) for beta in (1.0, 5.0, 20.0)]
        cxxjij.algorithm.Algorithm_SingleSpinFlip_run(system, seed, schedule)
        return list(cxxjij.result.get_solution(system))

    first = answer(1)
    assert answer(2) != first
    assert answer(1) == first
