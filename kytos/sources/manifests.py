"""Kubernetes manifests, as kubectl prints them, read into one Cluster."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from pydantic import ValidationError

from kytos.cluster import (
    Autoscaler,
    Cluster,
    Node,
    Note,
    NoteKind,
    Owner,
    Pod,
    note_about,
)
from kytos.errors import SourceError, first_problem
from kytos.sources.admission import UNKNOWN, Admission, admitted
from kytos.sources.alike import AlikePods
from kytos.sources.archives import Part, unpacked
from kytos.sources.autoscalers import (
    read_autoscaler,
    read_usage,
    remark_odd_metrics,
    with_usage_and_services,
)
from kytos.sources.body import is_body, merged_body, pods_from_body, read_body
from kytos.sources.documents import Content, longest_file, read_documents
from kytos.sources.faults import Faults
from kytos.sources.fields import Fields
from kytos.sources.kubernetes_objects import (
    Context,
    namespace_of,
    read_budget,
    read_claim,
    read_node,
    read_pod,
    read_priority_class,
    read_storage_class,
    read_volume,
)
from kytos.sources.mending import read_or_mend, running_part
from kytos.sources.node_pools import OVERLAY, POOL, read_node_overlay, read_node_pool
from kytos.sources.not_honoured import unhonoured_fields
from kytos.sources.objects import HONOURED, Item, Sorted, single_objects, sort_by_kind
from kytos.sources.odd_objects import (
    read_claim_template,
    read_csi_driver,
    read_csi_node,
    read_device_class,
    read_limit_range,
    read_quota,
    read_resource_claim,
    read_resource_slice,
    read_runtime_class,
    read_storage_capacity,
)
from kytos.sources.owners import controller_of
from kytos.sources.prices import PriceTable, with_prices
from kytos.sources.quantities import check_totals
from kytos.sources.slimming import Slimmer
from kytos.sources.start_up import whole_seconds
from kytos.sources.usage.kubernetes_usage import VERTICAL_POD_AUTOSCALER, read_recommendations
from kytos.usage import Recommendation, Usage

Model = TypeVar("Model")

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
    {
        "ConfigMap",
        "Endpoints",
        "EndpointSlice",
        "Event",
        "NodeClaim.karpenter.sh",  # its node says by its labels which pool it is of
        "NodeMetrics.metrics.k8s.io",
        "PodMetrics",
        "PodMetrics.metrics.k8s.io",
        "RuntimeClass",
        "Secret",
        "Service",
    }
)
"""Kinds that say nothing about where pods may run."""

_RECOMMENDERS = frozenset(
    {VERTICAL_POD_AUTOSCALER, f"{VERTICAL_POD_AUTOSCALER}.autoscaling.k8s.io"}
)

_KINDS_NAMED = 8
_NAMED = 3

_NOT_OF_A_CLUSTER = frozenset({"Config", "Status"})
"""What archives hold beside objects."""
"""How many subjects a Note names."""


def read_cluster(
    sources: Sequence[tuple[str, Content]],
    name: str | None = None,
    prices: PriceTable | None = None,
    max_bytes: int | None = None,
    *,
    nodes_needed: bool = True,
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
    max_bytes
        Of one file, and of what one archive unpacks to; by default ``KYTOS_MAX_FILE_MIB``.
    nodes_needed
        False reads pods without any node as well: which nodes they need may be the question.

    Raises
    ------
    SourceError
        Naming the file, object and field that cannot be read.

    Examples
    --------
    >>> body = '''
    ... {"nodes": [{"id": "n1", "cpu_capacity": 4000, "mem_capacity": 16000}],
    ...  "pods": [{"id": "web", "cpu_request": 500, "mem_request": 1024, "current_node": "n1"}]}
    ... '''
    >>> cluster = read_cluster([('lab.json', body)])
    >>> cluster.name, len(cluster.nodes), cluster.pods[0].requests['cpu']
    ('lab', 1, 500)
    """
    with _collector_paused():
        faults, slim = Faults(), Slimmer()
        limit = longest_file() if max_bytes is None else max_bytes
        documents: list[Item] = []
        archived: list[Item] = []
        for part in unpacked(sources, limit):
            if part.member:
                archived += _of_member(part, limit, faults)
            else:
                documents += [
                    (part.name, document)
                    for document in read_documents(part.content, part.name, limit, slim)
                ]
        if not documents and not archived:
            raise SourceError("no file was given; expected at least one with nodes and pods")
        name = name or _stem(sources[0][0])
        if any(is_body(document) for _, document in documents):
            return read_body(merged_body(documents), name, prices, nodes_needed=nodes_needed)
        objects = [*single_objects(documents, faults), *archived]
        return _assemble(objects, name, prices, faults, nodes_needed=nodes_needed)


