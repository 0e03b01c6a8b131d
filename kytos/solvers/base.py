"""What a solver is: two protocols, their parameters, and the budget and progress they share."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable

import dimod
from pydantic import Field

from kytos.cluster import Frozen
from kytos.hamiltonian.weights import Weights
from kytos.problem import Ints, Problem


class SolverName(StrEnum):
    """The solvers by the names of the HTTP contract."""

    OPENJIJ_SA = "openjij-sa"
    OPENJIJ_SQA = "openjij-sqa"
    HYBRID = "hybrid"
    CP_SAT = "cp-sat"
    DWAVE_SA = "dwave-sa"
    DWAVE_TABU = "dwave-tabu"
    DWAVE_QPU = "dwave-qpu"
    DWAVE_LEAP_BQM = "dwave-leap-bqm"
    DWAVE_LEAP_CQM = "dwave-leap-cqm"
    KUBE_SCHEDULER = "kube-scheduler"
    KUBE_SCHEDULER_MOST_ALLOCATED = "kube-scheduler-most-allocated"
    FIRST_FIT_DECREASING = "first-fit-decreasing"
    DESCHEDULER = "descheduler"


class Encoding(StrEnum):
    """How a placement is written in binary variables."""

    STAY_PUT = "stay-put"
    ONE_HOT = "one-hot"


class Capacity(StrEnum):
    """How a capacity inequality is written in the QUBO."""

    SLACK = "slack"
    UNBALANCED = "unbalanced"


class SolverParams(Frozen):
    """How hard a solver works: counted work, with a clock only as a cap."""

    num_reads: int = Field(4, ge=1, le=10_000, description="independent anneals, one seed each")
    num_sweeps: int = Field(
        1000, ge=1, le=1_000_000, description="sweeps over all variables a read"
    )
    refine_proposals: int | None = Field(
        None,
        ge=0,
        le=10_000_000_000,
        description="moves proposed by refinement; left out: by the number of pods",
    )
    seed: int = Field(0, ge=0, lt=2**31, description="same seed, same answer")
    time_limit_s: float = Field(
        30.0, gt=0, le=86_400, allow_inf_nan=False, description="cap by the clock, seconds"
    )
    max_variables: int = Field(
        600, ge=1, le=200_000, description="largest QUBO annealed; the rest is left to refinement"
    )
    encoding: Encoding = Encoding.STAY_PUT
    capacity: Capacity = Capacity.SLACK
    annealing_time_us: float = Field(
        20.0, gt=0, le=2000, allow_inf_nan=False, description="one anneal on a QPU, microseconds"
    )
    chain_prefactor: float = Field(
        1.414,
        gt=0,
        le=10,
        allow_inf_nan=False,
        description="strength of a QPU's chains, in torques of the problem's couplings",
    )
    consent: bool = Field(
        False, description="the charge was shown and accepted; asked for again at every run"
    )


class StopReason(StrEnum):
    """What ended a solve."""

    WORK = "work"
    CLOCK = "clock"
    USER = "user"
    OPTIMAL = "optimal"


Report = Callable[[str, float, float | None], None]
"""Called with a stage's name, its progress in 0..1 and the best energy so far."""


def say_nothing(stage: str, progress: float, energy: float | None) -> None:
    """Report to nobody."""


@dataclass(frozen=True)
class Watch:
    """The clock and the stop button of one solve, asked between pieces of work."""

    deadline: float = float("inf")
    """In `time.monotonic` seconds."""
    stopped: Callable[[], bool] = field(default=lambda: False)
    report: Report = say_nothing

    @property
    def remaining_s(self) -> float:
        """Seconds left on the clock, never negative."""
        return max(0.0, self.deadline - time.monotonic())

    @property
    def reason(self) -> StopReason | None:
        """Why to stop now, or None to go on."""
        if self.stopped():
            return StopReason.USER
        if time.monotonic() >= self.deadline:
            return StopReason.CLOCK
        return None


@dataclass(frozen=True)
class Availability:
    """Whether a solver can be used here and, if not, what to do about it."""

    ok: bool
    how: str = ""


@dataclass(frozen=True)
class Estimate:
    """What a run on a paid service would take; shown before anything is sent.

    Attributes
    ----------
    solver
        The service's own name for what would run it.
    minimum_time_s
        Seconds of solver time that will be used at least.
    charge
        The same in words, with the account's conversion rate where it is known.
    """

    solver: str
    variables: int
    couplers: int
    minimum_time_s: float
    charge: str


class SolverUnavailableError(RuntimeError):
    """A solver cannot be used now; says why in a sentence and which local one could stand in."""

    def __init__(self, message: str, fallback: SolverName = SolverName.OPENJIJ_SA) -> None:
        """Keep the sentence and the stand-in."""
        super().__init__(message)
        self.message = message
        self.fallback = fallback


class ConsentRequiredError(RuntimeError):
    """A paid run was asked for without consent; nothing was sent."""

    def __init__(self, estimate: Estimate) -> None:
        """Keep what a run would take."""
        super().__init__(
            f"This sends {estimate.variables} variables and {estimate.couplers} couplers to "
            f"{estimate.solver}: {estimate.charge}. Confirm the charge to run it."
        )
        self.estimate = estimate


@runtime_checkable
class Sampler(Protocol):
    """Draws samples of a QUBO; decoding, repair and refinement are `kytos.solve`'s."""

    name: SolverName

    def available(self) -> Availability:
        """Say whether it can be used here."""

    def sample(
        self, bqm: dimod.BinaryQuadraticModel, params: SolverParams, watch: Watch
    ) -> dimod.SampleSet:
        """Return samples with their energies; at least one, unless stopped before the first."""


@runtime_checkable
class Placer(Protocol):
    """Answers with a placement of its own; what it returns is checked, never refined."""

    name: SolverName

    def available(self) -> Availability:
        """Say whether it can be used here."""

    def place(self, problem: Problem, weights: Weights, params: SolverParams, watch: Watch) -> Ints:
        """Return a feasible placement ``(pods,)``; the start when it finds none better."""
