"""Kubernetes manifests, as kubectl prints them, read into one Cluster."""

from __future__ import annotations

import gc
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

from pydantic import ValidationError

from kytos.cluster import Cluster, Node, Note, Owner, Phase, Pod, PriorityClass, note_about
from kytos.errors import SourceError, first_problem, named
from kytos.sources.body import is_body, merged_body, pods_from_body, read_body
from kytos.sources.documents import read_documents
from kytos.sources.fields import Fields
from kytos.sources.kubernetes_objects import (
    Context,
    namespace_of,
    read_autoscaler,
    read_budget,
    read_claim,
    read_node,
    read_pod,
    read_priority_class,
    read_storage_class,
    read_volume,
)
from kytos.sources.not_honoured import unhonoured_fields
from kytos.sources.owners import controller_of
from kytos.sources.prices import PriceTable, with_prices
from kytos.sources.quantities import check_totals

Model = TypeVar("Model")

_HONOURED = frozenset(
    {
        "HorizontalPodAutoscaler",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PersistentVolumeClaim",
        "Pod",
        "PodDisruptionBudget",
        "PriorityClass",
        "StorageClass",
    }
)
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
WITHOUT_EFFECT = frozenset(
    {"ConfigMap", "Endpoints", "EndpointSlice", "Event", "RuntimeClass", "Secret", "Service"}
)
"""Kinds that say nothing about where pods may run. A RuntimeClass does, but what it says is
already in the stored pods."""

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
        "scheduling.k8s.io",
        "storage.k8s.io",
    }
)
"""API groups whose kinds are meant by the kinds named here."""

_NAMED = 3
"""How many subjects a Note names."""


def read_cluster(
    sources: Sequence[tuple[str, bytes | str]],
    name: str | None = None,
    prices: PriceTable | None = None,
) -> Cluster:
    """Read one cluster from one or several files together.

    Parameters
    ----------
    sources
        ``(file name, content)``: lists or single objects as ``kubectl get -o json|yaml`` prints
        them, multi-document YAML, JSON Lines, or the plain request body (lists ``nodes`` and
        ``pods``, see `kytos.sources.body`).
    name
        The cluster's name; by default the first file's, without its ending.
    prices
        As `with_prices` takes them.

    Raises
    ------
    SourceError
        Naming the file, object and field that cannot be read.
    """
    with _collector_paused():
        documents = [
            (where, document)
            for where, content in sources
            for document in read_documents(content, where)
        ]
        if not documents:
            raise SourceError("no file was given; expected at least one with nodes and pods")
        name = name or _stem(sources[0][0])
        if any(is_body(document) for _, document in documents):
            return read_body(merged_body(documents), name, prices)
        return _assemble(
            [(where, item) for where, document in documents for item in _flatten(document, where)],
            name,
            prices,
        )


def cluster_from_objects(
    objects: Iterable[Mapping[str, Any]],
    name: str = "cluster",
    prices: PriceTable | None = None,
) -> Cluster:
    """Build a cluster from parsed Kubernetes objects, each with its ``kind``, or Lists of them.

    Raises
    ------
    SourceError
        Naming the object and field that cannot be read.
    """
    items = [("", item) for document in objects for item in _flatten(document, "")]
    return _assemble(items, name, prices)


def read_pods(
    sources: Sequence[tuple[str, bytes | str]], classes: Sequence[PriorityClass] = ()
) -> tuple[Pod, ...]:
    """Read pods that a cluster does not have yet, from the same kinds of files as a cluster.

    Parameters
    ----------
    sources
        ``(file name, content)``: Kubernetes Pods, or request bodies with a list ``pods``.
    classes
        The cluster's priority classes.

    Raises
    ------
    SourceError
        Naming what is no pod, the field that cannot be read, or a class the cluster lacks.
    """
    documents = [
        (where, document)
        for where, content in sources
        for document in read_documents(content, where)
    ]
    if any(is_body(document) for _, document in documents):
        return pods_from_body(merged_body(documents))
    items = [(where, item) for where, document in documents for item in _flatten(document, where)]
    by_kind = _sort_by_kind(items)
    if other := sorted(by_kind.keys() - {"Pod"}):
        raise SourceError(f"expected Pods, found {other[0]} objects", sources[0][0])
    context = Context(classes=classes, admits=True)
    return tuple(_read_all(by_kind["Pod"], lambda item: read_pod(item, context)))