def _of_member(part: Part, limit: int, faults: Faults) -> list[Item]:
    """The objects in one file of an archive; what is none of a cluster's is passed over."""
    inner = Faults()
    try:
        documents = read_documents(part.content, part.name, limit)
        items = single_objects([(part.name, document) for document in documents], inner)
    except SourceError as error:
        inner.leave_out(error)
        items = []
    if inner.first is not None:
        faults.remark("files of an archive that hold no objects read here", part.name)
    return [(where, item) for where, item in items if item.get("kind") not in _NOT_OF_A_CLUSTER]


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
    faults = Faults()
    items = single_objects([("", document) for document in objects], faults)
    return _assemble(items, name, prices, faults)


def read_pods(
    sources: Sequence[tuple[str, bytes | str]], admission: Admission = UNKNOWN
) -> tuple[Pod, ...]:
    """Read pods that a cluster does not have yet, from the same kinds of files as a cluster.

    Parameters
    ----------
    sources
        ``(file name, content)``: Kubernetes Pods, or request bodies with a list ``pods``.
    admission
        What the cluster's API server would make of them; a pod it would not store says so
        (`Pod.refused`).

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
    faults = Faults(strict=True)
    by_kind = sort_by_kind(single_objects(documents, faults), faults)
    if other := sorted(by_kind.keys() - {"Pod"}):
        raise SourceError(f"expected Pods, found {other[0]} objects", sources[0][0])
    context = Context(classes=admission.classes, admits=True)

    def read(item: Fields) -> Pod:
        stored, refusal = admitted(item.value, admission)
        pod = read_pod(Fields(stored, item.path), context)
        return pod.model_copy(update={"refused": refusal}) if refusal else pod

    return tuple(_read_all(by_kind["Pod"], read, faults))


def pod_from_object(manifest: Mapping[str, Any]) -> Pod:
    """Read one stored Pod by itself: its controllers are followed no further than it names them.

    Raises
    ------
    SourceError
        Naming the field that cannot be read.
    """
    items = [Fields(manifest, "Pod")]
    return _read_all(items, lambda item: read_pod(item, Context()), Faults(strict=True))[0]


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


def _assemble(
    objects: Sequence[Item],
    name: str,
    prices: PriceTable | None,
    faults: Faults,
    *,
    nodes_needed: bool = True,
) -> Cluster:
    by_kind = sort_by_kind(objects, faults)

    def every(kind: str, read: Callable[[Fields], Model]) -> tuple[Model, ...]:
        return tuple(_read_all(by_kind[kind], read, faults))

    classes = every("PriorityClass", read_priority_class)
    context = Context(
        controllers=_controllers(by_kind), classes=classes, least_ready=_least_ready(by_kind)
    )
    nodes = every("Node", read_node)
    if not nodes and (nodes_needed or not by_kind.get("Pod")):
        if faults.first is not None:
            raise faults.first
        read = "what was read is empty" if not objects else f"no Node among {_counted(by_kind)}"
        raise SourceError(f"{read}; add the output of `kubectl get nodes -o json`")
    recommended = _recommended(by_kind, faults)
    pods = _read_pods(by_kind["Pod"], context, faults)
    pods = _on_known_nodes(_tell_services_apart(pods), {node.name for node in nodes}, faults)
    try:
        cluster = Cluster(
            name=name,
            nodes=nodes,
            pods=tuple(pods),
            budgets=every("PodDisruptionBudget", read_budget),
            namespaces=dict(every("Namespace", _namespace)),
            claims=every("PersistentVolumeClaim", read_claim),
            volumes=every("PersistentVolume", read_volume),
            storage_classes=every("StorageClass", read_storage_class),
            daemon_sets=every("DaemonSet", partial(_daemon_pod, context=context)),
            csi_nodes=every("CSINode", read_csi_node),
            csi_drivers=every("CSIDriver", read_csi_driver),
            storage_capacities=every("CSIStorageCapacity", read_storage_capacity),
            runtime_classes=every("RuntimeClass", read_runtime_class),
            limit_ranges=every("LimitRange", read_limit_range),
            quotas=every("ResourceQuota", read_quota),
            device_classes=every("DeviceClass", read_device_class),
            resource_slices=every("ResourceSlice", read_resource_slice),
            resource_claims=every("ResourceClaim", read_resource_claim),
            claim_templates=every("ResourceClaimTemplate", read_claim_template),
            autoscalers=_autoscalers(by_kind, pods, faults),
            priority_classes=classes,
            node_pools=every(POOL, read_node_pool),
            node_overlays=every(OVERLAY, read_node_overlay),
            taken_at=_last_heartbeat(by_kind["Node"]),
            usage=Usage(recommendations=recommended) if recommended else None,
            notes=(
                *_other_kinds(by_kind),
                *unhonoured_fields(by_kind),
                *_bare_nodes(nodes),
                *faults.notes(),
            ),
        )
    except ValidationError as error:
        raise first_problem(error) from error
    check_totals(cluster)
    return with_prices(cluster, prices)


def _recommended(by_kind: Sorted, faults: Faults) -> tuple[Recommendation, ...]:
    """What VerticalPodAutoscalers would have containers request; those yet without are named."""
    told: list[Recommendation] = []
    for kind in sorted(_RECOMMENDERS):
        for item in by_kind.get(kind, ()):
            try:
                own = list(read_recommendations(item.value, item.path))
            except SourceError as error:
                faults.leave_out(error)
                continue
            told += own
            if not own:
                faults.remark(
                    "VerticalPodAutoscalers that recommend nothing yet",
                    item.object("metadata").text("name"),
                )
    return tuple(told)


def _daemon_pod(item: Fields, context: Context) -> Pod:
    """A pod of a DaemonSet by its template; its parts are checked as any pod's are."""
    metadata, template = item.object("metadata"), item.object("spec").object("template")
    name, namespace = metadata.text("name"), namespace_of(item)
    owner = {"kind": "DaemonSet", "name": name, "apiVersion": "apps/v1", "controller": True}
    pod = {
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": template.object("metadata").labels("labels"),
            "ownerReferences": [owner],
        },
        "spec": template.object("spec").value,
    }
    return read_pod(Fields(pod, item.path), context)


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


