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

from kytos.cluster import CPU, MEMORY, Cluster, Note, Phase, note_about
from kytos.contract.params import SolverParams
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.language import said
from kytos.problem import UNPLACED, Ints, LoadMode, Problem
from kytos.questions.fleet.asked import Asked, spot_of
from kytos.questions.fleet.built import Plan, bought_by, build, free_name, within_request
from kytos.questions.fleet.offer import Offer
from kytos.questions.fleet.packing_of import Posed, packing_of
from kytos.questions.fleet.pools import pool_bounds
from kytos.questions.fleet.promise import (
    Failure,
    Promise,
    evictable,
    offers_beside,
    planned,
    promise,
)
from kytos.questions.fleet.request import FleetRequest
from kytos.questions.parts.build_problem import build_problem
from kytos.questions.parts.most_placed import place_quickly
from kytos.questions.recovery.compiled_cluster import CompiledCluster
from kytos.questions.recovery.risk import Failing, failures_of
from kytos.referee.energy import energy
from kytos.referee.feasible import feasible
from kytos.solvers.cpsat.survive import Others, solve_surviving
from kytos.solvers.patterns import PatternPlan
from kytos.solvers.patterns.improve import filled_nodes
from kytos.solvers.patterns.plan import repacked
from kytos.solvers.patterns.reserve import Reserve, reserve_bound

STAGE = "survive failures"

STANDS_BY = "it stands by for what a failure evicts (survive)"

ROOMS = (0.0, 0.04, 0.12, 0.25)
"""Shares by which volumes have more than a failure needs, in the order tried."""

GROWN_TIMES = 60
"""Nodes bought one failure after another; a plan that needs more is given up."""

BOUND_SECONDS, REPACK_SECONDS = 5.0, 2.0

EXACT_SHARE = 0.5
"""Of the time left, what the one exact model may take."""

EXACT_COPIES = 40
"""Nodes in that model at most."""

CHEAPER_LOOKS = 3
"""Cheaper offers tried for a node."""


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


@dataclass(frozen=True)
class _Judged:
    plan: Plan
    worth: float
    broken: int

    @property
    def rank(self) -> tuple[int, float]:
        return self.broken, self.worth


