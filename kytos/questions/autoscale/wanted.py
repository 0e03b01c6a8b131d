"""What a scaling step wants, settled before any replica is placed: counts, who goes, who is new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kytos.cluster import Cluster, Note, Pod
from kytos.contract.watch import Watch
from kytos.errors import RequestRefused, refuse_repeats
from kytos.hamiltonian.scale_out import ScaleOut
from kytos.language import said
from kytos.problem import UNPLACED, Ints, LoadMode, Problem
from kytos.questions.autoscale.autoscalers import bounds_of, rates_of
from kytos.questions.autoscale.desired_replicas import bounded, replicas_for_rate
from kytos.questions.autoscale.grants import Grants, grant_replicas, without
from kytos.questions.autoscale.margin import margin_room
from kytos.questions.autoscale.request import MOST_NEW, AutoscaleRequest, ServiceRate
from kytos.questions.autoscale.scale_in import removed_first
from kytos.questions.autoscale.wishes import Wish, wish_of
from kytos.questions.parts.build_problem import build_problem
from kytos.questions.parts.limits import nodes_asked_to_stay
from kytos.questions.parts.others_pods import with_others_pods
from kytos.rules.quotas import QuotaLedger

_SCALED_KINDS = ("deployment", "replicaset", "replicationcontroller", "statefulset")
"""Of controllers that have replicas, as services told apart by kind name them."""


@dataclass(frozen=True)
class Step:
    """Everything a scaling step settles before replicas are placed.

    Attributes
    ----------
    cluster
        With the replicas that go taken out and every new one that is wanted waiting.
    original
        Without either: as it was read, with what the request hands over.
    current, desired
        By service.
    rated
        By service, what the rate alone calls for.
    removed
        Pods that go.
    margin_room
        ``(2,)`` cpu and memory that may still be taken; negative where a margin is breached.
    max_utilization
        Share of a node's cpu and memory that new replicas may fill it to.
    keep
        Names of nodes that count as in use whatever is decided.
    """

    cluster: Cluster
    original: Cluster
    current: dict[str, int]
    rated: dict[str, int]
    desired: dict[str, int]
    wishes: tuple[Wish, ...]
    removed: tuple[Pod, ...]
    margin_room: Ints
    max_utilization: float = 1.0
    keep: frozenset[str] = frozenset()
    services: tuple[ServiceRate, ...] = ()
    """What was asked of each, within what its autoscaler allows."""
    bounded_by_autoscaler: frozenset[str] = frozenset()
    """Services whose least or most is their autoscaler's."""
    notes: tuple[Note, ...] = ()


def scaling_step(cluster: Cluster, request: AutoscaleRequest) -> Step:
    """Settle desired counts, who goes and who is wanted.

    Where no service is named, the cluster's autoscalers are the question; where one is, its
    autoscaler's least and most bind unless the request gives its own.

    Raises
    ------
    RequestRefused
        When a service is named twice, contradicts its listed pods or lacks what they would tell,
        or `keep_nodes` names what is not in the cluster.
    """
    cluster = with_others_pods(cluster, request)
    keep = nodes_asked_to_stay(cluster, request.keep_nodes)
    refuse_repeats("services", (service.id for service in request.services))
    listed = _listed(cluster)
    current: dict[str, int] = {}
    rated: dict[str, int] = {}
    desired: dict[str, int] = {}
    removed: list[Pod] = []
    wishes: list[Wish] = []
    taken = set(cluster.pod_index)
    services, notes = _asked(cluster, request)
    services = tuple(_as_listed(service, listed) for service in services)
    bounds = bounds_of(cluster, [service.id for service in services])
    services = tuple(_within(service, bounds.get(service.id)) for service in services)
    for position, service in enumerate(services):
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
            wishes.append(wish_of(service, own, have, want, taken, f"services[{position}]"))
    _refuse_too_many(sum(wish.desired - wish.current for wish in wishes), "services")
    after = without(cluster, {pod.id for pod in removed})
    return Step(
        cluster=after.replace(pods=after.pods + tuple(p for wish in wishes for p in wish.pods)),
        original=cluster,
        current=current,
        rated=rated,
        desired=desired,
        wishes=tuple(wishes),
        removed=tuple(removed),
        margin_room=margin_room(after, request.margins),
        max_utilization=request.max_utilization,
        keep=frozenset(keep),
        services=services,
        bounded_by_autoscaler=frozenset(bounds),
        notes=notes,
    )


def _asked(
    cluster: Cluster, request: AutoscaleRequest
) -> tuple[tuple[ServiceRate, ...], tuple[Note, ...]]:
    if request.services:
        return request.services, ()
    rates, notes = rates_of(cluster)
    if not rates and not notes:
        none = said(
            "no service was named and the cluster has no HorizontalPodAutoscaler: nothing scales"
        )
        notes = (Note(message=none),)
    return tuple(ServiceRate.model_validate(rate) for rate in rates), notes


