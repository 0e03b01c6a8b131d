"""Who a pod belongs to: its controller, or the one that makes controllers for it."""

from __future__ import annotations

from collections.abc import Mapping

from kytos.cluster import Owner
from kytos.sources.fields import Fields

Controllers = Mapping[tuple[str, str, str], Owner | None]
"""The controller of each object by (namespace, kind, name)."""

CONTROLLERS = frozenset(
    {
        "ReplicaSet",
        "Deployment",
        "StatefulSet",
        "DaemonSet",
        "Job",
        "CronJob",
        "ReplicationController",
    }
)
"""Kinds of Kubernetes' own that make pods."""
_BUILT_IN = CONTROLLERS | {"Node"}
_BUILT_IN_GROUPS = frozenset({"", "apps", "batch", "extensions"})

_MADE_BY_ANOTHER = frozenset({"ReplicaSet", "Job", "ReplicationController"})
"""Kinds that a Deployment, CronJob or DeploymentConfig makes one after the other."""


def controller_of(metadata: Fields) -> Owner | None:
    """The owner that manages the object, if any."""
    for reference in metadata.objects("ownerReferences"):
        if reference.flag("controller"):
            return Owner(kind=reference.text("kind"), name=reference.text("name"))
    return None


def custom_controller(metadata: Fields) -> str:
    """Kind and name of the direct controller where it is none of Kubernetes' own, else empty.

    What makes Deployments or ReplicaSets (a Rollout, a DeploymentConfig) is not asked: those start
    their pods again by themselves.
    """
    for reference in metadata.objects("ownerReferences"):
        if reference.flag("controller"):
            kind, group = reference.text("kind"), reference.text("apiVersion").rpartition("/")[0]
            built_in = kind in _BUILT_IN and group in _BUILT_IN_GROUPS
            return "" if built_in else f"{kind} {reference.text('name')}"
    return ""


def top_owner(metadata: Fields, namespace: str, controllers: Controllers) -> Owner | None:
    """The controller whose replicas a pod is one of: ReplicaSet and Job are followed one up.

    No further: an operator's resource that owns several Deployments would make one service of
    them. A ReplicaSet that is not listed is followed by its name, which a Deployment makes from
    its own name and the pod's ``pod-template-hash``.
    """
    owner = controller_of(metadata)
    if owner is None or owner.kind not in _MADE_BY_ANOTHER:
        return owner
    key = (namespace, owner.kind, owner.name)
    if key in controllers:
        return controllers[key] or owner
    if owner.kind == "ReplicaSet":
        return _deployment_by_name(owner.name, metadata.labels("labels")) or owner
    return owner


def _deployment_by_name(replica_set: str, labels: Mapping[str, str]) -> Owner | None:
    ending = "-" + labels.get("pod-template-hash", "")
    if len(ending) > 1 and replica_set.endswith(ending) and len(replica_set) > len(ending):
        return Owner(kind="Deployment", name=replica_set[: -len(ending)])
    return None
