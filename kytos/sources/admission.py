"""What an API server makes of a pod before it stores it: runtime class, limit range, refusals.

Stored pods have been through this; pods that are still to be made go through it here. The order is
the API server's: defaults, LimitRanger, RuntimeClass. ResourceQuota comes last and counts other
pods, so it is a rule of its own (`kytos.rules.quotas`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from kytos.cluster import Cluster, LimitRange, LimitRangeItem, PriorityClass, RuntimeClass
from kytos.sources.quantities import read_quantity


@dataclass(frozen=True)
class Admission:
    """What a cluster's API server admits new pods by."""

    classes: Sequence[PriorityClass] = ()
    runtime_classes: Sequence[RuntimeClass] = ()
    limit_ranges: Sequence[LimitRange] = ()

    @classmethod
    def of(cls, cluster: Cluster) -> Admission:
        """As a cluster has it."""
        return cls(cluster.priority_classes, cluster.runtime_classes, cluster.limit_ranges)


UNKNOWN = Admission()
"""Of a cluster that nothing is known of."""


def admitted(manifest: Mapping[str, Any], admission: Admission) -> tuple[dict[str, Any], str]:
    """Return a Pod as it would be stored, and why it would not be (empty: it would).

    Sources: ``plugin/pkg/admission/limitranger`` and ``plugin/pkg/admission/runtimeclass`` of
    Kubernetes; https://kubernetes.io/docs/concepts/policy/limit-range/.
    """
    pod = dict(manifest)
    spec = pod.get("spec")
    if not isinstance(spec, dict):
        return pod, ""
    namespace = _mapping(pod.get("metadata")).get("namespace") or "default"
    ranges = [
        limit_range for limit_range in admission.limit_ranges if limit_range.namespace == namespace
    ]
    spec = _defaulted(spec, [item for limit_range in ranges for item in limit_range.items])
    refusals = [_out_of_range(spec, limit_range) for limit_range in ranges]
    spec, refusal = _of_runtime_class(spec, admission.runtime_classes)
    return pod | {"spec": spec}, next(filter(None, (*refusals, refusal)), "")


def _defaulted(spec: dict[str, Any], items: Sequence[LimitRangeItem]) -> dict[str, Any]:
    """The spec with limits as missing requests, then the defaults of a limit range."""
    defaulted = dict(spec)
    for key in ("containers", "initContainers"):
        if isinstance(spec.get(key), list):
            defaulted[key] = [_defaulted_container(container, items) for container in spec[key]]
    return defaulted


def _defaulted_container(container: Any, items: Sequence[LimitRangeItem]) -> Any:
    if not isinstance(container, dict):
        return container
    resources = _mapping(container.get("resources"))
    limits, requests = _mapping(resources.get("limits")), _mapping(resources.get("requests"))
    requests = limits | requests
    for item in items:
        if item.type == "Container":
            limits = item.default | limits
            requests = item.default_request | requests
    if not limits and not requests:
        return container
    return container | {"resources": resources | {"limits": limits, "requests": requests}}


def _out_of_range(spec: dict[str, Any], limit_range: LimitRange) -> str:
    where = f"LimitRange {limit_range.namespace}/{limit_range.name}"
    containers = [
        container
        for key in ("containers", "initContainers")
        for container in spec.get(key) or ()
        if isinstance(container, dict)
    ]
    for item in limit_range.items:
        if item.type == "Container":
            for container in containers:
                resources = _mapping(container.get("resources"))
                why = _outside(
                    item, _mapping(resources.get("requests")), _mapping(resources.get("limits"))
                )
                if why:
                    return f"{where} refuses container {container.get('name', '')}: {why}"
        elif item.type == "Pod":
            why = _outside(item, _sums(spec, "requests"), _sums(spec, "limits"))
            if why:
                return f"{where} refuses it: {why}"
    return ""


def _outside(item: LimitRangeItem, requests: Mapping[str, Any], limits: Mapping[str, Any]) -> str:
    of = "pod" if item.type == "Pod" else "container"
    for name, least in item.min.items():
        asked = _amount(requests, name)
        if asked is None:
            return f"at least {least} of {name} is to be requested per {of}, it requests none"
        if asked < read_quantity(least):
            return f"at least {least} of {name} per {of}, it requests {requests[name]}"
    for name, most in item.max.items():
        limit, asked = _amount(limits, name), _amount(requests, name)
        if limit is None:
            return f"at most {most} of {name} per {of}, it has no limit"
        if limit > read_quantity(most) or (asked is not None and asked > read_quantity(most)):
            return f"at most {most} of {name} per {of}, its limit is {limits[name]}"
    for name, ratio in item.max_ratio.items():
        limit, asked = _amount(limits, name), _amount(requests, name)
        if not limit or not asked:
            return f"limit and request of {name} are to be given, at most {ratio} times apart"
        if limit / asked > read_quantity(ratio):
            return f"the limit of {name} is at most {ratio} times its request"
    return ""


def _sums(spec: dict[str, Any], kind: str) -> dict[str, Any]:
    """Per resource the larger of all containers together and the largest init container."""
    together: dict[str, Fraction] = {}
    for container in spec.get("containers") or ():
        for name in _mapping(_mapping(_mapping(container).get("resources")).get(kind)):
            amount = _amount(container["resources"][kind], name) or Fraction()
            together[name] = together.get(name, Fraction()) + amount
    for container in spec.get("initContainers") or ():
        for name in _mapping(_mapping(_mapping(container).get("resources")).get(kind)):
            amount = _amount(container["resources"][kind], name) or Fraction()
            together[name] = max(together.get(name, Fraction()), amount)
    return {name: float(amount) for name, amount in together.items()}


def _of_runtime_class(
    spec: dict[str, Any], classes: Sequence[RuntimeClass]
) -> tuple[dict[str, Any], str]:
    name = spec.get("runtimeClassName")
    if not isinstance(name, str) or not name:
        return spec, ""
    runtime = next((runtime_class for runtime_class in classes if runtime_class.name == name), None)
    if runtime is None:
        known = ", ".join(sorted(runtime_class.name for runtime_class in classes))
        listed = f"it has {known}" if known else "none was read with it"
        return spec, f"the cluster has no RuntimeClass {name!r} ({listed})"
    merged = dict(spec)
    if runtime.overhead and not spec.get("overhead"):
        merged["overhead"] = dict(runtime.overhead)
    own = _mapping(spec.get("nodeSelector"))
    for key, value in runtime.node_selector.items():
        if own.get(key, value) != value:
            return spec, (
                f"RuntimeClass {name} selects nodes by {key}={value}, the pod by {key}={own[key]}"
            )
    if runtime.node_selector:
        merged["nodeSelector"] = own | runtime.node_selector
    if runtime.tolerations:
        tolerated = spec.get("tolerations")
        merged["tolerations"] = [
            *(tolerated if isinstance(tolerated, list) else ()),
            *(toleration.model_dump(exclude_defaults=True) for toleration in runtime.tolerations),
        ]
    return merged, ""


def _amount(amounts: Mapping[str, Any], name: str) -> Fraction | None:
    try:
        return read_quantity(amounts[name]) if name in amounts else None
    except ValueError:
        return None  # reading the pod names it


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
