"""What a solver is: three protocols and what they return."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from kytos.contract.params import SolverName, SolverParams
from kytos.contract.run_report import QuboFacts, Stage
from kytos.contract.watch import StopReason, Watch
from kytos.contract.weights import Weights
from kytos.problem import Ints, Problem

if TYPE_CHECKING:  # the protocol is read by everyone, and importing dimod takes a second
    import dimod


@dataclass(frozen=True)
class Availability:
    """Whether a solver can be used here and, if not, what to do about it."""

    ok: bool
    how: str = ""


@runtime_checkable
class Sampler(Protocol):
    """Draws samples of a QUBO; decoding, repair and refinement are `kytos.solve.solve`'s."""

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
        No feasible placement that leaves out as few pods as `placement` (`Problem.left_out`) has a
        lower energy without desire; ``-inf`` when nothing was proven.
    fewest
        Whether it is proven that no feasible placement leaves out fewer.
    """

    placement: Ints
    stages: tuple[Stage, ...]
    trace: tuple[tuple[float, float], ...]
    stopped_by: StopReason
    qubo: QuboFacts | None = None
    messages: tuple[str, ...] = ()
    bound: float = -math.inf
    fewest: bool = False


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
