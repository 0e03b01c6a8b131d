"""The Leap solvers through D-Wave's client and mocks, and the exact solver of CQMs."""

from __future__ import annotations

from typing import Any, ClassVar

import dimod
import pytest

from kytos.contract.params import SolverParams
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.problem import LoadMode
from kytos.referee.energy import energy
from kytos.solvers.dwave.leap import LeapBqm
from tests.brute_force import lowest_energy
from tests.problems import random_problem
from tests.solvers import stand_ins
from tests.solvers.models import random_model

CONSENT = SolverParams(consent=True)


def test_hybrid_samples_are_marked_as_a_mocks() -> None:
    """What D-Wave's mock of the service answers is never taken for the service's."""
    info = stand_ins.LEAP_BQM.sample(random_model(10, 0.5, seed=0), CONSENT, Watch()).info
    assert info["mock"] is True
    assert info["time_limit_s"] == 1.0


class Backwards:
    """The hybrid service, solving exactly and answering with its columns in reverse."""

    properties: ClassVar[dict[str, Any]] = {}

    def min_time_limit(self, bqm: dimod.BinaryQuadraticModel) -> float:
        return 1.0

    def sample(self, bqm: dimod.BinaryQuadraticModel, time_limit: float) -> dimod.SampleSet:
        best = dimod.ExactSolver().sample(bqm).first.sample
        names = list(bqm.variables)[::-1]
        states = ([[best[name] for name in names]], names)
        return dimod.SampleSet.from_samples_bqm(states, bqm, sort_labels=False)


def test_columns_are_read_by_their_names() -> None:
    """A service owes nobody the order of the variables it was sent."""
    model = random_model(10, 0.5, seed=0)
    solver = LeapBqm(connect=Backwards, ready=stand_ins.ready)
    drawn = solver.sample(model, CONSENT, Watch())
    assert list(drawn.variables) == list(model.variables)
    assert drawn.first.energy == pytest.approx(dimod.ExactSolver().sample(model).first.energy)


@pytest.mark.parametrize("mode", LoadMode)
@pytest.mark.parametrize("seed", range(3))
def test_exact_solver_of_the_model_finds_the_best_placement(mode: LoadMode, seed: int) -> None:
    """Solved exactly, the constrained model gives the lowest energy of all placements."""
    problem = random_problem(
        seed, pods=3, nodes=3, mode=mode, room=2.5, waiting=0.0, rules=False, traffic=False
    )
    found = stand_ins.LEAP_CQM.place(problem, Weights(), CONSENT, Watch())
    best = lowest_energy(problem, Weights())
    assert energy(problem, Weights(), found).total == pytest.approx(best)
