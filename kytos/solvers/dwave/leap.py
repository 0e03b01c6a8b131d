"""D-Wave's hybrid solvers in the Leap service: one takes the QUBO, one the constrained model."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import dimod
import numpy as np
from dwave.system import LeapHybridCQMSampler, LeapHybridSampler

from kytos.contract.paid import Estimate
from kytos.contract.params import SolverName, SolverParams
from kytos.contract.solver import Availability
from kytos.contract.watch import StopReason, Watch
from kytos.contract.weights import Weights
from kytos.hamiltonian.cqm import ConstrainedModel, constrained_model
from kytos.problem import Ints, Problem
from kytos.referee.energy import score
from kytos.refine import repair
from kytos.solvers.dwave import cloud
from kytos.solvers.local.drawing import sample_set

CANDIDATES = 8
"""Answers of one run that are repaired and compared; they come sorted, best first."""


@dataclass(frozen=True)
class LeapBqm:
    """The hybrid solver of binary quadratic models, run for the least time it charges for.

    Attributes
    ----------
    connect
        Opens the service: `LeapHybridSampler`, or a stand-in with its interface.
    ready
        Says whether `connect` can work here.
    """

    connect: Callable[[], Any] = LeapHybridSampler
    ready: Callable[[], Availability] = cloud.account
    name: SolverName = SolverName.DWAVE_LEAP_BQM

    def available(self) -> Availability:
        """Say whether a token is configured."""
        return self.ready()

    def estimate(self, bqm: dimod.BinaryQuadraticModel, params: SolverParams) -> Estimate:  # noqa: ARG002  as the QPU's
        """Tell what a run would use; submits nothing.

        Raises
        ------
        SolverUnavailableError
            When the service cannot be reached.
        """
        return _bqm_estimate(cloud.opened(self.ready, self.connect), bqm)

    def sample(
        self, bqm: dimod.BinaryQuadraticModel, params: SolverParams, watch: Watch
    ) -> dimod.SampleSet:
        """Return the service's samples; `info` tells ``time_limit_s`` and ``mock``.

        Raises
        ------
        ConsentRequiredError
            When the charge was not accepted; nothing is sent then.
        SolverUnavailableError
            When the service cannot be reached or refuses.
        """
        began = time.monotonic()
        watch = watch.within(params.time_limit_s)
        service = cloud.opened(self.ready, self.connect)
        estimate = _bqm_estimate(service, bqm)
        cloud.require_consent(estimate, params)
        reason = watch.reason
        answer: Any = None
        if reason is None:
            with cloud.plain_faults():
                answer = service.sample(bqm, time_limit=estimate.minimum_time_s)
                reason = cloud.wait(answer, answer.resolve, watch)
        info = {
            "reads_asked": 1,
            "ended_by": reason or StopReason.WORK,
            "seconds": time.monotonic() - began,
            "mock": cloud.is_mock(service),
            "solver": estimate.solver,
            "time_limit_s": estimate.minimum_time_s,
        }
        if answer is None or reason is not None:
            nothing = np.zeros((0, bqm.num_variables), dtype=np.int8)
            return sample_set(bqm, nothing, bqm.variables, {**info, "reads": 0})
        bits = answer.record.sample
        return sample_set(bqm, bits, answer.variables, {**info, "reads": len(bits)})


@dataclass(frozen=True)
class LeapCqm:
    """The hybrid solver of constrained models: capacities are inequalities, not penalties.

    Attributes
    ----------
    connect
        Opens the service: `LeapHybridCQMSampler`, or a stand-in with its interface.
    ready
        Says whether `connect` can work here.
    """

    connect: Callable[[], Any] = LeapHybridCQMSampler
    ready: Callable[[], Availability] = cloud.account
    name: SolverName = SolverName.DWAVE_LEAP_CQM

    def available(self) -> Availability:
        """Say whether a token is configured."""
        return self.ready()

    def estimate(self, problem: Problem, weights: Weights, params: SolverParams) -> Estimate:  # noqa: ARG002  as the QPU's
        """Tell what a run would use; submits nothing.

        Raises
        ------
        SolverUnavailableError
            When the service cannot be reached.
        """
        return _cqm_estimate(
            cloud.opened(self.ready, self.connect), constrained_model(problem, weights)
        )

    def place(self, problem: Problem, weights: Weights, params: SolverParams, watch: Watch) -> Ints:
        """Return the best feasible answer ``(pods,)``; the start when none is better.

        Raises
        ------
        ConsentRequiredError
            When the charge was not accepted; nothing is sent then.
        SolverUnavailableError
            When the service cannot be reached or refuses.
        """
        watch = watch.within(params.time_limit_s)
        model = constrained_model(problem, weights)
        start = repair(problem, weights, problem.current)
        if not model.layout.assignments:
            return start
        service = cloud.opened(self.ready, self.connect)
        estimate = _cqm_estimate(service, model)
        cloud.require_consent(estimate, params)
        if watch.reason is not None:
            return start
        with cloud.plain_faults():
            answer = service.sample_cqm(model.cqm, time_limit=estimate.minimum_time_s)
            if cloud.wait(answer, answer.resolve, watch) is not None:
                return start
        best, lowest = start, score(problem, weights, start)
        feasible_first = sorted(
            answer.data(["sample", "energy", "is_feasible"]),
            key=lambda row: (not row.is_feasible, row.energy),
        )
        for row in feasible_first[:CANDIDATES]:
            placement = repair(problem, weights, model.placement(row.sample))
            scored = score(problem, weights, placement)
            if scored < lowest:
                best, lowest = placement, scored
        return best


DWAVE_LEAP_BQM = LeapBqm()
DWAVE_LEAP_CQM = LeapCqm()


def _bqm_estimate(service: Any, bqm: dimod.BinaryQuadraticModel) -> Estimate:
    seconds = float(service.min_time_limit(bqm))
    return Estimate(
        cloud.name_of(service),
        bqm.num_variables,
        bqm.num_interactions,
        seconds,
        cloud.charge(seconds, service.properties),
    )


def _cqm_estimate(service: Any, model: ConstrainedModel) -> Estimate:
    seconds = float(service.min_time_limit(model.cqm))
    return Estimate(
        cloud.name_of(service),
        len(model.cqm.variables),
        model.cqm.objective.num_interactions,
        seconds,
        cloud.charge(seconds, service.properties),
    )
