"""What becomes of each service in a scaling step, and why, in a sentence."""

from __future__ import annotations

from kytos.cluster import CPU, LOAD_RESOURCES, Cluster, Frozen
from kytos.language import said
from kytos.questions.autoscale.desired_replicas import replicas_for_rate
from kytos.questions.autoscale.grants import Cause, Grants, Refusal
from kytos.questions.autoscale.request import AutoscaleRequest, ServiceRate
from kytos.questions.autoscale.wanted import Step
from kytos.rules.index import RuleIndex
from kytos.rules.verdicts import first_refusals
from kytos.rules.why_not import refusal_summary


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


def scale_actions(request: AutoscaleRequest, step: Step, grants: Grants) -> tuple[ScaleAction, ...]:
    """Return what becomes of each service, in the order of the request."""
    judged = RuleIndex(_without_ungranted(step, grants))
    actions = []
    for service in step.services:
        have, want = step.current[service.id], step.desired[service.id]
        granted = grants.granted.get(service.id, 0)
        recommended = have + granted if want > have else want
        reason = _why(service, step)
        refusal = grants.refused.get(service.id)
        if refusal is not None:
            reason += "; " + _why_held_back(service.id, step, refusal, granted, judged, request)
        actions.append(
            ScaleAction(
                service=service.id,
                current_replicas=have,
                desired_replicas=want,
                recommended_replicas=recommended,
                suppressed=recommended < want,
                reason=reason,
            )
        )
    return tuple(actions)


def _without_ungranted(step: Step, grants: Grants) -> Cluster:
    """The cluster with what is granted in place, and of each other service one more waiting."""
    nodes = grants.problem.nodes
    placed = {
        pod: nodes[node]
        for pod, node in zip(grants.problem.pods, grants.placement, strict=True)
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
        return said("not enabled: its count stays")
    rate, target = f"{service.request_rate:g}", f"{service.target_rate:g}"
    told = said(f"{rate} at {target} each needs {rated}")
    if rated == have and have != replicas_for_rate(0, service.request_rate, service.target_rate):
        told = said(f"{rate} at {target} each is within 10% of what {have} serve")
    scaled = service.id in step.bounded_by_autoscaler
    whose = said("its HorizontalPodAutoscaler's" if scaled else "its")
    if want > rated:
        return said(f"{told}, raised to {whose} minimum {want}")
    if want < rated:
        return said(f"{told}, cut to {whose} maximum {want}")
    return told


def _why_held_back(
    service: str,
    step: Step,
    refusal: Refusal,
    granted: int,
    judged: RuleIndex,
    request: AutoscaleRequest,
) -> str:
    head = said(f"held back at {step.current[service] + granted}")
    if refusal.cause is Cause.WORTHLESS:
        return said(f"{head}: at C = 0 demand beyond the minimum is worth nothing")
    if refusal.cause is Cause.QUOTA:
        return f"{head}: {refusal.quota}"
    if refusal.cause is Cause.MARGIN:
        share = request.cpu_margin if refusal.resource == CPU else request.mem_margin
        name = "CPU" if refusal.resource == CPU else "memory"
        at = LOAD_RESOURCES.index(refusal.resource)
        if step.margin_room[at] < 0:
            return said(f"{head}: less than {share:.0%} of {name} is free already")
        if share == 0:
            return said(f"{head}: not enough {name} is free")
        return said(f"{head}: {share:.0%} of {name} must stay free")
    wish = next(wish for wish in step.wishes if wish.service == service)
    position = judged.cluster.pod_index[wish.pods[granted].id]
    summary = refusal_summary(judged, position, first_refusals(judged, [position])[0])
    unsure = "" if refusal.proven else said(" (no place found in time)")
    return f"{head}: {summary}{unsure}"
