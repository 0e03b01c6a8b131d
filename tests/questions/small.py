"""Small clusters the questions are asked of."""

from __future__ import annotations

from typing import Any

from kytos.cluster import CPU, HOSTNAME, MEMORY, PODS, ZONE, Cluster, Node, Owner, Pod
from kytos.contract.params import SolverParams

QUICK = SolverParams(num_reads=1, num_sweeps=100, refine_proposals=20_000, max_variables=200)


def node(
    name: str, cpu: int = 1000, memory: int = 1000, zone: str | None = None, **more: Any
) -> Node:
    labels = {HOSTNAME: name} | ({} if zone is None else {ZONE: zone}) | more.pop("labels", {})
    return Node(name=name, allocatable={CPU: cpu, MEMORY: memory, PODS: 110}, labels=labels, **more)


def pod(name: str, where: str | None, cpu: int = 100, memory: int = 100, **more: Any) -> Pod:
    """A pod of a Deployment of its own, unless the owner or the service says otherwise."""
    return Pod(
        id=name,
        name=name,
        node=where,
        requests={CPU: cpu, MEMORY: memory},
        **({"owner": Owner(kind="Deployment", name=name)} | more),
    )


def cluster(nodes: list[Node], pods: list[Pod], **more: Any) -> Cluster:
    return Cluster(nodes=tuple(nodes), pods=tuple(pods), **more)
