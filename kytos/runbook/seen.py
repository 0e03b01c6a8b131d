"""What a runbook was made from: where the cluster differs later, it no longer holds."""

from __future__ import annotations

from collections.abc import Iterable

from kytos.contract.runbook import RunbookStep, Seen, SeenBudget, SeenNode, SeenPod
from kytos.runbook.changes import Plan


def seen_by(plan: Plan, steps: Iterable[RunbookStep]) -> Seen:
    """Return the pods and nodes the steps name, and every disruption budget."""
    cluster = plan.cluster
    pods, nodes = set[str](), set[str]()
    for step in steps:
        if step.pod is not None:
            pods.add(step.pod)
        nodes |= {name for name in (step.node, step.to) if name is not None}
    return Seen(
        pods={
            pod.id: SeenPod(
                uid=pod.uid,
                node=pod.node,
                owner_kind="" if pod.owner is None else pod.owner.kind,
                owner="" if pod.owner is None else pod.owner.name,
                service=pod.service or "",
            )
            for pod in cluster.pods
            if pod.id in pods
        },
        nodes={
            node.name: SeenNode(
                unschedulable=node.unschedulable, taints=node.taints, allocatable=node.allocatable
            )
            for node in cluster.nodes
            if node.name in nodes and node.provisioned
        },
        budgets={
            f"{budget.namespace}/{budget.name}": SeenBudget(
                selector=budget.selector,
                min_available=budget.min_available,
                max_unavailable=budget.max_unavailable,
                disruptions_allowed=budget.disruptions_allowed,
            )
            for budget in cluster.budgets
        },
    )
