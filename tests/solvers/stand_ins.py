"""D-Wave's solvers without D-Wave: its own mocks behind the solvers of `kytos.solvers.dwave`."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, ClassVar
from unittest.mock import patch

import dimod
from dwave.system import LeapHybridSampler
from dwave.system.testing import MockDWaveSampler, MockLeapHybridSolver

from kytos.contract.solver import Availability
from kytos.solvers.dwave.leap import LeapBqm, LeapCqm
from kytos.solvers.dwave.qpu import Qpu


def ready() -> Availability:
    return Availability(True)


def mock_processor() -> MockDWaveSampler:
    """A Zephyr of 1,248 qubits, a quarter of an Advantage2."""
    return MockDWaveSampler(topology_type="zephyr", topology_shape=[6, 4], parameter_warnings=False)


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


QPU = Qpu(connect=mock_processor, ready=ready)
LEAP_BQM = LeapBqm(connect=mock_leap, ready=ready)
LEAP_CQM = LeapCqm(connect=ExactCqm, ready=ready)
