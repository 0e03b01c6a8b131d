"""Who a pod belongs to: its controllers followed up to the one a person created."""

from __future__ import annotations

from collections.abc import Mapping

from kytos.cluster import Owner
from kytos.sources.fields import Fields

Controllers = Mapping[tuple[str, str, str], Owner | None]
"""The controller of each object by (namespace, kind, name)."""


def controller_of(metadata: Fields) -> Owner | None:
    """The owner that manages the object, if any."""
    for reference in metadata.objects("ownerReferences"):
        if reference.flag("controller"):
            return Owner(kind=reference.text("kind"), name=reference.text("name"))
    return None


def top_owner(metadata: Fields, namespace: str, controllers: Controllers) -> Owner | None:
    """Follow controllers up (Pod to ReplicaSet to Deployment, Job to CronJob).

    A ReplicaSet that is not listed is followed by its name, which a Deployment makes from its
    own name and the pod's ``pod-template-hash``.
    """
    owner = controller_of(metadata)
    seen: set[Owner] = set()
    while owner is not None and owner not in seen:
        seen.add(owner)
        key = (namespace, owner.kind, owner.name)
        above = controllers.get(key)
        if above is None and owner.kind == "ReplicaSet" and key not in controllers:
            above = _deployment_by_name(owner.name, metadata.labels("labels"))
        if above is None:
            return owner
        owner = above
    return owner


def _deployment_by_name(replica_set: str, labels: Mapping[str, str]) -> Owner | None:
    ending = "-" + labels.get("pod-template-hash", "")
    if len(ending) > 1 and replica_set.endswith(ending) and len(replica_set) > len(ending):
        return Owner(kind="Deployment", name=replica_set[: -len(ending)])
    return None
