"""What DaemonSets take of a node that is still to come."""

from __future__ import annotations

from collections.abc import Iterator

from kytos.cluster import (
    PODS,
    Cluster,
    Effect,
    Node,
    NodeTerm,
    Pod,
    Resources,
    Toleration,
)
from kytos.rules.beyond_the_scheduler import OperatingSystem
from kytos.rules.index import RuleIndex
from kytos.rules.node_affinity import NodeAffinity, NodeSelector
from kytos.rules.taints import Taints

_RULES = (Taints(), NodeSelector(), NodeAffinity(), OperatingSystem())
_TOLERATED = (
    ("node.kubernetes.io/not-ready", Effect.NO_EXECUTE),
    ("node.kubernetes.io/unreachable", Effect.NO_EXECUTE),
    ("node.kubernetes.io/disk-pressure", Effect.NO_SCHEDULE),
    ("node.kubernetes.io/memory-pressure", Effect.NO_SCHEDULE),
    ("node.kubernetes.io/pid-pressure", Effect.NO_SCHEDULE),
    ("node.kubernetes.io/unschedulable", Effect.NO_SCHEDULE),
    ("node.kubernetes.io/network-unavailable", Effect.NO_SCHEDULE),
)
"""What the DaemonSet controller adds to its pods:
https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/#taints-and-tolerations."""


def daemonset_overhead(cluster: Cluster, node: Node) -> Resources:
    """Return what the pods of the cluster's DaemonSets would take of a node that joins it.

    Counted are those whose selectors the node matches and whose pods tolerate its taints, the pod
    count (``pods``) included; in canonical units.
    """
    total: Resources = {}
    for pod in daemon_pods(cluster):
        index = RuleIndex(Cluster(nodes=(node,), pods=(pod,)))
        if any(rule.key(index, 0) is not None and rule.refused(index, 0)[0] for rule in _RULES):
            continue
        for name, amount in (pod.requests | {PODS: 1}).items():
            total[name] = total.get(name, 0) + amount
    return total


def without_overhead(node: Node, overhead: Resources) -> Node:
    """Return a node whose allocatable is what `daemonset_overhead` leaves of it."""
    if not overhead:
        return node
    left = {
        name: max(0, amount - overhead.get(name, 0)) for name, amount in node.allocatable.items()
    }
    return node.model_copy(update={"allocatable": left})


def daemon_pods(cluster: Cluster) -> Iterator[Pod]:
    """One pod of each DaemonSet, bound to no node: from its template, else like one that runs."""
    seen = set()
    for pod in (*cluster.daemon_sets, *cluster.pods):
        if pod.owner is None or pod.owner.kind != "DaemonSet" or pod.finished:
            continue
        key = (pod.namespace, pod.owner.name)
        if key in seen:
            continue
        seen.add(key)
        added = tuple(
            Toleration(key=taint, operator="Exists", effect=effect) for taint, effect in _TOLERATED
        )
        yield pod.model_copy(
            update={
                "node": None,
                "held": None,
                "tolerations": pod.tolerations + added,
                "required_node_terms": _without_the_node(pod.required_node_terms),
            }
        )


def _without_the_node(terms: tuple[NodeTerm, ...] | None) -> tuple[NodeTerm, ...] | None:
    """The terms without the node's own name, by which the controller ties a pod to it."""
    if terms is None:
        return None
    freed = [
        term.model_copy(update={"fields": tuple(f for f in term.fields if not _is_name(f.key))})
        for term in terms
    ]
    # A term that named only the node asked for nothing else.
    if any(not term.expressions and not term.fields for term in freed) and any(
        _is_name(field.key) for term in terms for field in term.fields
    ):
        return None
    return tuple(freed)


def _is_name(key: str) -> bool:
    return key == "metadata.name"
