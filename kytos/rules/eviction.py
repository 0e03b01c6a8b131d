"""The rules about taking a pod off its node: which pods must stay, and how many may go.

Owned pods can be evicted because something starts them again, and that holds for Job pods too, as
in the cluster autoscaler and the descheduler; such a pod starts its work over, which is a matter of
cost, not of permission.

A user's word (`Pod.movable`) wins over every reason that is a matter of care: no controller or one
that is none of Kubernetes' own, local storage, annotations that ask to be left alone, a
system-critical priority. It does not win over what would not work: DaemonSet and mirror pods come
back where they were, a pod being deleted is leaving already, the Eviction API refuses what a
disruption budget does not allow, and where another scheduler puts a pod is that one's choice.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

import numpy as np

from kytos.cluster import DEFAULT_SCHEDULER, Cluster, DisruptionBudget, Phase, Pod
from kytos.language import said
from kytos.pod_sets import PodSet
from kytos.problem import MoveLimit
from kytos.rules.keep_marks import (
    PREFER_NO_EVICTION,
    SAFE_TO_EVICT,
    asks_not_to_be_disrupted,
    mark_of,
)
from kytos.rules.labels import LabelTable

SYSTEM_CRITICAL = 2_000_000_000
"""The priority of system-cluster-critical; user classes cannot reach it."""


def movability(cluster: Cluster) -> dict[str, str | None]:
    """For every pod None if it may be moved, else a sentence that says why not."""
    budgets = budgets_of(cluster)
    return {
        pod.id: _impossible(pod)
        or _unwise(pod, cluster.moment)
        or _node_not_to_disrupt(cluster, pod)
        or _over_budget(pod, [cluster.budgets[budget] for budget in budgets[position]])
        for position, pod in enumerate(cluster.pods)
    }


def may_be_preempted(pod: Pod) -> bool:
    """Whether a running pod may be driven out by one of higher priority, for good.

    A DaemonSet's pod would come back where it was, a static one is its kubelet's.
    """
    return pod.holds_capacity and not pod.terminating and pod.keeps_node


def move_limits(cluster: Cluster, decide: Sequence[Pod]) -> tuple[MoveLimit, ...]:
    """The budgets that match pods of `decide`, to be kept over all moves of a plan.

    Pods the Eviction API lets go without asking a budget are not counted. A budget that allows as
    many disruptions as it has members here limits nothing and is left out.
    """
    rows = {pod.id: row for row, pod in enumerate(decide)}
    members: dict[int, list[int]] = defaultdict(list)
    for position, bounding in enumerate(budgets_of(cluster)):
        pod = cluster.pods[position]
        row = rows.get(pod.id)
        if row is None:
            continue
        for budget in bounding:
            if leaves_freely(pod, cluster.budgets[budget]):
                continue
            members[budget].append(row)
    return tuple(
        MoveLimit(
            PodSet(np.sort(np.array(those)), len(decide)),
            _left(cluster.budgets[budget]),
            rule=_named(cluster.budgets[budget]),
        )
        for budget, those in members.items()
        if len(those) > _left(cluster.budgets[budget])
    )


def budgets_after_losing(cluster: Cluster, pods: Collection[str]) -> tuple[DisruptionBudget, ...]:
    """The cluster's budgets once some pods, by id, are gone: each healthy one uses up a disruption.

    A failure asks no budget, but what it takes is no longer there to be evicted.
    """
    members = budgets_of(cluster)
    used = Counter(
        budget
        for position, pod in enumerate(cluster.pods)
        if pod.id in pods and pod.ready
        for budget in members[position]
    )
    return tuple(
        budget.model_copy(update={"disruptions_allowed": max(0, _left(budget) - used[position])})
        for position, budget in enumerate(cluster.budgets)
    )


def _impossible(pod: Pod) -> str | None:
    """Reasons that nobody can overrule."""
    if pod.node is None:
        return said("it is not bound to a node")
    if pod.finished:
        return said(f"it has finished ({pod.phase.value})")
    if pod.terminating:
        return said("it is being deleted")
    if pod.mirror:
        return said("it is a static pod, which its kubelet runs from a file")
    if pod.owner is not None and pod.owner.kind == "DaemonSet":
        return said(f"DaemonSet {pod.owner.name} runs it on this node")
    if pod.scheduler != DEFAULT_SCHEDULER:
        return said(f"scheduler {pod.scheduler} places it, whose rules are not known")
    return None


def _unwise(pod: Pod, now: datetime) -> str | None:
    """Reasons of care; the user's word comes first."""
    if pod.movable is not None:
        return None if pod.movable else said("it is set to stay")
    safe = pod.annotations.get(SAFE_TO_EVICT)
    if safe == "false":
        return said(f"annotation {SAFE_TO_EVICT} is false")
    if (asked := asks_not_to_be_disrupted(pod, pod.started, now)) is not None:
        return asked
    if mark_of(pod, PREFER_NO_EVICTION) not in (None, "false"):
        return said(f"annotation {PREFER_NO_EVICTION} asks the descheduler to leave it")
    if pod.priority >= SYSTEM_CRITICAL:
        return said(f"its priority {pod.priority} is system-critical")
    if safe == "true":
        # As in the cluster autoscaler, this word covers local storage and a missing controller.
        return None
    if pod.owner is None:
        return said("no controller would start it again")
    if pod.custom_controller:
        return said(f"{pod.custom_controller} runs it, which may not start it again")
    if pod.local_storage:
        return said("it would lose its local storage (emptyDir or hostPath)")
    return None


