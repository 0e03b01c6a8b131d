"""What a solver is: three protocols, their parameters, and the budget and progress they share."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from pydantic import Field, field_validator
from pydantic_core import to_jsonable_python

from kytos.cluster import Frozen
from kytos.hamiltonian.weights import Weights
from kytos.problem import Ints, Problem

if TYPE_CHECKING:  # the protocol is read by everyone, and importing dimod takes a second
    import dimod


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


class BlockRunner(StrEnum):
    """Where the blocks of `hybrid` are annealed side by side."""

    THREADS = "threads"
    DASK = "dask"


class SolverParams(Frozen):
    """How hard a solver works: counted work, with a clock only as a cap."""

    num_reads: int = Field(6, ge=1, le=10_000, description="independent anneals, one seed each")
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
    proof_work: float | None = Field(
        None,
        ge=0,
        le=86_400,
        allow_inf_nan=False,
        description="work of cp-sat (its deterministic seconds) on proving the plan, or bettering "
        "it; left out: a little where that often suffices, no limit when cp-sat is the solver",
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
    target_energy: float | None = Field(
        None, allow_inf_nan=False, description="hybrid ends when the energy H is this low"
    )
    rounds: int = Field(
        1, ge=1, le=100_000, description="times hybrid anneals blocks and refines again"
    )
    blocks: int = Field(
        4, ge=0, le=10_000, description="blocks of nodes that hybrid anneals in each round"
    )
    block_sampler: SolverName = Field(
        SolverName.OPENJIJ_SA, description="the sampler of hybrid's blocks"
    )
    block_variables: int | None = Field(
        None,
        ge=2,
        le=5_000,
        description="largest QUBO of a block; left out: what the sampler can hold",
    )
    block_runner: BlockRunner = Field(
        BlockRunner.THREADS, description="where hybrid's blocks are annealed: threads or dask"
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
    TARGET = "target"


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


class Stage(Frozen):
    """One stage of a solve: what it took and the best energy after it."""

    name: str
    seconds: float
    energy: float | None = None
    gained: float | None = None
    """By how much it lowered the best energy; what is found under one name is not another's."""


ENERGIES_KEPT = 1_000
"""Sampler energies reported: more would not change a histogram."""

READS_REPORTED = 64
"""So many reads, in the order drawn, are repaired and reported whatever their energy: enough to
tell how often a read succeeds."""


class QuboFacts(Frozen):
    """What was annealed, and what the sampler alone made of it."""

    assignment_variables: int
    slack_variables: int
    node_variables: int
    couplers: int
    pods: int
    """Pods in the QUBO, of `pods_total` to decide on."""
    pods_total: int
    nodes: int
    nodes_total: int
    reads: int
    feasible_share: float
    """Share of reads that decode to a placement breaking nothing, before repair."""
    rounds: int = 1
    """Rounds the reads were drawn in; between them rows that broke became dearer."""
    rows: int = 0
    """Inequalities that could be broken: capacities and bounds on moves."""
    strength: dict[str, float] = Field({})
    """Rows in force in the last round, by name, in multiples of their computed penalty."""
    broken: dict[str, int] = Field({})
    """Reads that break each constraint, before repair; most first. Of blocks only the best reads
    are judged, ``reads_judged`` in `info`."""
    sampler_energy: float
    """Lowest sampler energy: objective, penalties and offset, in the QUBO of the last round."""
    sample_energies: tuple[float, ...] = ()
    """Sampler energy of each read, at most `ENERGIES_KEPT`; all in the QUBO of the last round."""
    read_objectives: tuple[float, ...] = ()
    """Energy H of each read once decoded and repaired, at most `READS_REPORTED`."""
    read_left_out: tuple[float, ...] = ()
    """Part of each of `read_objectives` that pods without a node cost."""
    answer_energy: float | None = None
    """Sampler energy of the refined answer; None where it moves a pod outside the QUBO."""
    sampler_objective: float
    """Energy H of the best read once decoded and repaired."""
    info: dict[str, object] = Field({})
    """What the sampler itself reports (schedule, chains, embedding), as JSON has it."""

    @field_validator("info", mode="before")
    @classmethod
    def _as_json(cls, info: object) -> object:
        # Tuples would come back as lists: facts read from a file would differ from those written.
        return to_jsonable_python(info)

    def net_of(self, energy: float) -> QuboFacts:
        """The same with a constant taken off every energy, such as what all reads pay alike."""
        if not energy:
            return self
        many = ("sample_energies", "read_objectives", "read_left_out")
        one = ("sampler_energy", "sampler_objective", "answer_energy")
        net: dict[str, object] = {
            name: tuple(value - energy for value in getattr(self, name)) for name in many
        }
        net |= {name: None if (v := getattr(self, name)) is None else v - energy for name in one}
        return self.model_copy(update=net)

    @property
    def variables(self) -> int:
        """All variables of the QUBO."""
        return self.assignment_variables + self.slack_variables + self.node_variables


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

    def __reduce__(self) -> tuple[type[ConsentRequiredError], tuple[Estimate]]:
        """Be pickled by the estimate: the error travels from a worker process."""
        return type(self), (self.estimate,)


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


@dataclass(frozen=True)
class Improvement:
    """What an improver made of a placement.

    Attributes
    ----------
    placement
        ``(pods,)`` feasible and no worse than the one it began with.
    stages
        Each part once, under its own name, with what it took and what it gained.
    trace
        Best energy over time: (seconds since the call, energy).
    bound
        No feasible placement has a lower energy H; ``-inf`` when nothing was proven.
    """

    placement: Ints
    stages: tuple[Stage, ...]
    trace: tuple[tuple[float, float], ...]
    stopped_by: StopReason
    qubo: QuboFacts | None = None
    messages: tuple[str, ...] = ()
    bound: float = -math.inf


@runtime_checkable
class Improver(Protocol):
    """Improves a feasible placement for as long as it may, by several parts in turn."""

    name: SolverName

    def available(self) -> Availability:
        """Say whether it can be used here."""

    def improve(
        self,
        problem: Problem,
        weights: Weights,
        placement: Ints,
        params: SolverParams,
        watch: Watch,
    ) -> Improvement:
        """Return a feasible placement no worse than `placement`, which must be feasible."""


Solver = Sampler | Placer | Improver
