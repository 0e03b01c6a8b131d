"""HorizontalPodAutoscalers: what they scale, by which metrics, and what those are now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kytos.cluster import CPU, MEMORY, Autoscaler, Pod, ScaleMetric
from kytos.sources.faults import Faults
from kytos.sources.fields import Fields
from kytos.sources.quantities import read_quantity

Usage = Mapping[str, Mapping[str, float]]
"""What pods use by id and resource, in the unit of the metric (cores, bytes)."""

_SOURCES = ("external", "pods", "object", "resource", "containerResource")
"""The metric types of autoscaling/v2, as their fields are called."""

_SET = "ReplicaSet"
_MAKES_SETS = frozenset({"Deployment", "Rollout"})
"""Kinds whose pods a ReplicaSet owns."""


def read_autoscaler(item: Fields) -> Autoscaler:
    """Read a HorizontalPodAutoscaler (autoscaling/v2, or v1 with its one CPU utilisation)."""
    spec, status, metadata = (item.object(part) for part in ("spec", "status", "metadata"))
    target = spec.object("scaleTargetRef")
    namespace = metadata.text("namespace") or "default"
    replicas = status.integer("currentReplicas") if "currentReplicas" in status else None
    most = spec.integer("maxReplicas", 1)
    return Autoscaler(
        service=f"{namespace}/{target.text('name')}",
        kind=target.text("kind") or "Deployment",
        min_replicas=min(spec.integer("minReplicas", 1), most),
        max_replicas=most,
        current_replicas=replicas,
        metrics=_metrics(spec, status),
    )


def remark_odd_metrics(
    autoscalers: Iterable[Autoscaler], items: Sequence[Fields], faults: Faults
) -> None:
    """Note the metrics whose values cannot be."""
    paths = {
        f"{item.object('metadata').text('namespace') or 'default'}/{name}": item.path
        for item in items
        if (name := item.object("spec").object("scaleTargetRef").text("name"))
    }
    for scaler in autoscalers:
        for metric in scaler.metrics:
            if metric.problem:
                where = paths.get(scaler.service, scaler.service)
                faults.remark(
                    f"metric taken as not known: {metric.problem}", f"{where}: {metric.name}"
                )


def with_usage_and_services(
    autoscalers: Sequence[Autoscaler], pods: Sequence[Pod], usage: Usage
) -> tuple[Autoscaler, ...]:
    """Return autoscalers with the utilisation their status leaves out, and their pods' service.

    A service is named by its kind as well where two controllers share a name; an autoscaler is for
    the one its target names.
    """
    owned: defaultdict[str, defaultdict[str, list[Pod]]] = defaultdict(lambda: defaultdict(list))
    for pod in pods:
        if pod.owner is not None and not (pod.finished or pod.terminating):
            owned[f"{pod.namespace}/{pod.owner.name}"][pod.owner.kind].append(pod)
    settled = []
    for scaler in autoscalers:
        kinds = owned[scaler.service]
        # a ReplicaSet without the hash in its name was not followed to its Deployment
        kind = scaler.kind if scaler.kind in kinds or scaler.kind not in _MAKES_SETS else _SET
        own = kinds.get(kind, [])
        namespace, _, name = scaler.service.partition("/")
        service = scaler.service
        if kinds and set(kinds) != {kind}:
            service = f"{namespace}/{kind.lower()}/{name}"
        metrics = tuple(_from_usage(metric, own, usage) for metric in scaler.metrics)
        settled.append(scaler.model_copy(update={"service": service, "metrics": metrics}))
    return tuple(settled)


def read_usage(items: Iterable[Fields], faults: Faults) -> Usage:
    """Return what pods use, from metrics-server's PodMetrics."""
    usage: dict[str, dict[str, float]] = {}
    for item in items:
        metadata = item.object("metadata")
        total: dict[str, float] = {}
        try:
            for container in item.objects("containers"):
                for resource, amount in container.object("usage").value.items():
                    total[resource] = total.get(resource, 0.0) + float(read_quantity(amount))
        except ValueError as error:
            faults.remark(f"usage left out: {error}", item.path)
            continue
        usage[f"{metadata.text('namespace') or 'default'}/{metadata.text('name')}"] = total
    return usage