def pod_from_object(manifest: Mapping[str, Any]) -> Pod:
    """Read one stored Pod by itself: its controllers are followed no further than it names them.

    Raises
    ------
    SourceError
        Naming the field that cannot be read.
    """
    return _read_all([Fields(manifest, "Pod")], lambda item: read_pod(item, Context()))[0]


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Keep Python's cycle collector from going through a growing cluster again and again.

    Nothing that is read refers back to itself; for 20,000 pods the collector took a third of the
    time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _stem(file_name: str) -> str:
    base = file_name.replace("\\", "/").rsplit("/", 1)[-1]
    return base.split(".", 1)[0] or "cluster"


def _flatten(document: Any, where: str) -> list[Any]:
    """The single objects in a document; items of a typed list take its kind."""
    if isinstance(document, list):
        return [item for entry in document for item in _flatten(entry, where)]
    if not isinstance(document, dict):
        raise SourceError(
            f"is not a Kubernetes object: {named(document)} is neither a JSON nor a YAML object; "
            "expected what `kubectl get nodes,pods -A -o json` prints",
            where,
        )
    kind = document.get("kind")
    if not isinstance(kind, str) or not kind:
        raise SourceError(
            "holds an object without a kind; expected Kubernetes objects "
            "(`kubectl get nodes,pods -A -o json`) or a body with lists `nodes` and `pods`",
            where,
        )
    if not kind.endswith("List"):
        return [document]
    items = document.get("items")
    if items is None:
        return []
    if not isinstance(items, list):
        raise SourceError("the List's items are not a list", where)
    of_kind = kind.removesuffix("List")
    typed = [
        {"kind": of_kind} | item if of_kind and isinstance(item, dict) else item for item in items
    ]
    return [item for entry in typed for item in _flatten(entry, where)]


def _assemble(objects: list[tuple[str, Any]], name: str, prices: PriceTable | None) -> Cluster:
    by_kind = _sort_by_kind(objects)
    classes = tuple(_read_all(by_kind["PriorityClass"], read_priority_class))
    context = Context(controllers=_controllers(by_kind), classes=classes)
    nodes = _read_all(by_kind["Node"], read_node)
    if not nodes:
        read = "what was read is empty" if not objects else f"no Node among {_counted(by_kind)}"
        raise SourceError(f"{read}; add the output of `kubectl get nodes -o json`")
    pods = _read_all(by_kind["Pod"], lambda item: read_pod(item, context))
    pods, mended = _mend_lost_nodes(_tell_services_apart(pods), {node.name for node in nodes})
    try:
        cluster = Cluster(
            name=name,
            nodes=tuple(nodes),
            pods=tuple(pods),
            budgets=tuple(_read_all(by_kind["PodDisruptionBudget"], read_budget)),
            namespaces={
                item.object("metadata").text("name"): item.object("metadata").labels("labels")
                for item in by_kind["Namespace"]
            },
            claims=tuple(_read_all(by_kind["PersistentVolumeClaim"], read_claim)),
            volumes=tuple(_read_all(by_kind["PersistentVolume"], read_volume)),
            storage_classes=tuple(_read_all(by_kind["StorageClass"], read_storage_class)),
            autoscalers=tuple(_read_all(by_kind["HorizontalPodAutoscaler"], read_autoscaler)),
            priority_classes=classes,
            taken_at=_last_heartbeat(by_kind["Node"]),
            notes=(
                *_other_kinds(by_kind),
                *unhonoured_fields(by_kind),
                *mended,
                *_bare_nodes(nodes),
            ),
        )
    except ValidationError as error:
        raise first_problem(error) from error
    check_totals(cluster)
    return with_prices(cluster, prices)


def _last_heartbeat(nodes: Sequence[Fields]) -> datetime | None:
    """When the objects were read, as near as kubelets tell: they report every few minutes."""
    beats = (
        condition.moment("lastHeartbeatTime")
        for node in nodes
        for condition in node.object("status").objects("conditions")
    )
    return max((beat for beat in beats if beat is not None), default=None)


def _counted(by_kind: Mapping[str, list[Fields]]) -> str:
    """What was read, as ``2 Pod and 1 Service``; many kinds are summed up."""
    told = [f"{len(items)} {kind}" for kind, items in sorted(by_kind.items()) if items]
    more = [f"{len(told) - _NAMED} more kinds"] if len(told) > _NAMED else []
    *first, last = [*told[:_NAMED], *more]
    return f"{', '.join(first)} and {last}" if first else last


