"""The objects of documents: taken out of their Lists, given a kind, named and sorted by it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from kytos.errors import SourceError, named
from kytos.language import said
from kytos.sources.faults import Faults
from kytos.sources.fields import Fields
from kytos.sources.kinds import kind_told_otherwise

HONOURED = frozenset(
    {
        "CSIDriver",
        "CSINode",
        "CSIStorageCapacity",
        "DaemonSet",
        "DeviceClass",
        "EC2NodeClass.karpenter.k8s.aws",
        "HorizontalPodAutoscaler",
        "LimitRange",
        "Namespace",
        "Node",
        "NodeOverlay.karpenter.sh",
        "NodePool.karpenter.sh",
        "PersistentVolume",
        "PersistentVolumeClaim",
        "Pod",
        "PodDisruptionBudget",
        "PriorityClass",
        "ResourceClaim",
        "ResourceClaimTemplate",
        "ResourceQuota",
        "ResourceSlice",
        "RuntimeClass",
        "StorageClass",
    }
)

_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
"""A DNS subdomain: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/."""

_GROUPS = frozenset(
    {
        "",
        "apps",
        "autoscaling",
        "batch",
        "discovery.k8s.io",
        "events.k8s.io",
        "node.k8s.io",
        "policy",
        "resource.k8s.io",
        "scheduling.k8s.io",
        "storage.k8s.io",
    }
)
"""API groups whose kinds are meant by the kinds named here."""

Item = tuple[str, Any]
"""The file an object is from, and the object."""

Sorted = defaultdict[str, list[Fields]]


def single_objects(documents: Sequence[Item], faults: Faults) -> list[Item]:
    """Return the single objects in documents; items of a typed list take its kind.

    Raises
    ------
    SourceError
        When `faults` are strict, at the first thing that is no object.
    """
    items: list[Item] = []
    for where, document in documents:
        _flatten(document, where, "", faults, items)
    return items


def sort_by_kind(objects: Sequence[Item], faults: Faults) -> Sorted:
    """Return objects by their kind, each named once; of one given twice the newer one counts.

    Raises
    ------
    SourceError
        For a kubeconfig; when `faults` are strict, for the first object without a name.
    """
    by_name: defaultdict[str, dict[tuple[str, str], Fields]] = defaultdict(dict)
    generated: Counter[str] = Counter()
    for where, item in objects:
        if _group_and_kind(item) == "Config":
            raise SourceError(
                said(
                    "is a kubeconfig, which is never used from a file that was given; give what "
                    "`kubectl get nodes,pods -A -o json` prints, or choose one of your own contexts"
                ),
                where,
            )
        try:
            kind, key, read = _named_object(where, item, generated)
        except SourceError as error:
            faults.leave_out(error)
            continue
        before = by_name[kind].get(key)
        if before is not None:
            if faults.strict:
                raise SourceError(
                    said(f"{'/'.join(filter(None, key))!r} is named twice"), read.path
                )
            if before.value != read.value:
                faults.remark("given twice and not alike: the newer one counts", read.path)
            if _version(before) > _version(read):
                continue
        by_name[kind][key] = read
    ordered: Sorted = defaultdict(list)
    for kind, items in by_name.items():
        ordered[kind] = list(items.values())
    return ordered


def _flatten(document: Any, where: str, of_kind: str, faults: Faults, onto: list[Item]) -> None:
    """Add the single objects of a document; `of_kind` is that of the list it is an item of."""
    if isinstance(document, list):
        for entry in document:
            _flatten(entry, where, of_kind, faults, onto)
        return
    if not isinstance(document, dict):
        faults.leave_out(_no_object(document, where))
        return
    kind = document.get("kind")
    if not isinstance(kind, str) or not kind:
        kind = of_kind or kind_told_otherwise(document, where)
        if not kind:
            faults.leave_out(
                SourceError(
                    said(
                        "holds an object without a kind; expected Kubernetes objects "
                        "(`kubectl get nodes,pods -A -o json`) or a body with lists `nodes` and "
                        "`pods`"
                    ),
                    where,
                )
            )
            return
        document = document | {"kind": kind}
    if kind == "Table":
        _rows(document, where, faults, onto)
    elif kind == "Status" and not faults.strict:
        reason = f"{Fields(document, where).value.get('message', 'no reason given')!s:.300}"
        faults.leave_out(
            SourceError(
                said(f"holds an API server's status message instead of objects: {reason}"), where
            )
        )
    elif not kind.endswith("List"):
        onto.append((where, document))
    else:
        items = document.get("items")
        if items is not None and not isinstance(items, list):
            faults.leave_out(SourceError(said("the List's items are not a list"), where))
        elif items:
            _flatten(items, where, kind.removesuffix("List"), faults, onto)


def _rows(table: Mapping[str, Any], where: str, faults: Faults, items: list[Item]) -> None:
    """Take the objects out of what the API server prints as a table, where it put them in whole.

    Source: ``meta/v1 Table``; with ``includeObject=Object`` each row carries its object.
    """
    rows = table.get("rows")
    whole = [
        row["object"]
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict)
        and isinstance(row.get("object"), dict)
        and row["object"].get("kind") not in (None, "PartialObjectMetadata")
    ]
    if not whole:
        faults.leave_out(
            SourceError(
                said(
                    "is a Table, which the API server prints for people to read: its rows hold "
                    "names and ages, not the objects; give `kubectl get nodes,pods -A -o json` "
                    "instead, "
                    "or ask for includeObject=Object"
                ),
                where,
            )
        )
        return
    _flatten(whole, where, "", faults, items)


def _no_object(value: Any, where: str) -> SourceError:
    if isinstance(value, str) and re.match(r"(NAMESPACE\s+)?NAME\s+[A-Z]", value):
        return SourceError(
            said("is the table that kubectl prints for people; add `-o json` to the command"), where
        )
    return SourceError(
        said(
            f"is not a Kubernetes object: {named(value)} is neither a JSON nor a YAML object; "
            "expected what `kubectl get nodes,pods -A -o json` prints"
        ),
        where,
    )


def _named_object(
    where: str, item: dict[str, Any], generated: Counter[str]
) -> tuple[str, tuple[str, str], Fields]:
    """The kind of an object, its namespace and name, and the object."""
    kind = _group_and_kind(item)
    if kind == "Status":
        reason = Fields(item, where).text("message", "no reason given")
        raise SourceError(
            said(f"holds an API server's status message instead of objects: {reason}"), where
        )
    metadata = Fields(item, f"{where}: {kind}" if where else kind).object("metadata")
    name, namespace = metadata.text("name"), metadata.text("namespace")
    if kind == "Pod" and not name and (prefix := metadata.text("generateName")):
        # As `kubectl create -f` makes of it, but for letters that mean nothing.
        generated[prefix] += 1
        name = f"{prefix}new-{generated[prefix]}"
        item = item | {"metadata": item["metadata"] | {"name": name}}
    if not name:
        raise SourceError(said("has no name"), metadata.path)
    if kind in HONOURED:
        _check_name(name, f"{metadata.path}.name")
        _check_name(namespace or "default", f"{metadata.path}.namespace")
    full_name = f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"
    read = Fields(item, f"{where}: {full_name}" if where else full_name)
    return kind, (namespace or "default" if kind == "Pod" else namespace, name), read


def _group_and_kind(item: Mapping[str, Any]) -> str:
    """The object's kind; with its API group where that is not one of Kubernetes' own.

    Others name their kinds Node or Service as well (``longhorn.io``, ``serving.knative.dev``).
    """
    kind, version = str(item["kind"]), item.get("apiVersion")
    group = version.rpartition("/")[0] if isinstance(version, str) else ""
    return kind if group in _GROUPS else f"{kind}.{group}"


def _check_name(name: str, path: str) -> None:
    if len(name) > 253 or not _NAME.fullmatch(name):
        raise SourceError(
            said(
                f"{name[:60]!r} is no name Kubernetes would accept; expected lower-case letters, "
                "digits, '-' and '.'"
            ),
            path,
        )


def _version(item: Fields) -> int:
    """How new an object is, as etcd counts; 0 where it does not say."""
    metadata = item.value.get("metadata")
    version = metadata.get("resourceVersion") if isinstance(metadata, dict) else None
    return int(version) if isinstance(version, str) and version.isdecimal() else 0
