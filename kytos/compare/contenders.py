"""The same problem through several solvers, each held to the referee and to one bound."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import Field, field_validator

from kytos.bounds import (
    BoundSource,
    Certificate,
    CertificateStatus,
    certificate,
    ended_by,
    held_against,
)
from kytos.cluster import Cluster, Frozen, Note
from kytos.compare.baselines import propose
from kytos.compare.plan import Plan, plan_of
from kytos.contract.paid import ConsentRequiredError, SolverUnavailableError
from kytos.contract.params import SolverName, SolverParams
from kytos.contract.run_report import QuboFacts, Stage
from kytos.contract.runbook import NotCarriedOut
from kytos.contract.solver import Improver
from kytos.contract.watch import StopReason, Watch
from kytos.contract.weights import Weights
from kytos.language import said
from kytos.problem import Ints, LoadMode, Problem
from kytos.questions.parts.known_use import as_asked
from kytos.questions.parts.limits import NotHeldToFailures
from kytos.questions.parts.notes import answer_notes
from kytos.questions.rebalance import RebalanceRequest, pinned_pods, rebalance_problem
from kytos.referee.energy import energy, score
from kytos.solve.effort import proof_work
from kytos.solve.registry import find_solver
from kytos.solve.solve import solve


class CompareRequest(NotCarriedOut, NotHeldToFailures, RebalanceRequest):
    """A rebalance, and the solvers it is asked of."""

    solvers: tuple[SolverName, ...] = Field(
        (
            SolverName.OPENJIJ_SA,
            SolverName.CP_SAT,
            *(name for name in SolverName if name.traits.baseline),
        ),
        min_length=1,
        description="the solvers to compare, in the order they run and are shown",
    )

    @field_validator("solvers")
    @classmethod
    def _each_once(cls, solvers: tuple[SolverName, ...]) -> tuple[SolverName, ...]:
        for position, name in enumerate(solvers):
            if name in solvers[:position]:
                raise ValueError(f"{name.value!r} is named twice; name each solver once")
        return solvers


class Row(Frozen):
    """What one solver made of the problem."""

    solver: SolverName
    baseline: bool
    """Its own proposal as it stands; otherwise refined, and never worse than the start."""
    plan: Plan | None
    """None when it did not run; `problem` says why."""
    problem: str | None = None
    seconds: float = 0.0
    proposed_energy: float | None = None
    """What the solver reached by itself, before refinement."""
    gap: float | None = None
    """To the common bound, see `kytos.bounds.relative_gap`; None where that cannot be said."""
    optimal: bool = False
    """Proven: nothing better exists."""
    stopped_by: StopReason | None = None
    stages: tuple[Stage, ...] = ()
    trace: tuple[tuple[float, float], ...] = ()
    """Best energy over time: (seconds, energy)."""
    messages: tuple[str, ...] = ()
    qubo: QuboFacts | None = None
    """What was annealed; None where no samples were drawn."""


class Comparison(Frozen):
    """The same problem through several solvers, one after another on the same machine."""

    question: Literal["compare"] = "compare"
    mode: LoadMode
    weights: Weights
    params: SolverParams
    start: Plan
    """As it is: no move."""
    bound: float
    """No feasible placement has a lower energy."""
    bound_source: BoundSource
    rows: tuple[Row, ...]
    notes: tuple[Note, ...] = ()
    """What was read and not honoured, left out or assumed."""


def compare_solvers(
    cluster: Cluster,
    request: CompareRequest = CompareRequest(),
    *,
    weights: Weights = Weights(),
    params: SolverParams = SolverParams(),
    watch: Watch = Watch(),
) -> Comparison:
    """Return what each solver makes of the rebalance of `cluster`, in the order asked for.

    They run one after another, each with the whole of `params` (its time cap too), so that none
    slows another down. One that cannot be used, or that the stop button came before, has a row
    that says so.
    """
    cluster = as_asked(cluster, request)
    problem = rebalance_problem(cluster, request, pinned_pods(cluster, request))
    runs = []
    for position, name in enumerate(request.solvers):
        share = (position, len(request.solvers) + 1)
        runs.append(_run(problem, weights, name, params, _within(watch, name.value, share)))
    watch.report("proof", len(runs) / (len(runs) + 1), None)
    placements = [problem.current, *(run.placement for run in runs if run.placement is not None)]
    best = min(placements, key=lambda place: score(problem, weights, place))
    proven = _proof(problem, weights, runs, best, params, watch)
    return Comparison(
        mode=request.mode,
        weights=weights,
        params=params,
        start=plan_of(problem, weights, problem.current, cluster),
        bound=proven.bound,
        bound_source=proven.source,
        rows=tuple(_judged(problem, weights, run, proven, best, cluster) for run in runs),
        notes=answer_notes(cluster),
    )


@dataclass(frozen=True)
class _Run:
    """A solver's row before it is judged, its placement ``(pods,)`` and what it proved."""

    row: Row
    placement: Ints | None = None
    bound: float = -math.inf
    fewest: bool = False


