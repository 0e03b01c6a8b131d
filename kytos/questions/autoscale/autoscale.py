"""Autoscale: replicas for a request rate, held back where the cluster's spare capacity is short."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from kytos.bounds import Certificate, certificate
from kytos.cluster import Cluster, Frozen
from kytos.contract.given import IMPORTED
from kytos.contract.params import SolverName, SolverParams
from kytos.contract.registry import Kind
from kytos.contract.run_report import SolverReport
from kytos.contract.shares import shares_of
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.hamiltonian.replicas import variables_needed
from kytos.problem import UNPLACED, Ints, Problem
from kytos.questions.autoscale.actions import ScaleAction, scale_actions
from kytos.questions.autoscale.grants import Grants, without
from kytos.questions.autoscale.margin import Margin, margin_of
from kytos.questions.autoscale.reads import Judge, energy_of, shifted, with_energies
from kytos.questions.autoscale.request import AutoscaleRequest
from kytos.questions.autoscale.sampling import Draw, place_granted
from kytos.questions.autoscale.wanted import Step, scale_out, scaling_step, whole_problem
from kytos.questions.outcome import Energy, EnergyChange, MetricsChange, Outcome, Question, measure
from kytos.questions.parts.notes import answer_notes
from kytos.questions.parts.prices import prices_known
from kytos.questions.recovery.risk import risk_of
from kytos.refine import compile_first
from kytos.solve.result import Solution
from kytos.solve.solve import solver_by_size


class NewReplica(Frozen):
    """A new replica and its node."""

    service: str
    pod: str
    node: str


class RemovedReplica(Frozen):
    """A replica that goes."""

    service: str
    pod: str
    node: str | None


class AutoscaleOutcome(Outcome):
    """Replicas per service, who was held back, and where the new ones run."""

    actions: tuple[ScaleAction, ...]
    """In the order of the request."""
    placements: tuple[NewReplica, ...]
    removed: tuple[RemovedReplica, ...]
    margin: Margin
    sampled_replicas: dict[str, int] = Field(default={})
    """What the sampler's best read alone came to, by service, before the exact stage."""
    placement: dict[str, str | None]
    """New replicas' nodes, and None for each one removed, by pod id."""


def autoscale(
    cluster: Cluster,
    request: AutoscaleRequest,
    *,
    weights: Weights = Weights(),
    solver: SolverName | None = None,
    params: SolverParams = SolverParams(),
    watch: Watch = Watch(),
) -> AutoscaleOutcome:
    """Return how many replicas each service should have, and where the new ones run.

    Too many are removed first, which frees room; then new ones are granted by priority, among
    equals to the service furthest from its desired count, as far as the margins and the rules
    allow. The sampler proposes counts and nodes; the counts are then settled exactly.

    Raises
    ------
    kytos.errors.RequestRefused
        When a service is unknown, named twice, or contradicts its listed pods.
    kytos.contract.paid.SolverUnavailableError
        When the solver cannot be used here; the message says what to do.
    """
    compile_first(watch, solver)
    step = scaling_step(cluster, request)
    wanted = scale_out(step)
    draw, grants, solution = place_granted(
        wanted,
        step,
        weights=weights,
        solver=solver_by_size(variables_needed(wanted), params) if solver is None else solver,
        params=params,
        watch=watch,
    )
    problem, after = whole_problem(step, grants, solution.placement)
    known = prices_known(cluster)
    held_back = _held_back(step, grants)
    measured = measure(problem, after, known)
    energies = _energies(problem, after, step, grants, weights)
    proven = _certified(grants.problem, weights, solution, energies.after)
    report = _told(step, draw, grants, solution, energies, weights, watch)
    outcome = AutoscaleOutcome(
        question=Question.AUTOSCALE,
        weights=weights,
        energy=energies,
        metrics=MetricsChange(
            before=measure(problem, problem.current, known).model_copy(
                update={"unplaced": _held_back(step, None)}
            ),
            # Replicas that go have not moved, and are not missing.
            after=measured.model_copy(update={"pods_moved": 0, "unplaced": held_back}),
        ),
        solver=report,
        certificate=proven,
        shares=shares_of(report.stages, energies.before.total, proven.bound),
        nothing_to_do=not step.removed and not any(grants.granted.values()),
        actions=scale_actions(request, step, grants),
        placements=_new_replicas(step, grants.problem, solution),
        removed=tuple(
            RemovedReplica(service=pod.service or "", pod=pod.id, node=pod.node)
            for pod in step.removed
        ),
        notes=answer_notes(cluster, step.notes),
        margin=margin_of(cluster, request.margins, problem, after),
        sampled_replicas=_sampled(step, draw),
        placement={
            pod: None if node == UNPLACED else problem.nodes[node]
            for pod, node in zip(problem.pods, after, strict=True)
        },
    )
    if not request.risk:
        return outcome
    risk = risk_of(scaled_cluster(cluster, request, outcome), params.time_limit_s, watch)
    return outcome.model_copy(update={"risk": risk})


