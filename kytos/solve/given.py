"""An answer made elsewhere, checked by the referee and reported like a solver's."""

from __future__ import annotations

import time

import numpy as np

from kytos.contract.given import IMPORTED, Given
from kytos.contract.run_report import SolverReport, Stage
from kytos.contract.watch import StopReason
from kytos.contract.weights import Weights
from kytos.language import said
from kytos.problem import Problem
from kytos.referee.energy import energy, fall
from kytos.referee.feasible import Violation, feasible, violations
from kytos.refine import repair
from kytos.solve.result import Solution


def take_given(problem: Problem, weights: Weights, given: Given) -> Solution:
    """Return what was given as a solution: as it is where it breaks nothing, else repaired.

    It may be worse than the start: what was given is to be seen. What it broke stands in the
    report's messages.
    """
    began = time.monotonic()
    position = {name: number for number, name in enumerate(problem.nodes)}
    placement = problem.current.copy()
    for pod, name in enumerate(problem.pods):
        if name in given.placement:
            node = given.placement[name]
            placement[pod] = -1 if node is None else position[node]
    start, reached = (energy(problem, weights, one) for one in (problem.current, placement))
    messages = [*given.broken, *(_told(problem, one) for one in violations(problem, placement))]
    stages = [Stage(name="read", seconds=time.monotonic() - began, energy=reached.total)]
    if not feasible(problem, placement):
        placement = repair(problem, weights, placement)
        repaired = energy(problem, weights, placement)
        stages.append(Stage(name="repair", seconds=time.monotonic() - began, energy=repaired.total))
        reached = repaired
    if messages:
        messages = [said(f"The solution breaks a rule: {told}") for told in messages]
        messages.append(said("It was repaired; the plan below breaks nothing."))
    if fall(weights, start, reached) < 0:
        messages.append(
            said(f"It reaches {reached.total:.4g}, worse than doing nothing ({start.total:.4g}).")
        )
    report = SolverReport(
        name=IMPORTED,
        seed=given.seed,
        num_reads=given.num_reads,
        num_sweeps=given.num_sweeps,
        seconds=time.monotonic() - began,
        stages=tuple(stages),
        stopped_by=StopReason.WORK,
        proposed_energy=stages[0].energy,
        refined_energy=reached.total,
        trace=((0.0, start.total), (time.monotonic() - began, reached.total)),
        messages=tuple(messages),
    )
    return Solution(np.asarray(placement), reached, start, report)


def _told(problem: Problem, broken: Violation) -> str:
    pods = ", ".join(problem.pods[pod] for pod in broken.pods[:5])
    more = said(f" and {len(broken.pods) - 5} more") if len(broken.pods) > 5 else ""
    rule = broken.rule
    if broken.place >= 0 and broken.kind.value in ("capacity", "forbidden"):
        rule = f"{rule} on {problem.nodes[broken.place]}"
    told = said(f"{broken.kind.value}, {rule}, by {broken.amount}")
    return f"{told} ({pods}{more})." if pods else f"{told}."
