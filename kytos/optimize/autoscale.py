"""Autoscale: replicas for a request rate, held back where the cluster's spare capacity is short."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil, floor
from typing import Any

import numpy as np
from pydantic import Field, model_validator

from kytos.bounds import Certificate, certificate
from kytos.cluster import CPU, LOAD_RESOURCES, MEMORY, Cluster, Frozen, Phase, Pod
from kytos.hamiltonian.energy import energy
from kytos.hamiltonian.replicas import ScaleOut, unserved_cost, variables_needed
from kytos.hamiltonian.weights import Weights
from kytos.optimize.building import build_problem, prices_known
from kytos.optimize.carry import Carried, Cause, Refusal, Wish, carry, without
from kytos.optimize.desired_replicas import bounded, exactly, replicas_for_rate
from kytos.optimize.refusal import RequestRefused, refuse_repeats
from kytos.optimize.replica_sampling import Draw, place_granted
from kytos.optimize.scale_in import removed_first
from kytos.outcome import Energy, EnergyChange, MetricsChange, Outcome, Question, measure
from kytos.problem import UNPLACED, Ints, LoadMode, Problem
from kytos.rules.index import RuleIndex
from kytos.rules.verdicts import first_refusals
from kytos.rules.why_not import refusal_summary
from kytos.solve import Solution, solver_by_size
from kytos.solvers.base import SolverName, SolverParams, Watch
from kytos.sources.body import MIB, Identifier

MOST_NEW = 10_000
"""New replicas in all; more is a slip of the hand, and every one of them is placed."""

POINT_SECONDS = 5.0
"""For one point of a traffic curve; what is not settled by then counts as held back."""


class ServiceRate(Frozen):
    """One service: its rate, and how far it may scale."""

    id: Identifier = Field(description="the service, as its pods name it")
    enabled: bool = Field(True, description="false keeps its count")
    request_rate: float = Field(
        ge=0, le=1e15, allow_inf_nan=False, description="of the whole service, per second"
    )
    target_rate: float = Field(
        gt=0, le=1e15, allow_inf_nan=False, description="of one replica, per second"
    )
    replicas: int | None = Field(
        None, ge=0, le=MOST_NEW, description="how many run; left out: its listed pods"
    )
    min_replicas: int = Field(1, ge=0, le=MOST_NEW, description="never fewer")
    max_replicas: int | None = Field(None, ge=0, le=1_000_000, description="never more")
    cpu_request: float | None = Field(
        None,
        ge=0,
        le=1e12,
        allow_inf_nan=False,
        description="of one replica, millicores; left out: as its listed pods",
    )
    mem_request: float | None = Field(
        None,
        ge=0,
        le=1e12,
        allow_inf_nan=False,
        description="of one replica, MiB; left out: as its listed pods",
    )
    priority: int | None = Field(
        None, ge=-(2**31), lt=2**31, description="higher first; left out: as its listed pods"
    )

    @model_validator(mode="after")
    def _bounds_agree(self) -> ServiceRate:
        if self.max_replicas is not None and self.min_replicas > self.max_replicas:
            raise ValueError(
                f"service {self.id!r} has min_replicas {self.min_replicas} above max_replicas "
                f"{self.max_replicas}; lower the one or raise the other"
            )
        return self


class AutoscaleRequest(Frozen):
    """What is asked of an autoscale beside the weights."""

    services: tuple[ServiceRate, ...] = Field((), description="the services to scale")
    cpu_margin: float = Field(
        0.0, ge=0, le=1, allow_inf_nan=False, description="share of CPU that stays free"
    )
    mem_margin: float = Field(
        0.0, ge=0, le=1, allow_inf_nan=False, description="share of memory that stays free"
    )


class ScaleAction(Frozen):
    """What becomes of one service."""

    service: str
    current_replicas: int
    desired_replicas: int
    """By the rate, within minimum and maximum."""
    recommended_replicas: int
    """What the cluster can carry of it."""
    suppressed: bool
    """Held back: fewer than desired."""
    reason: str


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


class Margin(Frozen):
    """Shares of the usable nodes that are free, and those that were to stay so."""

    cpu_before: float
    cpu_after: float
    cpu_required: float
    memory_before: float
    memory_after: float
    memory_required: float


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


class TrafficPoint(Frozen):
    """What one level of traffic would come to."""

    factor: float
    desired: dict[str, int]
    recommended: dict[str, int]
    suppressed: tuple[str, ...]
    margin: Margin


class TrafficCurve(Frozen):
    """Recommended replicas and margin against traffic."""

    points: tuple[TrafficPoint, ...]


@dataclass(frozen=True)
class Step:
    """Everything a scaling step settles before replicas are placed.

    Attributes
    ----------
    cluster
        With the replicas that go taken out and every new one that is wanted waiting.
    current, desired
        By service.
    rated
        By service, what the rate alone calls for.
    removed
        Pods that go.
    margin_room
        ``(2,)`` cpu and memory that may still be taken; negative where a margin is breached.
    """

    cluster: Cluster
    current: dict[str, int]
    rated: dict[str, int]
    desired: dict[str, int]
    wishes: tuple[Wish, ...]
    removed: tuple[Pod, ...]
    margin_room: Ints


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
    kytos.optimize.refusal.RequestRefused
        When a service is unknown, named twice, or contradicts its listed pods.
    kytos.solvers.base.SolverUnavailableError
        When the solver cannot be used here; the message says what to do.
    """
    step = scaling_step(cluster, request)
    wanted = scale_out(step)
    draw, carried, solution = place_granted(
        wanted,
        step,
        weights=weights,
        solver=solver_by_size(variables_needed(wanted), params) if solver is None else solver,
        params=params,
        watch=watch,
    )
    problem, after = _whole(cluster, step, carried, solution.placement)
    known = prices_known(cluster)
    held_back = _held_back(step, carried)
    measured = measure(problem, after, known)
    energies = _energies(problem, after, step, carried, weights)
    return AutoscaleOutcome(
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
        solver=solution.report,
        certificate=_certified(carried.problem, weights, solution, energies.after),
        nothing_to_do=not step.removed and not any(carried.granted.values()),
        actions=_actions(request, step, carried),
        placements=_new_replicas(step, carried.problem, solution),
        removed=tuple(
            RemovedReplica(service=pod.service or "", pod=pod.id, node=pod.node)
            for pod in step.removed
        ),
        margin=_margin(cluster, request, problem, after),
        sampled_replicas=_sampled(step, draw),
        placement={
            pod: None if node == UNPLACED else problem.nodes[node]
            for pod, node in zip(problem.pods, after, strict=True)
        },
    )


