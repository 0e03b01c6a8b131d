"""What a plan changes, one item for each pod, and in which order they are tried."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from kytos.cluster import Pod
from kytos.contract.runbook import RunbookRequest
from kytos.language import said
from kytos.problem import UNPLACED
from kytos.rules.eviction import SYSTEM_CRITICAL, budgets_of, leaves_freely
from kytos.runbook.changes import Change, Kind, Plan
from kytos.runbook.scheduling import Arena

RUNS_TO_ITS_END = frozenset({"Job", "CronJob"})
"""Owners of pods that serve nobody: one that runs alone is no service's only replica."""

SCALED_BY_COUNT = frozenset({"Deployment", "ReplicaSet", "ReplicationController"})
"""Owners whose replicas are alike, so that one more and then the old one less is a move."""

_ORDER = {
    Kind.SCALED_IN: 0,
    Kind.BACK: 1,
    Kind.WAITING: 1,
    Kind.NEW: 1,
    Kind.SCALED_OUT: 1,
    Kind.GIVES_WAY: 2,
    Kind.MOVED: 3,
}
"""Room is made first, who waits goes before who could stay."""


@dataclass(frozen=True)
class Item:
    """A change as the order is sought.

    Attributes
    ----------
    row
        The pod in `Arena`.
    origin, target
        Node positions, `UNPLACED` for none.
    last
        A service's only replica or a critical pod, and why it goes last; empty for others.
    surges
        Whether it is moved by one replica more for a while.
    budgets
        Positions of the disruption budgets its eviction uses up.
    note
        What became of the plan's own target, where `target` is another.
    """

    change: Change
    row: int
    origin: int
    target: int
    last: str = ""
    surges: bool = False
    budgets: tuple[int, ...] = ()
    note: str = ""


def items_of(plan: Plan, arena: Arena, request: RunbookRequest) -> tuple[Item, ...]:
    """Return the changes of a plan in the order they are tried.

    Large pods go before small ones while there is room for them; what is critical goes late.
    """
    cluster, position = plan.cluster, plan.cluster.node_index
    replicas: Counter[str | None] = Counter(
        pod.service
        for pod in cluster.pods
        if pod.service is not None and pod.holds_capacity and not pod.terminating
    )
    budgets = budgets_of(cluster)
    offered = np.maximum(arena.problem.allocatable.sum(axis=0), 1)
    size = (arena.problem.request / offered).max(axis=1, initial=0.0)
    items = []
    for change in plan.changes:
        if change.origin is None and change.target is None:
            continue  # given up: it waits whatever is done
        row = arena.row[change.pod]
        pod = arena.pods[row]
        leaves = change.kind in (Kind.MOVED, Kind.GIVES_WAY)
        last = _why_last(pod, replicas) if leaves else ""
        alone = replicas[pod.service] == 1
        items.append(
            Item(
                change=change,
                row=row,
                origin=UNPLACED if change.origin is None else position[change.origin],
                target=UNPLACED if change.target is None else position[change.target],
                last=last,
                surges=request.surge and change.kind is Kind.MOVED and alone and _can_surge(pod),
                budgets=tuple(
                    budget
                    for budget in budgets[cluster.pod_index[change.pod]]
                    if leaves and not leaves_freely(pod, cluster.budgets[budget])
                ),
            )
        )

    def order(item: Item) -> tuple[int, int, float, str]:
        kind, importance = _ORDER[item.change.kind], int(arena.priority[item.row])
        comes = item.origin == UNPLACED
        return kind, -importance if comes else importance, -float(size[item.row]), item.change.pod

    return tuple(sorted(items, key=order))


def _why_last(pod: Pod, replicas: Counter[str | None]) -> str:
    if pod.priority >= SYSTEM_CRITICAL:
        return "critical"
    serves = pod.owner is None or pod.owner.kind not in RUNS_TO_ITS_END
    if serves and pod.service is not None and replicas[pod.service] == 1:
        return said("its service's only replica")
    return ""


def _can_surge(pod: Pod) -> bool:
    """Whether one replica more, and the old one less, moves it; a claim holds it to one place."""
    if pod.claims or pod.service is None:
        return False
    return pod.owner is None or pod.owner.kind in SCALED_BY_COUNT
