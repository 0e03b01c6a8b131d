"""Whether other controllers, at their usual settings, would undo what a runbook does."""

from __future__ import annotations

import numpy as np

from kytos.language import said
from kytos.problem import Bools, Floats, Ints
from kytos.runbook.changes import Plan
from kytos.runbook.scheduling import Arena
from kytos.solvers.baselines.descheduler import TARGET, THRESHOLD, WATCHED

SCALE_DOWN = 0.5
"""``--scale-down-utilization-threshold`` of the cluster autoscaler, for both cpu and memory."""

NAMED = 3


def loop_notes(plan: Plan, arena: Arena, placement: Ints) -> tuple[str, ...]:
    """Say what LowNodeUtilization and the cluster autoscaler would do with the outcome.

    Said only of nodes where it was not so before: what they do today they do without Kytos.

    Sources: the defaults of the descheduler's policy and of the cluster autoscaler's flags
    (https://github.com/kubernetes-sigs/descheduler,
    https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md).
    """
    if not plan.changes:
        return ()
    before, after = _shares(arena, arena.start), _shares(arena, placement)
    usable = np.array([node.usable and node.provisioned for node in plan.cluster.nodes])
    moved = arena.start != placement
    left = np.zeros(len(usable), dtype=np.bool_)
    left[arena.start[moved & (arena.start >= 0)]] = True
    used = np.zeros(len(usable), dtype=np.bool_)
    used[placement[arena.keeps_node & (placement >= 0)]] = True
    stays = usable & ~(left & ~used)  # what was freed is cordoned, then removed
    return tuple(
        note
        for note in (
            _descheduler(plan, before, after, usable, stays),
            _autoscaler(plan, before, after, stays & used),
        )
        if note is not None
    )


def _descheduler(
    plan: Plan, before: Floats, after: Floats, usable: Bools, stays: Bools
) -> str | None:
    def acts(shares: Floats, among: Bools) -> tuple[Bools, Bools]:
        under = among & (shares <= THRESHOLD).all(axis=1)
        return under, among & (shares > TARGET).any(axis=1) & ~under

    under, over = acts(after, stays)
    was_under, was_over = acts(before, usable)
    if not (under.any() and over.any()) or (was_under.any() and (over & ~was_over).sum() == 0):
        return None
    return said(
        f"the descheduler's LowNodeUtilization at its usual thresholds ({THRESHOLD:.0%}, "
        f"{TARGET:.0%}) would evict pods from {_named(plan, over)} again, as "
        f"{_named(plan, under)} would be underused: exclude them, or raise its target"
    )


def _autoscaler(plan: Plan, before: Floats, after: Floats, stays: Bools) -> str | None:
    columns = slice(0, 2)
    low = stays & (after[:, columns] < SCALE_DOWN).all(axis=1)
    new = low & ~(before[:, columns] < SCALE_DOWN).all(axis=1)
    if not new.any():
        return None
    return said(
        f"the cluster autoscaler at its usual setting may remove {_named(plan, new)}, of which "
        f"less than {SCALE_DOWN:.0%} would be requested, and move its pods again"
    )


def _shares(arena: Arena, placement: Ints) -> Floats:
    """``(nodes, watched)`` share requested of each watched resource."""
    problem = arena.problem
    columns = [problem.resources.index(name) for name in WATCHED if name in problem.resources]
    held = problem.held(placement)[:, columns]
    offered = problem.allocatable[:, columns]
    return np.divide(held, offered, out=np.ones(offered.shape, dtype=np.float64), where=offered > 0)


def _named(plan: Plan, nodes: Bools) -> str:
    names = [plan.cluster.nodes[node].name for node in np.flatnonzero(nodes)]
    return ", ".join(names[:NAMED]) + (
        said(f" and {len(names) - NAMED} more") if len(names) > 3 else ""
    )
