"""What DaemonSets take of nodes that are not there yet, worked out once for those alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kytos.cluster import OS, Cluster, Node, Pod, Resources
from kytos.rules.daemon_sets import daemon_pods, daemonset_overhead


def overhead_by_node(cluster: Cluster, nodes: Sequence[Node]) -> list[Resources]:
    """Return, for each node, what the pods of the cluster's DaemonSets would take of it."""
    told = {OS} | {key for pod in daemon_pods(cluster) for key in _keys(pod)}
    known: dict[tuple[object, ...], Resources] = {}
    overheads = []
    for node in nodes:
        labels = tuple(sorted((key, node.labels[key]) for key in told & node.labels.keys()))
        if (labels, node.taints) not in known:
            known[labels, node.taints] = daemonset_overhead(cluster, node)
        overheads.append(known[labels, node.taints])
    return overheads


def _keys(pod: Pod) -> Iterator[str]:
    """Labels that decide whether a node runs it."""
    yield from pod.node_selector
    for term in pod.required_node_terms or ():
        yield from (expression.key for expression in term.expressions)
