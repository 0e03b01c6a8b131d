"""The exact solver: the energy as integers for OR-Tools' CP-SAT, with the bound it proves.

Everything the referee counts is in the model (`kytos.referee.energy`), and every hard rule
(`kytos.referee.feasible`). CP-SAT knows integers only; what rounding can have cost is added
up and taken off the bound, so the bound holds for the energy as the referee computes it.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from kytos.contract.params import SolverName, SolverParams
from kytos.contract.run_report import Stage
from kytos.contract.solver import Availability, Improvement
from kytos.contract.watch import StopReason, Watch
from kytos.contract.weights import Weights
from kytos.problem import Bools, Ints, Problem
from kytos.referee.energy import energy, fall, rank, score
from kytos.referee.feasible import feasible
from kytos.solvers.cpsat.energy import EnergyModel
from kytos.solvers.cpsat.library import cp_model
from kytos.solvers.cpsat.rules import BuildingStopped, RulesModel, total
from kytos.solvers.cpsat.search import Answer, Search

MAX_PAIRS = 300_000
"""Pairs of a pod and a node above which no model is built: it would need minutes and gigabytes."""

CLASS_SHARE = 0.5
"""Of the limit that is left, what one class may take: the lower ones want some too."""

DEFAULT_PARAMS = SolverParams()
NO_WATCH = Watch()


class ExactStatus(StrEnum):
    """How a run of the exact solver ended."""

    OPTIMAL = "optimal"
    """Nothing better exists, up to the rounding that `ExactResult.bound` accounts for."""
    FEASIBLE = "feasible"
    """Something ended the search; `ExactResult.bound` is what was proven."""
    TOO_LARGE = "too-large"
    """No model was built; the placement is the one given as a hint."""


@dataclass(frozen=True)
class ExactResult:
    """A placement and what is proven about every other.

    Attributes
    ----------
    placement
        ``(pods,)`` feasible and never worse than the start.
    bound
        No feasible placement that leaves out as few pods (`Problem.left_out`) has a lower energy
        without desire; ``-inf`` when nothing was proven.
    status
        What is known at the end.
    stopped_by
        What ended the run.
    fewest
        Whether it is proven that no feasible placement leaves out fewer.
    """

    placement: Ints
    bound: float
    status: ExactStatus
    stopped_by: StopReason
    fewest: bool = False


@dataclass(frozen=True)
class CpSat:
    """The exact solver as an improver: it begins from a placement and may prove it optimal."""

    name: SolverName = SolverName.CP_SAT

    def available(self) -> Availability:
        """Say that it can be used: OR-Tools is a dependency and needs no account."""
        return Availability(ok=True)

    def improve(
        self,
        problem: Problem,
        weights: Weights,
        placement: Ints,
        params: SolverParams,
        watch: Watch,
    ) -> Improvement:
        """Return the best placement found within the time limit, and what is proven of it."""
        began, before = time.monotonic(), energy(problem, weights, placement)
        trace = [(0.0, before.total)]

        def report(stage: str, progress: float, reached: float | None) -> None:
            # The search's first placement may be worse than the one it began with.
            best = trace[-1][1] if reached is None else min(reached, trace[-1][1])
            trace.append((time.monotonic() - began, best))
            watch.report(stage, progress, best)

        exact = solve_exact(problem, weights, params, replace(watch, report=report), hint=placement)
        after, seconds = energy(problem, weights, exact.placement), time.monotonic() - began
        gained = fall(weights, before, after)
        stage = Stage(name=self.name.value, seconds=seconds, energy=after.total, gained=gained)
        return Improvement(
            placement=exact.placement,
            stages=(stage,),
            trace=(*trace, (seconds, after.total)),
            stopped_by=exact.stopped_by,
            messages=(_TOO_LARGE,) if exact.status is ExactStatus.TOO_LARGE else (),
            bound=exact.bound,
            fewest=exact.fewest,
        )


CP_SAT = CpSat()

_TOO_LARGE = (
    f"cp-sat builds no model of more than {MAX_PAIRS:,} pairs of a pod and a node: every pod stays "
    "where it is. Use `hybrid`, or bound the problem with `may_move`."
)


def solve_exact(
    problem: Problem,
    weights: Weights,
    params: SolverParams = DEFAULT_PARAMS,
    watch: Watch = NO_WATCH,
    hint: Ints | None = None,
    workers: int = 1,
    options: Bools | None = None,
) -> ExactResult:
    """Minimise the energy H exactly, as far as the clock allows.

    As many pods as possible are placed first, class by class of falling `Problem.desire`; pods
    that are the last of their service come first among equals; then H itself is minimised.

    Parameters
    ----------
    params
        `seed`, `time_limit_s` and `proof_work` are used; the rest is for annealers.
    hint
        ``(pods,)`` a feasible placement to begin from; the current one by default. The answer is
        never worse.
    workers
        Parallel searches. Only with one does the same seed give the same answer, and that only
        where the clock did not end the search.
    options
        ``(pods, nodes)`` the only pairs to choose from, the hint's among them. Then what is proven
        holds among these alone, and no bound is given.
    """
    incumbent = problem.current if hint is None else hint
    pairs = int((problem.allowed if options is None else options).sum())
    if pairs > MAX_PAIRS or not len(problem.pods):
        settled = not len(problem.pods)
        status = ExactStatus.OPTIMAL if settled else ExactStatus.TOO_LARGE
        bound = score(problem, weights, incumbent)[1] if settled else -math.inf
        return ExactResult(incumbent, bound, status, StopReason.WORK, fewest=settled)
    watch = watch.within(params.time_limit_s)  # building the model counts
    try:
        model = EnergyModel(problem, weights, watch, options)
    except BuildingStopped:
        return ExactResult(
            incumbent, -math.inf, ExactStatus.FEASIBLE, watch.reason or StopReason.CLOCK
        )
    search = Search(model, params, watch, workers)
    placing = _place_most(search, incumbent)
    incumbent = _better(problem, weights, incumbent, placing.placement)
    lost = weights.A * float(problem.desire[incumbent < 0].sum())
    expression = model.objective.expression()
    last = search.minimise(expression, incumbent, model.objective, lost=lost)
    if last.placement is not None:
        incumbent = _better(problem, weights, incumbent, last.placement)
    if options is not None:
        return ExactResult(incumbent, -math.inf, ExactStatus.FEASIBLE, search.ended_by)
    fewest = placing.proven and placing.kept_proven
    bound = _bound(problem, weights, model, placing, last, incumbent)
    proven = fewest and last.optimal
    status = ExactStatus.OPTIMAL if proven else ExactStatus.FEASIBLE
    ended_by = StopReason.OPTIMAL if proven else search.ended_by
    return ExactResult(incumbent, bound, status, ended_by, fewest)


@dataclass(frozen=True)
class MostPlaced:
    """A placement that leaves out as few pods as possible, class by class.

    Attributes
    ----------
    placement
        ``(pods,)`` feasible, and never worse than the hint.
    proven
        Whether no placement leaves out fewer of a class without leaving out more of a higher one.
    kept_proven
        Whether, at those counts, no placement keeps more services up (`Problem.lifeline`).
    """

    placement: Ints
    proven: bool
    kept_proven: bool


def place_most(
    problem: Problem,
    params: SolverParams = DEFAULT_PARAMS,
    watch: Watch = NO_WATCH,
    hint: Ints | None = None,
) -> MostPlaced:
    """Place as many pods as can be, class by class of falling `Problem.desire`, H aside.

    At equal counts, as few services as can be lose their last replica (`Problem.lifeline`).
    Parameters and notes as for `solve_exact`.
    """
    incumbent = problem.current if hint is None else hint
    if int(problem.allowed.sum()) > MAX_PAIRS or not len(problem.pods):
        settled = not len(problem.pods)
        return MostPlaced(incumbent, settled, settled)
    watch = watch.within(params.time_limit_s)  # building the model counts
    try:
        model = RulesModel(problem, watch)
    except BuildingStopped:
        return MostPlaced(incumbent, proven=False, kept_proven=False)
    search = Search(model, params, watch)
    placing = _place_most(search, incumbent)
    placed = placing.placement
    if (
        placed is not None
        and feasible(problem, placed)
        and problem.left_out(placed) < problem.left_out(incumbent)
    ):
        incumbent = placed
    return MostPlaced(incumbent, placing.proven, placing.kept_proven)


def _better(problem: Problem, weights: Weights, known: Ints, candidate: Ints | None) -> Ints:
    """The better one as `kytos.referee.energy.rank` has it, ties and all."""
    if candidate is None or not feasible(problem, candidate):
        return known
    return min(known, candidate, key=lambda placement: rank(problem, weights, placement))


@dataclass(frozen=True)
class _Placing:
    """What the stages that place pods have settled.

    Attributes
    ----------
    unplaced
        For each class of desire, highest first, how many the model allows to stay unplaced.
    proven
        Whether those numbers are proven the least possible, class by class.
    kept_proven
        Whether, at those counts, no placement keeps more services up (`Problem.lifeline`), which H
        knows nothing of.
    """

    placement: Ints | None
    unplaced: tuple[int, ...]
    proven: bool
    kept_proven: bool = True


def _place_most(search: Search, incumbent: Ints) -> _Placing:
    """Fix, class by class, how many pods stay unplaced; what is not proven is kept as found."""
    model, problem = search.model, search.model.problem
    optional = ~problem.must_place
    placement: Ints | None = None
    settled: list[int] = []
    proven = True
    for desire in np.unique(problem.desire[optional])[::-1]:
        pods = np.flatnonzero(optional & (problem.desire == desire))
        placed = total([var for pod in pods for var in model.x[pod].values()])
        start = incumbent if placement is None else placement
        if (start[pods] >= 0).all():
            settled.append(0)
            model.cp.add(placed == len(pods))
            continue
        answer = search.minimise(len(pods) - placed, start, share=CLASS_SHARE)
        proven &= answer.optimal
        if answer.placement is not None:
            placement = start = answer.placement
        left = int((start[pods] < 0).sum())
        settled.append(left)
        model.cp.add(placed >= len(pods) - left)
    services = np.unique(problem.lifeline[problem.lifeline >= 0])
    if not len(services) or not any(settled):
        return _Placing(placement, tuple(settled), proven)
    kept = total([_runs(model, service) for service in services])
    start = incumbent if placement is None else placement
    answer = search.minimise(len(services) - kept, start)
    if answer.placement is not None:
        placement = answer.placement
        model.cp.add(kept >= len(services) - problem.left_out(placement)[-1])
    return _Placing(placement, tuple(settled), proven, answer.optimal)


def _runs(model: RulesModel, service: int) -> cp_model.LinearExpr | cp_model.IntVar:
    """Whether one of a service's lifeline has a node; at most that, so it has to be worth it."""
    pods = np.flatnonzero(model.problem.lifeline == service)
    placed = total([var for pod in pods for var in model.x[pod].values()])
    if len(pods) == 1:
        return placed
    runs = model.cp.new_bool_var("")
    model.cp.add(runs <= placed)
    return runs


def _bound(
    problem: Problem,
    weights: Weights,
    model: EnergyModel,
    placing: _Placing,
    last: Answer,
    incumbent: Ints,
) -> float:
    """A bound on the energy without desire of placements that leave out as few as `incumbent`.

    The search's own bound is one on those that the model, with the classes settled, still allows.
    """
    left, worth = score(problem, weights, incumbent)
    if any(more > most for more, most in zip(left, placing.unplaced, strict=False)):
        return model.objective.least
    return max(model.objective.least, last.bound - model.rounding(worth))