def traffic_curve(
    cluster: Cluster,
    request: AutoscaleRequest,
    factors: Sequence[float],
    *,
    watch: Watch = Watch(),
) -> TrafficCurve:
    """Return what the cluster could carry with every rate multiplied by each factor.

    Counts are settled exactly, without a sampler. Ends early when the watch says so.

    Raises
    ------
    kytos.optimize.refusal.RequestRefused
        When a factor is negative or not finite, or as in `autoscale`.
    """
    for position, factor in enumerate(factors):
        if not 0 <= factor < float("inf"):
            raise RequestRefused(
                f"{factor} is no factor of traffic; give a number from 0", f"factors[{position}]"
            )
    points = []
    for done, factor in enumerate(factors):
        watch.report("traffic", done / len(factors), None)
        if watch.reason is not None:
            break
        points.append(_point(cluster, request, factor, watch))
    return TrafficCurve(points=tuple(points))


def scaled_cluster(
    cluster: Cluster, request: AutoscaleRequest, outcome: AutoscaleOutcome
) -> Cluster:
    """Return the cluster as it would be: new replicas placed, removed ones gone."""
    step = scaling_step(cluster, request)
    placed = {pod: node for pod, node in outcome.placement.items() if node is not None}
    wanted = {pod.id for wish in step.wishes for pod in wish.pods}
    return without(step.cluster, wanted - set(placed)).with_placement(placed)


def scaling_step(cluster: Cluster, request: AutoscaleRequest) -> Step:
    """Settle desired counts, who goes and who is wanted.

    Raises
    ------
    RequestRefused
        When a service is named twice, contradicts its listed pods or lacks what they would tell.
    """
    refuse_repeats("services", (service.id for service in request.services))
    listed = _listed(cluster)
    current: dict[str, int] = {}
    rated: dict[str, int] = {}
    desired: dict[str, int] = {}
    removed: list[Pod] = []
    wishes: list[Wish] = []
    taken = set(cluster.pod_index)
    for position, service in enumerate(request.services):
        own = listed.get(service.id, [])
        have = _current(service, own, f"services[{position}]")
        current[service.id] = rated[service.id] = desired[service.id] = have
        if not service.enabled:
            continue
        rated[service.id] = replicas_for_rate(have, service.request_rate, service.target_rate)
        want = bounded(rated[service.id], service.min_replicas, service.max_replicas)
        desired[service.id] = want
        removed += removed_first(own)[: max(0, have - want)]
        if want > have:
            _refuse_too_many(want - have, f"services[{position}]")
            wishes.append(_wish(service, own, have, want, taken, f"services[{position}]"))
    _refuse_too_many(sum(wish.desired - wish.current for wish in wishes), "services")
    after = without(cluster, {pod.id for pod in removed})
    return Step(
        cluster=after.replace(pods=after.pods + tuple(p for wish in wishes for p in wish.pods)),
        current=current,
        rated=rated,
        desired=desired,
        wishes=tuple(wishes),
        removed=tuple(removed),
        margin_room=_margin_room(after, request),
    )