def _node_not_to_disrupt(cluster: Cluster, pod: Pod) -> str | None:
    """A node may ask for all its pods; the user's word comes first here too."""
    if pod.movable or pod.node is None:
        return None
    node = cluster.nodes[cluster.node_index[pod.node]]
    asked = asks_not_to_be_disrupted(node, node.created, cluster.moment)
    return None if asked is None else said(f"its node {node.name} has {asked}")


def _over_budget(pod: Pod, budgets: Sequence[DisruptionBudget]) -> str | None:
    if len(budgets) > 1:
        names = ", ".join(_named(budget) for budget in budgets)
        return said(
            f"several disruption budgets match it ({names}), which the Eviction API refuses"
        )
    for budget in budgets:
        if _left(budget) == 0 and not leaves_freely(pod, budget):
            if not budget.counted:
                return said(
                    f"disruption budget {_named(budget)} allows none: its status was never counted"
                )
            return said(f"disruption budget {_named(budget)} allows no disruption now")
    return None


def budgets_of(cluster: Cluster) -> Sequence[Sequence[int]]:
    """For each pod the positions of the budgets an eviction of it would ask.

    The Eviction API does not ask for pods that are pending, finished or being deleted.
    """
    by_pod: list[list[int]] = [[] for _ in cluster.pods]
    asked = np.array(
        [
            pod.phase in (Phase.RUNNING, Phase.UNKNOWN) and not pod.terminating
            for pod in cluster.pods
        ],
        dtype=np.bool_,
    )
    namespaces = np.array([pod.namespace for pod in cluster.pods], dtype=np.str_)
    labels = LabelTable.of([pod.labels for pod in cluster.pods])
    for position, budget in enumerate(cluster.budgets):
        requirements = None if budget.selector is None else budget.selector.requirements
        matched = labels.matching(requirements) & (namespaces == budget.namespace) & asked
        for pod in np.flatnonzero(matched):
            by_pod[int(pod)].append(position)
    return by_pod


def leaves_freely(pod: Pod, budget: DisruptionBudget) -> bool:
    """Whether evicting the pod uses up none of what the budget allows."""
    return budget.unready_leave_freely and not pod.ready


def _left(budget: DisruptionBudget) -> int:
    return max(0, budget.disruptions_allowed)


def _named(budget: DisruptionBudget) -> str:
    return f"{budget.namespace}/{budget.name}"
