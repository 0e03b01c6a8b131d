"""Fleets tried and judged failure by failure, and grown where a failure would lose pods."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from kytos.cluster import CPU, MEMORY, Phase
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.problem import LoadMode
from kytos.questions.fleet.asked import Asked, spot_of
from kytos.questions.fleet.built import Plan, build, free_name, within_request
from kytos.questions.fleet.offer import Offer
from kytos.questions.fleet.packing_of import packing_of
from kytos.questions.fleet.pools import pool_bounds
from kytos.questions.fleet.promise import Failure, Promise, offers_beside, planned
from kytos.questions.fleet.request import FleetRequest
from kytos.questions.parts.build_problem import build_problem
from kytos.questions.parts.most_placed import place_quickly
from kytos.questions.recovery.compiled_cluster import CompiledCluster
from kytos.questions.recovery.risk import failures_of
from kytos.referee.energy import energy
from kytos.solvers.patterns.plan import repacked

STANDS_BY = "it stands by for what a failure evicts (survive)"

GROWN_TIMES = 60
"""Nodes bought one failure after another; a plan that needs more is given up."""

BOUND_SECONDS, REPACK_SECONDS = 5.0, 2.0

CHEAPER_LOOKS = 3
"""Cheaper offers tried for a node."""


@dataclass(frozen=True)
class Judged:
    """A fleet, what it is worth, and how many failures it does not survive."""

    plan: Plan
    worth: float
    broken: int

    @property
    def rank(self) -> tuple[int, float]:
        """Return what plans are compared by, the smaller the better."""
        return self.broken, self.worth


class Search:
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
        """Begin with no plan."""
        self.asked, self.request, self.held = asked, request, held
        self.hopeful, self.weights, self.watch = hopeful, weights, watch

    def with_standby(self, plan: Plan) -> Asked:
        """What is asked, with the nodes of a plan there whatever runs on them."""
        there = dict.fromkeys(sorted(plan.bought.keys() | plan.standby), STANDS_BY)
        return replace(self.asked, stays=there | self.asked.stays)

    def placed(self, plan: Plan) -> Judged | None:
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
        return Judged(done, worth, len(self.held.broken(done)))

    def grown(self, plan: Plan, watch: Watch) -> Judged | None:
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

    def trimmed(self, judged: Judged, watch: Watch) -> Judged:
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


def of_money(weights: Weights) -> Weights:
    """The weights without preferences: what is proven is of money and moves alone."""
    return weights.model_copy(update={"D": 0.0})
