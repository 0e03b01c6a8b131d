"""Pods settled on a given set of nodes: an anneal over who is where, within everybody's room."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kytos.contract.watch import Watch
from kytos.problem import Floats, Ints
from kytos.solvers.patterns.exchanges import anneal, begin, unload
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
    begin(*given, order)
    middling = price / max(1, len(classes))
    proposals = min(ROUND, ROUND_PER_POD * len(classes))
    for step in range(ROUNDS):
        hot = HOT * middling * (COLD / HOT) ** (step / ROUNDS)
        cold = HOT * middling * (COLD / HOT) ** ((step + 1) / ROUNDS)
        if watch.reason is not None or not _over(given[1], load):
            break
        anneal(*given, proposals, hot, cold, randomness + step)
    unload(*given, order)
    return held


def _over(capacity: Ints, load: Ints) -> bool:
    return bool((load > np.maximum(capacity, 0)).any())