def _as_listed(service: ServiceRate, listed: Mapping[str, object]) -> ServiceRate:
    """The service by the name its pods have, where another kind's controller shares its name."""
    namespace, _, name = service.id.partition("/")
    told_apart = [
        known
        for known in listed
        if known.startswith(f"{namespace}/")
        and known.endswith(f"/{name}")
        and known.split("/")[1] in _SCALED_KINDS
    ]
    if service.id in listed or len(told_apart) != 1:
        return service
    return service.model_copy(update={"id": told_apart[0]})


def _within(service: ServiceRate, bounds: tuple[int, int] | None) -> ServiceRate:
    """The service with its autoscaler's bounds where it was given none of its own."""
    if bounds is None:
        return service
    most = bounds[1] if service.max_replicas is None else service.max_replicas
    own = "min_replicas" in service.model_fields_set
    least = service.min_replicas if own else min(bounds[0], most)
    return service.model_copy(update={"min_replicas": least, "max_replicas": max(most, least)})


def scale_out(step: Step) -> ScaleOut:
    """Return the new replicas wanted and the room for them, as the QUBO sees them."""
    pods = [wish.pods[0] for wish in step.wishes]
    problem = build_problem(
        step.cluster,
        pods,
        mode=LoadMode.SPREAD,
        max_utilization=step.max_utilization,
        keep=step.keep,
    )
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
        # Replicas come and go by requests; of use the mean over the slots of time is levelled.
        load=problem.load_fixed.reshape(len(problem.nodes), -1, 2).mean(axis=1),
        offered=problem.load_allocatable[:, :2] * problem.usable[:, None],
        present=present,
    )


def granted(
    step: Step,
    watch: Watch,
    hints: Mapping[str, Sequence[int]] | None = None,
    *,
    serve_demand: bool = True,
) -> Grants:
    """Return how many of the replicas wanted the cluster can carry; see `grant_replicas`."""
    return grant_replicas(
        step.cluster,
        step.wishes,
        step.margin_room,
        watch,
        hints,
        quotas=QuotaLedger(step.original, step.removed),
        serve_demand=serve_demand,
        max_utilization=step.max_utilization,
    )


def whole_problem(step: Step, grants: Grants, placement: Ints) -> tuple[Problem, Ints]:
    """Return one problem of all that changes, new replicas and removed ones, and its end.

    Parameters
    ----------
    placement
        Of the granted replicas, ``carried.problem.pods``.
    """
    kept = frozenset(grants.problem.pods)
    new = tuple(pod for wish in step.wishes for pod in wish.pods if pod.id in kept)
    both = step.original.replace(pods=step.original.pods + new)
    gone = tuple(pod for pod in step.removed if pod.node is not None)
    problem = build_problem(
        both,
        (*new, *gone),
        mode=LoadMode.SPREAD,
        max_utilization=step.max_utilization,
        keep=step.keep,
    )
    problem = replace(problem, leaves=~np.isin(problem.pods, [pod.id for pod in new]))
    where = dict(zip(grants.problem.pods, placement.tolist(), strict=True))
    after = np.array([where.get(pod, UNPLACED) for pod in problem.pods], dtype=np.int64)
    return problem, after


def problem_of_all(step: Step) -> Problem:
    """Return one problem of every new replica that is wanted and of every one that goes."""
    new = tuple(pod for wish in step.wishes for pod in wish.pods)
    both = step.original.replace(pods=step.original.pods + new)
    gone = tuple(pod for pod in step.removed if pod.node is not None)
    return build_problem(
        both,
        (*new, *gone),
        mode=LoadMode.SPREAD,
        max_utilization=step.max_utilization,
        keep=step.keep,
    )


def _listed(cluster: Cluster) -> dict[str, list[Pod]]:
    """Each service's replicas: what is finished or being deleted is none."""
    replicas: dict[str, list[Pod]] = {}
    for pod in cluster.pods:
        if pod.service is not None and not (pod.finished or pod.terminating):
            replicas.setdefault(pod.service, []).append(pod)
    return replicas


def _current(service: ServiceRate, own: Sequence[Pod], path: str) -> int:
    if service.replicas is None:
        if not own:
            raise RequestRefused(
                said(
                    f"no pod belongs to service {service.id!r}; mend its name, or give replicas "
                    "(0 if none runs yet)"
                ),
                f"{path}.id",
            )
        return len(own)
    if own and len(own) != service.replicas:
        raise RequestRefused(
            said(
                f"is {service.replicas}, but {len(own)} pods of service {service.id!r} are listed; "
                "leave it out, or list as many pods"
            ),
            f"{path}.replicas",
        )
    return service.replicas


def _refuse_too_many(count: int, path: str) -> None:
    if count > MOST_NEW:
        raise RequestRefused(
            said(
                f"asks for {count:,} new replicas, {MOST_NEW:,} are the most; give max_replicas "
                "or a higher target_rate"
            ),
            path,
        )
