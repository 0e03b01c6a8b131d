"""Pods in classes and nodes on offer, as arrays; and a plan of which to buy for them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from kytos.problem import Bools, Floats, Ints

UNLIMITED = 2**31


@dataclass(frozen=True)
class OfferRow:
    """A linear bound on how many nodes of each offer are used: ``weight @ count <= most``."""

    weight: Floats
    """``(offers,)``."""
    most: float


@dataclass(frozen=True)
class Contests:
    """The rivals' pairs as compiled code reads them: of each class the pairs it is in, by row.

    Attributes
    ----------
    start
        ``(classes + 1,)`` where the entries of each class begin.
    pair, side
        ``(entries,)`` which pair, and 1 for its first members, 2 for its second, 3 for both.
    count
        Pairs in all.
    """

    start: Ints
    pair: Ints
    side: Ints
    count: int

    @classmethod
    def of(cls, rivals: tuple[tuple[Bools, Bools], ...], classes: int) -> Contests:
        """A class that is only its own rival is left out: `Packing.most` holds it to one."""
        told = [
            one + 2 * two.astype(np.int64)
            for one, two in rivals
            if one.any() and two.any() and (one | two).sum() > 1
        ]
        sides = np.array(told, dtype=np.int64).reshape(len(told), classes)
        class_, pair = np.nonzero(sides.T)
        start = np.searchsorted(class_, np.arange(classes + 1))
        return cls(start.astype(np.int64), pair.astype(np.int64), sides[pair, class_], len(told))


@dataclass(frozen=True)
class Prices:
    """What things are worth by a relaxation; they prove a bound where no pattern is worth more.

    Attributes
    ----------
    worth
        ``(classes,)`` of a pod that has a node.
    surcharge
        ``(offers,)`` what bounds on the number of nodes put on each.
    charged
        What those bounds take off the value of all pods.
    """

    worth: Floats
    surcharge: Floats
    charged: float


@dataclass(frozen=True)
class Packing:
    """Which nodes to use, so that every pod has room, for as little as can be.

    A *class* is pods that are alike in all that matters; an *offer* is nodes that are. A *pattern*
    is how many pods of each class one node of an offer runs.

    Attributes
    ----------
    request
        ``(classes, resources)`` what one pod takes.
    demand
        ``(classes,)`` how many pods there are.
    capacity
        ``(offers, resources)`` what one node has for them.
    price
        ``(offers,)`` what a node in use costs; 0 where it is paid for anyway.
    limit
        ``(offers,)`` nodes there are at most; `UNLIMITED` for no bound.
    allowed
        ``(classes, offers)``.
    cost
        ``(classes, offers)`` what a pod costs there, in the unit of `price`, never negative.
    most
        ``(classes,)`` pods of the class that one node may run.
    rivals
        Pairs of ``(classes,)`` bool: no node runs one of the first beside one of the second.
    kind
        ``(offers,)`` which type an offer is of, for `most_kinds`; -1 is not counted.
    most_kinds
        Different types bought at most; None is no bound.
    rows
        Further bounds on the number of nodes.
    """

    request: Ints
    demand: Ints
    capacity: Ints
    price: Floats
    limit: Ints
    allowed: Bools
    cost: Floats
    most: Ints
    kind: Ints
    rivals: tuple[tuple[Bools, Bools], ...] = ()
    most_kinds: int | None = None
    rows: tuple[OfferRow, ...] = ()

    @cached_property
    def contests(self) -> Contests:
        """Who keeps whom off a node, class by class."""
        return Contests.of(self.rivals, len(self.demand))

    @cached_property
    def fit(self) -> Ints:
        """``(classes, offers)`` pods of one class that an empty node has room for."""
        need = self.request[:, None, :]
        room = np.maximum(self.capacity, 0)[None, :, :]
        each = np.where(need > 0, room // np.maximum(need, 1), UNLIMITED).min(axis=2)
        short = (self.capacity[None, :, :] < 0) & (need > 0)
        each = np.where(short.any(axis=2) | ~self.allowed, 0, each)
        fit: Ints = np.minimum(each, np.minimum(self.most, self.demand)[:, None])
        return fit

    def within(self, offers: Bools) -> Packing:
        """The same with some offers only."""
        return replace(
            self,
            capacity=self.capacity[offers],
            price=self.price[offers],
            limit=self.limit[offers],
            allowed=self.allowed[:, offers],
            cost=self.cost[:, offers],
            kind=self.kind[offers],
            rows=tuple(OfferRow(row.weight[offers], row.most) for row in self.rows),
        )

    def asking(self, demand: Ints, limit: Ints, others: Ints) -> Packing:
        """The same with another demand and limits, beside nodes that are used already.

        Parameters
        ----------
        others
            ``(offers,)`` how many of each are.
        """
        rows = tuple(
            OfferRow(row.weight, row.most - float(row.weight @ others)) for row in self.rows
        )
        return replace(self, demand=demand, limit=limit, rows=rows)

    def of_classes(self, classes: Bools) -> Packing:
        """The same with some classes only."""
        return replace(
            self,
            request=self.request[classes],
            demand=self.demand[classes],
            allowed=self.allowed[classes],
            cost=self.cost[classes],
            most=self.most[classes],
            rivals=tuple((one[classes], two[classes]) for one, two in self.rivals),
        )


@dataclass(frozen=True)
class PatternPlan:
    """What to buy and what each node runs.

    Attributes
    ----------
    offer
        ``(nodes,)``.
    pattern
        ``(nodes, classes)`` pods on each node.
    left
        ``(classes,)`` pods without a node.
    total
        Prices and costs of the plan.
    bound
        No plan that places every pod costs less.
    """

    offer: Ints
    pattern: Ints
    left: Ints
    total: float
    bound: float

    @property
    def gap(self) -> float:
        """How far the plan may be above the best, relative to the bound."""
        if self.total - self.bound <= 1e-9:
            return 0.0
        return (self.total - self.bound) / self.bound if self.bound > 0 else float("inf")


def total_of(packing: Packing, offer: Ints, pattern: Ints) -> float:
    """Prices of the nodes used, and costs of the pods on them."""
    return float(packing.price[offer].sum() + (pattern * packing.cost.T[offer]).sum())


def fits(packing: Packing, offer: int, counts: Ints) -> bool:
    """Whether one node of an offer may run so many pods of each class."""
    used = counts > 0
    if not packing.allowed[used, offer].all() or (counts > packing.most).any():
        return False
    held = counts @ packing.request
    if ((held > packing.capacity[offer]) & (packing.request[used] > 0).any(axis=0)).any():
        return False
    return not any(
        # One pod alone may be on both sides: it does not keep itself off.
        (used & one).any() and (used & two).any() and counts[one | two].sum() > 1
        for one, two in packing.rivals
    )
