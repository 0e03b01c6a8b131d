"""Placement: a node for each new pod, where it starts soon and near those it talks to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil

import numpy as np

from kytos.cluster import LOAD_RESOURCES, Cluster, Pod
from kytos.contract.params import SolverName, SolverParams
from kytos.contract.watch import StopReason, Watch
from kytos.contract.weights import LATENCY_MS_PER_MOVE, STARTUP_SECONDS_PER_MOVE, Weights
from kytos.errors import RequestRefused
from kytos.language import said
from kytos.pairs import PairRows
from kytos.problem import UNPLACED, Floats, Ints, Problem
from kytos.questions.outcome import Question
from kytos.questions.parts.answer import shared_answer
from kytos.questions.parts.build_problem import build_problem, within_room
from kytos.questions.parts.limits import nodes_asked_to_stay
from kytos.questions.parts.most_placed import place_as_many_as_possible
from kytos.questions.parts.others_pods import with_others_pods
from kytos.questions.parts.unplaced import by_importance, explain
from kytos.questions.placement.bought import certificate_of_bought
from kytos.questions.placement.new_objects import adopted_pods, new_nodes, new_pods
from kytos.questions.placement.request import (
    NodeOption,
    PlacementOutcome,
    PlacementRequest,
    PodPlacement,
)
from kytos.questions.placement.scheduler_choice import scheduler_choice
from kytos.questions.placement.startup_and_latency import (
    Talk,
    latency_ms,
    latency_of,
    latency_to_settled,
    mean_latency,
    startup_seconds,
    talk,
    traffic_arrays,
)
from kytos.questions.recovery.risk import risk_of, without_nodes
from kytos.referee.energy import EnergyTerms, energy
from kytos.refine import cheapest_other_nodes, compile_first
from kytos.rules.quotas import quota_refusals, refused_by_quota
from kytos.solve.solve import solve
from kytos.sources.admission import Admission
from kytos.sources.templates import pods_of_manifests

PLANNING_SHARE = 0.9
"""Of the time cap, what the plan may take; the default scheduler's run and the runners-up have the
rest."""

SOLVING_SHARE = 0.8
"""Of that, what the solver may take; where it leaves pods out, the exact stage has the rest."""


@dataclass(frozen=True)
class _Asked:
    """The request made concrete.

    `startup` ``(pods, nodes)`` in seconds, `between` ``(nodes, nodes)`` in milliseconds.
    """

    cluster: Cluster
    decide: tuple[Pod, ...]
    startup: Floats
    between: Floats
    talk: Talk


def place(
    cluster: Cluster,
    request: PlacementRequest = PlacementRequest(),
    *,
    weights: Weights = Weights(),
    solver: SolverName | None = None,
    params: SolverParams = SolverParams(),
    watch: Watch = Watch(),
) -> PlacementOutcome:
    """Return the best found nodes for new pods; pods that run stay where they are.

    A request without new pods places those of the cluster that wait for a node.

    Raises
    ------
    kytos.errors.RequestRefused
        When an id is taken or unknown.
    kytos.contract.paid.SolverUnavailableError
        When the solver cannot be used here; the message says what to do.
    """
    compile_first(watch, solver)
    whole = watch.within(params.time_limit_s)
    asked = _concrete(cluster, request)
    problem = _problem(asked, request)
    planning = whole.share(PLANNING_SHARE)
    solution = solve(problem, weights, solver, params, planning.share(SOLVING_SHARE))
    solution = place_as_many_as_possible(problem, weights, solution, params, planning)
    placement = solution.placement
    waits = mean_latency(asked.talk, placement, asked.between)
    chosen = [None if node < 0 else problem.nodes[node] for node in placement]
    planned = asked.cluster.with_placement(dict(zip(problem.pods, chosen, strict=True)))
    bare = [pod for pod, node in zip(asked.decide, chosen, strict=True) if node is None]
    scheduled, its_energy, cut = _default_scheduler(
        asked, problem, placement, weights, params, whole
    )
    options = _options(asked, problem, weights, placement, request.alternatives, whole)
    if len({option.pod for option in options}) < int((placement >= 0).sum()):
        cut = (*cut, said("The time cap left no time to look for the runners-up of every pod."))
    proven = None
    if request.node_shapes:
        proven = certificate_of_bought(problem, weights, solution, whole)
    report = solution.report
    report = report.model_copy(update={"messages": (*report.messages, *cut)})
    solution = replace(solution, report=report)
    risk = None
    if request.risk:
        used = {node for node in chosen if node is not None}
        idle = {node.name for node in planned.nodes if not node.provisioned} - used
        risk = risk_of(without_nodes(planned, idle), params.time_limit_s, whole)
    return PlacementOutcome(
        risk=risk,
        **shared_answer(
            Question.PLACEMENT, asked.cluster, problem, weights, solution, proven=proven
        ),
        mode=request.mode,
        placements=tuple(
            PodPlacement(
                pod=problem.pods[pod],
                node=problem.nodes[placement[pod]],
                startup_s=float(asked.startup[pod, placement[pod]]),
                latency_ms=float(waits[pod]),
            )
            for pod in np.flatnonzero(placement >= 0)
        ),
        unplaced=explain(planned, by_importance(bare), request.max_utilization),
        alternatives=options,
        bought_nodes=_bought(asked, placement),
        default_scheduler=scheduled,
        default_scheduler_energy=its_energy,
        placement=dict(zip(problem.pods, chosen, strict=True)),
    )


def placement_problem(cluster: Cluster, request: PlacementRequest) -> Problem:
    """Return the problem of placing what is asked for."""
    return _problem(_concrete(cluster, request), request)


def planned_cluster(
    cluster: Cluster, request: PlacementRequest, outcome: PlacementOutcome
) -> Cluster:
    """Return the cluster with the new pods where the plan has them, and the nodes it buys.

    What has no node waits; nodes that are not bought are left out.
    """
    asked = _concrete(cluster, request)
    bought = frozenset(outcome.bought_nodes) | frozenset(cluster.node_index)
    placed = asked.cluster.with_placement(outcome.placement)
    return placed.replace(nodes=tuple(node for node in placed.nodes if node.name in bought))


def _concrete(cluster: Cluster, request: PlacementRequest) -> _Asked:
    names = new_pods(cluster, request.new_pods)
    with_new = cluster.replace(pods=cluster.pods + _flat(names))
    written = pods_of_manifests(request.manifest_text, "manifest_text", Admission.of(cluster))
    adopted = adopted_pods(with_new, (*request.manifests, *written))
    names |= adopted
    whole = with_new.replace(
        pods=with_new.pods + _flat(adopted),
        nodes=cluster.nodes + new_nodes(cluster, request.node_shapes),
    )
    whole = with_others_pods(_grown(whole, request.growth), request)
    refusals = quota_refusals(cluster, _flat(names))
    if refusals:
        whole = whole.replace(pods=tuple(refused_by_quota(pod, refusals) for pod in whole.pods))
    wanted = {pod.id for pod in _flat(names)}
    waiting = request.waiting or not wanted
    decide = tuple(pod for pod in whole.pods if pod.id in wanted or (waiting and pod.waiting))
    return _Asked(
        cluster=whole,
        decide=decide,
        startup=startup_seconds(decide, whole.nodes, request.startup_s),
        between=latency_ms(whole.nodes, request.latency_ms),
        talk=talk(whole, decide, request.traffic, names),
    )


def _problem(asked: _Asked, request: PlacementRequest) -> Problem:
    """The problem of placing what was asked for, waits in ordinary moves."""
    near = latency_to_settled(asked.talk, len(asked.decide), asked.between)
    problem = build_problem(
        asked.cluster,
        asked.decide,
        mode=request.mode,
        max_utilization=request.max_utilization,
        keep=nodes_asked_to_stay(asked.cluster, request.keep_nodes),
        node_cost=PairRows.of(
            asked.startup / STARTUP_SECONDS_PER_MOVE + near / LATENCY_MS_PER_MOVE
        ),
    )
    return replace(within_room(problem), traffic=traffic_arrays(asked.talk, asked.between))


def _grown(cluster: Cluster, growth: dict[str, float]) -> Cluster:
    """The cluster with the load foreseen of services that will grow (or shrink)."""
    services = {pod.service for pod in cluster.pods}
    for service in growth:
        if service not in services:
            raise RequestRefused(
                said(
                    f"no pod belongs to service {service!r}; name one of the cluster's or of the "
                    "new pods' services"
                ),
                f"growth.{service}",
            )

    def foreseen(pod: Pod) -> Pod:
        factor = growth.get(pod.service or "")
        if factor is None:
            return pod
        load = {name: ceil(pod.requests.get(name, 0) * factor) for name in LOAD_RESOURCES}
        return pod.model_copy(update={"expected": pod.expected | load})

    return cluster.replace(pods=tuple(map(foreseen, cluster.pods))) if growth else cluster


def _default_scheduler(
    asked: _Asked,
    problem: Problem,
    plan: Ints,
    weights: Weights,
    params: SolverParams,
    watch: Watch,
) -> tuple[dict[str, str | None], float, tuple[str, ...]]:
    """What kube-scheduler would do with the same pods, its energy, and what cut it short.

    It knows no node that is not up.
    """
    up = np.array([node.provisioned for node in asked.cluster.nodes], dtype=np.bool_)
    seen = replace(problem, allowed=problem.allowed & up)
    placement = scheduler_choice(seen, plan, weights, params, watch)
    chosen = {
        pod: None if node < 0 else problem.nodes[node]
        for pod, node in zip(problem.pods, placement, strict=True)
    }
    cut = (
        (said("The default scheduler's run was cut short by the time cap."),)
        if watch.reason is StopReason.CLOCK
        else ()
    )
    return chosen, energy(problem, weights, placement).total, cut


def _options(
    asked: _Asked, problem: Problem, weights: Weights, placement: Ints, count: int, watch: Watch
) -> tuple[NodeOption, ...]:
    """Each placed pod's node and the runners-up, of as many pods as there is time for."""
    pods = np.flatnonzero(placement >= 0)
    other_nodes = cheapest_other_nodes(problem, weights, placement, pods.tolist(), count)
    options = []
    for pod, others in zip(pods.tolist(), other_nodes, strict=True):
        if not watch.remaining_s:
            break
        without = placement.copy()
        without[pod] = UNPLACED
        nothing = energy(problem, weights, without)
        for node in (int(placement[pod]), *others.tolist()):
            there = without.copy()
            there[pod] = node
            chosen = node == placement[pod]
            options.append(_option(asked, problem, weights, pod, there, nothing, chosen=chosen))
    return tuple(options)


def _option(
    asked: _Asked,
    problem: Problem,
    weights: Weights,
    pod: int,
    there: Ints,
    nothing: EnergyTerms,
    *,
    chosen: bool,
) -> NodeOption:
    """What a pod costs where the placement `there` has it, over the energy `nothing` without it."""
    node, terms = int(there[pod]), energy(problem, weights, there)
    load, cost = terms.load - nothing.load, terms.cost - nothing.cost
    affinity = terms.affinity - nothing.affinity
    return NodeOption(
        pod=problem.pods[pod],
        node=problem.nodes[node],
        chosen=chosen,
        load=load,
        cost=cost,
        affinity=affinity,
        total=weights.B * load + weights.C * cost + weights.D * affinity,
        startup_s=float(asked.startup[pod, node]),
        latency_ms=latency_of(asked.talk, pod, there, asked.between),
    )


def _bought(asked: _Asked, placement: Ints) -> tuple[str, ...]:
    used = np.unique(placement[placement >= 0])
    nodes = [asked.cluster.nodes[node] for node in used]
    return tuple(node.name for node in nodes if not node.provisioned)


def _flat(names: dict[str, tuple[Pod, ...]]) -> tuple[Pod, ...]:
    return tuple(pod for pods in names.values() for pod in pods)
