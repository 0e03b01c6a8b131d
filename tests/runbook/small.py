"""Clusters of a few nodes and plans for them, in cores."""

from __future__ import annotations

from typing import Any

from kytos.cluster import HOSTNAME, Cluster, Node, Owner, Pod
from kytos.runbook.changes import Change, Kind, Plan

GIB = 2**30


def node(name: str, cores: int = 4, **fields: Any) -> Node:
    offered = {"cpu": 1000 * cores, "memory": 64 * GIB, "pods": 110}
    return Node(name=name, allocatable=offered, labels={HOSTNAME: name}, **fields)


def pod(name: str, at: str | None, cores: float = 1, app: str = "web", **fields: Any) -> Pod:
    fields = {"owner": Owner(kind="Deployment", name=app), "service": f"shop/{app}"} | fields
    fields = {"uid": f"uid-{name}"} | fields
    return Pod(
        id=f"shop/{name}",
        name=name,
        namespace="shop",
        labels={"app": app},
        node=at,
        phase="Running" if at else "Pending",
        requests={"cpu": int(1000 * cores), "memory": GIB},
        **fields,
    )


def plan(cluster: Cluster, targets: dict[str, str], *, frees: bool = True) -> Plan:
    """A plan that moves pods, by name, to nodes."""
    at = {one.id: one.node for one in cluster.pods}
    moved = {f"shop/{name}": to for name, to in targets.items()}
    after = {to for to in (at | moved).values() if to is not None}
    return Plan(
        cluster=cluster,
        changes=tuple(Change(one, Kind.MOVED, at[one], to) for one, to in moved.items()),
        bought=(),
        frees=frees,
        held_open=frozenset(),
        nodes_in_use=len(after),
        price_per_hour=None,
        planned_energy=float(len(after)),
        energy=lambda where: float(len({to for to in where.values() if to is not None})),
    )
