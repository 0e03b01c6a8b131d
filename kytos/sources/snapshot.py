"""What an API server listed at one moment, kept as the objects that files hold."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kytos.cluster import Cluster, Note
from kytos.sources.manifests import cluster_from_objects
from kytos.sources.prices import PriceTable
from kytos.sources.usage.attach import usage_of_documents, with_usage
from kytos.sources.usage.kubernetes_usage import POD_METRICS

Object = Mapping[str, Any]

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

_NOT_KEPT = frozenset(
    {
        *("args", "command", "env", "envFrom", "lifecycle"),
        *("livenessProbe", "readinessProbe", "startupProbe"),
    }
)
"""Fields of a container that say nothing about where its pod may run and may hold passwords."""


@dataclass(frozen=True)
class Snapshot:
    """The objects of a live cluster.

    Attributes
    ----------
    context
        The context it was read through.
    taken_at
        When reading began, with its time zone.
    objects
        Kubernetes objects, each with its ``kind``, trimmed by `trimmed`.
    notes
        What could not be read, and what that costs.
    """

    context: str
    taken_at: datetime
    objects: tuple[Object, ...] = field(repr=False)
    notes: tuple[Note, ...] = ()


def cluster_of(snapshot: Snapshot, prices: PriceTable | None = None) -> Cluster:
    """Read a snapshot as a cluster, by the code that reads files; `prices` as there.

    Raises
    ------
    SourceError
        Naming the object and field that cannot be read.
    """
    cluster = cluster_from_objects(snapshot.objects, snapshot.context, prices)
    metrics = [item for item in snapshot.objects if item.get("kind") == POD_METRICS]
    if metrics:
        cluster = with_usage(cluster, usage_of_documents(metrics, POD_METRICS))
    return cluster.replace(notes=(*snapshot.notes, *cluster.notes), taken_at=snapshot.taken_at)


def snapshot_bytes(snapshot: Snapshot) -> bytes:
    """Return a snapshot as the JSON List that ``kubectl get -o json`` prints, without spaces."""
    whole = {"apiVersion": "v1", "kind": "List", "items": snapshot.objects}
    return json.dumps(whole, separators=(",", ":"), ensure_ascii=False).encode()


def snapshot_name(snapshot: Snapshot) -> str:
    """Return a file name that tells where and when a snapshot was taken."""
    context = re.sub(r"[^A-Za-z0-9_-]+", "-", snapshot.context).strip("-") or "cluster"
    return f"{context}-{snapshot.taken_at:%Y-%m-%dT%H%M%S}Z.json"


def trimmed(item: Object) -> dict[str, Any]:
    """Return an object without what Kytos never reads: half its length, and all likely secrets.

    Left out are ``managedFields``, kubectl's copy of what was last applied, and of containers their
    commands, environments, hooks and probes.
    """
    kept = dict(item)
    metadata = item.get("metadata")
    if isinstance(metadata, dict):
        kept["metadata"] = _without(metadata, {"managedFields"})
        if isinstance(annotations := metadata.get("annotations"), dict):
            kept["metadata"]["annotations"] = _without(annotations, {_LAST_APPLIED})
    spec = item.get("spec")
    if item.get("kind") == "Pod" and isinstance(spec, dict):
        kept["spec"] = spec | {
            key: [
                _without(entry, _NOT_KEPT) if isinstance(entry, dict) else entry
                for entry in spec[key]
            ]
            for key in ("containers", "initContainers", "ephemeralContainers")
            if isinstance(spec.get(key), list)
        }
    return kept


def _without(mapping: Mapping[str, Any], keys: frozenset[str] | set[str]) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if key not in keys}
