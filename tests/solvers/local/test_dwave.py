"""Seeds and sweeps of D-Wave's classical samplers."""

from __future__ import annotations

import numpy as np
import pytest

from kytos.contract.params import SolverParams
from kytos.contract.solver import Sampler
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.hamiltonian.model import build_model
from kytos.solvers.local.dwave import DWAVE_SA, DWAVE_TABU
from kytos.solvers.local.ising import Spins
from tests.problems import random_problem
from tests.solvers.models import spread_model


def test_tabu_gains_from_more_sweeps() -> None:
    """A single search stalls in the first thousand steps; restarts use what follows."""
    model = build_model(random_problem(1, pods=40, nodes=8, room=1.5, waiting=0.0)).bqm(Weights())
    means = [
        DWAVE_TABU.sample(model, SolverParams(num_sweeps=sweeps), Watch()).record.energy.mean()
        for sweeps in (250, 1000, 4000)
    ]
    assert means[0] > means[1] > means[2]


@pytest.mark.parametrize("sampler", [DWAVE_SA, DWAVE_TABU], ids=lambda sampler: sampler.name)
def test_the_seed_reaches_the_search_itself(
    sampler: Sampler, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From one and the same state each read still goes its own way."""

    def all_down(count: int, rng: np.random.Generator) -> Spins:
        return -np.ones(count, dtype=np.int8)

    monkeypatch.setattr("kytos.solvers.local.dwave.random_spins", all_down)
    model = spread_model(20, 4, seed=2, penalty=0.1)
    drawn = sampler.sample(model, SolverParams(num_reads=4, num_sweeps=500), Watch())
    assert len(np.unique(drawn.record.sample, axis=0)) > 1