def _controllers(by_kind: Mapping[str, list[Fields]]) -> dict[tuple[str, str, str], Owner | None]:
    return {
        (namespace_of(item), kind, item.object("metadata").text("name")): controller_of(
            item.object("metadata")
        )
        for kind in CONTROLLERS
        for item in by_kind.get(kind, ())
    }


def _least_ready(by_kind: Mapping[str, list[Fields]]) -> dict[tuple[str, str, str], int]:
    """``minReadySeconds`` of the controllers that ask for any."""
    return {
        (namespace_of(item), kind, item.object("metadata").text("name")): seconds
        for kind in CONTROLLERS
        for item in by_kind.get(kind, ())
        if isinstance(spec := item.value.get("spec"), dict)
        and (seconds := whole_seconds(spec.get("minReadySeconds")))
    }


def _autoscalers(
    by_kind: Mapping[str, list[Fields]], pods: Sequence[Pod], faults: Faults
) -> tuple[Autoscaler, ...]:
    items = by_kind.get("HorizontalPodAutoscaler", [])
    autoscalers = _read_all(items, read_autoscaler, faults)
    usage = read_usage(by_kind.get("PodMetrics.metrics.k8s.io", ()), faults)
    remark_odd_metrics(autoscalers, items, faults)
    return with_usage_and_services(autoscalers, pods, usage)


