"""Pods that get no node: which, and why not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kytos.cluster import CPU, MEMORY, Cluster, Frozen, Pod
from kytos.rules.volumes import Volumes
from kytos.rules.why_not import why_not


class UnplacedPod(Frozen):
    """A pod that is given up."""

    pod: str
    priority: int
    reason: str
    stuck: bool = False
    """Its volume cannot be reached from any node: room would not help."""


def by_importance(pods: Iterable[Pod]) -> list[Pod]:
    """Return pods by falling priority, then by id."""
    return sorted(pods, key=lambda pod: (-pod.priority, pod.id))


def explain(
    cluster: Cluster, given_up: Sequence[Pod], max_utilization: float = 1.0
) -> tuple[UnplacedPod, ...]:
    """Say of each pod why it fits nowhere in the cluster as planned, by the rules.

    Parameters
    ----------
    max_utilization
        Share of CPU and memory that the nodes were to be filled to.
    """
    judged = _limited(cluster, max_utilization)
    limit = f" (filled to {max_utilization:.0%} at most)" if max_utilization < 1 else ""
    found = []
    for pod, answer in zip(given_up, why_not(judged, [pod.id for pod in given_up]), strict=True):
        verdicts = [verdict for verdict in answer.verdicts if verdict is not None]
        by_volume = [verdict.reason for verdict in verdicts if verdict.rule == Volumes.name]
        stuck = len(by_volume) == len(cluster.nodes)
        reason = f"stuck on every node: {by_volume[0]}" if stuck else answer.summary + limit
        found.append(UnplacedPod(pod=pod.id, priority=pod.priority, reason=reason, stuck=stuck))
    return tuple(found)


def _limited(cluster: Cluster, max_utilization: float) -> Cluster:
    """The cluster as if its nodes offered only what evacuated pods may fill."""
    if max_utilization >= 1:
        return cluster
    nodes = tuple(
        node.model_copy(
            update={
                "allocatable": {
                    name: int(amount * max_utilization) if name in (CPU, MEMORY) else amount
                    for name, amount in node.allocatable.items()
                }
            }
        )
        for node in cluster.nodes
    )
    return cluster.replace(nodes=nodes)
