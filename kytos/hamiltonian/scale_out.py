"""A scale-out as numbers: what services want, the room there is, and the rows that bind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kytos.contract.weights import UNSERVED_IN_SPREAD
from kytos.hamiltonian.layout import LEVELS
from kytos.problem import Floats, Ints

CLASS_FACTOR = 10.0
"""What a unit of demand is worth in one priority class against the next lower one. A true
lexicographic order would need coefficients no annealer tells apart: it is the exact stage's."""

MOST_LEVELS = 4 * LEVELS
"""Of a row that many small replicas share: in fewer, each would be rounded up to several times
what it asks for, and what fits would seem not to."""

DEMAND = "demand"
"""The family of constraints that a service gets no more than it wants."""


@dataclass(frozen=True)
class ScaleOut:
    """Services that want more replicas, and the room there is for them.

    Attributes
    ----------
    services, nodes, resources
        Names along the axes.
    wanted, desired
        ``(services,)`` new replicas asked for, and the count they would lead to.
    rank
        ``(services,)`` position of the priority class, 0 the lowest.
    request
        ``(services, resources)`` of one replica; the first two are cpu and memory.
    most
        ``(services, nodes)`` how many replicas the node could take of this service alone.
    room
        ``(nodes, resources)`` what is free.
    margin_room
        ``(2,)`` cpu and memory that may still be taken of the whole cluster; never negative.
    load, offered
        ``(nodes, 2)`` cpu and memory in use and allocatable, as H_load sees them.
    present
        ``(services, nodes)`` replicas already there.
    """

    services: tuple[str, ...]
    nodes: tuple[str, ...]
    resources: tuple[str, ...]
    wanted: Ints
    desired: Ints
    rank: Ints
    request: Ints
    most: Ints
    room: Ints
    margin_room: Ints
    load: Floats
    offered: Floats
    present: Ints

    @property
    def worth(self) -> Floats:
        """``(services,)`` what one service's whole demand weighs."""
        return np.asarray(UNSERVED_IN_SPREAD * CLASS_FACTOR**self.rank)

    @property
    def mean_load(self) -> Floats:
        """``(2,)`` utilisation of all nodes together once everything wanted runs."""
        total = self.load.sum(axis=0) + self.wanted @ self.request[:, :2]
        return np.asarray(total / np.maximum(self.offered.sum(axis=0), 1))


@dataclass(frozen=True)
class Row:
    """An inequality over counts that could be broken, in units of what `levels` counts.

    Attributes
    ----------
    name, family
        Its own, and what it is called among its like in a report.
    pairs, amount
        ``(counts,)`` the (service, node) of each integer in it and what one replica takes.
    levels
        The room; what is asked is rounded up to the unit and the room down.
    """

    name: str
    family: str
    pairs: tuple[tuple[int, int], ...]
    amount: Ints
    levels: int


def broken(problem: ScaleOut, counts: Ints) -> frozenset[str]:
    """Families of constraints that counts ``(services, nodes)`` break, of those the QUBO knows."""
    used = counts.T @ problem.request
    rows = {
        f"room: {name}"
        for name, excess in zip(problem.resources, (used - problem.room).T, strict=True)
        if (excess > 0).any()
    }
    rows |= {
        f"margin: {problem.resources[at]}"
        for at in np.flatnonzero(used[:, :2].sum(axis=0) > problem.margin_room)
    }
    if (counts.sum(axis=1) > problem.wanted).any():
        rows.add(DEMAND)
    return frozenset(rows)


def unserved_cost(problem: ScaleOut, served: Ints) -> float:
    """H_cost of counts ``(services,)`` of new replicas, in units of H_load."""
    left = problem.wanted - served
    return float((problem.worth * left**2 / np.maximum(problem.desired, 1)).sum())


def rows_of(problem: ScaleOut) -> tuple[Row, ...]:
    """Return the inequalities that could be broken, of every node and of the margins."""
    pairs = [tuple(pair) for pair in np.argwhere(problem.most > 0).tolist()]
    bounds = []
    for resource, name in enumerate(problem.resources):
        for node in range(len(problem.nodes)):
            here = [pair for pair in pairs if pair[1] == node]
            room = int(problem.room[node, resource])
            bounds.append((f"{node},{resource}", f"room: {name}", here, resource, room))
    for at, room in enumerate(problem.margin_room.tolist()):
        bounds.append((f"margin,{at}", f"margin: {problem.resources[at]}", pairs, at, room))
    rows = []
    for name, family, members, resource, room in bounds:
        asking = [(s, n) for s, n in members if problem.request[s, resource] > 0]
        asked = np.array([problem.request[s, resource] for s, _ in asking], dtype=np.int64)
        at_most = sum(
            int(amount) * int(problem.most[pair])
            for pair, amount in zip(asking, asked, strict=True)
        )
        if at_most > room:
            unit = _unit(asked, room)
            rows.append(Row(name, family, tuple(asking), -(-asked // unit), room // unit))
    return tuple(rows)


def _unit(asked: Ints, room: int) -> int:
    """The unit of a row: exact where that needs few levels, else what is rounded up least.

    A replica is counted many times over, and so is what its request is rounded up by: a whole part
    of some request keeps that one exact.
    """
    coarse, finest = -(-room // LEVELS), -(-room // MOST_LEVELS)
    least = max(finest, min(coarse, int(asked.min())), 1)
    divisor = int(np.gcd.reduce(asked))
    if divisor >= least:
        return divisor
    sizes = np.unique(asked)
    units = {max(-(-int(size) // k), least) for size in sizes for k in range(1, LEVELS + 1)}
    return min(sorted(units), key=lambda unit: float(((-(-sizes // unit) * unit) / sizes).max()))
