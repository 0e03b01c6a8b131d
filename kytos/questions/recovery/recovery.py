"""Recovery: where the pods of failed nodes go, the important first, and which are given up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from pydantic import Field

from kytos.cluster import CPU, MEMORY, Cluster, Frozen
from kytos.contract.params import SolverName, SolverParams
from kytos.contract.runbook import CarriedOut
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.pairs import MaskBuilder
from kytos.problem import Ints, LoadMode, Problem
from kytos.questions.outcome import Move, Outcome, Question
from kytos.questions.parts.answer import moves, shared_answer
from kytos.questions.parts.build_problem import build_problem, within_room
from kytos.questions.parts.limits import Limits, meant_nodes, nodes_asked_to_stay
from kytos.questions.parts.most_placed import (
    count_by_class,
    place_as_many_as_possible,
    place_quickly,
)
from kytos.questions.parts.others_pods import OthersPods, with_others_pods
from kytos.questions.parts.unplaced import UnplacedPod, by_importance, explain
from kytos.questions.recovery.compiled_cluster import CompiledCluster
from kytos.questions.recovery.failure import Failure, HowNodesFail, fail, failing_nodes
from kytos.questions.recovery.risk import risk_of
from kytos.questions.recovery.survey import FailureReport, survey
from kytos.refine import compile_first
from kytos.rules.eviction import may_be_preempted, movability
from kytos.solve.solve import solve

CASCADE_SHARE = 0.2
"""Of the time cap, what is kept for the cascade check; it has what the plan leaves, too."""

SOLVING_SHARE = 0.7
"""Of the plan's time, what the solver may take; the exact stage that keeps the promise has the
rest, where it is needed at all."""

LEAST_SHARE = 0.3
"""Of the time left once the problem is built, what the plan has however large the cluster is."""

CASCADE = "cascade check"


class RecoveryRequest(OthersPods, Limits, CarriedOut):
    """What is asked of a recovery beside the weights."""

    failed_nodes: tuple[str, ...] = Field((), description="names of the nodes that fail")
    failed_zones: tuple[str, ...] = Field((), description="zones of which every node fails")
    failed_spot: bool = Field(False, description="every spot node fails")
    how: HowNodesFail = Field(
        HowNodesFail.DELETED,
        description="deleted, or not_ready: StatefulSet pods then stay with their node",
    )
    allow_preemption: bool = Field(
        True,
        description="survivors' pods give way to evacuated ones of higher priority, as in "
        "Kubernetes",
    )
    allow_moves: bool = Field(False, description="survivors' pods may move to make room")
    cascade: bool = Field(
        True, description="check for each survivor whether its failure would be survivable next"
    )


class PlacedPod(Frozen):
    """A pod and the node it gets."""

    pod: str
    node: str


class LeftBehind(Frozen):
    """A pod of a failed node that nothing starts anywhere else."""

    pod: str
    reason: str


class SurvivorLoad(Frozen):
    """Requested shares of a survivor, before and after."""

    node: str
    cpu_before: float
    cpu_after: float
    memory_before: float
    memory_after: float


class RecoveryOutcome(Outcome):
    """Where the evacuated pods go, and what becomes of the others."""

    failed_nodes: tuple[str, ...]
    placements: tuple[PlacedPod, ...]
    """Evacuated pods that get a node, the most important first."""
    unplaced: tuple[UnplacedPod, ...]
    """Evacuated pods that get none, the most important first."""
    preempted: tuple[str, ...]
    """Survivors' pods that give way."""
    moves: tuple[Move, ...]
    """Survivors' pods that move."""
    left_behind: tuple[LeftBehind, ...]
    """Pods of failed nodes that are not evacuated, and why."""
    survivors: tuple[SurvivorLoad, ...]
    cascade: tuple[FailureReport, ...]
    """For each survivor, what its failure would do to the recovered cluster; empty if not asked."""
    placement: dict[str, str | None]
    """Every pod that is not finished, by id; None has no node."""


