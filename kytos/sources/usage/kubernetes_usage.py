"""Use and recommendations as Kubernetes objects: PodMetrics and VerticalPodAutoscalers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from math import nan
from typing import Any

from kytos.cluster import CPU, MEMORY, Resources
from kytos.errors import SourceError
from kytos.sources.quantities import read_quantity
from kytos.usage import EVERY_CONTAINER, Recommendation

POD_METRICS = "PodMetrics"
VERTICAL_POD_AUTOSCALER = "VerticalPodAutoscaler"


def objects_of(document: Any) -> Iterator[Mapping[str, Any]]:
    """The objects of a document; those of a typed list without a kind of their own get theirs.

    metrics-server's raw answer is a PodMetricsList whose items name no kind.
    """
    if isinstance(document, list):
        for entry in document:
            yield from objects_of(entry)
    elif isinstance(document, Mapping):
        items, kind = document.get("items"), str(document.get("kind", ""))
        if isinstance(items, list):
            implied = kind.removesuffix("List")
            for item in items:
                if isinstance(item, Mapping):
                    yield item if item.get("kind") else {**item, "kind": implied}
        else:
            yield document


def read_pod_metrics(
    item: Mapping[str, Any], where: str
) -> Iterator[tuple[tuple[str, str], float, float, float]]:
    """Read the containers of a PodMetrics: (pod id, container), time in s, millicores and bytes.

    What is not told is NaN.

    Raises
    ------
    SourceError
        When a field is not what metrics-server writes.
    """
    pod = _full_name(item, where)
    place = f"{where}: {POD_METRICS} {pod}"
    time = _seconds(item.get("timestamp"), place)
    for container in _list(item, "containers", place):
        used = container.get("usage")
        if not isinstance(used, Mapping):
            raise SourceError("a container has no usage; expected cpu and memory", place)
        if all(used.get(name) is None for name in (CPU, MEMORY)):
            raise SourceError("a container's usage tells neither cpu nor memory", place)
        cpu, memory = (
            nan if used.get(name) is None else _amount(used[name], name, place)
            for name in (CPU, MEMORY)
        )
        yield (pod, str(container.get("name", ""))), time, 1000 * cpu, memory


def read_recommendations(item: Mapping[str, Any], where: str) -> Iterator[Recommendation]:
    """Read what a VerticalPodAutoscaler recommends, and the least that it or its user allows.

    One that acts (``updateMode`` is not ``Off``) sets requests to its target, so nothing below
    that would last; one that only recommends has its lower bound. Where it has not yet decided
    there is only what the user allows (``minAllowed``), if that.

    Raises
    ------
    SourceError
        When a field is not what the recommender writes.
    """
    full_name = _full_name(item, where)
    place = f"{where}: {VERTICAL_POD_AUTOSCALER} {full_name}"
    namespace = full_name.partition("/")[0]
    target = _mapping(_mapping(item, "spec"), "targetRef")
    policies = _list(_mapping(_mapping(item, "spec"), "resourcePolicy"), "containerPolicies", place)
    by_container = {
        str(policy.get("containerName") or EVERY_CONTAINER): policy for policy in policies
    }
    allowed = {
        name: _amounts(policy.get("minAllowed"), place) for name, policy in by_container.items()
    }
    update = _mapping(_mapping(item, "spec"), "updatePolicy")
    acts = update.get("updateMode") != "Off"
    recommendation = _mapping(_mapping(item, "status"), "recommendation")
    recommended = {
        str(entry.get("containerName", "")): entry
        for entry in _list(recommendation, "containerRecommendations", place)
    }
    for container in dict.fromkeys((*recommended, *(name for name in allowed if allowed[name]))):
        entry = recommended.get(container, {})
        least = allowed.get(container, allowed.get(EVERY_CONTAINER, {}))
        lower = _amounts(entry.get("lowerBound"), place)
        target_amounts = _amounts(entry.get("target"), place)
        policy = by_container.get(container, by_container.get(EVERY_CONTAINER, {}))
        if acts and policy.get("mode") != "Off":
            controlled = policy.get("controlledResources")
            for resource in target_amounts:
                if isinstance(controlled, list) and controlled and resource not in controlled:
                    continue
                lower[resource] = max(target_amounts[resource], lower.get(resource, 0))
        yield Recommendation(
            source=VERTICAL_POD_AUTOSCALER,
            kind=str(target.get("kind", "")),
            workload=f"{namespace}/{target.get('name', '')}",
            container=container,
            requests=target_amounts,
            lower_bound={
                resource: max(lower.get(resource, 0), least.get(resource, 0))
                for resource in (CPU, MEMORY)
                if resource in lower or resource in least
            },
        )


def canonical(resource: str, amount: float) -> int:
    """An amount in cores or bytes as a canonical integer, rounded up."""
    return -int(-(amount * 1000 if resource == CPU else amount) // 1)


def _amounts(values: Any, place: str) -> Resources:
    if not isinstance(values, Mapping):
        return {}
    return {
        name: canonical(name, _amount(values[name], name, place))
        for name in (CPU, MEMORY)
        if values.get(name) is not None
    }


def _amount(value: Any, name: str, place: str) -> float:
    """In cores or bytes."""
    try:
        amount = float(read_quantity(value))
    except (SourceError, ValueError, TypeError):
        raise SourceError(
            f"{name} is {value!r}; expected a quantity such as 250m or 512Mi", place
        ) from None
    if amount < 0:
        raise SourceError(f"{name} is {value!r}; expected no less than 0", place)
    return amount


def _seconds(value: Any, place: str) -> float:
    try:
        moment = datetime.fromisoformat(str(value))
        if moment.tzinfo is None:  # Kubernetes writes UTC; never this machine's own zone
            moment = moment.replace(tzinfo=UTC)
        return moment.timestamp()
    except (ValueError, OverflowError):
        raise SourceError(
            f"timestamp is {value!r}; expected one such as 2026-11-30T00:00:00Z", place
        ) from None


def _full_name(item: Mapping[str, Any], where: str) -> str:
    metadata = _mapping(item, "metadata")
    name = metadata.get("name")
    if not isinstance(name, str) or not name:
        raise SourceError(f"a {item.get('kind')} has no metadata.name", where)
    return f"{metadata.get('namespace') or 'default'}/{name}"


def _mapping(holder: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = holder.get(key)
    return value if isinstance(value, Mapping) else {}


def _list(holder: Mapping[str, Any], key: str, place: str) -> list[Mapping[str, Any]]:
    value = holder.get(key) or []
    if not isinstance(value, list) or not all(isinstance(entry, Mapping) for entry in value):
        raise SourceError(f"{key} is not a list of objects", place)
    return value
