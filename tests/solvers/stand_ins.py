"""D-Wave's solvers without D-Wave: its own mocks behind the solvers of `kytos.solvers.dwave`."""

from __future__ import annotations

import itertools
import math
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any, ClassVar
from unittest.mock import patch

import dimod
import numpy as np
from dwave.optimization import Model
from dwave.samplers import SimulatedAnnealingSampler
from dwave.system import LeapHybridSampler
from dwave.system.testing import MockDWaveSampler, MockLeapHybridSolver

from kytos.contract.solver import Availability
from kytos.solvers.dwave.leap import LeapBqm, LeapCqm
from kytos.solvers.dwave.leap_nl import LeapNl
from kytos.solvers.dwave.qpu import Qpu


def ready() -> Availability:
    return Availability(True)


def mock_processor() -> MockDWaveSampler:
    """A Zephyr of 1,248 qubits, a quarter of an Advantage2."""
    return MockDWaveSampler(topology_type="zephyr", topology_shape=[6, 4], parameter_warnings=False)


class Annealing(MockDWaveSampler):
    """The mock processor made to heed what it is asked: an anneal by simulation.

    Sweeps go by the anneal's time, one in reverse begins with the state given, at the temperature
    of the point it goes back to; the wells of weak chains break by themselves. What a processor
    would refuse, it refuses, and it keeps what it was given.
    """

    def __init__(self, **ranges: Any) -> None:
        super().__init__(
            topology_type="zephyr", topology_shape=[3, 4], properties=ranges or None,
            parameter_warnings=False,
        )  # fmt: skip
        self.submitted: list[dict[str, Any]] = []

    def sample(self, bqm: dimod.BinaryQuadraticModel, **asked: Any) -> dimod.SampleSet:
        self.submitted.append({"bqm": bqm.copy(), **asked})
        points = asked.get("anneal_schedule") or [[0.0, 0.0], [asked["annealing_time"], 1.0]]
        shortest, longest = self.properties["annealing_time_range"]
        assert points[0] in ([0.0, 0.0], [0.0, 1.0]), points
        assert points[-1][1] == 1, points
        assert shortest <= points[-1][0] <= longest, points
        assert len(points) <= self.properties["max_anneal_schedule_points"] + points[0][1], points
        for (before, low), (after, high) in itertools.pairwise(points):
            assert abs(high - low) / (after - before) <= (1 + 1e-9) / shortest, points
        reverse = points[0][1] == 1
        assert reverse == ("initial_state" in asked)
        deepest = min(s for _, s in points)
        options: dict[str, Any] = {"beta_range": [0.1 + 3 * deepest**2 * reverse, 5.0]}
        if reverse:
            assert asked["reinitialize_state"]
            assert set(asked["initial_state"]) >= set(bqm.variables)
            options["initial_states"] = {one: asked["initial_state"][one] for one in bqm.variables}
        drawn = SimulatedAnnealingSampler().sample(
            bqm, num_reads=asked["num_reads"], num_sweeps=max(2, int(points[-1][0])),
            beta_schedule_type="geometric", seed=7, **options,
        )  # fmt: skip
        return drawn.aggregate()


def annealing(processor: Annealing) -> Qpu:
    """The solver with this processor behind it."""
    return Qpu(connect=lambda: processor, ready=ready)


def mock_leap() -> LeapHybridSampler:
    """D-Wave's client with its own mock for the service."""
    service = SimpleNamespace(get_solver=MockLeapHybridSolver, close=lambda: None)
    with patch("dwave.system.samplers.leap_hybrid_sampler.Client") as client:
        client.from_config.return_value = service
        return LeapHybridSampler()


class ExactCqm:
    """The interface of `LeapHybridCQMSampler`, answered by trying every assignment."""

    properties: ClassVar[dict[str, Any]] = {"quota_conversion_rate": 20}

    def min_time_limit(self, cqm: dimod.ConstrainedQuadraticModel) -> float:
        return 5.0

    def sample_cqm(
        self, cqm: dimod.ConstrainedQuadraticModel, time_limit: float
    ) -> dimod.SampleSet:
        return dimod.ExactCQMSolver().sample_cqm(cqm)


class CheapCqm(ExactCqm):
    """The same interface for any size: all 0, where every pod stays."""

    def sample_cqm(
        self, cqm: dimod.ConstrainedQuadraticModel, time_limit: float
    ) -> dimod.SampleSet:
        return dimod.SampleSet.from_samples_cqm(dict.fromkeys(cqm.variables, 0), cqm)


class ExactNl:
    """The interface of `LeapHybridNLSampler`, answered by trying states, the lowest kept."""

    properties: ClassVar[dict[str, Any]] = {"quota_conversion_rate": 20, "min_time_limit": 5}

    def estimated_min_time_limit(self, model: Model) -> float:
        return 5.0

    def sample(self, model: Model, time_limit: float) -> Future[None]:
        (choice,) = model.iter_decisions()
        model.states.resize(2)
        best = math.inf
        upper = np.broadcast_to(choice.upper_bound(), choice.size()).astype(int)
        tried = itertools.product(*(range(most + 1) for most in upper))
        for state in itertools.islice(tried, STATES_TRIED):
            choice.set_state(1, np.array(state))
            value = float(model.objective.state(1))
            if model.feasible(1) and value < best:
                best = value
                choice.set_state(0, np.array(state))
        if best == math.inf:
            choice.set_state(0, np.zeros(len(upper)))
        done: Future[None] = Future()
        done.set_result(None)
        return done


STATES_TRIED = 2_000
QPU = Qpu(connect=mock_processor, ready=ready)
LEAP_BQM = LeapBqm(connect=mock_leap, ready=ready)
LEAP_NL = LeapNl(connect=ExactNl, ready=ready)
LEAP_CQM = LeapCqm(connect=ExactCqm, ready=ready)
