"""Pods that manifests would bring: Pods as they are, controllers by their template and replicas."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kytos.cluster import Pod
from kytos.errors import SourceError
from kytos.sources.admission import UNKNOWN, Admission
from kytos.sources.body import is_body
from kytos.sources.documents import read_documents
from kytos.sources.manifests import WITHOUT_EFFECT, read_pods

MOST_PODS = 5_000
"""Of one text; more is a slip of the hand rather than a plan."""

_REPLICATED = ("Deployment", "ReplicaSet", "StatefulSet", "ReplicationController")


def pods_of_manifests(
    text: str, where: str = "manifests", admission: Admission = UNKNOWN
) -> tuple[Pod, ...]:
    """Return the pods that applying manifests would create, none of them placed.

    Parameters
    ----------
    text
        YAML or JSON as ``kubectl apply -f`` takes it: Pods, Deployments, ReplicaSets,
        StatefulSets, ReplicationControllers, Jobs, CronJobs, and Lists of them; Services and
        the like beside them bring no pods.
    where
        What to call the text in errors.
    admission
        What the cluster's API server would make of them.

    Raises
    ------
    SourceError
        Naming the object that makes no pods, the field that cannot be read, or a class the
        cluster lacks.
    """
    return read_new_pods([(where, text)], admission) if text.strip() else ()


def read_new_pods(
    sources: Sequence[tuple[str, bytes | str]], admission: Admission = UNKNOWN
) -> tuple[Pod, ...]:
    """Return the pods that applying files would create, none of them placed.

    Parameters
    ----------
    sources
        ``(file name, content)``: manifests of workloads, or request bodies with a list ``pods``.
    admission
        What the cluster's API server would make of them.

    Raises
    ------
    SourceError
        Naming the object that makes no pods, the field that cannot be read, or a class the
        cluster lacks.
    """
    pods: list[dict[str, Any]] = []
    others: list[tuple[str, str]] = []
    for where, content in sources:
        documents = read_documents(content, where)
        if any(is_body(document) for document in documents):
            return read_pods(sources, admission)
        for item in _items(documents):
            if isinstance(item, Mapping) and item.get("kind") in WITHOUT_EFFECT:
                others.append((where, item["kind"]))
                continue
            pods += _pods(item, where)
            if len(pods) > MOST_PODS:
                raise SourceError(
                    f"asks for more than {MOST_PODS:,} pods; give fewer replicas", where
                )
    if not pods and others:
        where, kind = others[0]
        raise _makes_none(kind, where)
    name = sources[0][0] if sources else ""
    content = json.dumps({"kind": "List", "items": pods}, default=str)
    return read_pods([(name, content)], admission) if pods else ()


def _items(documents: Sequence[Any]) -> Iterator[Any]:
    for document in documents:
        listed = document.get("items", [document]) if isinstance(document, Mapping) else document
        yield from listed if isinstance(listed, list) else [listed]


def _pods(item: Any, where: str) -> list[dict[str, Any]]:
    if not isinstance(item, Mapping) or not isinstance(item.get("kind"), str):
        raise SourceError("holds something that is no Kubernetes object", where)
    kind, metadata, spec = item["kind"], _object(item, "metadata"), _object(item, "spec")
    if kind == "Pod":
        return [dict(item)]
    if kind == "CronJob":  # what one of its runs would bring
        spec = _object(_object(spec, "jobTemplate"), "spec")
    replicas = spec.get("replicas", 1) if kind in _REPLICATED else spec.get("parallelism", 1)
    if kind not in (*_REPLICATED, "Job", "CronJob"):
        raise _makes_none(kind, where)
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


def _makes_none(kind: str, where: str) -> SourceError:
    return SourceError(
        f"a {kind} makes no pods that can be placed; give Pods, {', '.join(_REPLICATED)}, "
        "Jobs or CronJobs",
        where,
    )


def _name_of(metadata: Mapping[str, Any]) -> Any:
    prefix = metadata.get("generateName")
    return metadata.get("name") or (f"{prefix}new" if isinstance(prefix, str) else None)


def _object(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = holder.get(name, {})
    return found if isinstance(found, Mapping) else {}
