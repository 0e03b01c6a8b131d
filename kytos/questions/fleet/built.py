"""A fleet built: nodes bought beside those of today, and pods put on them under every rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kytos.cluster import Cluster, Node
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights, exchange_rates
from kytos.pairs import MaskBuilder
from kytos.problem import UNPLACED, Ints, LoadMode, Problem
from kytos.questions.fleet.asked import Asked, spot_of
from kytos.questions.fleet.offer import Offer
from kytos.questions.fleet.offers import ARCH, archs_named
from kytos.questions.fleet.packing_of import Posed
from kytos.questions.fleet.pools import pool_bounds
from kytos.questions.fleet.request import FleetRequest
from kytos.questions.parts.build_problem import build_problem
from kytos.referee.feasible import feasible
from kytos.refine import repair
from kytos.solvers.patterns import PatternPlan
from kytos.solvers.patterns.packing import UNLIMITED

PAIRS_SHARE = 0.001
"""All pairs of replicas together weigh this share of the plan's price: at slider position 1 they
break ties, and buy nothing."""

SPARES = 40
"""Nodes offered beside those of the plan, for pods that rules keep off them."""


@dataclass(frozen=True)
class Plan:
    """Which pods go where: nodes bought by name, and the placement by pod id.

    Attributes
    ----------
    standby
        Nodes that are there for what a failure evicts, pods on them or none.
    """

    bought: dict[str, Offer]
    placement: dict[str, str | None]
    standby: frozenset[str] = frozenset()


def candidates(asked: Asked) -> tuple[Node, ...]:
    """Today's nodes that may stay, one of each offer, and another of the first offer.

    Rules over zones would look like rules over nodes where no zone had two nodes.
    """
    first = asked.offers[0]
    twin = first.bought(f"{first.node.name} (twin)")
    return (*asked.rest.nodes, *(offer.node for offer in asked.offers), twin)


def problem_of(cluster: Cluster, asked: Asked, request: FleetRequest) -> Problem:
    """Return the problem of the pods to decide on over the nodes of `cluster`."""
    problem = build_problem(
        cluster,
        asked.pods(cluster),
        mode=LoadMode.CONSOLIDATE,
        max_utilization=request.max_utilization,
        keep=[name for name in asked.stays if name in cluster.node_index],
    )
    node = float(problem.price.mean()) if len(problem.price) else 0.0
    per_node = node / asked.move_price if asked.move_price > 0 and node > 0 else 10.0
    # A fleet changes node by node: a budget brakes each drain, and forbids none.
    problem = _on_processors_named(problem, cluster, asked)
    return replace(problem, moves_per_node=per_node, move_limits=())


def _on_processors_named(problem: Problem, cluster: Cluster, asked: Asked) -> Problem:
    """The problem with pods kept off processors that are there for those that name them alone."""
    if not asked.only_named:
        return problem
    pods = [cluster.pods[cluster.pod_index[pod]] for pod in problem.pods]
    allowed = MaskBuilder.on(problem.allowed)
    for arch in sorted(asked.only_named):
        silent = np.array([arch not in archs_named(pod) for pod in pods], dtype=np.bool_)
        there = np.array([node.labels.get(ARCH) == arch for node in cluster.nodes], dtype=np.bool_)
        allowed.forbid(silent, there)
    return replace(problem, allowed=allowed.mask())


def without_spot(problem: Problem, nodes: Sequence[Node], barred: frozenset[str]) -> Problem:
    """The problem with pods kept off spot nodes; those that run there may stay."""
    spot = spot_of(tuple(nodes))
    rows = np.array([pod in barred for pod in problem.pods], dtype=np.bool_)
    if not spot.any() or not rows.any():
        return problem
    allowed = MaskBuilder.on(problem.allowed)
    allowed.forbid(rows, spot)
    runs = np.flatnonzero(problem.current >= 0)
    allowed.open(runs, problem.current[runs])
    return replace(problem, allowed=allowed.mask())


def bought_by(
    problem: Problem, asked: Asked, posed: Posed, planned: PatternPlan
) -> tuple[dict[str, Offer], dict[str, str]]:
    """The nodes bought by name, and the node that the plan has for each pod."""
    taken = set(asked.today.node_index)
    bought: dict[str, Offer] = {}
    wish: dict[str, str] = {}
    left = [list(reversed(members)) for members in posed.members]
    order = np.lexsort((np.arange(len(planned.offer)), planned.offer))
    for at in order:
        offer, counts = int(planned.offer[at]), planned.pattern[at]
        if offer < posed.stays:
            name = problem.nodes[offer]
        else:
            name = free_name(asked.offers[offer - posed.stays], taken)
            bought[name] = asked.offers[offer - posed.stays]
        for class_ in np.flatnonzero(counts):
            for _ in range(int(counts[class_])):
                if left[class_]:
                    wish[problem.pods[left[class_].pop()]] = name
    return bought, wish


def build(
    asked: Asked,
    request: FleetRequest,
    bought: Mapping[str, Offer],
    wish: Mapping[str, str],
    weights: Weights,
    watch: Watch,
) -> tuple[Problem, Ints]:
    """The problem over today's nodes and those bought, and the wish made to break nothing."""
    nodes = tuple(offer.bought(name) for name, offer in bought.items())
    cluster = asked.rest.replace(nodes=asked.rest.nodes + nodes)
    problem = without_spot(problem_of(cluster, asked, request), cluster.nodes, asked.barred)
    problem = with_ties_broken(problem)
    position = {name: at for at, name in enumerate(problem.nodes)}
    start = np.array(
        [position[wish[pod]] if pod in wish else UNPLACED for pod in problem.pods], dtype=np.int64
    )
    homeless = problem.must_place & (start < 0)
    start[homeless] = problem.current[homeless]
    if not feasible(problem, start):
        start = repair(problem, weights, start, watch)
    return problem, start