def _sort_by_kind(objects: list[tuple[str, Any]]) -> defaultdict[str, list[Fields]]:
    by_kind: defaultdict[str, list[Fields]] = defaultdict(list)
    generated: Counter[str] = Counter()
    for where, item in objects:
        kind = _kind(item)
        if kind == "Status":
            said = Fields(item, where).text("message", "no reason given")
            raise SourceError(
                f"holds an API server's status message instead of objects: {said}", where
            )
        if kind == "Config":
            raise SourceError(
                "is a kubeconfig, which is never used from a file that was given; give what "
                "`kubectl get nodes,pods -A -o json` prints, or choose one of your own contexts",
                where,
            )
        metadata = Fields(item, f"{where}: {kind}" if where else kind).object("metadata")
        name, namespace = metadata.text("name"), metadata.text("namespace")
        if kind == "Pod" and not name and (prefix := metadata.text("generateName")):
            # As `kubectl create -f` makes of it, but for letters that mean nothing.
            generated[prefix] += 1
            name = f"{prefix}new-{generated[prefix]}"
            item = item | {"metadata": item["metadata"] | {"name": name}}
        if not name:
            raise SourceError("has no name", metadata.path)
        if kind in _HONOURED:
            _check_name(name, f"{metadata.path}.name")
            _check_name(namespace or "default", f"{metadata.path}.namespace")
        full_name = f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"
        by_kind[kind].append(Fields(item, f"{where}: {full_name}" if where else full_name))
    return by_kind


def _kind(item: Mapping[str, Any]) -> str:
    """The object's kind; with its API group where that is not one of Kubernetes' own.

    Others name their kinds Node or Service as well (``longhorn.io``, ``serving.knative.dev``).
    """
    kind, version = str(item["kind"]), item.get("apiVersion")
    group = version.rpartition("/")[0] if isinstance(version, str) else ""
    return kind if group in _GROUPS else f"{kind}.{group}"


def _check_name(name: str, path: str) -> None:
    if len(name) > 253 or not _NAME.fullmatch(name):
        raise SourceError(
            f"{name[:60]!r} is no name Kubernetes would accept; expected lower-case letters, "
            "digits, '-' and '.'",
            path,
        )


def _controllers(by_kind: Mapping[str, list[Fields]]) -> dict[tuple[str, str, str], Owner | None]:
    return {
        (namespace_of(item), kind, item.object("metadata").text("name")): controller_of(
            item.object("metadata")
        )
        for kind in CONTROLLERS
        for item in by_kind.get(kind, ())
    }


def _read_all(items: list[Fields], read: Callable[[Fields], Model]) -> list[Model]:
    found = []
    for item in items:
        try:
            found.append(read(item))
        except ValidationError as error:
            raise SourceError(str(first_problem(error)), item.path) from error
        except SourceError:
            raise
        except ValueError as error:  # a rate that is no quantity
            raise SourceError(str(error), item.path) from error
    return found


def _tell_services_apart(pods: list[Pod]) -> list[Pod]:
    """Name the kind as well where two controllers of one namespace share a name."""
    kinds: defaultdict[str, set[str]] = defaultdict(set)
    for pod in pods:
        if pod.service is not None and pod.owner is not None:
            kinds[pod.service].add(pod.owner.kind)
    return [
        pod.model_copy(
            update={"service": f"{pod.namespace}/{pod.owner.kind.lower()}/{pod.owner.name}"}
        )
        if pod.service is not None and pod.owner is not None and len(kinds[pod.service]) > 1
        else pod
        for pod in pods
    ]


def _mend_lost_nodes(pods: list[Pod], known: set[str]) -> tuple[list[Pod], list[Note]]:
    """Let go of vanished nodes where it does no harm: pods that are over or being deleted."""
    lost = [
        pod
        for pod in pods
        if pod.node is not None
        and pod.node not in known
        and (pod.terminating or pod.phase in (Phase.SUCCEEDED, Phase.FAILED))
    ]
    if not lost:
        return pods, []
    names = {pod.id for pod in lost}
    kept = [pod.model_copy(update={"node": None}) if pod.id in names else pod for pod in pods]
    return kept, [
        note_about("finished or terminating pods whose node is gone: they hold nothing", names)
    ]


def _bare_nodes(nodes: list[Node]) -> list[Note]:
    bare = [node.name for node in nodes if not node.allocatable.get("pods")]
    return (
        [note_about("nodes that report no room for pods: nothing can be placed there", bare)]
        if bare
        else []
    )


def _other_kinds(by_kind: Mapping[str, list[Fields]]) -> list[Note]:
    return [
        note_about(
            f"{kind} objects: read, not honoured yet",
            [item.object("metadata").text("name") for item in items],
        )
        for kind, items in sorted(by_kind.items())
        if kind not in _HONOURED | CONTROLLERS | WITHOUT_EFFECT
    ]
