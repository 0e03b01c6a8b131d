"""What nodes' pods use together, before and after a plan: peaks, and how often it is too much."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from pydantic import Field

from kytos.cluster import LOAD_RESOURCES, Cluster, Frozen
from kytos.problem import Floats
from kytos.questions.parts.known_use import PERCENTILE, KnownUse
from kytos.questions.parts.use_of_pods import MeasuredReport, PodUse


class UseOfNode(Frozen):
    """What a node's pods use together, as shares of what it offers."""

    cpu_p95: float = Field(description="95th percentile of the sum, a share of allocatable")
    memory_p95: float
    cpu_over: float = Field(
        description="share of the time the sum would be more than the node offers: throttled"
    )
    memory_over: float = Field(
        description="the same of memory, which is worse: containers would be killed"
    )


class NodeUse(Frozen):
    """A node's use as it is and as it would be."""

    node: str
    before: UseOfNode
    after: UseOfNode


class UseReport(Frozen):
    """What was known of use, and what it comes to on each node."""

    pods_covered: int
    pods: int
    samples: int
    step_s: float
    nodes: tuple[NodeUse, ...]
    by_pod: tuple[PodUse, ...] = Field((), description="of each pod of which anything is known")
    measured: MeasuredReport | None = Field(
        None,
        description="throttling and kills that were counted as pods run today, apart from the "
        "shares of time over a node's limit, which are computed; null where nobody counted",
    )


def sums_by_node(
    cluster: Cluster, known: KnownUse, placement: Mapping[str, str | None]
) -> dict[str, Floats]:
    """By cpu and memory, ``(nodes, samples)`` what pods with known use take together.

    Load from what is not among the pods counts too.
    """
    at = np.array(
        [
            -1 if (node := placement.get(pod)) is None else cluster.node_index.get(node, -1)
            for pod in known.row
        ],
        dtype=np.int64,
    )
    sums = {}
    for resource in LOAD_RESOURCES:
        load = [[node.current_load.get(resource, 0)] for node in cluster.nodes]
        total = np.tile(np.array(load, dtype=float).reshape(-1, 1), known.samples)
        series = np.nan_to_num(known.of(resource).astype(float))
        np.add.at(total, at[at >= 0], series[at >= 0])
        sums[resource] = total
    return sums


def use_by_node(cluster: Cluster, sums: Mapping[str, Floats]) -> dict[str, UseOfNode]:
    """Peaks and overloads of each node."""
    p95, over = {}, {}
    for resource, total in sums.items():
        offered = np.array([node.allocatable.get(resource, 0) for node in cluster.nodes], float)
        peak = np.percentile(total, PERCENTILE, axis=1)
        p95[resource] = np.divide(peak, offered, out=np.zeros_like(peak), where=offered > 0)
        # A float32's rounding is no overload.
        over[resource] = (total > offered[:, None] * (1 + 1e-6)).mean(axis=1)
    cpu, memory = LOAD_RESOURCES
    return {
        node.name: UseOfNode(
            cpu_p95=float(p95[cpu][at]),
            memory_p95=float(p95[memory][at]),
            cpu_over=float(over[cpu][at]),
            memory_over=float(over[memory][at]),
        )
        for at, node in enumerate(cluster.nodes)
    }


def peaks(
    cluster: Cluster, known: KnownUse, of: Mapping[str, UseOfNode]
) -> dict[str, float | None]:
    """``cpu_used_peak`` and ``memory_used_peak`` of the fullest usable node, None if unknown."""
    usable = [of[node.name] for node in cluster.nodes if node.usable]
    return {
        f"{resource}_used_peak": max(
            (getattr(use, f"{resource}_p95") for use in usable), default=None
        )
        if not np.isnan(known.of(resource)).all()
        else None
        for resource in LOAD_RESOURCES
    }
