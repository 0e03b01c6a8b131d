"""From a cluster and the pods to decide on, the problem as arrays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from math import floor

import numpy as np

from kytos.cluster import CPU, LOAD_RESOURCES, MEMORY, PODS, Cluster, Node, Pod, Resources
from kytos.contract.watch import BUILDING, Report, say_nothing
from kytos.contract.weights import moves_per_node
from kytos.errors import RequestRefused
from kytos.language import said
from kytos.pairs import PairCosts
from kytos.problem import UNPLACED, Floats, Ints, LoadMode, Problem, pairs_with_room
from kytos.questions.parts.decimals import as_written
from kytos.questions.parts.move_cost import MoveCosts
from kytos.questions.parts.prices import prices_by_size
from kytos.questions.parts.use_rows import with_use
from kytos.replica_counts import ReplicaCounts
from kytos.rules.compile import compile_rules
from kytos.rules.counted import with_counted
from kytos.rules.eviction import move_limits
from kytos.rules.index import nominated
from kytos.rules.kept_nodes import kept_nodes

LARGEST_DESIRE = 1e300
"""Of all pods together; a hundred priorities of a thousand pods each come to this."""


def build_problem(
    cluster: Cluster,
    decide: Sequence[Pod],
    *,
    mode: LoadMode,
    max_moves: int | None = None,
    zone_pairs: bool = False,
    max_utilization: float = 1.0,
    keep: Collection[str] = (),
    node_cost: PairCosts | None = None,
    report: Report = say_nothing,
) -> Problem:
    """Return the problem of placing the pods of `decide`; all others stay where they are.

    Parameters
    ----------
    decide
        Pods of `cluster`, running or waiting for a node.
    max_utilization
        Share of cpu and memory a node may be filled to by pods that come to it.
    keep
        Names of nodes that stay whatever is decided, beside those of
        `kytos.rules.kept_nodes.kept_nodes`.
    node_cost
        ``(pods, nodes)``, see `Problem.node_cost`.
    report
        Who is told how far it is; on large clusters it takes longer than some solves.
    """
    chosen = {pod.id for pod in decide}
    cluster = with_counted(cluster, chosen)
    nodes, decide = cluster.nodes, [cluster.pods[cluster.pod_index[pod.id]] for pod in decide]
    staying = [pod for pod in cluster.pods if pod.holds_capacity and pod.id not in chosen]
    resources = _resources(decide)
    allocatable = amounts((node.allocatable for node in nodes), resources)
    home = np.array([cluster.node_index[pod.node] for pod in staying if pod.node], dtype=np.int64)
    fixed = amounts((node.current_load for node in nodes), resources)
    np.add.at(fixed, home, amounts((pod.footprint | {PODS: 1} for pod in staying), resources))
    load_fixed = amounts((node.current_load for node in nodes), LOAD_RESOURCES).astype(float)
    np.add.at(
        load_fixed,
        home,
        amounts((pod.footprint | pod.expected for pod in staying), LOAD_RESOURCES),
    )
    current = np.array(
        [UNPLACED if pod.node is None else cluster.node_index[pod.node] for pod in decide],
        dtype=np.int64,
    )
    held_open = np.zeros(len(nodes), dtype=np.bool_)
    held_open[home[[pod.keeps_node for pod in staying]]] = True
    held_open[[cluster.node_index[node] for node in {*kept_nodes(cluster), *keep}]] = True
    services, service, service_fixed = _services(decide, staying, home, len(nodes))
    report(BUILDING, 0.4, None)
    rules = compile_rules(cluster, decide)
    report(BUILDING, 0.8, None)
    priority = np.array([pod.priority for pod in decide], dtype=np.int64)
    price = prices_by_size(nodes)
    costs = MoveCosts.of(cluster)
    running = np.bincount(current[current >= 0], minlength=len(nodes)).astype(np.int64)
    must_place = current != UNPLACED
    problem = Problem(
        pods=tuple(pod.id for pod in decide),
        nodes=tuple(node.name for node in nodes),
        resources=resources,
        allocatable=allocatable,
        capacity=np.maximum(
            filled_to(allocatable, resources, max_utilization)
            - _kept(cluster, decide, chosen, resources),
            0,
        ),
        fixed=fixed,
        request=amounts((_taken(pod) for pod in decide), resources),
        load_allocatable=amounts((node.allocatable for node in nodes), LOAD_RESOURCES).astype(
            float
        ),
        load_fixed=load_fixed,
        # What fits nowhere will not run: it must not raise the mean that nodes are levelled to.
        load_request=np.where(rules.allowed.any(axis=1, keepdims=True), _foreseen(decide), 0.0),
        current=current,
        allowed=rules.allowed,
        must_place=must_place,
        desire=np.where(must_place, 0.0, superincreasing(priority)),
        priority=priority,
        move_cost=np.array([costs(pod) for pod in decide], dtype=float),
        node_cost=node_cost,
        preference=rules.preference,
        service=service,
        services=services,
        service_fixed=service_fixed,
        zone=_zones(nodes),
        zone_pairs=zone_pairs,
        usable=np.array([node.usable for node in nodes], dtype=np.bool_),
        price=price,
        moves_per_node=moves_per_node(price, running, ~held_open),
        held_open=held_open,
        mode=mode,
        max_moves=max_moves,
        move_limits=move_limits(cluster, decide),
        tallies=rules.tallies,
        exclusions=rules.exclusions,
        presences=rules.presences,
        skews=rules.skews,
        pairings=rules.pairings,
    )
    return with_use(problem, cluster, decide, staying)


def _kept(
    cluster: Cluster, decide: Sequence[Pod], chosen: Collection[str], resources: Sequence[str]
) -> Ints:
    """``(nodes, resources)`` what is kept for nominated pods that wait on beside the question.

    Room is kept from running pods of whatever priority, who need not move; one that needs a node
    takes it from less important ones, as the scheduler has it.
    """
    urgent = max((pod.priority for pod in decide if pod.node is None), default=None)
    kept = np.zeros((len(cluster.nodes), len(resources)), dtype=np.int64)
    for pod, node in nominated(cluster):
        if pod.id not in chosen and (urgent is None or pod.priority >= urgent):
            kept[node] += amounts([pod.requests | {PODS: 1}], resources)[0]
    return kept


def amounts(items: Iterable[Resources], resources: Sequence[str]) -> Ints:
    """``(items, resources)`` amounts, 0 where an item does not list a resource."""
    rows = [[item.get(name, 0) for name in resources] for item in items]
    return np.array(rows, dtype=np.int64).reshape(-1, len(resources))


def filled_to(allocatable: Ints, resources: Sequence[str], max_utilization: float) -> Ints:
    """``(nodes, resources)`` what nodes may be filled to: a share of their cpu and memory."""
    capacity = allocatable.copy()
    limited = [resources.index(CPU), resources.index(MEMORY)]
    share = as_written(max_utilization)  # 0.57 of 100 is 57, which floating point misses
    for resource in limited:
        capacity[:, resource] = [
            floor(amount * share) for amount in allocatable[:, resource].tolist()
        ]
    return capacity


def within_room(problem: Problem) -> Problem:
    """Return the problem without pairs for which a node lacks room even with no other pod come.

    What stays on a node stays in every plan, so nothing is lost, and in a full cluster the models
    of exact solvers and samplers shrink to the nodes that have room at all.
    """
    return replace(problem, allowed=pairs_with_room(problem))


def superincreasing(priority: Ints) -> Floats:
    """Return ``(pods,)`` desires such that no number of lower pods outweighs a higher one.

    Raises
    ------
    RequestRefused
        When there are more priorities than floating point can tell apart that way.
    """
    desire = np.ones(len(priority))
    below = 0.0
    ranks = np.unique(priority)
    for rank in ranks:
        members = priority == rank
        desire[members] = 1.0 + below
        below += (1.0 + below) * int(members.sum())
        if below > LARGEST_DESIRE:
            raise RequestRefused(
                said(
                    f"{len(priority):,} pods to place have {len(ranks):,} different priorities, "
                    "more than can be weighed against each other; give alike pods the same priority"
                ),
                "pods",
            )
    return desire


def _resources(pods: Iterable[Pod]) -> tuple[str, ...]:
    """All that `pods` ask for; what only others use cannot run short by a decision."""
    asked = {name for pod in pods for name, amount in _taken(pod).items() if amount > 0}
    return (CPU, MEMORY, PODS, *sorted(asked - {CPU, MEMORY, PODS}))


def _taken(pod: Pod) -> Resources:
    """What a pod takes: the larger of what it asks for and what it holds while it is resized."""
    taken = dict(pod.requests)
    if pod.holds_capacity:
        for name, amount in pod.footprint.items():
            taken[name] = max(amount, taken.get(name, 0))
    return taken | {PODS: 1}


def _foreseen(decide: Sequence[Pod]) -> Floats:
    """``(pods, 2)`` load of each pod, as foreseen where that is known."""
    return amounts((_taken(pod) | pod.expected for pod in decide), LOAD_RESOURCES).astype(float)


def _services(
    decide: Sequence[Pod], staying: Sequence[Pod], home: Ints, nodes: int
) -> tuple[tuple[str, ...], Ints, ReplicaCounts]:
    """Services of the pods to decide on, and those whose pairs stay as they are."""
    named = Counter(pod.service for pod in staying if pod.service is not None)
    paired = {service for service, replicas in named.items() if replicas > 1}
    services = tuple(sorted(paired | {pod.service for pod in decide if pod.service is not None}))
    position = {name: index for index, name in enumerate(services)}
    service = np.array([position.get(pod.service or "", -1) for pod in decide], dtype=np.int64)
    stays = np.array([position.get(pod.service or "", -1) for pod in staying], dtype=np.int64)
    counted = stays >= 0
    shape = len(services), nodes
    return services, service, ReplicaCounts.counted(stays[counted], home[counted], shape)


def _zones(nodes: Sequence[Node]) -> Ints:
    names = sorted({node.zone for node in nodes if node.zone is not None})
    position = {name: index for index, name in enumerate(names)}
    return np.array([position.get(node.zone or "", -1) for node in nodes], dtype=np.int64)