def scaled_cluster(
    cluster: Cluster, request: AutoscaleRequest, outcome: AutoscaleOutcome
) -> Cluster:
    """Return the cluster as it would be: new replicas placed, removed ones gone."""
    step = scaling_step(cluster, request)
    placed = {pod: node for pod, node in outcome.placement.items() if node is not None}
    wanted = {pod.id for wish in step.wishes for pod in wish.pods}
    return without(step.cluster, wanted - set(placed)).with_placement(placed)


def _energies(
    problem: Problem, after: Ints, step: Step, grants: Grants, weights: Weights
) -> EnergyChange:
    """Energy by term, with the demand left unserved as its cost."""
    whole = scale_out(step)
    nothing = np.zeros(len(step.wishes), dtype=np.int64)
    served = np.array([grants.granted[wish.service] for wish in step.wishes], dtype=np.int64)

    return EnergyChange(
        before=energy_of(problem, whole, weights, problem.current, nothing),
        after=energy_of(problem, whole, weights, after, served),
    )


def _told(
    step: Step,
    draw: Draw | None,
    grants: Grants,
    solution: Solution,
    energies: EnergyChange,
    weights: Weights,
    watch: Watch,
) -> SolverReport:
    """The report with energies as the answer counts them: of reads, and of each stage."""
    before, after = energies.before.total, energies.after.total
    name = solution.report.name
    if name == IMPORTED or SolverName(name).traits.kind is not Kind.SAMPLER:
        return shifted(solution.report, before, after - solution.energy.total)
    reads = () if draw is None else draw.reads
    judge = Judge.of(step, grants, weights)
    return with_energies(solution.report, reads, judge, grants, before, after, watch)


def _certified(
    problem: Problem, weights: Weights, solution: Solution, after: Energy
) -> Certificate:
    """What is proven about where the granted replicas run; their counts are settled exactly."""
    proven = certificate(problem, weights, solution.placement, solution.bound, solution.fewest)
    settled = after.total - solution.energy.total
    return proven.model_copy(update={"bound": proven.bound + settled})


def _held_back(step: Step, grants: Grants | None) -> dict[int, int]:
    """Replicas wanted and not granted, by priority."""
    reasons: dict[int, int] = {}
    for wish in step.wishes:
        granted = 0 if grants is None else grants.granted[wish.service]
        missing = wish.desired - wish.current - granted
        if missing:
            reasons[wish.priority] = reasons.get(wish.priority, 0) + missing
    return reasons


def _new_replicas(step: Step, problem: Problem, solution: Solution) -> tuple[NewReplica, ...]:
    service = {pod.id: wish.service for wish in step.wishes for pod in wish.pods}
    return tuple(
        NewReplica(service=service[pod], pod=pod, node=problem.nodes[node])
        for pod, node in zip(problem.pods, solution.placement, strict=True)
    )


def _sampled(step: Step, draw: Draw | None) -> dict[str, int]:
    if draw is None:
        return {}
    return {
        wish.service: wish.current + int(count)
        for wish, count in zip(step.wishes, draw.counts.sum(axis=1), strict=True)
    }
