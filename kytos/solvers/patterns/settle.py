"""Pods settled on a given set of nodes: an anneal over who is where, within everybody's room."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from kytos.contract.watch import Watch
from kytos.problem import Floats, Ints
from kytos.refine.kernels.compiled import kept_on_disk
from kytos.solvers.patterns.improve import (
    Nodes,
    cheapest_hosts,
    filled_greedily,
    rank,
    trimmed,
    worths,
)
from kytos.solvers.patterns.packing import Packing, total_of
from kytos.solvers.patterns.volume import volume_bound

ROOMS = (0.01, 0.003, 0.0, 0.02, 0.035, 0.06, 0.1)
"""Shares by which the nodes have more than volumes need, in the order tried."""

ROUND, ROUND_PER_POD = 2_000_000, 1_000
"""Proposals between two looks at the clock at most, about half a second, and for each pod."""

ROUNDS = 4

DEAR = 4.0
"""What being over the room by a unit counts for, in prices of that unit."""

HOT, COLD = 0.6, 0.002
"""Temperatures at both ends, in prices of a pod of middling size."""

VOLUME_SECONDS = 2.0

MOST_CELLS = 4_000_000
"""Nodes x classes up to which the pods of each class on each node are counted."""


@dataclass(frozen=True)
class Begun:
    """Where to begin: nodes with pods on them, and ``(offers,)`` fractions of nodes of each."""

    nodes: Nodes
    used: Floats

    def at_least(self, room: float) -> Ints:
        """``(offers,)`` whole nodes there are to be, with so much room to spare."""
        counts: Ints = np.floor(self.used * (1 + room) + 1e-6).astype(np.int64)
        return counts

    @classmethod
    def of(
        cls, packing: Packing, offers: Ints, matrix: Ints, uses: Floats, *, keep_pods: bool
    ) -> Begun:
        """The whole part of a relaxation over patterns, and of the nodes it uses of each offer.

        Parameters
        ----------
        keep_pods
            Whether the patterns are those of a plan; else only the numbers of nodes are kept.
        """
        times = np.floor(uses + 1e-6).astype(np.int64) * keep_pods
        nodes = trimmed(packing, np.repeat(offers, times), np.repeat(matrix, times, axis=0))
        used: Floats = np.bincount(offers, uses, minlength=len(packing.price)).astype(np.float64)
        return cls(nodes, used)


def settled(
    packing: Packing,
    best: Nodes,
    bound: float,
    watch: Watch,
    randomness: int,
    begun: Begun,
) -> Nodes:
    """Return the cheaper of a plan and those on nodes that volumes choose.

    Nodes that offer little more than what is needed in all are tried with less and less to spare,
    and with more where the pods do not settle.
    """
    # What patterns did not use is no good to pods, whatever it is by volume.
    usable = begun.used > 1e-9
    small = packing.within(usable)
    failed: list[float] = []
    done: list[float] = []
    for room in ROOMS:
        if watch.reason is not None or total_of(packing, *best) <= bound * (1 + 1e-4):
            break
        if any(room <= other for other in failed) or any(room >= other for other in done):
            continue
        seconds = min(VOLUME_SECONDS, watch.remaining_s)
        _, chosen = volume_bound(small, seconds, room, begun.at_least(room)[usable])
        if np.isnan(chosen).any():
            continue
        counts = np.zeros(len(usable), dtype=np.int64)
        counts[usable] = chosen
        offer, pattern = _nodes(counts, begun)
        if not len(offer) or pattern.size > MOST_CELLS:
            break
        pattern = _settle(packing, offer, pattern, watch, randomness)
        whole = bool((pattern.sum(axis=0) == packing.demand).all())
        (done if whole else failed).append(room)
        used = pattern.any(axis=1)
        plan = offer[used], pattern[used]
        if not whole:
            plan = filled_greedily(packing, worths(packing)[0], plan)
        best = min(best, cheapest_hosts(packing, *plan), key=lambda one: rank(packing, one))
    return best


def _nodes(counts: Ints, begun: Begun) -> Nodes:
    """So many nodes of each offer, those that are begun with their pods."""
    counts = counts - np.bincount(begun.nodes[0], minlength=len(counts))
    offer = np.repeat(np.arange(len(counts)), np.maximum(counts, 0))
    pattern = np.zeros((len(offer), begun.nodes[1].shape[1]), dtype=np.int64)
    return np.concatenate([begun.nodes[0], offer]), np.concatenate([begun.nodes[1], pattern])


def _settle(packing: Packing, offer: Ints, begun: Ints, watch: Watch, randomness: int) -> Ints:
    """``(nodes, classes)`` pods on each node, none over its room; some may be left out."""
    classes = np.repeat(np.arange(len(packing.demand)), packing.demand)
    wanted = np.maximum((packing.request * packing.demand[:, None]).sum(axis=0), 1).astype(float)
    price = max(float(packing.price[offer].sum()), 1e-9)
    # In prices: a resource that the nodes are full of is all of their price.
    full = wanted / np.maximum(packing.capacity[offer].sum(axis=0), 1)
    unit = DEAR * price * full / wanted
    place = np.full(len(classes), -1, dtype=np.int64)
    first_of = np.searchsorted(classes, np.arange(len(packing.demand)))
    for class_ in np.flatnonzero(begun.any(axis=0)):
        hosts = np.repeat(np.arange(len(offer)), begun[:, class_])
        place[first_of[class_] : first_of[class_] + len(hosts)] = hosts
    contests = packing.contests
    pairs = contests.count
    sides = np.zeros((2, pairs, len(packing.demand)), dtype=np.int64)
    entry_class = np.repeat(np.arange(len(packing.demand)), np.diff(contests.start))
    for bit in (1, 2):
        held_by = contests.side & bit > 0
        sides[bit - 1, contests.pair[held_by], entry_class[held_by]] = 1
    load, held = begun @ packing.request, begun.copy()
    size = (packing.request / wanted).sum(axis=1)
    order = np.argsort(-size[classes], kind="stable")
    given = (
        np.ascontiguousarray(packing.request),
        np.ascontiguousarray(packing.capacity[offer]),
        np.ascontiguousarray(packing.allowed[:, offer]),
        np.ascontiguousarray(packing.cost[:, offer]),
        packing.most,
        unit,
        contests.start,
        contests.pair,
        contests.side,
        classes,
        place,
        load,
        held,
        np.ascontiguousarray(begun @ sides[0].T),
        np.ascontiguousarray(begun @ sides[1].T),
    )
    _begin(*given, order)
    middling = price / max(1, len(classes))
    proposals = min(ROUND, ROUND_PER_POD * len(classes))
    for step in range(ROUNDS):
        hot = HOT * middling * (COLD / HOT) ** (step / ROUNDS)
        cold = HOT * middling * (COLD / HOT) ** ((step + 1) / ROUNDS)
        if watch.reason is not None or not _over(given[1], load):
            break
        _anneal(*given, proposals, hot, cold, randomness + step)
    _unload(*given, order)
    return held


def _over(capacity: Ints, load: Ints) -> bool:
    return bool((load > np.maximum(capacity, 0)).any())


@kept_on_disk
@njit
def _welcome(class_, node, allowed, most, start, pair, side, held, first, second):  # type: ignore[no-untyped-def]
    """Whether rules let one more pod of a class onto a node."""
    if not allowed[class_, node] or held[node, class_] >= most[class_]:
        return False
    for entry in range(start[class_], start[class_ + 1]):
        if side[entry] & 1 and second[node, pair[entry]] > 0:
            return False
        if side[entry] & 2 and first[node, pair[entry]] > 0:
            return False
    return True


@kept_on_disk
@njit
def _put(class_, node, by, request, start, pair, side, load, held, first, second):  # type: ignore[no-untyped-def]
    """Put a pod on a node (by 1) or take it off (by -1)."""
    for r in range(request.shape[1]):
        load[node, r] += by * request[class_, r]
    held[node, class_] += by
    for entry in range(start[class_], start[class_ + 1]):
        if side[entry] & 1:
            first[node, pair[entry]] += by
        if side[entry] & 2:
            second[node, pair[entry]] += by


@kept_on_disk
@njit
def _excess(node, capacity, load, request, plus, minus, unit):  # type: ignore[no-untyped-def]
    """What a node is over its room with one pod more and one less; -1 for none of these."""
    over = 0.0
    for r in range(load.shape[1]):
        amount = load[node, r]
        if plus >= 0:
            amount += request[plus, r]
        if minus >= 0:
            amount -= request[minus, r]
        beyond = amount - max(capacity[node, r], 0)
        if beyond > 0:
            over += beyond * unit[r]
    return over


@kept_on_disk
@njit
def _begin(  # type: ignore[no-untyped-def]
    request,
    capacity,
    allowed,
    cost,
    most,
    unit,
    start,
    pair,
    side,
    classes,
    place,
    load,
    held,
    first,
    second,
    order,
):
    """Each pod, the largest first, onto the node that has room and least of it to spare."""
    resources = request.shape[1]
    for pod in order:
        class_ = classes[pod]
        if place[pod] >= 0:
            continue
        chosen, least = -1, np.inf
        for node in range(len(capacity)):
            if not _welcome(class_, node, allowed, most, start, pair, side, held, first, second):
                continue
            over = _excess(node, capacity, load, request, class_, -1, unit)
            key = 1e9 * over + cost[class_, node]
            highest, lowest = 0.0, 1.0
            for r in range(min(resources, 2)):
                free = (capacity[node, r] - load[node, r] - request[class_, r]) / max(
                    capacity[node, r], 1
                )
                highest, lowest = max(highest, free), min(lowest, free)
            key += 1e-3 * unit[0] * max(capacity[node, 0], 1) * (2 * highest - lowest)
            if key < least:
                chosen, least = node, key
        if chosen >= 0:
            place[pod] = chosen
            _put(class_, chosen, 1, request, start, pair, side, load, held, first, second)


@kept_on_disk
@njit
def _anneal(  # type: ignore[no-untyped-def]
    request,
    capacity,
    allowed,
    cost,
    most,
    unit,
    start,
    pair,
    side,
    classes,
    place,
    load,
    held,
    first,
    second,
    proposals,
    hot,
    cold,
    seed,
):
    """Move pods, or swap two, where that lowers what is over; sometimes where it does not."""
    np.random.seed(seed)
    pods, nodes = len(classes), len(capacity)
    over = 0.0
    for node in range(nodes):
        over += _excess(node, capacity, load, request, -1, -1, unit)
    rate = (cold / hot) ** (1.0 / max(1, proposals // 1000))
    temperature = hot
    for step in range(proposals):
        if step % 1000 == 0:
            temperature *= rate
            if over <= 1e-12:
                return
        one = np.random.randint(pods)
        here = place[one]
        if here < 0:
            continue
        if step % 2:  # every other proposal begins where something is over
            for _ in range(8):
                if _excess(here, capacity, load, request, -1, -1, unit) > 0:
                    break
                other = np.random.randint(pods)
                if place[other] >= 0:
                    one, here = other, place[other]
        a = classes[one]
        two, b = -1, -1
        if np.random.random() < 0.3:
            there = np.random.randint(nodes)
        else:
            two = np.random.randint(pods)
            there = place[two]
            b = classes[two]
        if there < 0 or there == here or a == b:
            continue
        before = _excess(here, capacity, load, request, -1, -1, unit) + _excess(
            there, capacity, load, request, -1, -1, unit
        )
        after = _excess(here, capacity, load, request, b, a, unit) + _excess(
            there, capacity, load, request, a, b, unit
        )
        change = after - before + cost[a, there] - cost[a, here]
        if b >= 0:
            change += cost[b, here] - cost[b, there]
        if change > 0 and np.random.random() >= np.exp(-change / temperature):
            continue
        _put(a, here, -1, request, start, pair, side, load, held, first, second)
        if b >= 0:
            _put(b, there, -1, request, start, pair, side, load, held, first, second)
        fine = _welcome(a, there, allowed, most, start, pair, side, held, first, second)
        if fine:
            _put(a, there, 1, request, start, pair, side, load, held, first, second)
            if b >= 0:
                fine = _welcome(b, here, allowed, most, start, pair, side, held, first, second)
                if not fine:
                    _put(a, there, -1, request, start, pair, side, load, held, first, second)
        if not fine:
            _put(a, here, 1, request, start, pair, side, load, held, first, second)
            if b >= 0:
                _put(b, there, 1, request, start, pair, side, load, held, first, second)
            continue
        if b >= 0:
            _put(b, here, 1, request, start, pair, side, load, held, first, second)
            place[two] = here
        place[one] = there
        over += after - before


@kept_on_disk
@njit
def _unload(  # type: ignore[no-untyped-def]
    request,
    capacity,
    _allowed,
    _cost,
    _most,
    unit,
    start,
    pair,
    side,
    classes,
    place,
    load,
    held,
    first,
    second,
    order,
):
    """Take pods off nodes that are over their room, the largest that are not too large first."""
    for at in range(len(order)):
        pod = order[len(order) - 1 - at]
        node = place[pod]
        if node < 0:
            continue
        before = _excess(node, capacity, load, request, -1, -1, unit)
        if before > 0 and _excess(node, capacity, load, request, -1, classes[pod], unit) < before:
            place[pod] = -1
            _put(classes[pod], node, -1, request, start, pair, side, load, held, first, second)
