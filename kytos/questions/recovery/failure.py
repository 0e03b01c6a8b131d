"""What is left of a cluster when nodes fail, and which of their pods need a new node."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kytos.cluster import DEFAULT_SCHEDULER, Cluster, Node, Phase, Pod, is_spot
from kytos.errors import RequestRefused, refuse_repeats
from kytos.language import said
from kytos.rules.eviction import budgets_after_losing


class HowNodesFail(StrEnum):
    """What becomes of a node that fails, which decides what becomes of its pods."""

    DELETED = "deleted"
    """Its Node object goes (or is tainted out-of-service): all its pods are replaced."""
    NOT_READY = "not_ready"
    """It only stops answering: a StatefulSet's pods stay Terminating and are not replaced."""


NO_CONTROLLER = "it has no controller: Kubernetes would not create it again"


@dataclass(frozen=True)
class Failure:
    """A cluster after some of its nodes are gone.

    Attributes
    ----------
    nodes
        Names of the failed nodes, in the cluster's order.
    survivors
        The cluster without them; the pods to evacuate are in it, without a node.
    evacuees
        Ids of those pods, in the cluster's order.
    left_behind
        Pods of the failed nodes that nothing starts again, or that belong to the node: why, by id.
    """

    nodes: tuple[str, ...]
    survivors: Cluster
    evacuees: tuple[str, ...]
    left_behind: dict[str, str]


def failing_nodes(
    cluster: Cluster,
    names: Sequence[str] = (),
    zones: Sequence[str] = (),
    *,
    spot: bool = False,
) -> tuple[str, ...]:
    """Return the names of the nodes that fail, each once, in the cluster's order.

    Raises
    ------
    RequestRefused
        When a node or zone is unknown or named twice, or there is no spot node to fail.
    """
    refuse_repeats("failed_nodes", names)
    refuse_repeats("failed_zones", zones)
    for position, name in enumerate(names):
        if name not in cluster.node_index:
            raise RequestRefused(
                said(
                    f"there is no node {name!r} in cluster {cluster.name!r}; name one of its nodes"
                ),
                f"failed_nodes[{position}]",
            )
    known = {node.zone for node in cluster.nodes if node.zone is not None}
    for position, zone in enumerate(zones):
        if zone not in known:
            listed = ", ".join(sorted(known)) or said("none: its nodes carry no zone label")
            raise RequestRefused(
                said(f"no node is in zone {zone!r}; the zones are {listed}"),
                f"failed_zones[{position}]",
            )
    if spot and not any(map(is_spot, cluster.nodes)):
        raise RequestRefused(
            said("no node carries a provisioner's spot label; name the nodes that fail instead"),
            "failed_spot",
        )
    return tuple(
        node.name
        for node in cluster.nodes
        if node.name in names or node.zone in zones or (spot and is_spot(node))
    )


def fail(
    cluster: Cluster, nodes: Collection[str], how: HowNodesFail = HowNodesFail.DELETED
) -> Failure:
    """Take nodes out of a cluster.

    Pods that had lost their node before (`Pod.lost`) are evacuated too.

    Source of `how`: https://kubernetes.io/docs/concepts/cluster-administration/node-shutdown/
    #non-graceful-node-shutdown.

    Raises
    ------
    RequestRefused
        When no node would be left.
    """
    gone = frozenset(nodes)
    survivors = tuple(node for node in cluster.nodes if node.name not in gone)
    if not survivors:
        raise RequestRefused(
            said(
                f"{_all_of(len(cluster.nodes))}, so there is no survivor to take their pods; "
                "leave at least one out"
            ),
            "failed_nodes",
        )
    hit = [pod for pod in cluster.pods if pod.lost or pod.node in gone]
    left_behind = {pod.id: reason for pod in hit if (reason := not_evacuated(pod, how)) is not None}
    evacuees = tuple(pod.id for pod in hit if pod.id not in left_behind)
    return Failure(
        nodes=tuple(node.name for node in cluster.nodes if node.name in gone),
        survivors=_without(cluster, survivors, frozenset(evacuees), frozenset(left_behind)),
        evacuees=evacuees,
        left_behind={pod: reason for pod, reason in left_behind.items() if reason},
    )


def not_evacuated(pod: Pod, how: HowNodesFail = HowNodesFail.DELETED) -> str | None:
    """Why a pod of a failed node gets no other; empty for one that had finished or was leaving.

    Who said of a pod whether it may move answers for it: it is started again, and where its node
    is gone it cannot stay.
    """
    if pod.finished or pod.terminating:
        return ""
    if pod.mirror:
        return said("it is a static pod: it comes back with its node")
    if pod.owner is not None and pod.owner.kind == "DaemonSet":
        return said(
            f"DaemonSet {pod.owner.name} runs one on each node: it comes back with its node"
        )
    if pod.owner is None and pod.movable is None:
        return NO_CONTROLLER
    if pod.scheduler != DEFAULT_SCHEDULER:
        return said(f"scheduler {pod.scheduler} places it anew, whose rules are not known")
    if (
        how is HowNodesFail.NOT_READY
        and pod.node is not None
        and pod.owner is not None
        and pod.owner.kind == "StatefulSet"
    ):
        return said(
            f"StatefulSet {pod.owner.name} does not replace it while its node is only not ready: "
            "it stays Terminating until the node is back, deleted or tainted out-of-service"
        )
    return None


def _without(
    cluster: Cluster, survivors: tuple[Node, ...], evacuees: frozenset[str], left: frozenset[str]
) -> Cluster:
    pods = tuple(
        pod.model_copy(update={"node": None, "held": None, "phase": Phase.PENDING, "ready": False})
        if pod.id in evacuees
        else pod
        for pod in cluster.pods
        if pod.id not in left
    )
    budgets = budgets_after_losing(cluster, evacuees | left)
    return cluster.replace(nodes=survivors, pods=pods, budgets=budgets)


def _all_of(nodes: int) -> str:
    return said("the only node fails") if nodes == 1 else said(f"all {nodes:,} nodes fail")
