"""What an answer changes, pod by pod, whichever question it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from kytos.cluster import Cluster
from kytos.language import said
from kytos.problem import UNPLACED, LoadMode, Problem
from kytos.questions.autoscale.autoscale import AutoscaleOutcome, scaled_cluster
from kytos.questions.autoscale.request import AutoscaleRequest
from kytos.questions.fleet.fleet import FleetOutcome, with_purchases
from kytos.questions.fleet.request import FleetRequest
from kytos.questions.outcome import Outcome
from kytos.questions.parts.build_problem import build_problem
from kytos.questions.placement.placement import placement_problem, planned_cluster
from kytos.questions.placement.request import PlacementOutcome, PlacementRequest
from kytos.questions.rebalance import (
    RebalanceOutcome,
    RebalanceRequest,
    pinned_pods,
    rebalance_problem,
)
from kytos.questions.recovery.failure import fail
from kytos.questions.recovery.recovery import RecoveryOutcome, RecoveryRequest, recovery_problem
from kytos.referee.energy import energy


class Kind(StrEnum):
    """How a pod comes to change its node."""

    MOVED = "moved"
    """It runs, is evicted, and its controller starts it again."""
    GIVES_WAY = "gives way"
    """It runs and is evicted; there is no room for its replacement."""
    SCALED_IN = "scaled in"
    """It runs, and its service is to have one replica less."""
    SCALED_OUT = "scaled out"
    """A new replica of a service that is to have one more."""
    NEW = "new"
    """The user brings it."""
    BACK = "back"
    """It ran on a node that failed, and its controller starts it again: nothing need be done."""
    WAITING = "waiting"
    """It waits for a node already: nothing need be done for it."""


UNBIDDEN = frozenset({Kind.BACK, Kind.WAITING})
"""Pods the scheduler looks after as soon as it can, whatever the steps say."""


@dataclass(frozen=True)
class Change:
    """One pod that changes its node.

    Attributes
    ----------
    origin
        Where it runs; None for one that has no node.
    target
        Where the plan has it; None for one that goes.
    why
        The answer's own reason for it, where there is one.
    """

    pod: str
    kind: Kind
    origin: str | None
    target: str | None
    why: str = ""


@dataclass(frozen=True)
class Plan:
    """An answer as what it changes.

    Attributes
    ----------
    cluster
        As it is before the first step: pods that are to come are in it without a node, nodes to
        be bought as if they were up, failed nodes are not.
    changes
        In no order that means anything.
    bought
        Nodes that have to be provisioned first.
    frees
        Whether nodes are to be freed: those the plan leaves empty then stay so.
    held_open
        Nodes that count as in use whatever is decided.
    energy
        Of a placement by pod id, by the answer's own measure.
    """

    cluster: Cluster
    changes: tuple[Change, ...]
    bought: tuple[str, ...]
    frees: bool
    held_open: frozenset[str]
    nodes_in_use: int
    price_per_hour: float | None
    planned_energy: float
    energy: Callable[[Mapping[str, str | None]], float]


def plan_of(cluster: Cluster, request: Any, outcome: Outcome) -> Plan:
    """Return what an answer changes.

    Raises
    ------
    TypeError
        When it is no answer of one of the five questions.
    """
    if isinstance(outcome, RebalanceOutcome):
        return _of_rebalance(cluster, request, outcome)
    if isinstance(outcome, RecoveryOutcome):
        return _of_recovery(cluster, request, outcome)
    if isinstance(outcome, PlacementOutcome):
        return _of_placement(cluster, request, outcome)
    if isinstance(outcome, AutoscaleOutcome):
        return _of_autoscale(cluster, request, outcome)
    if isinstance(outcome, FleetOutcome):
        return _of_fleet(cluster, request, outcome)
    raise TypeError(f"a {type(outcome).__name__} has nothing to carry out")


def _of_fleet(cluster: Cluster, request: FleetRequest, outcome: FleetOutcome) -> Plan:
    before, problem = with_purchases(cluster, request, outcome)
    moved = (
        Change(move.pod, Kind.MOVED, move.origin, move.target, move.why) for move in outcome.moves
    )
    waits = (
        Change(pod.id, Kind.WAITING, None, outcome.placement[pod.id], said("it waits for a node"))
        for pod in before.pods
        if pod.node is None and outcome.placement.get(pod.id) is not None
    )
    bought = tuple(name for one in outcome.buy for name in one.nodes)
    return _plan(outcome, before, (*moved, *waits), problem, bought=bought, frees=True)


def _of_rebalance(cluster: Cluster, request: RebalanceRequest, outcome: RebalanceOutcome) -> Plan:
    problem = rebalance_problem(cluster, request, pinned_pods(cluster, request))
    return _plan(
        outcome,
        cluster,
        tuple(
            Change(move.pod, Kind.MOVED, move.origin, move.target, move.why)
            for move in outcome.moves
        ),
        problem,
        frees=outcome.mode is LoadMode.CONSOLIDATE,
    )


def _of_recovery(cluster: Cluster, request: RecoveryRequest, outcome: RecoveryOutcome) -> Plan:
    failure = fail(cluster, outcome.failed_nodes, request.how)
    survivors = failure.survivors
    at = {pod.id: pod.node for pod in survivors.pods}
    back = (
        Change(placed.pod, Kind.BACK, None, placed.node, said("its node failed"))
        for placed in outcome.placements
    )
    given_up = (Change(left.pod, Kind.BACK, None, None) for left in outcome.unplaced)
    moved = (
        Change(move.pod, Kind.MOVED, move.origin, move.target, move.why) for move in outcome.moves
    )
    gone = (
        Change(pod, Kind.GIVES_WAY, at[pod], None, said("makes room for pods of higher priority"))
        for pod in outcome.preempted
    )
    return _plan(
        outcome, survivors, (*back, *given_up, *moved, *gone), recovery_problem(failure, request)
    )


def _of_placement(cluster: Cluster, request: PlacementRequest, outcome: PlacementOutcome) -> Plan:
    planned = planned_cluster(cluster, request, outcome)
    before = planned.with_placement(dict.fromkeys(outcome.placement))
    return _plan(
        outcome,
        before,
        tuple(
            Change(
                placed.pod,
                Kind.WAITING if placed.pod in cluster.pod_index else Kind.NEW,
                None,
                placed.node,
            )
            for placed in outcome.placements
        ),
        placement_problem(cluster, request),
        bought=outcome.bought_nodes,
    )


def _of_autoscale(cluster: Cluster, request: AutoscaleRequest, outcome: AutoscaleOutcome) -> Plan:
    scaled = scaled_cluster(cluster, request, outcome)
    new = tuple(
        pod.model_copy(update={"node": None})
        for pod in scaled.pods
        if pod.id not in cluster.pod_index
    )
    before = cluster.replace(pods=cluster.pods + new)
    counts = {
        action.service: said(
            f"{action.service} from {action.current_replicas} replicas to "
            f"{action.recommended_replicas}"
        )
        for action in outcome.actions
    }
    out = tuple(
        Change(one.pod, Kind.SCALED_OUT, None, one.node, counts.get(one.service, ""))
        for one in outcome.placements
    )
    gone = tuple(
        Change(one.pod, Kind.SCALED_IN, one.node, None, counts.get(one.service, ""))
        for one in outcome.removed
    )
    decided = {change.pod for change in (*out, *gone)}
    problem = build_problem(
        before, [pod for pod in before.pods if pod.id in decided], mode=LoadMode.SPREAD
    )
    return _plan(outcome, before, (*gone, *out), problem)


def _plan(
    outcome: Outcome,
    cluster: Cluster,
    changes: tuple[Change, ...],
    problem: Problem,
    *,
    bought: tuple[str, ...] = (),
    frees: bool = False,
) -> Plan:
    after = outcome.metrics.after
    planned = {pod.id: pod.node for pod in cluster.pods}
    planned |= {change.pod: change.target for change in changes}
    at_the_end = outcome.energy.after.total
    measured = _measure(problem, outcome, planned)

    def energy_of(placement: Mapping[str, str | None]) -> float:
        # What a question adds to the energy beside the placement's own is as in the answer.
        return at_the_end + _measure(problem, outcome, placement) - measured

    return Plan(
        cluster=cluster,
        changes=changes,
        bought=bought,
        frees=frees,
        held_open=frozenset(
            problem.nodes[node] for node in np.flatnonzero(problem.held_open).tolist()
        ),
        nodes_in_use=after.nodes_in_use,
        price_per_hour=after.price_per_hour,
        planned_energy=at_the_end,
        energy=energy_of,
    )


def _measure(problem: Problem, outcome: Outcome, placement: Mapping[str, str | None]) -> float:
    position = {name: node for node, name in enumerate(problem.nodes)}
    places = np.array(
        [
            position.get(node, UNPLACED) if (node := placement.get(pod)) else UNPLACED
            for pod in problem.pods
        ],
        dtype=np.int64,
    )
    return energy(problem, outcome.weights, places).total