def recover(
    cluster: Cluster,
    request: RecoveryRequest = RecoveryRequest(),
    *,
    weights: Weights = Weights(),
    solver: SolverName | None = None,
    params: SolverParams = SolverParams(),
    watch: Watch = Watch(),
) -> RecoveryOutcome:
    """Return the best found plan for the pods of failed nodes.

    As many pods of the highest priority as possible are placed, then of the next, and so on; among
    such plans the survivors are levelled. Pods that waited for a node before stay waiting.

    Raises
    ------
    kytos.errors.RequestRefused
        When a node or zone is unknown or named twice, or no node survives.
    kytos.contract.paid.SolverUnavailableError
        When the solver cannot be used here; the message says what to do.
    """
    compile_first(watch, solver)
    began, whole = watch.clock(), watch.within(params.time_limit_s)
    cluster = with_others_pods(cluster, request)
    failed = failing_nodes(
        cluster, request.failed_nodes, request.failed_zones, spot=request.failed_spot
    )
    nodes_asked_to_stay(cluster, request.keep_nodes)
    failure = fail(cluster, failed, request.how)
    problem = recovery_problem(failure, request, watch)
    built_s = watch.clock() - began
    # Explaining and certifying take about as long as building did, compiling for the cascade too.
    checking = whole.reserve(built_s)
    kept = built_s
    if request.cascade:
        kept = 2 * built_s + CASCADE_SHARE * params.time_limit_s
    planning = whole.reserve(kept, LEAST_SHARE)
    solution = solve(problem, weights, solver, params, planning.share(SOLVING_SHARE))
    solution = place_as_many_as_possible(problem, weights, solution, params, planning)
    placement = solution.placement
    decided = {
        pod: None if node < 0 else problem.nodes[node]
        for pod, node in zip(problem.pods, placement, strict=True)
    }
    recovered = failure.survivors.with_placement(decided)
    cascade = _cascade(recovered, request, checking) if request.cascade else ()
    evacuees = frozenset(failure.evacuees)
    evacuated = by_importance(pod for pod in cluster.pods if pod.id in evacuees)
    placed = [pod for pod in evacuated if decided[pod.id] is not None]
    unplaced_pods = [pod for pod in evacuated if decided[pod.id] is None]
    survived = failure.survivors.pod_index
    return RecoveryOutcome(
        **shared_answer(Question.RECOVERY, failure.survivors, problem, weights, solution),
        failed_nodes=failed,
        placements=tuple(PlacedPod(pod=pod.id, node=decided[pod.id]) for pod in placed),
        unplaced=explain(recovered, unplaced_pods, request.max_utilization),
        preempted=tuple(
            pod for pod, node in decided.items() if node is None and pod not in evacuees
        ),
        moves=moves(problem, placement),
        left_behind=tuple(
            LeftBehind(pod=pod, reason=why) for pod, why in failure.left_behind.items()
        ),
        survivors=_loads(problem, placement),
        cascade=cascade,
        risk=risk_of(recovered, params.time_limit_s, watch) if request.risk else None,
        placement={
            pod.id: decided.get(pod.id, pod.node) if pod.id in survived else None
            for pod in cluster.pods
            if not pod.finished
        },
    )


def recovery_problem(failure: Failure, request: RecoveryRequest, watch: Watch = Watch()) -> Problem:
    """Return the problem of placing a failure's evacuees on its survivors.

    Survivors' pods may give way only where some evacuee seems to find no room otherwise, and only
    to those: the scheduler preempts for what fits nowhere, not for a better fit.
    """
    plain = _problem(failure, request, frozenset())
    if not request.allow_preemption:
        return plain
    quick, _ = place_quickly(plain, watch)
    evacuees = frozenset(failure.evacuees)
    wanting = frozenset(
        pod for pod, node in zip(plain.pods, quick, strict=True) if node < 0 and pod in evacuees
    )
    gives_way = _may_give_way(failure.survivors, wanting)
    return _problem(failure, request, gives_way) if gives_way else plain


