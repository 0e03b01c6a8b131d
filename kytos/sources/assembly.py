"""Sorted Kubernetes objects put together to one cluster, with notes on what was left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar

from pydantic import ValidationError

from kytos.cluster import Cluster, Node, Note, NoteKind, Pod, note_about
from kytos.errors import SourceError, first_problem
from kytos.language import said
from kytos.sources.alike import AlikePods
from kytos.sources.controllers import (
    RECOMMENDERS,
    controllers_by_name,
    daemon_pod,
    least_ready,
    read_autoscalers,
    read_recommended,
)
from kytos.sources.faults import Faults
from kytos.sources.fields import Fields
from kytos.sources.json_stream import Tell, tell_nobody
from kytos.sources.kubernetes_objects import read_budget, read_node, read_priority_class
from kytos.sources.mending import blaming, read_all, read_or_mend, running_part
from kytos.sources.node_classes import NODE_CLASS, read_node_class
from kytos.sources.node_pools import OVERLAY, POOL, read_node_overlay, read_node_pool
from kytos.sources.not_honoured import unhonoured_fields
from kytos.sources.objects import HONOURED, Item, sort_by_kind
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
from kytos.sources.owners import CONTROLLERS
from kytos.sources.pod_objects import Context, read_pod
from kytos.sources.prices import PriceTable, with_prices
from kytos.sources.quantities import check_totals
from kytos.sources.storage_objects import read_claim, read_storage_class, read_volume
from kytos.usage import Usage

Model = TypeVar("Model")

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

_KINDS_NAMED = 8
_NAMED = 3

PODS_A_WORD = 1_000
"""Pods read between two words of progress."""

NOT_OF_A_CLUSTER = frozenset({"Config", "Status"})
"""What archives hold beside objects."""
"""How many subjects a Note names."""


def assemble(
    objects: Sequence[Item],
    name: str,
    prices: PriceTable | None,
    faults: Faults,
    *,
    nodes_needed: bool = True,
    tell: Tell = tell_nobody,
) -> Cluster:
    """Return the cluster that objects of any kind make, with a note on all that is not honoured.

    Parameters
    ----------
    tell
        Who is told of what share of the pods it has been made.

    Raises
    ------
    SourceError
        When there is no node, or the objects contradict each other.
    """
    by_kind = sort_by_kind(objects, faults)

    def every(kind: str, read: Callable[[Fields], Model]) -> tuple[Model, ...]:
        return tuple(read_all(by_kind[kind], read, faults))

    classes = every("PriorityClass", read_priority_class)
    context = Context(
        controllers=controllers_by_name(by_kind), classes=classes, least_ready=least_ready(by_kind)
    )
    nodes = every("Node", read_node)
    if not nodes and (nodes_needed or not by_kind.get("Pod")):
        if faults.first is not None:
            raise faults.first
        read = (
            said("what was read is empty")
            if not objects
            else said(f"no Node among {_counted(by_kind)}")
        )
        raise SourceError(said(f"{read}; add the output of `kubectl get nodes -o json`"))
    recommended = read_recommended(by_kind, faults)
    pods = _read_pods(_counted_out(by_kind["Pod"], tell), context, faults)
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
            daemon_sets=every("DaemonSet", partial(daemon_pod, context=context)),
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
            autoscalers=read_autoscalers(by_kind, pods, faults),
            priority_classes=classes,
            node_pools=every(POOL, read_node_pool),
            node_overlays=every(OVERLAY, read_node_overlay),
            node_classes=every(NODE_CLASS, read_node_class),
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


def _counted_out(items: Sequence[Fields], tell: Tell) -> Iterator[Fields]:
    """The same one by one, telling now and then which share has been taken."""
    for taken, item in enumerate(items):
        if taken % PODS_A_WORD == 0:
            tell(taken / len(items))
        yield item


def _read_pods(items: Iterable[Fields], context: Context, faults: Faults) -> list[Pod]:
    """Read pods; one that runs and cannot be read whole still counts on its node."""
    reader = AlikePods(lambda item: read_pod(item, context))
    read: Callable[[Fields], Pod] = partial(blaming, reader)
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
                said(f"read only as what it holds, and stays: {cause.message}"),
                cause.where,
                NoteKind.LEFT_OUT,
            )
    return pods


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
                said("finished or terminating pods whose node is gone: they hold nothing"), pod.id
            )
        else:
            faults.remark(
                said(
                    "pods left out because their node is not listed; if it is there, add the "
                    "output of `kubectl get nodes -o json`"
                ),
                f"{pod.id} on {pod.node}",
            )
    return kept


def _bare_nodes(nodes: Sequence[Node]) -> list[Note]:
    bare = [node.name for node in nodes if not node.allocatable.get("pods")]
    return (
        [note_about(said("nodes that report no room for pods: nothing can be placed there"), bare)]
        if bare
        else []
    )


def _other_kinds(by_kind: Mapping[str, list[Fields]]) -> list[Note]:
    """Kinds that nothing is made of; a whole dump has dozens, which one note sums up."""
    others = {
        kind: items
        for kind, items in sorted(by_kind.items())
        if items and kind not in HONOURED | CONTROLLERS | WITHOUT_EFFECT | RECOMMENDERS
    }
    if len(others) > _KINDS_NAMED:
        return [
            note_about(said(f"objects of {len(others)} more kinds: read, not honoured yet"), others)
        ]
    return [
        note_about(
            said(f"{kind} objects: read, not honoured yet"),
            [item.object("metadata").text("name") for item in items],
        )
        for kind, items in others.items()
    ]