def _read_all(
    items: Iterable[Fields], read: Callable[[Fields], Model], faults: Faults
) -> list[Model]:
    """Read objects of one kind; what cannot be read is left out, and noted."""
    models = []
    for item in items:
        try:
            models.append(read_or_mend(item, partial(_blaming, read), faults))
        except SourceError as error:
            faults.leave_out(error)
    return models


def _read_pods(items: Iterable[Fields], context: Context, faults: Faults) -> list[Pod]:
    """Read pods; one that runs and cannot be read whole still counts on its node."""
    reader = AlikePods(lambda item: read_pod(item, context))
    read: Callable[[Fields], Pod] = partial(_blaming, reader)
    pods = []
    for item in items:
        try:
            pods.append(read_or_mend(item, read, faults))
            continue
        except SourceError as error:
            cause = error
        try:
            pods.append(read_or_mend(running_part(item), read, faults))
        except SourceError:
            faults.leave_out(cause)
        else:
            faults.remark(
                f"read only as what it holds, and stays: {cause.message}",
                cause.where,
                NoteKind.LEFT_OUT,
            )
    return pods


def _blaming(read: Callable[[Fields], Model], item: Fields) -> Model:
    """Read an object; whatever cannot be names the object."""
    try:
        return read(item)
    except ValidationError as error:
        raise SourceError(str(first_problem(error)), item.path) from error
    except SourceError:
        raise
    except ValueError as error:  # a rate that is no quantity
        raise SourceError(str(error), item.path) from error


def _namespace(item: Fields) -> tuple[str, dict[str, str]]:
    metadata = item.object("metadata")
    return metadata.text("name"), metadata.labels("labels")


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


def _on_known_nodes(pods: list[Pod], known: set[str], faults: Faults) -> list[Pod]:
    """Let go of vanished nodes: what is over or being deleted holds nothing, what ran is left out.

    A cluster that lost a node is about to delete and replace its pods.
    """
    kept = []
    for pod in pods:
        if pod.node is None or pod.node in known:
            kept.append(pod)
        elif pod.finished or pod.terminating:
            kept.append(pod.model_copy(update={"node": None}))
            faults.remark(
                "finished or terminating pods whose node is gone: they hold nothing", pod.id
            )
        else:
            faults.remark(
                "pods left out because their node is not listed; if it is there, add the output of "
                "`kubectl get nodes -o json`",
                f"{pod.id} on {pod.node}",
            )
    return kept


def _bare_nodes(nodes: Sequence[Node]) -> list[Note]:
    bare = [node.name for node in nodes if not node.allocatable.get("pods")]
    return (
        [note_about("nodes that report no room for pods: nothing can be placed there", bare)]
        if bare
        else []
    )


def _other_kinds(by_kind: Mapping[str, list[Fields]]) -> list[Note]:
    """Kinds that nothing is made of; a whole dump has dozens, which one note sums up."""
    others = {
        kind: items
        for kind, items in sorted(by_kind.items())
        if items and kind not in HONOURED | CONTROLLERS | WITHOUT_EFFECT | _RECOMMENDERS
    }
    if len(others) > _KINDS_NAMED:
        return [note_about(f"objects of {len(others)} more kinds: read, not honoured yet", others)]
    return [
        note_about(
            f"{kind} objects: read, not honoured yet",
            [item.object("metadata").text("name") for item in items],
        )
        for kind, items in others.items()
    ]
