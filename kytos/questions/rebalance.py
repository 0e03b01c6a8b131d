"""Rebalance: which running pods to move, so that fewer nodes are needed or load is even."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

import numpy as np
from pydantic import Field

from kytos.cluster import Cluster
from kytos.contract.params import SolverName, SolverParams
from kytos.contract.runbook import CarriedOut
from kytos.contract.watch import BUILDING, CHECKING, Report, Watch, say_nothing
from kytos.contract.weights import Weights, moves_per_node, pay_back_days
from kytos.problem import Ints, LoadMode, Problem
from kytos.questions.outcome import Move, Outcome, Question
from kytos.questions.parts.answer import freed_nodes, moves, shared_answer
from kytos.questions.parts.build_problem import build_problem
from kytos.questions.parts.limits import PlanLimits, meant_nodes, nodes_asked_to_stay
from kytos.questions.parts.others_pods import OthersPods, with_others_pods
from kytos.questions.parts.overrides import with_overrides
from kytos.questions.parts.prices import prices_by_size
from kytos.questions.parts.wishes import Wishes, with_wishes
from kytos.questions.recovery.risk import risk_of, without_nodes
from kytos.questions.survival import SurvivalPrice, pools_of, survival_price
from kytos.questions.survive import survive, with_pools
from kytos.questions.why_not_freed import Asked, NodeStays, why_not_freed
from kytos.questions.worth import KarpenterScore, Possible, karpenter_score, possible
from kytos.rules.eviction import movability
from kytos.rules.kept_nodes import kept_nodes
from kytos.solve.result import Solution
from kytos.solve.solve import solve

KNOWN_SHARE = 0.5
"""Of the pods that an earlier plan must know to be begun with; else it is of another cluster."""
WHY_SHARE = 1.0
"""Of the time cap, what saying why nodes are not freed may take on top of the plan."""


class RebalanceRequest(OthersPods, Wishes, PlanLimits, CarriedOut):
    """What is asked of a rebalance beside the weights."""

    mode: LoadMode = Field(LoadMode.CONSOLIDATE, description="consolidate, spread or squares")
    max_moves: int | None = Field(None, ge=0, lt=2**31, description="move at most this many pods")
    zone_pairs: bool = Field(False, description="keep replicas apart by zone too, not only by node")
    may_move: tuple[str, ...] = Field(
        (), description="pods, services or namespaces that may move though care would pin them"
    )
    must_stay: tuple[str, ...] = Field(
        (), description="pods, services or namespaces that stay; wins over `may_move`"
    )

    last_plan: dict[str, str | None] = Field(
        {},
        description="where an earlier plan of much the same cluster has pods, by id (its "
        "`placement`): it is begun with, for a fraction of the work; what it no longer fits is "
        "ignored",
    )

    why_not_freed: bool = Field(
        False, description="say of each node that stays in use what keeps it (consolidate)"
    )


class RebalanceOutcome(Outcome):
    """Where every pod would run, and the moves that lead there."""

    mode: LoadMode
    moves: tuple[Move, ...]
    placement: dict[str, str | None]
    """Every pod that is not finished, by id; None waits for a node."""
    freed_nodes: tuple[str, ...]
    """In use before, empty after (but for DaemonSet and mirror pods)."""
    moves_per_node: float
    """Ordinary moves that freeing a node of mean price is worth at slider position 1."""
    pay_back_days: float | None
    """Within which a move must pay back at the sliders' positions (consolidate); None for none."""
    pinned: dict[str, str]
    """Pods that had to stay, and why."""
    kept_nodes: dict[str, str]
    """Nodes that stay whatever is decided, so that nothing is saved by emptying them, and why."""
    survival_price: SurvivalPrice | None = None
    """What `survive` costs, where it was asked."""
    why_not_freed: tuple[NodeStays, ...] | None = None
    """What keeps each node that stays in use, where it was asked."""
    karpenter: KarpenterScore | None = None
    """What Karpenter's balanced policy would say to the plan (consolidate)."""
    possible: Possible | None = None
    """How much better a plan could be, in money and nodes (consolidate)."""


