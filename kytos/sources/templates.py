"""Pods that manifests would bring: Pods as they are, controllers by their template and replicas."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from kytos.cluster import Pod, PriorityClass
from kytos.errors import SourceError
from kytos.sources.documents import read_documents
from kytos.sources.manifests import read_pods

MOST_PODS = 5_000
"""Of one text; more is a slip of the hand rather than a plan."""

_REPLICATED = ("Deployment", "ReplicaSet", "StatefulSet", "ReplicationController")


def pods_of_manifests(
    text: str, where: str = "manifests", classes: Sequence[PriorityClass] = ()
) -> tuple[Pod, ...]:
    """Return the pods that applying manifests would create, none of them placed.

    Parameters
    ----------
    text
        YAML or JSON as ``kubectl apply -f`` takes it: Pods, Deployments, ReplicaSets,
        StatefulSets, ReplicationControllers, Jobs, and Lists of them.
    where
        What to call the text in errors.
    classes
        The cluster's priority classes.

    Raises
    ------
    SourceError
        Naming the object that makes no pods, the field that cannot be read, or a class the
        cluster lacks.
    """
    found: list[dict[str, Any]] = []
    if not text.strip():
        return ()
    for document in read_documents(text, where):
        items = document.get("items", [document]) if isinstance(document, Mapping) else [document]
        for item in items:
            found += _pods(item, where)
            if len(found) > MOST_PODS:
                raise SourceError(
                    f"asks for more than {MOST_PODS:,} pods; give fewer replicas", where
                )
    if not found:
        return ()
    return read_pods([(where, json.dumps({"kind": "List", "items": found}, default=str))], classes)


def _pods(item: Any, where: str) -> list[dict[str, Any]]:
    if not isinstance(item, Mapping) or not isinstance(item.get("kind"), str):
        raise SourceError("holds something that is no Kubernetes object", where)
    kind, metadata, spec = item["kind"], _object(item, "metadata"), _object(item, "spec")
    if kind == "Pod":
        return [dict(item)]
    replicas = spec.get("replicas", 1) if kind in _REPLICATED else spec.get("parallelism", 1)
    if kind not in (*_REPLICATED, "Job"):
        raise SourceError(
            f"a {kind} makes no pods that can be placed; give Pods, {', '.join(_REPLICATED)} "
            "or Jobs",
            where,
        )
    if (
        not isinstance(replicas, int)
        or isinstance(replicas, bool)
        or not 0 <= replicas <= MOST_PODS
    ):
        raise SourceError(
            f"has {replicas!r} replicas; expected a whole number from 0 to {MOST_PODS:,}", where
        )
    template = _object(spec, "template")
    labelled = _object(template, "metadata")
    name, namespace = _name_of(metadata), metadata.get("namespace", "default")
    owner = {"apiVersion": "apps/v1", "kind": kind, "name": name, "controller": True}
    return [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": f"{name}-{number}",
                "namespace": namespace,
                "labels": labelled.get("labels", {}),
                "annotations": labelled.get("annotations", {}),
                "ownerReferences": [owner],
            },
            "spec": _object(template, "spec"),
            "status": {"phase": "Pending"},
        }
        for number in range(replicas)
    ]


def _name_of(metadata: Mapping[str, Any]) -> Any:
    prefix = metadata.get("generateName")
    return metadata.get("name") or (f"{prefix}new" if isinstance(prefix, str) else None)


def _object(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = holder.get(name, {})
    return found if isinstance(found, Mapping) else {}
