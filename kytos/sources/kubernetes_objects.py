"""Kubernetes objects as cluster models: one function per kind."""

from __future__ import annotations

from kytos.cluster import (
    INSTANCE_TYPE,
    REGION,
    ZONE,
    DisruptionBudget,
    Effect,
    Node,
    PriorityClass,
    Taint,
)
from kytos.sources.fields import Fields
from kytos.sources.metadata import condition, namespace_of
from kytos.sources.quantities import offered_rounded_up, read_quantities
from kytos.sources.selectors import label_selector

_STABLE_NAMES = {
    "beta.kubernetes.io/arch": "kubernetes.io/arch",
    "beta.kubernetes.io/instance-type": INSTANCE_TYPE,
    "beta.kubernetes.io/os": "kubernetes.io/os",
    "failure-domain.beta.kubernetes.io/region": REGION,
    "failure-domain.beta.kubernetes.io/zone": ZONE,
}
"""What labels of nodes are called since Kubernetes 1.17 and before."""


def read_node(item: Fields) -> Node:
    """Read a Node."""
    metadata, spec, status = item.object("metadata"), item.object("spec"), item.object("status")
    # the API server sets allocatable to capacity where a kubelet reserves nothing
    offered = status.object("allocatable" if "allocatable" in status else "capacity")
    taints = tuple(
        Taint(
            key=taint.text("key"),
            value=taint.text("value"),
            effect=taint.choice("effect", default=Effect.NO_SCHEDULE),
        )
        for taint in spec.objects("taints")
    )
    return Node(
        name=metadata.text("name"),
        allocatable=offered_rounded_up(read_quantities(offered.value, offered.path)),
        labels=_with_stable_names(metadata.labels("labels")),
        annotations=metadata.labels("annotations"),
        taints=taints,
        unschedulable=spec.flag("unschedulable"),
        ready=condition(status, "Ready", default=True),
        images=frozenset(
            name for image in status.objects("images") for name in image.texts("names")
        ),
        declared_features=frozenset(status.texts("declaredFeatures")),
        created=metadata.moment("creationTimestamp"),
    )


def _with_stable_names(labels: dict[str, str]) -> dict[str, str]:
    """Labels, those of an old kubelet under their stable names too.

    Source: https://kubernetes.io/docs/reference/labels-annotations-taints/, the deprecated ones.
    """
    renamed = {new: labels[old] for old, new in _STABLE_NAMES.items() if old in labels}
    return renamed | labels if renamed else labels


def read_budget(item: Fields) -> DisruptionBudget:
    """Read a PodDisruptionBudget; one without status, or with one out of date, allows nothing.

    Pods that are not ready leave freely under the policy AlwaysAllow, and by default while enough
    others are healthy. Source: the Eviction API, ``pkg/registry/core/pod/storage/eviction.go``.
    """
    metadata, spec, status = (item.object(part) for part in ("metadata", "spec", "status"))
    current = "disruptionsAllowed" in status and (
        status.integer("observedGeneration") >= metadata.integer("generation")
    )
    healthy, desired = status.integer("currentHealthy"), status.integer("desiredHealthy")
    always = spec.text("unhealthyPodEvictionPolicy") == "AlwaysAllow"
    return DisruptionBudget(
        name=metadata.text("name"),
        namespace=namespace_of(item),
        selector=label_selector(spec, "selector"),
        disruptions_allowed=status.integer("disruptionsAllowed") if current else 0,
        min_available=_count_or_share(spec, "minAvailable"),
        max_unavailable=_count_or_share(spec, "maxUnavailable"),
        unready_leave_freely=always or healthy >= desired > 0,
        counted=current,
    )


def _count_or_share(spec: Fields, key: str) -> str | None:
    """An IntOrString as it is written; None where it is left out."""
    value = spec.value.get(key)
    return None if value is None else str(value)


def read_priority_class(item: Fields) -> PriorityClass:
    """Read a PriorityClass (scheduling.k8s.io/v1)."""
    return PriorityClass(
        name=item.object("metadata").text("name"),
        value=item.integer("value"),
        is_default=item.flag("globalDefault"),
        policy=item.text("preemptionPolicy"),
    )
