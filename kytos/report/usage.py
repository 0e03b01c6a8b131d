"""How full the nodes of a cluster are: what is held of what is offered, by node and in all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kytos.cluster import CPU, MEMORY, PODS, Cluster, Phase
from kytos.problem import Floats, Ints
from kytos.questions.parts.prices import prices_by_size, prices_known


@dataclass(frozen=True)
class Usage:
    """What the nodes of a cluster hold.

    Attributes
    ----------
    nodes, resources
        Names along the axes; cpu, memory and pods first, then by name.
    held, offered
        ``(nodes, resources)`` in canonical units.
    told
        What is held, where it is not what pods request; stands above the amounts.
    """

    nodes: tuple[str, ...]
    resources: tuple[str, ...]
    held: Ints
    offered: Ints
    told: str = ""

    @property
    def share(self) -> Floats:
        """``(nodes, resources)`` held of offered; NaN where nothing is offered."""
        share = np.full(self.held.shape, np.nan)
        np.divide(self.held, self.offered, out=share, where=self.offered > 0)
        return share


@dataclass(frozen=True)
class Summary:
    """A cluster in a few numbers.

    Attributes
    ----------
    cpu_held, cpu_offered, memory_held, memory_offered
        Millicores and bytes over all provisioned nodes.
    price_per_hour
        Of all provisioned nodes, those of unknown price by their size as in every answer; None
        when none is known.
    prices_assumed
        How many of them are taken by size.
    running, pending, finished
        Pods that hold capacity, that wait for a node, that succeeded or failed.
    """

    nodes: int
    cordoned: int
    not_ready: int
    cpu_held: int
    cpu_offered: int
    memory_held: int
    memory_offered: int
    price_per_hour: float | None
    prices_assumed: int
    running: int
    pending: int
    finished: int


def usage(cluster: Cluster) -> Usage:
    """Return what each node holds: its pods' footprints and the load from elsewhere."""
    named = {name for node in cluster.nodes for name in node.allocatable}
    resources = (CPU, MEMORY, PODS, *sorted(named - {CPU, MEMORY, PODS}))
    column = {name: position for position, name in enumerate(resources)}
    held = np.zeros((len(cluster.nodes), len(resources)), dtype=np.int64)
    offered = np.zeros_like(held)
    for row, node in enumerate(cluster.nodes):
        for name, quantity in node.allocatable.items():
            offered[row, column[name]] = quantity
        for name, quantity in node.current_load.items():
            if name in column:
                held[row, column[name]] += quantity
        pods = cluster.pods_by_node[node.name]
        held[row, column[PODS]] += len(pods)
        for pod in pods:
            for name, quantity in pod.footprint.items():
                if name != PODS and name in column:
                    held[row, column[name]] += quantity
    return Usage(tuple(node.name for node in cluster.nodes), resources, held, offered)


def summarise(cluster: Cluster) -> Summary:
    """Return the state of a cluster in a few numbers."""
    provisioned = np.array([node.provisioned for node in cluster.nodes], dtype=np.bool_)
    totals = usage(cluster)
    held, offered = (array[provisioned].sum(axis=0) for array in (totals.held, totals.offered))
    price = prices_by_size(cluster.nodes)[provisioned]
    unknown = [node.price_per_hour is None for node in cluster.nodes if node.provisioned]
    return Summary(
        nodes=int(provisioned.sum()),
        cordoned=sum(node.unschedulable for node in cluster.nodes),
        not_ready=sum(not node.ready for node in cluster.nodes),
        cpu_held=int(held[0]),
        cpu_offered=int(offered[0]),
        memory_held=int(held[1]),
        memory_offered=int(offered[1]),
        price_per_hour=float(price.sum()) if prices_known(cluster) else None,
        prices_assumed=sum(unknown),
        running=sum(pod.holds_capacity for pod in cluster.pods),
        pending=sum(pod.waiting for pod in cluster.pods),
        finished=sum(pod.phase in (Phase.SUCCEEDED, Phase.FAILED) for pod in cluster.pods),
    )