def _run(
    problem: Problem, weights: Weights, name: SolverName, params: SolverParams, watch: Watch
) -> _Run:
    """Run one solver; what keeps it from running ends in its row, not in an error."""
    row = Row(solver=name, baseline=name.traits.baseline, plan=None)
    if watch.reason is not None:
        return _Run(row.model_copy(update={"problem": said("Stopped before its turn.")}))
    try:
        if row.baseline:
            return _baseline(problem, weights, row, params, watch)
        # Each by itself: a proof after each would end them all at one plan.
        alone = params.model_copy(update={"proof_work": 0.0})
        given = params if name is SolverName.CP_SAT else alone
        solution = solve(problem, weights, name, given, watch)
    except (SolverUnavailableError, ConsentRequiredError) as error:
        return _Run(row.model_copy(update={"problem": str(error)}))
    report = solution.report
    told = {
        "seconds": report.seconds,
        "proposed_energy": report.proposed_energy,
        "stopped_by": report.stopped_by,
        "stages": report.stages,
        "trace": report.trace,
        "messages": report.messages,
        "qubo": report.qubo,
    }
    return _Run(row.model_copy(update=told), solution.placement, solution.bound, solution.fewest)


def _baseline(
    problem: Problem, weights: Weights, row: Row, params: SolverParams, watch: Watch
) -> _Run:
    began = time.monotonic()
    within = watch.within(params.time_limit_s)
    placement = propose(problem, weights, row.solver, params, within)
    seconds = time.monotonic() - began
    reached = energy(problem, weights, placement).total
    stays = bool((placement == problem.current).all())
    told = {
        "messages": (said("Leaves every pod where it is."),) if stays else (),
        "seconds": seconds,
        "proposed_energy": reached,
        "stopped_by": watch.reason or StopReason.WORK,
        "stages": (Stage(name="place", seconds=seconds, energy=reached),),
        "trace": ((seconds, reached),),
    }
    return _Run(row.model_copy(update=told), placement)


def _proof(
    problem: Problem,
    weights: Weights,
    runs: Sequence[_Run],
    best: Ints,
    params: SolverParams,
    watch: Watch,
) -> Certificate:
    """The certificate of the best: its bound holds for all that leave out as few."""
    alike = [run for run in runs if _leaves_out_as_few(problem, run.placement, best)]
    bound = max((run.bound for run in alike), default=-math.inf)
    fewest, work = any(run.fewest for run in alike), proof_work(problem, params)
    if bound == -math.inf and work and watch.reason is None:
        cp_sat = find_solver(SolverName.CP_SAT)
        assert isinstance(cp_sat, Improver)
        given = params.model_copy(update={"proof_work": work})
        proof = cp_sat.improve(problem, weights, best, given, watch)
        if _leaves_out_as_few(problem, proof.placement, best):
            bound, fewest = proof.bound, proof.fewest
    return certificate(problem, weights, best, bound, fewest)


def _leaves_out_as_few(problem: Problem, placement: Ints | None, best: Ints) -> bool:
    return placement is not None and problem.left_out(placement) == problem.left_out(best)


def _judged(
    problem: Problem, weights: Weights, run: _Run, proven: Certificate, best: Ints, cluster: Cluster
) -> Row:
    """The row with its plan and its distance to the common bound; none where it leaves out more."""
    if run.placement is None:
        return run.row
    plan = plan_of(problem, weights, run.placement, cluster)
    told: dict[str, object] = {"plan": plan}
    if _leaves_out_as_few(problem, run.placement, best):
        given = held_against(problem, weights, run.placement, proven)
        optimal = given.status is CertificateStatus.OPTIMAL
        ended = run.row.stopped_by and ended_by(run.row.stopped_by, given)
        told |= {"gap": given.gap, "optimal": optimal, "stopped_by": ended}
    return run.row.model_copy(update=told)


def _within(watch: Watch, name: str, share: tuple[int, int]) -> Watch:
    """A watch whose reports say which solver is at work and how far the whole comparison is."""
    position, turns = share

    def report(stage: str, progress: float, reached: float | None) -> None:
        watch.report(f"{name}: {stage}", (position + progress) / turns, reached)

    return replace(watch, report=report)
