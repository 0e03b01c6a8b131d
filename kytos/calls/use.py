"""A question answered with what pods really use: levelled, bounded, checked and told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from kytos.cluster import LOAD_RESOURCES, Cluster, Note, NoteKind
from kytos.errors import RequestRefused
from kytos.language import said
from kytos.questions.autoscale.autoscale import AutoscaleOutcome, scaled_cluster
from kytos.questions.fleet.fleet import FleetOutcome
from kytos.questions.fleet.fleet import planned_cluster as planned_fleet
from kytos.questions.outcome import MetricsChange, Outcome
from kytos.questions.parts.known_use import KnownUse, judged_by, known_use, use_notes
from kytos.questions.parts.limits import Limits, LoadFrom
from kytos.questions.parts.right_sizing import (
    IfRightSized,
    Sized,
    requested,
    right_sized,
    right_sizing,
)
from kytos.questions.parts.use_of_pods import measured_report, use_of_each_pod
from kytos.questions.parts.use_report import (
    NodeUse,
    UseOfNode,
    UseReport,
    peaks,
    sums_by_node,
    use_by_node,
)
from kytos.questions.placement.placement import planned_cluster
from kytos.questions.placement.request import PlacementOutcome
from kytos.questions.recovery.recovery import RecoveryOutcome

Answer = TypeVar("Answer", bound=Outcome)

ROUNDING = 1e-6
"""Of a share of a node, from sums of single-precision samples."""


def answered_with_use(
    cluster: Cluster, request: Limits, ask: Callable[[Cluster], Answer]
) -> Answer:
    """Ask a question of a cluster, and tell of the answer what nodes' pods use together.

    Under ``load_from: usage`` nodes keep room for the 95th percentile of each slot of time. Where
    chance would have it that the sum of a node has a higher one all the same, the question is put
    again with room for the highest sample of each slot, which no sum exceeds.
    """
    if request.right_sized:
        return _right_sized(cluster, request, ask)
    if cluster.usage is None and request.load_from is not LoadFrom.USAGE:
        return ask(cluster)
    outcome = told(cluster, request, ask(judged_by(cluster, request)))
    if request.load_from is LoadFrom.USAGE and not _within(outcome.use, request.max_used):
        outcome = told(cluster, request, ask(judged_by(cluster, request, strictly=True)))
    return outcome


def _right_sized(cluster: Cluster, request: Limits, ask: Callable[[Cluster], Answer]) -> Answer:
    """The answer as if containers requested what is recommended, beside what it is today."""
    sizes = right_sizing(cluster, request.sizing)
    if not sizes:
        raise RequestRefused(
            said(
                "no pod's use is known, so there is no right size; give files of use (--usage, or "
                "`usage` in the body)"
            ),
            "right_sized",
        )
    sized = right_sized(cluster, request.sizing)
    outcome = answered_with_use(sized, request.model_copy(update={"right_sized": False}), ask)
    before, after = outcome.metrics.before, outcome.metrics.after
    (cpu, memory), (cpu_sized, memory_sized) = requested(cluster), requested(sized)
    cpu_after, memory_after = requested(_after(sized, request, outcome))
    today = Sized(
        nodes_in_use=before.nodes_in_use,
        price_per_hour=before.price_per_hour,
        cpu_requested=cpu,
        memory_requested=memory,
    )
    note = Note(
        message=said(
            "asked as if containers requested what right_sizing recommends; set those requests "
            "before the plan is carried out"
        ),
        kind=NoteKind.ASSUMED,
    )
    return outcome.model_copy(
        update={
            "right_sizing": sizes,
            "notes": (note, *outcome.notes),
            "if_right_sized": IfRightSized(
                today=today,
                right_sized=today.model_copy(
                    update={"cpu_requested": cpu_sized, "memory_requested": memory_sized}
                ),
                planned=Sized(
                    nodes_in_use=after.nodes_in_use,
                    price_per_hour=after.price_per_hour,
                    cpu_requested=cpu_after,
                    memory_requested=memory_after,
                ),
            ),
        }
    )


def told(cluster: Cluster, request: Any, outcome: Answer) -> Answer:
    """Return the outcome with peaks, risk, right sizes and notes of what pods really use."""
    gone = frozenset(outcome.failed_nodes) if isinstance(outcome, RecoveryOutcome) else frozenset()
    after = _after(cluster, request, outcome)
    here, there = _use(cluster, gone), _use(after, gone)
    known = known_use(cluster)
    running = [pod for pod in cluster.pods if not pod.finished]
    metrics = outcome.metrics
    by_pod = use_of_each_pod(cluster, known)
    return outcome.model_copy(
        update={
            "metrics": MetricsChange(
                before=metrics.before.model_copy(update=here.peaks),
                after=metrics.after.model_copy(update=there.peaks),
            ),
            "use": UseReport(
                pods_covered=sum(pod.id in known.row for pod in running),
                pods=len(running),
                samples=known.samples,
                step_s=known.step_s,
                nodes=tuple(
                    NodeUse(node=name, before=here.of.get(name, _NOTHING), after=use)
                    for name, use in there.of.items()
                ),
                by_pod=by_pod,
                measured=measured_report(by_pod),
            ),
            "right_sizing": right_sizing(cluster, request.sizing),
            "notes": tuple(
                dict.fromkeys((*outcome.notes, *use_notes(cluster, known, request.load_from)))
            ),
        }
    )


_NOTHING = UseOfNode(cpu_p95=0.0, memory_p95=0.0, cpu_over=0.0, memory_over=0.0)


class _Use:
    """What the nodes of a cluster use as it stands."""

    def __init__(self, cluster: Cluster, known: KnownUse, where: Mapping[str, str | None]) -> None:
        self.of = use_by_node(cluster, sums_by_node(cluster, known, where))
        self.peaks = peaks(cluster, known, self.of)


def _use(cluster: Cluster, gone: frozenset[str]) -> _Use:
    where = {
        pod.id: None if pod.node in gone else pod.node for pod in cluster.pods if pod.holds_capacity
    }
    stays = cluster.replace(
        nodes=tuple(node for node in cluster.nodes if node.name not in gone),
        pods=tuple(
            pod.model_copy(update={"node": None}) if pod.node in gone else pod
            for pod in cluster.pods
        ),
    )
    return _Use(stays, known_use(stays), where)


def _after(cluster: Cluster, request: Any, outcome: Outcome) -> Cluster:
    """The cluster as the answer would have it."""
    if isinstance(outcome, PlacementOutcome):
        return planned_cluster(cluster, request, outcome)
    if isinstance(outcome, AutoscaleOutcome):
        return scaled_cluster(cluster, request, outcome)
    if isinstance(outcome, FleetOutcome):
        return planned_fleet(cluster, request, outcome)
    placement: Mapping[str, str | None] = getattr(outcome, "placement", {})
    return cluster.with_placement(placement)


def _within(use: UseReport | None, max_used: float) -> bool:
    """Whether no node's pods use more together than they may, or than they did."""
    return use is None or all(
        getattr(node.after, f"{resource}_p95")
        <= max(max_used, getattr(node.before, f"{resource}_p95")) + ROUNDING
        for node in use.nodes
        for resource in LOAD_RESOURCES
    )
