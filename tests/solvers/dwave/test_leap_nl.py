"""The nonlinear model against the referee, evaluated on this machine; its solver with a mock."""

from __future__ import annotations

import itertools
import sys
from concurrent.futures import Future
from dataclasses import replace

import numpy as np
import pytest
from dwave.optimization import Model

from kytos.contract.paid import ConsentRequiredError, SolverUnavailableError
from kytos.contract.params import SolverName, SolverParams
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.problem import LoadMode
from kytos.referee.energy import energy, score
from kytos.referee.feasible import feasible
from kytos.solve.registry import availability, find_solver
from kytos.solvers.dwave.leap_nl import LeapNl, nonlinear_model
from tests.problems import random_problem
from tests.solvers import stand_ins

WEIGHTS = Weights(B=1.5, C=0.5, D=2)


@pytest.mark.parametrize("mode", list(LoadMode))
@pytest.mark.parametrize("seed", [4, 9, 13])
def test_objective_and_constraints_are_the_referees(seed: int, mode: LoadMode) -> None:
    """H where nothing is broken, infeasible exactly where something is, for every placement."""
    problem = random_problem(seed, 4, 3, mode, room=2.5)
    problem = replace(problem, presences=(), skews=())
    built = nonlinear_model(problem, WEIGHTS)
    places = [
        np.flatnonzero(allowed) if free else [settled]
        for allowed, free, settled in zip(
            problem.allowed, built.layout.free, built.layout.settled, strict=True
        )
    ]
    held = 0
    for placement in map(np.array, itertools.product(*places)):
        found, holds = built.evaluated(placement)
        assert holds == feasible(problem, placement)
        assert (built.placement(built.state(placement)) == placement).all()
        if holds:
            held += 1
            expected = energy(problem, WEIGHTS, placement).total
            assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert held > 5


def test_nothing_is_sent_without_consent() -> None:
    problem = random_problem(4, 4, 3)
    with pytest.raises(ConsentRequiredError):
        stand_ins.LEAP_NL.place(problem, Weights(), SolverParams(), Watch())
    assert stand_ins.LEAP_NL.estimate(problem, Weights(), SolverParams()).minimum_time_s == 5


def test_the_best_state_becomes_the_placement() -> None:
    problem = random_problem(4, 4, 3, LoadMode.SPREAD, room=1.8)
    found = stand_ins.LEAP_NL.place(problem, Weights(), SolverParams(consent=True), Watch())
    assert feasible(problem, found)
    if feasible(problem, problem.current):
        assert score(problem, Weights(), found) <= score(problem, Weights(), problem.current)


def test_a_service_that_is_not_waited_for_leaves_everything_where_it_is() -> None:
    """Stopped after it was sent: charged, its answer dropped, and the start returned."""
    problem = random_problem(24, 4, 3, room=2.5, waiting=0.0)
    service = Silent()
    solver = LeapNl(connect=lambda: service, ready=stand_ins.ready)
    watch = Watch(stopped=lambda: service.submitted > 0)
    found = solver.place(problem, Weights(), SolverParams(consent=True), watch)
    assert (found == problem.current).all()
    assert service.submitted == 1


def test_todays_placement_goes_along() -> None:
    """What is sent begins with a state of which the service knows that it is feasible."""
    problem = random_problem(24, 4, 3, room=2.5, waiting=0.0)
    service = Silent()
    solver = LeapNl(connect=lambda: service, ready=stand_ins.ready)
    watch = Watch(stopped=lambda: service.submitted > 0)
    solver.place(problem, Weights(), SolverParams(consent=True), watch)
    built = nonlinear_model(problem, Weights())
    assert service.sent.states.size() == 1
    (choice,) = service.sent.iter_decisions()
    assert (choice.state(0) == built.state(problem.current)).all()


def test_without_its_modelling_library_it_is_listed_as_unavailable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The others stay as they were; both the list and the solver name the part that is missing."""
    monkeypatch.setitem(sys.modules, "dwave.optimization", None)
    monkeypatch.delitem(sys.modules, "kytos.solvers.dwave.leap_nl", raising=False)
    monkeypatch.setenv("DWAVE_API_TOKEN", "DEV-0123")
    told = availability(SolverName.DWAVE_LEAP_NL)
    assert not told.ok
    assert told.how.endswith("install kytos-orchestration[dwave]")
    assert availability(SolverName.DWAVE_LEAP_CQM).ok
    with pytest.raises(SolverUnavailableError, match=r"install kytos-orchestration\[dwave]"):
        find_solver(SolverName.DWAVE_LEAP_NL)


class Silent(stand_ins.ExactNl):
    """A service that takes what it is sent and never answers."""

    submitted = 0
    sent: Model

    def sample(self, model: Model, time_limit: float) -> Future[None]:
        self.submitted += 1
        self.sent = model
        return Future()
