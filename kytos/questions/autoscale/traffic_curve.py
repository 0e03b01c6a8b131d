"""Replicas and spare capacity against traffic: a scaling step at each of several levels."""

from __future__ import annotations

from collections.abc import Sequence

from kytos.cluster import Cluster, Frozen
from kytos.contract.watch import Watch
from kytos.errors import RequestRefused
from kytos.language import said
from kytos.questions.autoscale.actions import scale_actions
from kytos.questions.autoscale.margin import Margin, margin_of
from kytos.questions.autoscale.request import AutoscaleRequest
from kytos.questions.autoscale.wanted import granted, scaling_step, whole_problem
from kytos.questions.parts.decimals import as_written
from kytos.questions.parts.known_use import as_asked

POINT_SECONDS = 5.0
"""For one point of a traffic curve; what is not settled by then counts as held back."""


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
    kytos.errors.RequestRefused
        When a factor is negative or not finite, or as in `autoscale`.
    """
    for position, factor in enumerate(factors):
        if not 0 <= factor < float("inf"):
            raise RequestRefused(
                said(f"{factor} is no factor of traffic; give a number from 0"),
                f"factors[{position}]",
            )
    cluster = as_asked(cluster, request)
    points = []
    for done, factor in enumerate(factors):
        watch.report("traffic", done / len(factors), None)
        if watch.reason is not None:
            break
        points.append(_point(cluster, request, factor, watch))
    return TrafficCurve(points=tuple(points))


def _point(
    cluster: Cluster, request: AutoscaleRequest, factor: float, watch: Watch
) -> TrafficPoint:
    services = tuple(
        service.model_copy(
            update={"request_rate": float(as_written(service.request_rate) * as_written(factor))}
        )
        for service in request.services
    )
    scaled = request.model_copy(update={"services": services})
    step = scaling_step(cluster, scaled)
    grants = granted(step, watch.within(POINT_SECONDS))
    problem, after = whole_problem(step, grants, grants.placement)
    actions = scale_actions(scaled, step, grants)
    return TrafficPoint(
        factor=factor,
        desired=step.desired,
        recommended={action.service: action.recommended_replicas for action in actions},
        suppressed=tuple(action.service for action in actions if action.suppressed),
        margin=margin_of(cluster, scaled.margins, problem, after),
    )
