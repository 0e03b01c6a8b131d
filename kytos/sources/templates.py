"""Pods that manifests would bring: Pods as they are, controllers by their template and replicas."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from kytos.cluster import Claim, Pod
from kytos.errors import SourceError
from kytos.sources.admission import UNKNOWN, Admission
from kytos.sources.assembly import WITHOUT_EFFECT
from kytos.sources.body import is_body
from kytos.sources.documents import read_documents
from kytos.sources.fields import Fields
from kytos.sources.kubernetes_objects import read_priority_class
from kytos.sources.manifests import read_pods
from kytos.sources.storage_objects import read_claim

MOST_PODS = 5_000
"""Of one text; more is a slip of the hand rather than a plan."""

CLAIM_TEMPLATES = "volumeClaimTemplates"
_REPLICATED = ("Deployment", "ReplicaSet", "StatefulSet", "ReplicationController")
_PLACEABLE = ("Pod", *_REPLICATED, "Job", "CronJob")


def pods_of_manifests(
    text: str, where: str = "manifests", admission: Admission = UNKNOWN
) -> tuple[Pod, ...]:
    """Return the pods that applying manifests would create, none of them placed.

    Parameters
    ----------
    text
        YAML or JSON as ``kubectl apply -f`` takes it: Pods, Deployments, ReplicaSets,
        StatefulSets, ReplicationControllers, Jobs, CronJobs, and Lists of them. Claims and
        PriorityClasses beside them count for their pods, all else there brings none.
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
    claims: list[tuple[Claim, ...]] = []
    others: list[tuple[str, Mapping[str, Any]]] = []
    for where, content in sources:
        documents = read_documents(content, where)
        if any(is_body(document) for document in documents):
            return read_pods(sources, admission)
        for item in _items(documents):
            if isinstance(item, Mapping) and _brings_none(item):
                others.append((where, item))
                continue
            made = _pods(item, where)
            pods += made
            templates = None
            if item.get("kind") == "StatefulSet":
                templates = _object(item, "spec").get(CLAIM_TEMPLATES)
            claims += [_claims_of(pod, templates, where) for pod in made]
            if len(pods) > MOST_PODS:
                raise SourceError(
                    f"asks for more than {MOST_PODS:,} pods; give fewer replicas", where
                )
    if not pods and others:
        where, other = others[0]
        raise _makes_none(other["kind"], where)
    name = sources[0][0] if sources else ""
    content = json.dumps({"kind": "List", "items": pods}, default=str)
    if not pods:
        return ()
    admission = _with_classes(admission, others)
    beside = _claims_beside(others)
    return tuple(
        pod.model_copy(update={"claims_to_make": made}) if made else pod
        for pod, made in (
            (pod, (*own, *(beside[key] for key in _mounted(pod) if key in beside)))
            for pod, own in zip(read_pods([(name, content)], admission), claims, strict=True)
        )
    )


def _brings_none(item: Mapping[str, Any]) -> bool:
    """Whether an object beside workloads makes no pods: a Service, a budget, a claim.

    A node makes none either, but shows a cluster where new pods were meant.
    """
    kind = item.get("kind")
    if not isinstance(kind, str) or kind in (*_PLACEABLE, "Node"):
        return False
    template = _object(_object(item, "spec"), "template")
    return kind in WITHOUT_EFFECT or "containers" not in _object(template, "spec")


def _with_classes(
    admission: Admission, others: Sequence[tuple[str, Mapping[str, Any]]]
) -> Admission:
    """The cluster's admission with the PriorityClasses that come beside the pods."""
    classes = [
        read_priority_class(Fields(item, f"{where}: {item['kind']}"))
        for where, item in others
        if item["kind"] == "PriorityClass"
    ]
    return replace(admission, classes=(*admission.classes, *classes)) if classes else admission


def _claims_beside(
    others: Sequence[tuple[str, Mapping[str, Any]]],
) -> dict[tuple[str, str], Claim]:
    """The claims that come beside the pods, by namespace and name."""
    claims = [
        read_claim(Fields(item, f"{where}: {item['kind']}"))
        for where, item in others
        if item["kind"] == "PersistentVolumeClaim"
    ]
    return {
        (claim.namespace, claim.name): claim.model_copy(update={"to_be_made": True})
        for claim in claims
    }


def _mounted(pod: Pod) -> list[tuple[str, str]]:
    return [(pod.namespace, claim) for claim in dict.fromkeys(pod.claims)]


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
    if kind not in _PLACEABLE:
        raise _makes_none(kind, where)
    if (
        not isinstance(replicas, int)
        or isinstance(replicas, bool)
        or not 0 <= replicas <= MOST_PODS
    ):
        raise SourceError(
            f"has {replicas!r} replicas; expected a whole number from 0 to {MOST_PODS:,}", where
        )
    if kind in ("Job", "CronJob") and isinstance(spec.get("completions"), int):
        # No more run at a time than have to end well.
        replicas = min(replicas, max(spec["completions"], 0))
    template = _object(spec, "template")
    first, templates = 0, None
    if kind == "StatefulSet":
        start = _object(spec, "ordinals").get("start")
        first, templates = start if isinstance(start, int) else 0, spec.get(CLAIM_TEMPLATES)
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
            "spec": _mounting(_object(template, "spec"), templates, f"{name}-{number}"),
            "status": {"phase": "Pending"},
        }
        for number in range(first, first + replicas)
    ]


def _mounting(pod_spec: Mapping[str, Any], templates: Any, of: str) -> dict[str, Any]:
    """The pod's spec with a claim of its own for each of its StatefulSet's claim templates."""
    if not isinstance(templates, list) or not templates:
        return dict(pod_spec)
    names = [_object(template, "metadata").get("name") for template in map(_mapping, templates)]
    kept = [
        volume
        for volume in pod_spec.get("volumes") or ()
        if not (isinstance(volume, Mapping) and volume.get("name") in names)
    ]
    own = [{"name": name, "persistentVolumeClaim": {"claimName": f"{name}-{of}"}} for name in names]
    return {**pod_spec, "volumes": [*kept, *own]}


def _claims_of(pod: Mapping[str, Any], templates: Any, where: str) -> tuple[Claim, ...]:
    """The claims that are made with a pod: by its StatefulSet, and for its ephemeral volumes."""
    metadata, spec = _object(pod, "metadata"), _object(pod, "spec")
    listed = templates if isinstance(templates, list) else []
    made = [
        (_object(template, "metadata").get("name"), _object(template, "spec"))
        for template in map(_mapping, listed)
    ]
    named = [(f"{name}-{metadata.get('name')}", claim) for name, claim in made]
    volumes = spec.get("volumes")
    for volume in map(_mapping, volumes if isinstance(volumes, list) else []):
        template = _object(_object(volume, "ephemeral"), "volumeClaimTemplate")
        if template:
            name = f"{metadata.get('name')}-{volume.get('name')}"
            named.append((name, _object(template, "spec")))
    return tuple(
        read_claim(
            Fields(
                {
                    "metadata": {"name": name, "namespace": metadata.get("namespace", "default")},
                    "spec": claim,
                },
                f"{where}: claim {name}",
            )
        ).model_copy(update={"to_be_made": True})
        for name, claim in named
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


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
    inner = holder.get(name, {})
    return inner if isinstance(inner, Mapping) else {}
