"""Fleets that survive failures: nodes bought with room for what a node, zone or spot pool evicts.

A plan is grown until it survives what it should: for the pods that a failure would leave without a
node, nodes are bought that stand by. Plans to grow from are the one without the promise, and those
whose volumes leave room from the start. Then nodes are dropped and made cheaper one by one, and
where it is small enough one exact model looks at all of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from kytos.cluster import Cluster, Note, note_about
from kytos.contract.params import SolverParams
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.language import said
from kytos.problem import UNPLACED, Ints, Problem
from kytos.questions.fleet.asked import Asked
from kytos.questions.fleet.built import Plan, bought_by, build, free_name
from kytos.questions.fleet.offer import Offer
from kytos.questions.fleet.packing_of import Posed
from kytos.questions.fleet.promise import Promise, evictable, promise
from kytos.questions.fleet.request import FleetRequest
from kytos.questions.fleet.survive_search import BOUND_SECONDS, Judged, Search, of_money
from kytos.questions.recovery.compiled_cluster import CompiledCluster
from kytos.questions.recovery.risk import Failing, failures_of
from kytos.referee.feasible import feasible
from kytos.solvers.cpsat.survive import Others, solve_surviving
from kytos.solvers.patterns import PatternPlan
from kytos.solvers.patterns.improve import filled_nodes
from kytos.solvers.patterns.reserve import Reserve, reserve_bound

STAGE = "survive failures"

ROOMS = (0.0, 0.04, 0.12, 0.25)
"""Shares by which volumes have more than a failure needs, in the order tried."""

EXACT_SHARE = 0.5
"""Of the time left, what the one exact model may take."""

EXACT_COPIES = 40
"""Nodes in that model at most."""


@dataclass(frozen=True)
class Surviving:
    """A plan that keeps the promise as far as it could be, and what it costs to keep it.

    Attributes
    ----------
    bound
        No plan that survives costs less.
    more
        Energy above the plan without the promise.
    """

    plan: Plan
    bound: float
    more: float
    notes: tuple[Note, ...]
    not_promised: tuple[str, ...] = ()
    """Failures that the plan found does not survive, though some fleet might."""


def surviving(
    asked: Asked,
    request: FleetRequest,
    problem: Problem,
    posed: Posed,
    free: Plan,
    bound: float,
    weights: Weights,
    params: SolverParams,
    watch: Watch,
) -> Surviving:
    """Return the cheapest plan found that survives what `request.survive` names.

    Parameters
    ----------
    problem
        Over today's nodes and one of each that can be bought.
    posed
        The packing of that problem.
    free, bound
        The plan without the promise, and what no plan undercuts.
    """
    kinds: tuple[Failing, ...] = request.survive
    held = promise(asked, problem, kinds, watch.untimed())
    hopeful = frozenset(problem.pods[pod] for members in posed.members for pod in members)
    search = Search(asked, request, held, hopeful, weights, watch)
    first = search.placed(free)
    if first is not None and not first.broken:
        return Surviving(_settled(first.plan), bound, 0.0, held.notes)
    watch.report(STAGE, 0.0, None)
    reserve = reserve_of(asked, problem, posed, held)
    proven, _ = reserve_bound(posed.packing, reserve, min(BOUND_SECONDS, 0.1 * watch.remaining_s))
    if posed.exact and not asked.shared:
        bound = max(bound, proven)
    # However little time is left, the first plan is grown to its end: that is the promise.
    best = search.grown(free, watch.untimed())
    for plan in with_room(problem, asked, posed, reserve, watch):
        grown = search.grown(plan, watch)
        if grown is not None and (best is None or grown.rank < best.rank):
            best = grown
    if best is None:
        told = said("no fleet was found that could be held to surviving failures")
        return Surviving(free, bound, 0.0, (*held.notes, note_about(told, kinds)))
    best = search.trimmed(best, watch.share(1 - EXACT_SHARE))
    exact = _exactly(search, best, params, watch.share(EXACT_SHARE))
    if exact is not None:
        judged, least = exact
        bound = max(bound, least)
        if judged is not None and judged.rank < best.rank:
            best = judged
    notes = held.notes
    broken = tuple(sorted(" ".join(one) for one in held.broken(best.plan)))
    if broken:
        notes = (*notes, note_about(said("failures that the plan found does not survive"), broken))
    more = best.worth - (first.worth if first is not None else best.worth)
    return Surviving(_settled(best.plan), bound, more, notes, broken)


def _settled(plan: Plan) -> Plan:
    """The plan, its nodes without pods named as standing by."""
    used = {node for node in plan.placement.values() if node is not None}
    bare = frozenset(plan.bought.keys() - used)
    return replace(plan, standby=plan.standby | bare)


def reserve_of(asked: Asked, problem: Problem, posed: Posed, held: Promise) -> Reserve:
    """What has to be survived, in the terms of the packing's classes and offers."""
    index = asked.rest.pod_index
    evicted = evictable([asked.rest.pods[index[pod]] for pod in problem.pods])
    nodes = [*asked.rest.nodes, *(offer.node for offer in asked.offers)]
    together = []
    for kind in held.kinds:
        if kind == "node":
            continue
        names = {
            name for name, _ in failures_of(asked.rest.replace(nodes=tuple(nodes), pods=()), kind)
        }
        for name in sorted(names - held.exempt[kind]):
            covered = [held.covers((kind, name), node) for node in nodes]
            together.append(np.array(covered, dtype=np.bool_))
    singly = np.zeros(len(nodes), dtype=np.bool_)
    if "node" in held.kinds:
        singly[:] = [node.name not in held.exempt["node"] for node in nodes]
    return Reserve(
        evicted=np.array([int(evicted[list(members)].sum()) for members in posed.members]),
        together=tuple(together),
        singly=singly,
        capacity=(problem.allocatable - problem.fixed)[: len(nodes)],
    )