def _metrics(spec: Fields, status: Fields) -> tuple[ScaleMetric, ...]:
    """Each metric with its own current value: found by type and name, not by position.

    A metric that failed has an entry without a type in the status.
    """
    if "targetCPUUtilizationPercentage" in spec:
        now = "currentCPUUtilizationPercentage"
        return (
            ScaleMetric(
                name="cpu utilization",
                utilization_of=CPU,
                target=float(spec.integer("targetCPUUtilizationPercentage")),
                current=float(status.integer(now)) if now in status else None,
            ),
        )
    current: defaultdict[tuple[Any, ...], list[Fields]] = defaultdict(list)
    for entry in status.objects("currentMetrics"):
        current[_identity(entry)].append(entry)
    return tuple(
        _metric(entry, values.pop(0) if (values := current[_identity(entry)]) else None)
        for entry in spec.objects("metrics")
    )


def _source(entry: Fields) -> str:
    kind = entry.text("type")
    field = kind[:1].lower() + kind[1:]
    return field if field in _SOURCES else ""


def _identity(entry: Fields) -> tuple[Any, ...]:
    """What tells a metric from the others of its autoscaler."""
    source = _source(entry)
    held = entry.object(source) if source else entry
    metric, described = held.object("metric"), held.object("describedObject")
    return (
        source,
        held.text("name"),
        held.text("container"),
        metric.text("name"),
        repr(metric.object("selector").value),
        described.text("kind"),
        described.text("name"),
    )


def _metric(entry: Fields, now: Fields | None) -> ScaleMetric:
    source = _source(entry)
    held = entry.object(source) if source else entry
    target = held.object("target")
    kind = entry.text("type") or "unknown"
    shown = held.object("metric").text("name") or held.text("name")
    name = f"{kind} metric {shown}".strip()
    whole = None if now is None or not source else now.object(source).object("current")
    if "averageUtilization" in target:
        resource = held.text("name")
        return ScaleMetric(
            name=f"{resource} utilization",
            # of one container only its own status tells
            utilization_of=resource if source == "resource" else "",
            target=float(target.integer("averageUtilization")),
            **_value(whole, "averageUtilization"),
        )
    if "averageValue" in target:
        return ScaleMetric(
            name=name,
            usage_of=held.text("name") if source == "resource" else "",
            **_target(target, "averageValue"),
            **_value(whole, "averageValue"),
        )
    if "value" in target:
        # the whole value, not a replica's: replicas grow as it stands to its target
        return ScaleMetric(name=name, **_target(target, "value"), **_value(whole, "value"))
    return ScaleMetric(name=name, problem="it has no target that is read here")


def _target(target: Fields, key: str) -> dict[str, Any]:
    try:
        amount = float(read_quantity(target.value[key]))
    except ValueError as error:
        return {"problem": str(error)}
    return {"target": amount} if amount > 0 else {"problem": "its target is 0"}


def _value(current: Fields | None, key: str) -> dict[str, Any]:
    if current is None or key not in current:
        return {}
    try:
        return {"current": float(read_quantity(current.value[key]))}
    except ValueError as error:
        return {"problem": str(error)}


def _from_usage(metric: ScaleMetric, pods: Sequence[Pod], usage: Usage) -> ScaleMetric:
    """The metric with what the target's pods use, where its status does not tell.

    Utilisation is the sum of usage over that of requests, of the pods whose usage is known; with a
    pod that asks for none of the resource it cannot be computed.
    Source: ``GetResourceUtilizationRatio`` in ``pkg/controller/podautoscaler/metrics``.
    """
    resource = metric.utilization_of or metric.usage_of
    if metric.current is not None or metric.problem or resource not in (CPU, MEMORY):
        return metric
    seen = [pod for pod in pods if resource in usage.get(pod.id, {})]
    if not seen:
        return metric
    used = sum(usage[pod.id][resource] for pod in seen)
    if metric.usage_of:
        return metric.model_copy(update={"current": used / len(seen)})
    asked = [pod.requests.get(resource, 0) / (1000 if resource == CPU else 1) for pod in seen]
    if not all(asked):
        return metric.model_copy(update={"problem": f"a pod of it requests no {resource}"})
    return metric.model_copy(update={"current": float(int(100 * used / sum(asked)))})