def scale_out(step: Step) -> ScaleOut:
    """Return the new replicas wanted and the room for them, as the QUBO sees them."""
    pods = [wish.pods[0] for wish in step.wishes]
    problem = build_problem(step.cluster, pods, mode=LoadMode.SPREAD)
    room = np.maximum(problem.capacity - problem.fixed, 0)
    wanted = np.array([wish.desired - wish.current for wish in step.wishes], dtype=np.int64)
    each = np.maximum(problem.request, 1)
    fits = np.where(problem.request[:, None] > 0, room // each[:, None], wanted.max(initial=0))
    most = np.minimum(fits.min(axis=2), wanted[:, None]) * problem.allowed
    classes = np.unique([wish.priority for wish in step.wishes])
    present = np.zeros((len(pods), len(problem.nodes)), dtype=np.int64)
    for row, service in enumerate(problem.service):
        if service >= 0:
            present[row] = problem.service_fixed[service]
    return ScaleOut(
        services=tuple(wish.service for wish in step.wishes),
        nodes=problem.nodes,
        resources=problem.resources,
        wanted=wanted,
        desired=np.array([wish.desired for wish in step.wishes], dtype=np.int64),
        rank=np.searchsorted(classes, [wish.priority for wish in step.wishes]).astype(np.int64),
        request=problem.request,
        most=most.astype(np.int64),
        room=room,
        margin_room=np.maximum(step.margin_room, 0),
        load=problem.load_fixed,
        offered=problem.load_allocatable * problem.usable[:, None],
        present=present,
    )


def _listed(cluster: Cluster) -> dict[str, list[Pod]]:
    """Each service's replicas: what is finished or being deleted is none."""
    found: dict[str, list[Pod]] = {}
    for pod in cluster.pods:
        over = pod.phase in (Phase.SUCCEEDED, Phase.FAILED) or pod.terminating
        if pod.service is not None and not over:
            found.setdefault(pod.service, []).append(pod)
    return found


def _current(service: ServiceRate, own: Sequence[Pod], path: str) -> int:
    if service.replicas is None:
        if not own:
            raise RequestRefused(
                f"no pod belongs to service {service.id!r}; mend its name, or give replicas "
                "(0 if none runs yet)",
                f"{path}.id",
            )
        return len(own)
    if own and len(own) != service.replicas:
        raise RequestRefused(
            f"is {service.replicas}, but {len(own)} pods of service {service.id!r} are listed; "
            "leave it out, or list as many pods",
            f"{path}.replicas",
        )
    return service.replicas


def _wish(
    service: ServiceRate, own: Sequence[Pod], have: int, want: int, taken: set[str], path: str
) -> Wish:
    """New replicas are as the listed ones, but for what the request says of them."""
    model = min(own, key=lambda pod: pod.id, default=None)
    requests = {} if model is None else dict(model.requests)
    for field, given, name, unit in (
        ("cpu_request", service.cpu_request, CPU, 1),
        ("mem_request", service.mem_request, MEMORY, MIB),
    ):
        if given is not None:
            requests[name] = ceil(exactly(given) * unit)
        elif model is None:
            raise RequestRefused(
                f"is missing, and no pod of service {service.id!r} is listed to tell it; give it",
                f"{path}.{field}",
            )
    priority = service.priority
    if priority is None:
        priority = 0 if model is None else model.priority
    pods = []
    for name in _fresh(service.id, taken, want - have):
        fresh: dict[str, Any] = {
            "id": name,
            "name": name.rsplit("/", 1)[-1],
            "node": None,
            "phase": Phase.PENDING,
            "ready": False,
            "held": None,
            "requests": requests,
            "priority": priority,
            "service": service.id,
        }
        if model is None:
            pods.append(Pod.model_validate(fresh))
            continue
        if model.owner is not None and model.owner.kind == "StatefulSet":
            fresh["claims"] = ()  # each replica gets claims of its own, still to be made
        pods.append(model.model_copy(update=fresh))
    return Wish(service.id, priority, have, service.min_replicas, want, tuple(pods))


def _fresh(service: str, taken: set[str], count: int) -> list[str]:
    found: list[str] = []
    number = 0
    while len(found) < count:
        number += 1
        name = f"{service}-new-{number}"
        if name not in taken:
            found.append(name)
    taken.update(found)
    return found


def _refuse_too_many(count: int, path: str) -> None:
    if count > MOST_NEW:
        raise RequestRefused(
            f"asks for {count:,} new replicas, {MOST_NEW:,} are the most; give max_replicas or a "
            "higher target_rate",
            path,
        )


def _free(cluster: Cluster) -> tuple[Ints, Ints]:
    """``(2,)`` free and ``(2,)`` offered cpu and memory over the usable nodes that are up."""
    free, offered = np.zeros(2, dtype=np.int64), np.zeros(2, dtype=np.int64)
    for node in cluster.nodes:
        if not node.usable or not node.provisioned:
            continue
        held = np.array([node.current_load.get(name, 0) for name in LOAD_RESOURCES])
        for pod in cluster.pods_by_node[node.name]:
            held += np.array([pod.footprint.get(name, 0) for name in LOAD_RESOURCES])
        own = np.array([node.allocatable.get(name, 0) for name in LOAD_RESOURCES])
        offered += own
        free += np.maximum(own - held, 0)
    return free, offered


def _margin_room(cluster: Cluster, request: AutoscaleRequest) -> Ints:
    free, offered = _free(cluster)
    kept = [exactly(request.cpu_margin), exactly(request.mem_margin)]
    room = [
        floor(have - share * whole)
        for have, share, whole in zip(free.tolist(), kept, offered.tolist(), strict=True)
    ]
    return np.array(room, dtype=np.int64)


def _whole(cluster: Cluster, step: Step, carried: Carried, placement: Ints) -> tuple[Problem, Ints]:
    """One problem of all that changes, new replicas and removed ones, and its end."""
    kept = frozenset(carried.problem.pods)
    new = tuple(pod for wish in step.wishes for pod in wish.pods if pod.id in kept)
    both = cluster.replace(pods=cluster.pods + new)
    gone = tuple(pod for pod in step.removed if pod.node is not None)
    problem = build_problem(both, (*new, *gone), mode=LoadMode.SPREAD)
    where = dict(zip(carried.problem.pods, placement.tolist(), strict=True))
    after = np.array([where.get(pod, UNPLACED) for pod in problem.pods], dtype=np.int64)
    return problem, after


def _energies(
    problem: Problem, after: Ints, step: Step, carried: Carried, weights: Weights
) -> EnergyChange:
    """Energy by term, with the demand left unserved as its cost."""
    whole = scale_out(step)
    nothing = np.zeros(len(step.wishes), dtype=np.int64)
    served = np.array([carried.granted[wish.service] for wish in step.wishes], dtype=np.int64)

    def of(placement: Ints, granted: Ints) -> Energy:
        terms = energy(problem, weights, placement)
        cost = unserved_cost(whole, granted)
        total = weights.B * terms.load + weights.C * cost + weights.D * terms.affinity
        return Energy(
            constraint=0.0, load=terms.load, cost=cost, affinity=terms.affinity, total=total
        )

    return EnergyChange(before=of(problem.current, nothing), after=of(after, served))


def _certified(
    problem: Problem, weights: Weights, solution: Solution, after: Energy
) -> Certificate:
    """What is proven about where the granted replicas run; their counts are settled exactly."""
    proven = certificate(problem, weights, solution.placement, solution.bound)
    settled = after.total - solution.energy.total
    return proven.model_copy(update={"bound": proven.bound + settled})


def _held_back(step: Step, carried: Carried | None) -> dict[int, int]:
    """Replicas wanted and not granted, by priority."""
    found: dict[int, int] = {}
    for wish in step.wishes:
        granted = 0 if carried is None else carried.granted[wish.service]
        missing = wish.desired - wish.current - granted
        if missing:
            found[wish.priority] = found.get(wish.priority, 0) + missing
    return found


def _actions(request: AutoscaleRequest, step: Step, carried: Carried) -> tuple[ScaleAction, ...]:
    judged = RuleIndex(_without_ungranted(step, carried))
    found = []
    for service in request.services:
        have, want = step.current[service.id], step.desired[service.id]
        granted = carried.granted.get(service.id, 0)
        recommended = have + granted if want > have else want
        reason = _why(service, step)
        refusal = carried.refused.get(service.id)
        if refusal is not None:
            reason += "; " + _why_held_back(service.id, step, refusal, granted, judged, request)
        found.append(
            ScaleAction(
                service=service.id,
                current_replicas=have,
                desired_replicas=want,
                recommended_replicas=recommended,
                suppressed=recommended < want,
                reason=reason,
            )
        )
    return tuple(found)


def _without_ungranted(step: Step, carried: Carried) -> Cluster:
    """The cluster with what is granted in place, and of each other service one more waiting."""
    nodes = carried.problem.nodes
    placed = {
        pod: nodes[node]
        for pod, node in zip(carried.problem.pods, carried.placement, strict=True)
        if node >= 0
    }
    return step.cluster.with_placement(placed)


def _why(service: ServiceRate, step: Step) -> str:
    have, rated, want = (
        step.current[service.id],
        step.rated[service.id],
        step.desired[service.id],
    )
    if not service.enabled:
        return "not enabled: its count stays"
    rate, target = f"{service.request_rate:g}", f"{service.target_rate:g}"
    told = f"{rate} at {target} each needs {rated}"
    if rated == have and have != replicas_for_rate(0, service.request_rate, service.target_rate):
        told = f"{rate} at {target} each is within 10% of what {have} serve"
    if want > rated:
        told += f", raised to its minimum {want}"
    elif want < rated:
        told += f", cut to its maximum {want}"
    return told


def _why_held_back(
    service: str,
    step: Step,
    refusal: Refusal,
    granted: int,
    judged: RuleIndex,
    request: AutoscaleRequest,
) -> str:
    head = f"held back at {step.current[service] + granted}"
    if refusal.cause is Cause.WORTHLESS:
        return f"{head}: at C = 0 demand beyond the minimum is worth nothing"
    if refusal.cause is Cause.MARGIN:
        share = request.cpu_margin if refusal.resource == CPU else request.mem_margin
        name = "CPU" if refusal.resource == CPU else "memory"
        at = LOAD_RESOURCES.index(refusal.resource)
        if step.margin_room[at] < 0:
            return f"{head}: less than {share:.0%} of {name} is free already"
        if share == 0:
            return f"{head}: not enough {name} is free"
        return f"{head}: {share:.0%} of {name} must stay free"
    wish = next(wish for wish in step.wishes if wish.service == service)
    position = judged.cluster.pod_index[wish.pods[granted].id]
    summary = refusal_summary(judged, position, first_refusals(judged, [position])[0])
    unsure = "" if refusal.proven else " (no place found in time)"
    return f"{head}: {summary}{unsure}"


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


def _margin(cluster: Cluster, request: AutoscaleRequest, problem: Problem, after: Ints) -> Margin:
    up = np.array([node.usable and node.provisioned for node in cluster.nodes], dtype=np.bool_)
    columns = [problem.resources.index(name) for name in LOAD_RESOURCES]
    offered = problem.allocatable[up][:, columns]

    def free(placement: Ints) -> Ints:
        held = problem.held(placement)[up][:, columns]
        return np.asarray(np.maximum(offered - held, 0).sum(axis=0))

    whole = np.maximum(offered.sum(axis=0), 1)
    before, then = free(problem.current) / whole, free(after) / whole
    return Margin(
        cpu_before=float(before[0]),
        cpu_after=float(then[0]),
        cpu_required=request.cpu_margin,
        memory_before=float(before[1]),
        memory_after=float(then[1]),
        memory_required=request.mem_margin,
    )


def _point(
    cluster: Cluster, request: AutoscaleRequest, factor: float, watch: Watch
) -> TrafficPoint:
    services = tuple(
        service.model_copy(
            update={"request_rate": float(exactly(service.request_rate) * exactly(factor))}
        )
        for service in request.services
    )
    scaled = request.model_copy(update={"services": services})
    step = scaling_step(cluster, scaled)
    ends = min(watch.deadline, time.monotonic() + POINT_SECONDS)
    carried = carry(step.cluster, step.wishes, step.margin_room, replace(watch, deadline=ends))
    problem, after = _whole(cluster, step, carried, carried.placement)
    actions = _actions(scaled, step, carried)
    return TrafficPoint(
        factor=factor,
        desired=step.desired,
        recommended={action.service: action.recommended_replicas for action in actions},
        suppressed=tuple(action.service for action in actions if action.suppressed),
        margin=_margin(cluster, scaled, problem, after),
    )