def with_room(
    problem: Problem, asked: Asked, posed: Posed, reserve: Reserve, watch: Watch
) -> Iterator[Plan]:
    """Plans whose volumes leave room for every failure."""
    packing = posed.packing
    for room in ROOMS:
        if watch.reason is not None:
            return
        seconds = min(BOUND_SECONDS, 0.1 * watch.remaining_s)
        _, counts = reserve_bound(packing, reserve, seconds, room)
        if np.isnan(counts).any():
            continue
        offer, pattern = filled_nodes(packing, counts.astype(np.int64))
        filled = PatternPlan(offer, pattern, np.zeros(len(packing.demand), np.int64), 0.0, 0.0)
        bought, wish = bought_by(problem, asked, posed, filled)
        taken = set(asked.today.node_index) | bought.keys()
        spare = counts.astype(np.int64) - np.bincount(offer, minlength=len(counts))
        standby = set()
        for at in np.flatnonzero(spare > 0):
            if at < posed.stays:
                standby.add(problem.nodes[at])
                continue
            one = asked.offers[at - posed.stays]
            bought |= {free_name(one, taken): one for _ in range(int(spare[at]))}
        where: dict[str, str | None] = {pod: wish.get(pod) for pod in problem.pods}
        yield Plan(bought, where, frozenset(standby))


def _exactly(
    search: Search, best: Judged, params: SolverParams, watch: Watch
) -> tuple[Judged | None, float] | None:
    """The plan and all its failures as one model over copies of what can be bought."""
    asked, request = search.asked, search.request
    limited = request.max_types is not None or request.spot_share is not None or asked.pools
    if best.broken or limited or watch.reason is not None:
        return None
    paid = sum(offer.price for offer in best.plan.bought.values())
    paid += sum(node.price_per_hour or 0.0 for node in asked.rest.nodes)
    copies: dict[str, Offer] = {}
    alike: list[list[str]] = []
    taken = set(asked.today.node_index) | best.plan.bought.keys()
    shared = Counter(offer.shares for offer in asked.offers if offer.limit < len(asked.decide))
    if any(count > 1 for count in shared.values()):
        return None
    for offer in asked.offers:
        own = [name for name, one in best.plan.bought.items() if one.node.name == offer.node.name]
        most = offer.limit if offer.price <= 0 else int(paid / offer.price + 1e-9)
        most = min(most, offer.limit, 2 * len(asked.decide))
        names = own + [free_name(offer, taken) for _ in range(most - len(own))]
        copies |= dict.fromkeys(names, offer)
        alike.append(names)
        if len(copies) > EXACT_COPIES:
            return None
    wish = {pod: node for pod, node in best.plan.placement.items() if node is not None}
    problem, start = build(asked, request, copies, wish, search.weights, watch)
    if not feasible(problem, start):
        return None
    homes = np.array([pod in search.hopeful for pod in problem.pods], dtype=np.bool_)
    problem = replace(problem, must_place=problem.must_place | homes)
    world = asked.rest.replace(
        nodes=asked.rest.nodes + tuple(offer.bought(name) for name, offer in copies.items())
    )
    position = world.node_index
    masks = []
    for kind in search.held.kinds:
        for name, nodes in failures_of(world, kind):
            if name not in search.held.exempt[kind]:
                gone = np.zeros(len(problem.nodes), dtype=np.bool_)
                gone[[position[node] for node in nodes]] = True
                masks.append(gone)
    answer = solve_surviving(
        problem,
        of_money(search.weights),
        masks,
        _others(world, problem),
        params,
        watch,
        start,
        evictable([world.pods[world.pod_index[pod]] for pod in problem.pods]),
        bought=~problem.held_open,
        alike=[np.array([position[name] for name in names]) for names in alike],
    )
    if answer.placement is None:
        return None
    offset = search.weights.B * float(problem.price[problem.held_open].sum())
    there = {problem.nodes[node] for node in answer.paid}
    plan = Plan(
        {name: offer for name, offer in copies.items() if name in there},
        {
            pod: None if at == UNPLACED else problem.nodes[at]
            for pod, at in zip(problem.pods, answer.placement, strict=True)
        },
        frozenset(there & asked.rest.node_index.keys()),
    )
    judged = search.placed(plan)
    return judged, answer.bound - offset


def _others(world: Cluster, problem: Problem) -> Others:
    """Pods outside the problem that a failure evicts."""
    compiled = CompiledCluster(world, lost=False)
    decided = set(problem.pods)
    rows: Ints = np.array(
        [
            at
            for at in np.flatnonzero(compiled.evacuates)
            if compiled.pods[at].id not in decided and compiled.home[at] >= 0
        ],
        dtype=np.int64,
    )
    columns = np.array([compiled.resources.index(name) for name in problem.resources])
    return Others(
        home=compiled.home[rows],
        request=compiled.request[np.ix_(rows, columns)],
        allowed=np.asarray(compiled.allowed[rows]),
    )
