"""A fleet's problem as a packing: pods in classes, nodes of today and to be bought as offers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from kytos.contract.weights import Weights
from kytos.language import said
from kytos.problem import Bools, Ints, Problem
from kytos.questions.fleet.offer import Offer
from kytos.questions.fleet.pools import PoolBound
from kytos.solvers.patterns import OfferRow, Packing
from kytos.solvers.patterns.packing import UNLIMITED


@dataclass(frozen=True)
class Posed:
    """A packing and how to read a plan for it.

    Attributes
    ----------
    members
        For each class the positions of its pods in the problem; those that run come first.
    stays
        How many of the offers are today's nodes: they come first.
    exact
        Whether the packing asks for no more than the rules do, so that its bound is one on every
        plan; not where zones were dealt out beforehand.
    """

    packing: Packing
    members: tuple[tuple[int, ...], ...]
    stays: int
    exact: bool


def packing_of(
    problem: Problem,
    offers: Sequence[Offer],
    stays: int,
    weights: Weights,
    move_price: float,
    *,
    spot_nodes: Bools,
    spot_share: float | None,
    max_types: int | None,
    pools: Sequence[PoolBound] = (),
    exact: bool = False,
) -> Posed:
    """Return the packing of a problem whose nodes are today's, one of each offer, and one more.

    The last one, by which a zone with one offer is told from a node, is nothing that can be bought.

    Parameters
    ----------
    stays
        How many of the nodes are today's.
    move_price
        What an ordinary move costs, per hour.
    spot_nodes
        ``(nodes,)`` which are spot.
    pools
        What NodePools' limits leave.
    exact
        Whether to leave out rules that can only be kept by asking for more than they do.
    """
    allowed, dealt = (problem.allowed.copy(), False) if exact else _dealt_over_zones(problem)
    most, rivals, capped = apart_on_nodes(problem, exact)
    free = problem.capacity - problem.fixed
    placed = np.flatnonzero(_fits_somewhere(problem, allowed, free))
    classes = _classes(problem, allowed, placed, rivals)
    first = np.array([members[0] for members in classes], dtype=np.int64)
    price = np.where(problem.held_open, 0.0, problem.price) * weights.B
    cost = np.zeros((len(classes), len(problem.nodes)))
    for row, pod in enumerate(first):
        if problem.current[pod] >= 0:
            cost[row] = weights.C * move_price * problem.move_cost[pod]
            cost[row, problem.current[pod]] = 0.0
    limits = [1] * stays + [offer.limit for offer in offers] + [0]
    kind = [-1] * stays + list(_positions([offer.type for offer in offers])) + [-1]
    packing = Packing(
        request=problem.request[first],
        demand=np.array([len(members) for members in classes], dtype=np.int64),
        capacity=free,
        price=price,
        limit=np.array(limits, dtype=np.int64),
        allowed=allowed[first],
        cost=cost,
        most=most[first],
        kind=np.array(kind, dtype=np.int64),
        rivals=tuple((one[first], two[first]) for one, two in rivals),
        most_kinds=max_types,
        rows=(
            *_rows(problem, offers, stays, spot_nodes, spot_share),
            *_pool_rows(problem, pools, offers, stays),
        ),
    )
    packing = packing.within(np.arange(len(limits)) < len(limits) - 1)
    return Posed(packing, classes, stays, exact=not (dealt or capped))


def _fits_somewhere(problem: Problem, allowed: Bools, free: Ints) -> Bools:
    """``(pods,)`` whether some node that is otherwise empty takes the pod."""
    fits = allowed.copy()
    for resource in range(len(problem.resources)):
        need = problem.request[:, resource]
        asks = np.flatnonzero(need)
        fits[asks] &= need[asks, None] <= free[None, :, resource]
    somewhere: Bools = np.any(fits, axis=1)
    return somewhere


def _classes(
    problem: Problem, allowed: Bools, placed: Ints, rivals: Sequence[tuple[Bools, Bools]]
) -> tuple[tuple[int, ...], ...]:
    """Pods that are alike in what they ask for, where they may run, and whom they keep off."""
    sides = [side for pair in rivals for side in pair]
    told = np.array(sides, dtype=np.bool_).reshape(len(sides), len(problem.pods))
    grouped: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
    for pod in placed.tolist():
        key = (
            problem.request[pod].tobytes(),
            np.packbits(allowed[pod]).tobytes(),
            int(problem.current[pod]),
            float(problem.move_cost[pod]) if problem.current[pod] >= 0 else 0.0,
            told[:, pod].tobytes() if len(sides) else b"",
        )
        grouped[key].append(pod)
    return tuple(map(tuple, grouped.values()))


def apart_on_nodes(
    problem: Problem, exact: bool
) -> tuple[Ints, tuple[tuple[Bools, Bools], ...], bool]:
    """``(pods,)`` how many alike a node may run, and who shares no node with whom.

    Only rules over the nodes themselves: what holds over zones is dealt out beforehand. A spread
    over nodes may let a node run more once all run some; unless `exact`, it is held to the skew.
    """
    most = np.full(len(problem.pods), UNLIMITED, dtype=np.int64)
    rivals, capped = [], False
    for exclusion in problem.exclusions:
        carriers, targets = problem.tallies[exclusion.carriers], problem.tallies[exclusion.targets]
        if not _by_node(carriers.domain):
            continue
        most[carriers.members & targets.members] = 1
        rivals.append((np.asarray(carriers.members), np.asarray(targets.members)))
    for skew in problem.skews:
        counted = problem.tallies[skew.counted]
        if _by_node(counted.domain) and not exact:
            capped = True
            held = problem.tallies[skew.carriers].members & counted.members
            most[held] = np.minimum(most[held], skew.max_skew)
    return most, tuple(rivals), capped


def rules_left_out(problem: Problem) -> tuple[str, ...]:
    """Return the rules that a packing asked for no more than they do leaves out, in words."""

    def among(tallies: Iterable[int], by_node: bool) -> bool:
        return any(_by_node(problem.tallies[one].domain) == by_node for one in tallies)

    apart = [one.carriers for one in problem.exclusions]
    spread = [one.counted for one in problem.skews]
    together = [one.targets for one in problem.presences]
    told = (
        (among(spread, by_node=False), said("spreads over zones")),
        (among(spread, by_node=True), said("spreads over nodes")),
        (among(apart, by_node=False), said("anti-affinity over zones")),
        (among(together, by_node=False), said("affinity over zones")),
        (among(together, by_node=True), said("affinity on nodes")),
    )
    return tuple(words for holds, words in told if holds)


def _by_node(domain: Ints) -> bool:
    """Whether every node is a domain of its own."""
    own = domain[domain >= 0]
    return len(own) > 0 and len(np.unique(own)) == len(domain)


def _dealt_over_zones(problem: Problem) -> tuple[Bools, bool]:
    """``(pods, nodes)`` allowed, with pods that rules spread over zones dealt out to them.

    Returns
    -------
    tuple
        And whether that took anything from any pod.
    """
    allowed = problem.allowed.copy()
    dealt = False
    for skew in problem.skews:
        tally = problem.tallies[skew.counted]
        carriers = problem.tallies[skew.carriers].members
        if not _by_node(tally.domain) and carriers.any():
            _deal(
                allowed, problem, tally.domain, np.flatnonzero(carriers), tally.fixed.copy(), None
            )
            dealt = True
    for exclusion in problem.exclusions:
        rivals = problem.tallies[exclusion.carriers]
        members = rivals.members & problem.tallies[exclusion.targets].members
        if not _by_node(rivals.domain) and members.any():
            fixed = problem.tallies[exclusion.targets].fixed.copy()
            _deal(allowed, problem, rivals.domain, np.flatnonzero(members), fixed, 1)
            dealt = True
    for presence in problem.presences:
        targets = problem.tallies[presence.targets]
        if _by_node(targets.domain):
            continue
        together = np.flatnonzero(problem.tallies[presence.carriers].members | targets.members)
        dealt |= _gather(allowed, targets.domain, together, targets.fixed)
    return allowed, dealt


def _deal(
    allowed: Bools, problem: Problem, domain: Ints, pods: Ints, counts: Ints, most: int | None
) -> None:
    """Give each pod one domain, the emptiest that takes it; one that it runs in, where even."""
    counts = counts.astype(np.int64)
    waiting = []
    share = -(-(int(counts.sum()) + len(pods)) // max(1, len(counts)))
    for pod in pods:
        home = domain[problem.current[pod]] if problem.current[pod] >= 0 else -1
        if home >= 0 and counts[home] < (share if most is None else most):
            counts[home] += 1
            allowed[pod] &= domain == home
        else:
            waiting.append(pod)
    for pod in waiting:
        open_to = np.unique(domain[allowed[pod] & (domain >= 0)])
        if most is not None:
            open_to = open_to[counts[open_to] < most]
        if not len(open_to):
            continue
        chosen = int(open_to[counts[open_to].argmin()])
        counts[chosen] += 1
        allowed[pod] &= domain == chosen


def _gather(allowed: Bools, domain: Ints, pods: Ints, fixed: Ints) -> bool:
    """Keep pods that must share a domain to one that all of them may run in."""
    shared = [
        int(one)
        for one in np.unique(domain[domain >= 0])
        if allowed[np.ix_(pods, np.flatnonzero(domain == one))].any(axis=1).all()
    ]
    if not shared:
        return False
    chosen = max(shared, key=lambda one: int(fixed[one]) if one < len(fixed) else 0)
    allowed[pods] &= domain == chosen
    return True


def _positions(names: Sequence[str]) -> Sequence[int]:
    position: dict[str, int] = {}
    return [position.setdefault(name, len(position)) for name in names]


def _rows(
    problem: Problem,
    offers: Sequence[Offer],
    stays: int,
    spot_nodes: Bools,
    spot_share: float | None,
) -> tuple[OfferRow, ...]:
    """A type's `count` for all its zones together, and the share of spot nodes."""
    rows = []
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for at, offer in enumerate(offers):
        if offer.limit < UNLIMITED:
            groups[offer.shares].append(stays + at)
    for members in groups.values():
        if len(members) > 1:
            weight = np.zeros(len(problem.nodes))
            weight[members] = 1.0
            rows.append(OfferRow(weight, float(offers[members[0] - stays].limit)))
    if spot_share is not None and spot_nodes.any():
        weight = np.where(spot_nodes, 1.0 - spot_share, -spot_share)
        # Nodes that stay whatever is decided count without being chosen.
        held = problem.held_open
        most = -float(weight[held].sum())
        rows.append(OfferRow(np.where(held, 0.0, weight), most))
    return tuple(rows)


def _pool_rows(
    problem: Problem, pools: Sequence[PoolBound], offers: Sequence[Offer], stays: int
) -> list[OfferRow]:
    """NodePools' limits; nodes that stay whatever is decided count without being chosen."""
    rows = []
    for bound in pools:
        weight = np.zeros(len(problem.nodes))
        for at, name in enumerate(problem.nodes[:stays]):
            weight[at] = bound.weight_today.get(name, 0.0)
        for at, offer in enumerate(offers):
            weight[stays + at] = bound.weight(offer)
        held = problem.held_open
        rows.append(OfferRow(np.where(held, 0.0, weight), bound.most - float(weight[held].sum())))
    return rows