def with_ties_broken(problem: Problem) -> Problem:
    """The problem with pairs of replicas worth so little that no node is bought for them."""
    sizes = np.bincount(problem.service[problem.service >= 0], minlength=1)
    pairs = float((sizes * (sizes - 1) / 2).sum()) + len(problem.pods)
    move = exchange_rates(problem).cost
    total = float(problem.price.sum())
    if total <= 0 or move <= 0:
        return problem
    return replace(problem, pairs_per_move=max(2.0, move * pairs / (PAIRS_SHARE * total)))


def free_name(offer: Offer, taken: set[str]) -> str:
    """Return a name for a node bought, and add it to those taken."""
    parts = [offer.type, offer.zone, "spot" if offer.capacity_type == "spot" else None]
    stem = "-".join(part for part in parts if part)
    number = 1
    while f"{stem}-{number}" in taken:
        number += 1
    taken.add(f"{stem}-{number}")
    return f"{stem}-{number}"


def spares_for(problem: Problem, asked: Asked, left: Sequence[str]) -> dict[str, Offer]:
    """Nodes for pods that found no room on those of the plan: for each its cheapest few."""
    if not left:
        return {}
    position = {pod: at for at, pod in enumerate(problem.pods)}
    stays = len(asked.rest.nodes)
    free = problem.capacity - problem.fixed
    taken = set(asked.today.node_index)
    spares: dict[str, Offer] = {}
    for pod in left:
        at = position[pod]
        fits = problem.allowed[at] & (free >= problem.request[at]).all(axis=1)
        usable = np.flatnonzero(fits[stays : stays + len(asked.offers)])
        usable = usable[np.argsort(problem.price[stays + usable], kind="stable")][:3]
        for offer in usable:
            one = asked.offers[int(offer)]
            bounded = one.limit < UNLIMITED or one.pool in {pool.name for pool in asked.pools}
            if len(spares) < SPARES and not bounded:
                spares[free_name(one, taken) + "-spare"] = one
    return spares


def within_request(
    asked: Asked,
    request: FleetRequest,
    bought: Mapping[str, Offer],
    problem: Problem,
    placement: Ints,
) -> bool:
    """Whether a placement keeps what no node by itself tells: types, counts and spot in all."""
    used = [problem.nodes[at] for at in np.flatnonzero(problem.in_use(placement))]
    offers = [bought[name] for name in used if name in bought]
    if request.max_types is not None and len({one.type for one in offers}) > request.max_types:
        return False
    counts = Counter(one.shares for one in offers)
    limits = {one.shares: one.limit for one in offers}
    if any(count > limits[shares] for shares, count in counts.items()):
        return False
    today = {name for name in used if name in asked.rest.node_index}
    for bound in pool_bounds(asked.pools, asked.rest.nodes):
        held = sum(bound.weight_today.get(name, 0.0) for name in today)
        if held + sum(bound.weight(one) for one in offers) > bound.most + 1e-9:
            return False
    if request.spot_share is None:
        return True
    index = asked.rest.node_index
    kept = [asked.rest.nodes[index[name]] for name in used if name in index]
    spot = sum(one.capacity_type == "spot" for one in offers) + int(spot_of(tuple(kept)).sum())
    return spot <= request.spot_share * len(used) + 1e-9
