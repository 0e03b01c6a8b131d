"""What the tests of the rules share: short ways to write nodes, pods and selectors."""

from __future__ import annotations

from kytos.cluster import (
    HOSTNAME,
    ZONE,
    Cluster,
    LabelSelector,
    Node,
    Owner,
    Phase,
    Pod,
    Requirement,
)
from kytos.rules.index import RuleIndex
from kytos.rules.verdicts import verdicts


def node(name: str, **fields: object) -> Node:
    labels = {HOSTNAME: name} | fields.pop("labels", {})  # type: ignore[operator]
    allocatable = {"cpu": 4000, "memory": 2**30, "pods": 10}
    return Node(name=name, **({"labels": labels, "allocatable": allocatable} | fields))


def pod(name: str, at: str | None = None, **fields: object) -> Pod:
    """A pod of namespace default, bound to node `at` or waiting."""
    namespace = str(fields.pop("namespace", "default"))
    return Pod(
        **{
            "id": f"{namespace}/{name}",
            "name": name,
            "namespace": namespace,
            "node": at,
            "phase": Phase.RUNNING if at else Phase.PENDING,
            "owner": Owner(kind="Deployment", name=name.split("-")[0]),
        }
        | fields
    )


def labelled(**labels: str) -> LabelSelector:
    return LabelSelector(
        requirements=tuple(
            Requirement(key=key, operator="In", values=(value,)) for key, value in labels.items()
        )
    )


def said(cluster: Cluster, name: str) -> dict[str, str | None]:
    """By node the reason of the verdict on a pod, None where it may run."""
    found = verdicts(RuleIndex(cluster), cluster.pod_index[name])
    return {
        node.name: None if verdict is None else verdict.reason
        for node, verdict in zip(cluster.nodes, found, strict=True)
    }


TWO_ZONES = (
    node("a1", labels={ZONE: "a"}),
    node("a2", labels={ZONE: "a"}),
    node("b1", labels={ZONE: "b"}),
)
"""Nodes a1 and a2 in zone a, b1 in zone b."""