def rebalance(
    cluster: Cluster,
    request: RebalanceRequest = RebalanceRequest(),
    *,
    weights: Weights = Weights(),
    solver: SolverName | None = None,
    params: SolverParams = SolverParams(),
    watch: Watch = Watch(),
) -> RebalanceOutcome:
    """Return the best found placement of the movable pods of `cluster`.

    Pods that wait for a node stay waiting: placing them is Placement's question.

    Raises
    ------
    kytos.errors.RequestRefused
        When `may_move`, `must_stay`, `keep_nodes`, `least_nodes` or one of `Wishes` names what
        is not in the cluster.
    kytos.contract.paid.SolverUnavailableError
        When the solver cannot be used here; the message says what to do.
    """
    pinned = pinned_pods(cluster, request)
    watch.report(BUILDING, 0.2, None)
    asked = problem = rebalance_problem(cluster, request, pinned, watch.report)

    def solve_again(problem: Problem, watch: Watch) -> Solution:
        last = last_placement(problem, request.last_plan)
        return solve(problem, weights, solver, params, watch, last=last)

    if request.least_nodes:
        problem, solution = with_pools(cluster, asked, request.least_nodes, solve_again, watch)
    price = held = None
    if request.survive:
        pools = pools_of(cluster, problem, request.least_nodes)
        solution, free, held = survive(
            cluster, problem, weights, request.survive, solve_again, params, watch, pools
        )
        price = survival_price(cluster, problem, weights, request.survive, solution, free, held)
    elif not request.least_nodes:
        solution = solve_again(problem, watch)
    watch.report(CHECKING, 0.0, solution.energy.total)
    decided = {
        pod: problem.nodes[node] for pod, node in zip(problem.pods, solution.placement, strict=True)
    }
    stays = kept_nodes(cluster) | nodes_asked_to_stay(cluster, request.keep_nodes)
    freed = freed_nodes(problem, solution.placement)
    risk = None
    if request.risk or request.survive:
        planned = without_nodes(cluster.with_placement(decided), freed)
        risk = risk_of(planned, params.time_limit_s, watch)
    shared = shared_answer(Question.REBALANCE, cluster, problem, weights, solution, asked)
    consolidates = request.mode is LoadMode.CONSOLIDATE
    why = None
    if request.why_not_freed and consolidates:
        told = Asked(cluster, problem, weights, solution.placement, stays, pinned, held, params)
        why = why_not_freed(told, watch.within(WHY_SHARE * params.time_limit_s))
    return RebalanceOutcome(
        **shared,
        mode=request.mode,
        moves=moves(problem, solution.placement, cluster),
        placement={
            pod.id: decided.get(pod.id, pod.node) for pod in cluster.pods if not pod.finished
        },
        freed_nodes=freed,
        moves_per_node=problem.moves_per_node,
        pay_back_days=pay_back_days(weights) if consolidates else None,
        pinned=pinned,
        kept_nodes=stays,
        risk=risk,
        survival_price=price,
        why_not_freed=why,
        karpenter=karpenter_score(cluster, problem, solution) if consolidates else None,
        possible=possible(cluster, problem, weights, solution, shared["certificate"].bound)
        if consolidates
        else None,
    )


def last_placement(problem: Problem, plan: Mapping[str, str | None]) -> Ints | None:
    """Return an earlier plan as a placement ``(pods,)``; None where it knows too few of the pods.

    Pods it does not know, or has on nodes that are gone, are where they are.
    """
    node_of = {name: number for number, name in enumerate(problem.nodes)}
    known = [
        (pod, node_of[node])
        for pod, name in enumerate(problem.pods)
        if (node := plan.get(name)) in node_of
    ]
    if len(known) < KNOWN_SHARE * len(problem.pods) or not known:
        return None
    placement = problem.current.copy()
    pods, nodes = np.array(known, dtype=np.int64).T
    placement[pods] = nodes
    return placement


def pinned_pods(cluster: Cluster, request: RebalanceRequest) -> dict[str, str]:
    """Return the running pods that have to stay, by id, and why; the user's word counts."""
    cluster = with_others_pods(cluster, request)
    reasons = movability(with_overrides(cluster, request.may_move, request.must_stay))
    return {
        pod.id: reason
        for pod in cluster.pods
        if pod.holds_capacity and (reason := reasons[pod.id]) is not None
    }


def moves_worth_a_node(cluster: Cluster, request: RebalanceRequest) -> float:
    """Return `Problem.moves_per_node` of a rebalance without building its problem."""
    pinned = pinned_pods(cluster, request)
    running = [pod for pod in cluster.pods if pod.holds_capacity]
    stays = {pod.node for pod in running if pod.id in pinned and pod.keeps_node}
    stays |= kept_nodes(cluster).keys() | meant_nodes(cluster, request.keep_nodes)
    movers = Counter(pod.node for pod in running if pod.id not in pinned)
    names = [node.name for node in cluster.nodes]
    return moves_per_node(
        prices_by_size(cluster.nodes),
        np.array([movers[name] for name in names], dtype=np.int64),
        np.array([name not in stays for name in names], dtype=np.bool_),
    )


def rebalance_problem(
    cluster: Cluster,
    request: RebalanceRequest,
    pinned: Collection[str],
    report: Report = say_nothing,
) -> Problem:
    """Return the problem of moving the running pods that are not `pinned`."""
    cluster = with_others_pods(cluster, request)
    problem = build_problem(
        cluster,
        [pod for pod in cluster.pods if pod.holds_capacity and pod.id not in pinned],
        mode=request.mode,
        max_moves=request.max_moves,
        zone_pairs=request.zone_pairs,
        max_utilization=request.max_utilization,
        keep=nodes_asked_to_stay(cluster, request.keep_nodes),
        report=report,
    )
    return with_wishes(problem, cluster, request)
