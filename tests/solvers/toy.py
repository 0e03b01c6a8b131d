"""A solver that is one file: a short descent from the start."""

from __future__ import annotations

from dataclasses import dataclass, field

from kytos.contract.params import SolverName, SolverParams
from kytos.contract.solver import Availability
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.problem import Ints, Problem
from kytos.refine import refine, repair


@dataclass(frozen=True)
class Toy:
    """Takes what single moves gain."""

    name: SolverName = field(default_factory=lambda: SolverName("toy"))

    def available(self) -> Availability:
        """Always."""
        return Availability(True)

    def place(self, problem: Problem, weights: Weights, params: SolverParams, watch: Watch) -> Ints:
        """Return what a few thousand proposals make of the start."""
        start = repair(problem, weights, problem.current, watch)
        return refine(problem, weights, start, 5_000, params.seed, watch).placement


def __getattr__(name: str) -> Toy:
    # Only once its line is in the registry is there a name for it.
    if name == "TOY":
        return Toy()
    raise AttributeError(name)
