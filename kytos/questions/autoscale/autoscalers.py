"""What the cluster's HorizontalPodAutoscalers ask for: services, their rates and their bounds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

from kytos.cluster import Autoscaler, Cluster, Note, ScaleMetric
from kytos.language import said
from kytos.questions.parts.decimals import as_written


def autoscaler_of(cluster: Cluster, service: str) -> Autoscaler | None:
    """Return the autoscaler that scales a service; of several the first."""
    return next((scaler for scaler in cluster.autoscalers if scaler.service == service), None)


def ruling_metric(scaler: Autoscaler) -> tuple[ScaleMetric | None, str]:
    """Return the metric that asks for most replicas, and why there is none where there is none.

    As the controller does: the highest of all metrics counts; while one is not known the others
    may scale out, not in.
    Source: ``computeReplicasForMetrics`` in ``pkg/controller/podautoscaler/horizontal.go``.
    """
    if not scaler.metrics:
        return None, said("it has no metric that is read here")
    known = [metric for metric in scaler.metrics if metric.known]
    unknown = [metric for metric in scaler.metrics if not metric.known]
    named = ", ".join(f"{metric.name} ({metric.problem or 'no value'})" for metric in unknown)
    if not known:
        return None, said(f"not known: {named}")
    ruling = max(known, key=_times_target)
    if unknown and _times_target(ruling) < 1:
        return None, said(f"not scaled in while a metric is not known: {named}")
    return ruling, ""


def _times_target(metric: ScaleMetric) -> Fraction:
    """How many times its target a known metric is."""
    return as_written(metric.current or 0.0) / as_written(metric.target)


def rates_of(cluster: Cluster) -> tuple[tuple[dict[str, object], ...], tuple[Note, ...]]:
    """Return the fields of a ServiceRate for each autoscaler, and what is said of the others.

    A utilisation is a rate as well: percent of all replicas together, against that of one.
    """
    replicas = Counter(pod.service for pod in cluster.pods if not (pod.finished or pod.terminating))
    rates: dict[str, dict[str, object]] = {}
    reasons: dict[str, list[str]] = {}
    for scaler in cluster.autoscalers:
        running = replicas[scaler.service]
        ruling, why = ruling_metric(scaler)
        if scaler.service in rates:
            why = said("a second autoscaler of one service: the first counts")
        elif not running:
            why = said("no pod of its target runs")
        if why or ruling is None:
            reasons.setdefault(why, []).append(scaler.service)
            continue
        count = running if scaler.current_replicas is None else scaler.current_replicas
        rates[scaler.service] = {
            "id": scaler.service,
            "request_rate": float(_times_target(ruling) * as_written(ruling.target) * count),
            "target_rate": ruling.target,
            "min_replicas": scaler.min_replicas,
            "max_replicas": scaler.max_replicas,
        }
    return tuple(rates.values()), _notes(reasons)


def _notes(reasons: dict[str, list[str]]) -> tuple[Note, ...]:
    return tuple(
        Note(
            message=said(f"HorizontalPodAutoscaler left out, its count stays: {why}"),
            subjects=tuple(services[:3]),
            count=len(services),
        )
        for why, services in reasons.items()
    )


def bounds_of(cluster: Cluster, services: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return the replicas an autoscaler keeps each of these services within, where one does."""
    bounds = {}
    for service in services:
        scaler = autoscaler_of(cluster, service)
        if scaler is not None:
            bounds[service] = (scaler.min_replicas, scaler.max_replicas)
    return bounds
