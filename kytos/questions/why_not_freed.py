"""Why a node is not freed: the one thing that keeps it, and the smallest change that would free it.

Each node that stays in use is emptied by the exact solver, as far as the rules allow. Where it
cannot be emptied, limits are lifted one at a time to see which of them keeps it; where it can, it
is the price of doing so, and that is told in the sliders' terms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from kytos.cluster import Cluster, Frozen
from kytos.contract.params import SolverParams
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.language import said
from kytos.problem import Bools, Ints, Problem
from kytos.questions.parts.use_rows import is_of_use
from kytos.questions.survival import Promise
from kytos.referee.energy import energy
from kytos.referee.feasible import has_left
from kytos.rules.index import RuleIndex
from kytos.rules.verdicts import first_refusals
from kytos.rules.why_not import refusal_summary
from kytos.solvers.cpsat.emptied import best_without, fewest_staying

WORK = 2.0
"""CP-SAT's deterministic seconds for one look at one node."""

NAMED = 3
"""Pods told by name in a sentence."""


class Keeper(StrEnum):
    """What keeps a node."""

    KEPT = "kept"
    POD = "pod"
    HEADROOM = "headroom"
    USE = "use"
    BUDGET = "budget"
    MAX_MOVES = "max_moves"
    ROOM = "room"
    SURVIVE = "survive"
    PRICE = "price"
    UNKNOWN = "unknown"


class NodeStays(Frozen):
    """Why one node is not freed."""

    node: str
    keeper: Keeper
    reason: str
    change: str
    """The smallest change that would free it."""
    pods: tuple[str, ...] = ()
    """The fewest pods that keep it, where pods do."""
    energy: float | None = None
    """H more of the best plan that frees it, where there is one."""
    cost_weight: float | None = None
    """C at which that plan is as good as this one, all else as it is."""
    proven: bool = True
    """Whether the exact solver settled it."""


@dataclass(frozen=True)
class Asked:
    """The plan whose nodes are asked about."""

    cluster: Cluster
    problem: Problem
    weights: Weights
    placement: Ints
    kept: Mapping[str, str]
    pinned: Mapping[str, str]
    promise: Promise | None
    params: SolverParams


def why_not_freed(asked: Asked, watch: Watch) -> tuple[NodeStays, ...]:
    """Return for each node that stays in use why it does, in the cluster's order."""
    problem = asked.problem
    used = np.flatnonzero(problem.in_use(asked.placement) & problem.in_use(problem.current))
    told = []
    for done, node in enumerate(used.tolist()):
        watch.report("why not freed", done / len(used), None)
        told.append(_held(asked, node) or _emptied(asked, node, watch))
    return tuple(told)


def _held(asked: Asked, node: int) -> NodeStays | None:
    """Nodes that no move of the plan's pods could free."""
    name = asked.problem.nodes[node]
    if name in asked.kept:
        return NodeStays(
            node=name,
            keeper=Keeper.KEPT,
            reason=asked.kept[name],
            change=said("take that mark, or its entry in keep_nodes, away"),
        )
    pods = tuple(
        pod.id
        for pod in asked.cluster.pods_by_node[name]
        if pod.keeps_node and pod.holds_capacity and pod.id in asked.pinned
    )
    if not pods and asked.problem.held_open[node]:
        return NodeStays(
            node=name,
            keeper=Keeper.KEPT,
            reason=said("least_nodes keeps its pool at that size"),
            change=said("ask for fewer nodes of the pool"),
        )
    if not pods:
        return None
    return NodeStays(
        node=name,
        keeper=Keeper.POD,
        reason=said(f"{pods[0]} stays: {asked.pinned[pods[0]]}"),
        change=said(f"let {_some(pods)} move, if anything may (`may_move`)"),
        pods=pods,
    )


def _emptied(asked: Asked, node: int, watch: Watch) -> NodeStays:
    problem, name = asked.problem, asked.problem.nodes[node]
    params = asked.params.model_copy(update={"proof_work": WORK})
    fewest = None if watch.reason is not None else fewest_staying(problem, node, params, watch)
    if fewest is None:
        return _unknown(name)
    stay = np.flatnonzero(fewest.placement == node)
    if len(stay):
        return _unemptiable(asked, node, stay, params, watch, proven=fewest.proven)
    best = best_without(problem, asked.weights, node, fewest.placement, params, watch)
    if best is None:
        return _unknown(name)
    return _too_dear(asked, name, best.placement, proven=best.proven)