class _Search:
    """Plans judged, grown and trimmed under one promise."""

    def __init__(
        self,
        asked: Asked,
        request: FleetRequest,
        held: Promise,
        hopeful: frozenset[str],
        weights: Weights,
        watch: Watch,
    ) -> None:
        self.asked, self.request, self.held = asked, request, held
        self.hopeful, self.weights, self.watch = hopeful, weights, watch

    def with_standby(self, plan: Plan) -> Asked:
        """What is asked, with the nodes of a plan there whatever runs on them."""
        there = dict.fromkeys(sorted(plan.bought.keys() | plan.standby), STANDS_BY)
        return replace(self.asked, stays=there | self.asked.stays)

    def placed(self, plan: Plan) -> _Judged | None:
        """A plan with every pod on a node and every rule kept; None where that is not to be had."""
        asked = self.with_standby(plan)
        wish = {pod: node for pod, node in plan.placement.items() if node is not None}
        problem, start = build(
            asked, self.request, plan.bought, wish, self.weights, self.watch.untimed()
        )
        missing = (problem.pods[pod] for pod in np.flatnonzero(start < 0))
        if any(pod in self.hopeful for pod in missing):
            return None
        if not within_request(asked, self.request, plan.bought, problem, start):
            return None
        where = {
            pod: None if at < 0 else problem.nodes[at]
            for pod, at in zip(problem.pods, start, strict=True)
        }
        done = replace(plan, placement=where)
        worth = energy(problem, self.weights, start).total
        return _Judged(done, worth, len(self.held.broken(done)))

    def grown(self, plan: Plan, watch: Watch) -> _Judged | None:
        """The plan with nodes that stand by, until it keeps the promise or nothing helps."""
        judged = self.placed(plan)
        given_up: set[Failure] = set()
        for _ in range(GROWN_TIMES):
            if judged is None or watch.reason is not None:
                break
            open_ = sorted(self.held.broken(judged.plan) - given_up)
            if not open_:
                break
            failure = open_[0]
            relieved = self._relieved(judged.plan, failure)
            other = None if relieved is None else self.placed(relieved)
            if other is None:
                given_up.add(failure)
            else:
                judged = other
        return judged

    def _relieved(self, plan: Plan, failure: Failure) -> Plan | None:
        """The plan with nodes for the pods that a failure would leave without one."""
        world = planned(self.asked, plan)
        kind, name = failure
        gone = dict(failures_of(world, kind)).get(name, ())
        compiled = CompiledCluster(world, lost=False)
        evicted: dict[str, str | None] = {}
        if len(gone) < len(world.nodes):
            cut = compiled.cut([world.node_index[node] for node in gone]).problem
            at, _ = place_quickly(cut, self.watch.untimed())
            evicted = {
                pod: None if node < 0 else cut.nodes[node]
                for pod, node in zip(cut.pods, at, strict=True)
            }
        else:
            homes = [world.nodes[home].name for home in compiled.home]
            evicted = {
                pod.id: None
                for pod, home, may in zip(compiled.pods, homes, compiled.evacuates, strict=True)
                if home in gone and may
            }
        lost = {pod for pod, node in evicted.items() if node is None}
        if not lost:  # greedy fitting did, where the verdict had no time to
            return None
        offers = self._within_types(plan, offers_beside(self.held, failure, plan))
        if not offers:
            return None
        stay = tuple(node for node in world.nodes if node.name not in gone)
        moved = world.with_placement({p: node for p, node in evicted.items() if node is not None})
        pods = tuple(
            pod.model_copy(update={"node": None, "held": None, "phase": Phase.PENDING})
            if pod.id in lost
            else pod
            for pod in moved.pods
            if pod.node not in gone or pod.id in lost
        )
        twin = offers[0].bought(f"{offers[0].node.name} (twin)")
        left = world.replace(nodes=(*stay, *(offer.node for offer in offers), twin), pods=pods)
        problem = build_problem(
            left,
            [pod for pod in left.pods if pod.id in lost],
            mode=LoadMode.CONSOLIDATE,
            keep=[node.name for node in stay],
        )
        posed = packing_of(
            problem,
            offers,
            len(stay),
            self.weights if self.weights.B > 0 else Weights(),
            0.0,
            spot_nodes=spot_of(left.nodes),
            spot_share=None,
            max_types=None,
            pools=pool_bounds(self.asked.pools, stay),
        )
        if not posed.members:
            return None
        nodes = repacked(posed.packing, self.watch.untimed().within(REPACK_SECONDS))
        taken = set(self.asked.today.node_index) | plan.bought.keys()
        more = {
            free_name(offers[int(offer) - len(stay)], taken): offers[int(offer) - len(stay)]
            for offer in nodes[0]
            if offer >= len(stay)
        }
        if not more:
            return None
        own = {offer.node.name: offer for offer in self.asked.offers}
        return replace(
            plan, bought=plan.bought | {at: own[offer.node.name] for at, offer in more.items()}
        )

    def _within_types(self, plan: Plan, offers: tuple[Offer, ...]) -> tuple[Offer, ...]:
        """Those that the share of spot and the number of types leave."""
        if self.request.spot_share is not None:
            calm = tuple(offer for offer in offers if offer.capacity_type != "spot")
            offers = calm or offers
        types = {offer.type for offer in plan.bought.values()}
        if self.request.max_types is not None and len(types) >= self.request.max_types:
            offers = tuple(offer for offer in offers if offer.type in types)
        return offers

    def trimmed(self, judged: _Judged, watch: Watch) -> _Judged:
        """The plan without nodes it can do without, and with cheaper ones in place of others."""
        better = True
        while better and watch.reason is None:
            better = False
            names = sorted(judged.plan.bought, key=lambda one: -judged.plan.bought[one].price)
            for name in names:
                if watch.reason is not None:
                    break
                for plan in self._smaller(judged.plan, name):
                    other = self.placed(plan)
                    if other is not None and other.rank < (judged.broken, judged.worth - 1e-9):
                        judged, better = other, True
                        break
                if better:
                    break
        return judged

    def _smaller(self, plan: Plan, name: str) -> Iterator[Plan]:
        """Without one node, or with a cheaper one in its place."""
        rest = {other: offer for other, offer in plan.bought.items() if other != name}
        where = {pod: None if node == name else node for pod, node in plan.placement.items()}
        yield Plan(rest, where, plan.standby)
        own = plan.bought[name]
        held = {pod for pod, node in plan.placement.items() if node == name}
        index = self.asked.rest.pod_index
        need = {
            resource: sum(
                self.asked.rest.pods[index[pod]].requests.get(resource, 0) for pod in held
            )
            for resource in (CPU, MEMORY)
        }
        used = Counter(offer.shares for offer in rest.values())
        cheaper = [
            offer
            for offer in self.asked.offers
            if offer.price < own.price - 1e-12
            and used[offer.shares] < offer.limit
            and all(offer.node.allocatable.get(key, 0) >= most for key, most in need.items())
        ]
        for offer in sorted(cheaper, key=lambda one: one.price)[:CHEAPER_LOOKS]:
            other = free_name(offer, set(self.asked.today.node_index) | rest.keys())
            moved = {pod: other if pod in held else node for pod, node in where.items()}
            yield Plan(rest | {other: offer}, moved, plan.standby)


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
    search = _Search(asked, request, held, hopeful, weights, watch)
    first = search.placed(free)
    if first is not None and not first.broken:
        return Surviving(_settled(first.plan), bound, 0.0, held.notes)
    watch.report(STAGE, 0.0, None)
    reserve = _reserve(asked, problem, posed, held)
    proven, _ = reserve_bound(posed.packing, reserve, min(BOUND_SECONDS, 0.1 * watch.remaining_s))
    if posed.exact and not asked.shared:
        bound = max(bound, proven)
    # However little time is left, the first plan is grown to its end: that is the promise.
    best = search.grown(free, watch.untimed())
    for plan in _with_room(problem, asked, posed, reserve, watch):
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


def _reserve(asked: Asked, problem: Problem, posed: Posed, held: Promise) -> Reserve:
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


def _with_room(
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
    search: _Search, best: _Judged, params: SolverParams, watch: Watch
) -> tuple[_Judged | None, float] | None:
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
        _of_money(search.weights),
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


def _of_money(weights: Weights) -> Weights:
    """The weights without preferences: what is proven is of money and moves alone."""
    return weights.model_copy(update={"D": 0.0})


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
