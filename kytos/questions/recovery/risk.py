"""What a plan risks: how full it leaves nodes, and which failure of a node or zone it survives."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from kytos.cluster import INSTANCE_TYPE, LOAD_RESOURCES, Cluster, Frozen, Node, is_spot
from kytos.contract.watch import Watch
from kytos.questions.parts.most_placed import place_quickly
from kytos.questions.recovery.compiled_cluster import CompiledCluster
from kytos.solvers.cpsat.fit import can_place_all

SHARE = 0.25
"""Of a question's time cap, what looking at the failures may take."""

EXACT_SECONDS = 1.0
"""For one failure, where fitting its pods in one by one leaves some out."""

STAGE = "failures"

Failing = Literal["node", "zone", "spot"]
"""What fails at once: a node, all nodes of a zone, or a spot pool (a type in a zone) reclaimed."""


class Failures(Frozen):
    """The failures of one kind, each by itself: whether all pods it evicts find a node."""

    survivable: int
    of: int
    """How many there are."""
    fatal: tuple[str, ...] = ()
    """Names of those that leave a pod without a node, nobody being preempted."""
    unknown: tuple[str, ...] = ()
    """Names of those there was no time to settle."""


class Risk(Frozen):
    """A plan's highest utilisation, and what one more failure would do to it.

    A failure's pods may fill the nodes that are left to the last: what stays free otherwise is
    there for this. Nodes that the plan frees are gone. Pods that nothing would start again
    (DaemonSet and static pods, pods without a controller) are none of it, nor are pods that wait
    for a node already.
    """

    peak_cpu: float
    """Highest CPU utilisation of a node under the plan, as a share."""
    peak_memory: float
    node: Failures
    zone: Failures
    spot: Failures | None = None
    """Spot pools, a type in a zone each, that are reclaimed at once; None where no node is spot."""


@dataclass(frozen=True)
class Verdicts:
    """Fatal and unsettled failures of one kind, by name."""

    fatal: frozenset[str]
    unknown: frozenset[str]
    of: int


def risk_of(planned: Cluster, time_limit_s: float, watch: Watch) -> Risk:
    """Return what a plan risks.

    Parameters
    ----------
    planned
        The cluster as it would be, without what the plan frees.
    time_limit_s
        The question's; a share of it is spent.
    """
    compiled = CompiledCluster(planned, lost=False)
    watch = watch.within(SHARE * time_limit_s)
    zones = verdicts(compiled, "zone", watch.share(0.5))
    pools = None
    if any(map(is_spot, planned.nodes)):
        pools = _told(verdicts(compiled, "spot", watch.share(0.5)))
    nodes = verdicts(compiled, "node", watch)
    cpu, memory = (_peak(planned, resource) for resource in LOAD_RESOURCES)
    return Risk(peak_cpu=cpu, peak_memory=memory, node=_told(nodes), zone=_told(zones), spot=pools)


def without_nodes(cluster: Cluster, gone: Collection[str]) -> Cluster:
    """Return the cluster less some nodes and what still runs there (DaemonSet and static pods)."""
    if not gone:
        return cluster
    gone = frozenset(gone)
    return cluster.replace(
        nodes=tuple(node for node in cluster.nodes if node.name not in gone),
        pods=tuple(pod for pod in cluster.pods if pod.node not in gone),
    )


def verdicts(
    compiled: CompiledCluster,
    kind: Failing,
    watch: Watch,
    among: Collection[str] | None = None,
) -> Verdicts:
    """Fail each node, or each zone, and say which failures are fatal.

    Parameters
    ----------
    watch
        For all of them; what is left undecided when it ends is reported as unknown.
    among
        Names of those to look at; None for all.
    """
    failures = [
        (name, nodes)
        for name, nodes in failures_of(compiled.cluster, kind)
        if among is None or name in among
    ]
    fatal, unknown = set(), set()
    for done, (name, nodes) in enumerate(failures):
        watch.report(STAGE, done / len(failures), None)
        fits = _all_fit(compiled, nodes, watch)
        if fits is None:
            unknown.add(name)
        elif not fits:
            fatal.add(name)
    return Verdicts(frozenset(fatal), frozenset(unknown), len(failures))


def _all_fit(compiled: CompiledCluster, nodes: tuple[str, ...], watch: Watch) -> bool | None:
    """Whether every pod that a failure evicts finds a node; None where that is not settled."""
    if compiled.evacuated(nodes) == 0:
        return True
    if len(nodes) == len(compiled.cluster.nodes):
        return False
    if watch.reason is not None:
        return None
    problem = compiled.cut([compiled.cluster.node_index[name] for name in nodes]).problem
    room = np.maximum(problem.capacity - problem.fixed, 0).sum(axis=0)
    if (problem.request.sum(axis=0) > room).any() or not problem.allowed.any(axis=1).all():
        return False
    placement, _ = place_quickly(problem, watch)
    if (placement >= 0).all():
        return True
    return can_place_all(problem, EXACT_SECONDS, watch)


def failures_of(cluster: Cluster, kind: Failing) -> Iterable[tuple[str, tuple[str, ...]]]:
    """Return each failure of a kind: its name and its nodes'."""
    if kind == "node":
        return [(node.name, (node.name,)) for node in cluster.nodes]
    together: dict[str, list[str]] = {}
    for node in cluster.nodes:
        name = node.zone if kind == "zone" else spot_pool(node)
        if name is not None:
            together.setdefault(name, []).append(node.name)
    return [(name, tuple(nodes)) for name, nodes in sorted(together.items())]


def spot_pool(node: Node) -> str | None:
    """Return what a spot node is reclaimed with: its type and zone; None for any other node.

    Source: AWS, "a Spot capacity pool is a set of unused EC2 instances with the same instance type
    and Availability Zone".
    """
    if not is_spot(node):
        return None
    return " ".join(filter(None, (node.labels.get(INSTANCE_TYPE), "spot", node.zone)))


def _told(verdicts: Verdicts) -> Failures:
    return Failures(
        survivable=verdicts.of - len(verdicts.fatal) - len(verdicts.unknown),
        of=verdicts.of,
        fatal=tuple(sorted(verdicts.fatal)),
        unknown=tuple(sorted(verdicts.unknown)),
    )


def _peak(cluster: Cluster, resource: str) -> float:
    peak = 0.0
    for node in cluster.nodes:
        offered = node.allocatable.get(resource, 0)
        if node.usable and offered > 0:
            held = node.current_load.get(resource, 0) + sum(
                pod.footprint.get(resource, 0) for pod in cluster.pods_by_node[node.name]
            )
            peak = max(peak, held / offered)
    return peak