def _may_give_way(cluster: Cluster, evacuees: frozenset[str]) -> frozenset[str]:
    """Ids of the survivors' pods that the scheduler may preempt for a pod to evacuate.

    Only the priority counts, and a disruption budget: care (local storage, no controller, marks
    that ask to be left alone) is no matter of the scheduler's. It breaks budgets where nothing
    else helps; a plan does not.

    Source: https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/.
    """
    highest = max(
        (pod.priority for pod in cluster.pods if pod.id in evacuees and pod.preempts), default=None
    )
    if highest is None:
        return frozenset()
    return frozenset(
        pod.id
        for pod in cluster.pods
        if pod.priority < highest and may_be_preempted(pod) and pod.id not in evacuees
    )


def _problem(failure: Failure, request: RecoveryRequest, gives_way: frozenset[str]) -> Problem:
    """The problem with the survivors' pods that may give way."""
    cluster, evacuees = failure.survivors, frozenset(failure.evacuees)
    may_leave: frozenset[str] = frozenset()
    if request.allow_moves:
        reasons = movability(cluster)
        may_leave = frozenset(pod for pod, reason in reasons.items() if reason is None)
    decided = evacuees | gives_way | may_leave
    problem = build_problem(
        cluster,
        [pod for pod in cluster.pods if pod.id in decided],
        mode=LoadMode.SPREAD,
        max_utilization=request.max_utilization,
        keep=meant_nodes(cluster, request.keep_nodes),
    )
    patient = [pod.id for pod in cluster.pods if pod.id in evacuees and not pod.preempts]
    problem = count_by_class(problem, gives_way, patient)
    problem = within_room(replace(problem, lifeline=_lifeline(problem, cluster)))
    # Who may only give way has no other node to go to.
    stays = np.array([pod not in may_leave for pod in problem.pods], dtype=np.bool_)
    running = np.flatnonzero((problem.current >= 0) & stays)
    allowed = MaskBuilder.on(problem.allowed)
    allowed.forbid(running, np.ones(len(problem.nodes), dtype=np.bool_))
    allowed.open(running, problem.current[running])
    return replace(problem, allowed=allowed.mask())


def _lifeline(problem: Problem, cluster: Cluster) -> Ints:
    """``(pods,)`` as `Problem.lifeline`: pods that bring their service back or keep it up."""
    optional = frozenset(np.array(problem.pods, dtype=np.str_)[~problem.must_place].tolist())
    up = {
        pod.service
        for pod in cluster.pods
        if pod.ready and pod.holds_capacity and pod.id not in optional
    }
    down = np.array([service not in up for service in problem.services], dtype=np.bool_)
    pods = [cluster.pods[cluster.pod_index[name]] for name in problem.pods]
    serves = np.array([pod.node is None or pod.ready for pod in pods], dtype=np.bool_)
    counts = serves & (problem.service >= 0)
    counts[counts] = down[problem.service[counts]]
    return np.where(counts, problem.service, -1)


def _loads(problem: Problem, placement: Ints) -> tuple[SurvivorLoad, ...]:
    columns = [problem.resources.index(CPU), problem.resources.index(MEMORY)]
    offered = np.maximum(problem.allocatable[:, columns], 1)
    before = problem.initial_held[:, columns] / offered
    after = problem.held(placement)[:, columns] / offered
    return tuple(
        SurvivorLoad(
            node=name,
            cpu_before=float(before[node, 0]),
            cpu_after=float(after[node, 0]),
            memory_before=float(before[node, 1]),
            memory_after=float(after[node, 1]),
        )
        for node, name in enumerate(problem.nodes)
    )


def _cascade(
    recovered: Cluster, request: RecoveryRequest, watch: Watch
) -> tuple[FailureReport, ...]:
    watch.report(CASCADE, 0.0, None)
    compiled = CompiledCluster(recovered, request.max_utilization, max_used=request.max_used)
    failures = [(node.name, (node.name,)) for node in recovered.nodes]
    return survey(compiled, "node", failures, watch=watch, stage=CASCADE)