def _unemptiable(
    asked: Asked, node: int, stay: Ints, params: SolverParams, watch: Watch, *, proven: bool
) -> NodeStays:
    """The limit that alone keeps it, or else the pods with no other node."""
    problem, name = asked.problem, asked.problem.nodes[node]
    pods = tuple(problem.pods[pod] for pod in stay)

    def frees(without: Problem) -> bool:
        staying = fewest_staying(without, node, params, watch)
        return staying is not None and not (staying.placement == node).any()

    def told(keeper: Keeper, reason: str, change: str) -> NodeStays:
        return NodeStays(
            node=name, keeper=keeper, reason=reason, change=change, pods=pods, proven=proven
        )

    of_use = np.array([is_of_use(name) for name in problem.resources], dtype=np.bool_)
    roomy = replace(problem, capacity=np.where(of_use, problem.capacity, problem.allocatable))
    if (problem.capacity < roomy.capacity).any() and frees(roomy):
        return told(
            Keeper.HEADROOM,
            said(
                f"with nodes filled to max_utilization at the most, {_some(pods)} has no other node"
            ),
            said("raise max_utilization; filled to 100% the others would take its pods"),
        )
    if of_use.any() and frees(_without(problem, of_use)):
        return told(
            Keeper.USE,
            said(
                f"what pods use together would pass max_used with {_some(pods)} on any other node"
            ),
            said("raise max_used; by requests alone the others would take its pods"),
        )
    for limit in problem.move_limits:
        others = tuple(one for one in problem.move_limits if one is not limit)
        if frees(replace(problem, move_limits=others)):
            return told(
                Keeper.BUDGET,
                said(f"disruption budget {limit.rule} allows {max(0, limit.limit):,} evictions"),
                said(
                    f"let budget {limit.rule} allow more disruptions, or free it in several plans"
                ),
            )
    if problem.max_moves is not None and frees(replace(problem, max_moves=None)):
        return told(
            Keeper.MAX_MOVES,
            said(f"emptying it takes more than the {problem.max_moves:,} moves allowed"),
            said("raise max_moves"),
        )
    position = asked.cluster.pod_index[pods[0]]
    # On the cluster as planned, where the others have settled.
    decided = {
        pod: None if at < 0 else problem.nodes[at]
        for pod, at in zip(problem.pods, asked.placement, strict=True)
    }
    index = RuleIndex(asked.cluster.with_placement(decided | {pods[0]: None}))
    (first,) = first_refusals(index, [position])
    return told(
        Keeper.ROOM,
        said(
            f"{_some(pods)} fits on no other node, however the others are placed: "
            f"{refusal_summary(index, position, first)}"
        ),
        said(f"take away {_some(pods)}, or make room for it elsewhere"),
    )


def _without(problem: Problem, columns: Bools) -> Problem:
    """The problem without some of its resources."""
    kept = ~columns
    return replace(
        problem,
        resources=tuple(np.array(problem.resources)[kept].tolist()),
        allocatable=problem.allocatable[:, kept],
        capacity=problem.capacity[:, kept],
        fixed=problem.fixed[:, kept],
        request=problem.request[:, kept],
    )


def _too_dear(asked: Asked, name: str, placement: Ints, *, proven: bool) -> NodeStays:
    """It can be emptied: what speaks against it."""
    problem, weights = asked.problem, asked.weights
    broken = frozenset() if asked.promise is None else asked.promise.broken(placement)
    now, then = energy(problem, weights, asked.placement), energy(problem, weights, placement)
    more = then.total - now.total
    if broken:
        failures = ", ".join(sorted(f"{kind} {failed}" for kind, failed in broken))
        return NodeStays(
            node=name,
            keeper=Keeper.SURVIVE,
            reason=said(f"without it a failure would become fatal: {failures}"),
            change=said("ask for less in `survive`"),
            energy=more,
            proven=proven,
        )
    moves = int(has_left(problem, placement).sum() - has_left(problem, asked.placement).sum())
    rest = weights.B * (then.load - now.load) + weights.D * (then.affinity - now.affinity)
    cost = then.cost - now.cost
    pays_at = -rest / cost if cost > 0 and rest < 0 else None
    change = said("weigh load (B) higher against moves (C) and replicas apart (D)")
    if pays_at is not None:
        change = said(f"let moves cost less: at C below {pays_at:.3g} freeing it pays")
    elif weights.D * (then.affinity - now.affinity) > 0:
        change = said("let replicas share nodes more freely: lower D")
    return NodeStays(
        node=name,
        keeper=Keeper.PRICE,
        reason=said(
            f"freeing it takes {moves:+,} moves and costs {more:.3g} of energy more than it "
            "saves at these weights"
        ),
        change=change,
        energy=more,
        cost_weight=pays_at,
        proven=proven,
    )


def _unknown(name: str) -> NodeStays:
    return NodeStays(
        node=name,
        keeper=Keeper.UNKNOWN,
        reason=said("not settled in the time there was"),
        change=said("give more time, or a smaller part of the cluster"),
        proven=False,
    )


def _some(pods: tuple[str, ...]) -> str:
    more = len(pods) - NAMED
    return ", ".join(pods[:NAMED]) + (said(f" and {more:,} more") if more > 0 else "")
