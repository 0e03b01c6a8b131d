"""Autoscale as a QUBO: how many new replicas of each service on each node, counts as integers.

With k[s, n] new replicas of service s on node n, and w[s] of its demand left unserved::

    H = A·constraint + B·load + C·cost + D·affinity
    constraint: sum_n k[s, n] + w[s] = wanted[s]; every node within its room, and all together
                within what the margins leave, each with an integer slack
    load:       sum over nodes and cpu, memory of (u - mean)^2, once all is served
    cost:       sum_s worth[s] · w[s]^2 / desired[s], so the service furthest from its desired
                count gains most from the next replica
    affinity:   pairs of replicas of one service on one node

Every integer is a sum of binary variables with the coefficients 1, 2, 4, … up to `LARGEST`, which
is then repeated (the bounded-coefficient encoding of Karimi and Ronagh, *Practical
integer-to-binary mapping for quantum annealers*, 2019): every value up to the bound can be
reached, none above it, and no coefficient drowns the others in a machine of limited precision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import dimod
import numpy as np
from pyqubo import Binary, Constraint, Num, Placeholder, SubH

from kytos.hamiltonian.layout import LEVELS
from kytos.hamiltonian.weights import PAIR_IN_SPREAD, UNSERVED_IN_SPREAD, Weights
from kytos.problem import Floats, Ints

LARGEST = 8
"""Of the coefficients of one integer."""

CLASS_FACTOR = 10.0
"""What a unit of demand is worth in one priority class against the next lower one. A true
lexicographic order would need coefficients no annealer tells apart: it is the exact stage's."""

Expression = Any
"""A PyQUBO expression; PyQUBO carries no types."""


@dataclass(frozen=True)
class ScaleOut:
    """Services that want more replicas, and the room there is for them.

    Attributes
    ----------
    services, nodes
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


@dataclass(frozen=True)
class ReplicaModel:
    """The compiled QUBO of a scale-out.

    Attributes
    ----------
    counts
        For each integer k[s, n]: service, node, and (variable, coefficient) of its bits.
    slacks
        Names of all other variables: unserved demand and room left.
    """

    problem: ScaleOut
    model: Any
    counts: tuple[tuple[int, int, tuple[tuple[str, int], ...]], ...]
    slacks: tuple[str, ...]

    @property
    def assignments(self) -> tuple[str, ...]:
        """Variables that say how many replicas go where."""
        return tuple(name for _, _, bits in self.counts for name, _ in bits)

    def bqm(self, weights: Weights) -> dimod.BinaryQuadraticModel:
        """Return the BQM at some weights, with every variable, used or not."""
        bqm = dimod.BinaryQuadraticModel(dimod.BINARY)
        bqm.add_linear_from((name, 0.0) for name in self.assignments + self.slacks)
        bqm.update(self.model.to_bqm(feed_dict=_feed(self.problem, weights)))
        return bqm

    def decode(self, sample: Mapping[str, int]) -> Ints:
        """``(services, nodes)`` the counts a sample stands for, right or not."""
        found = np.zeros(self.problem.present.shape, dtype=np.int64)
        for service, node, bits in self.counts:
            found[service, node] = sum(size * int(sample[name]) for name, size in bits)
        return found

    def breakdown(self, weights: Weights, sample: Mapping[str, int]) -> dict[str, float]:
        """Return the value of each labelled term of a sample, before sliders and penalties."""
        decoded = self.model.decode_sample(
            dict(sample), vartype="BINARY", feed_dict=_feed(self.problem, weights)
        )
        return {label: float(value) for label, value in decoded.subh.items()}


def bounded_coefficients(upper: int, largest: int = LARGEST) -> tuple[int, ...]:
    """Coefficients of binary variables that together reach every integer in 0..upper, no other."""
    powers: list[int] = []
    left = upper
    while left > 0:
        power = min(2 ** len(powers), largest, left)
        powers.append(power)
        left -= power
    return tuple(powers)


def variables_needed(problem: ScaleOut) -> int:
    """How many variables k[s, n] take in all."""
    return sum(len(bounded_coefficients(int(most))) for most in problem.most.ravel())


def within(problem: ScaleOut, counts: Ints) -> bool:
    """Whether counts ``(services, nodes)`` break nothing that the QUBO knows."""
    total = counts.sum(axis=1)
    used = counts.T @ problem.request
    return bool(
        (total <= problem.wanted).all()
        and (used <= problem.room).all()
        and (used[:, :2].sum(axis=0) <= problem.margin_room).all()
    )


def compile_replicas(problem: ScaleOut) -> ReplicaModel:
    """Compile the QUBO of a scale-out; one compile serves every weight."""
    bits: dict[str, tuple[tuple[str, int], ...]] = {}

    def integer(name: str, upper: int) -> Expression:
        own = tuple((f"{name}[{i}]", c) for i, c in enumerate(bounded_coefficients(upper)))
        bits[name] = own
        return _sum(size * Binary(bit) for bit, size in own)

    count = {
        (s, n): integer(f"k[{s},{n}]", int(problem.most[s, n]))
        for s, n in np.argwhere(problem.most > 0).tolist()
    }
    named = {(s, n): bits[f"k[{s},{n}]"] for s, n in count}
    unserved = [integer(f"w[{s}]", int(want)) for s, want in enumerate(problem.wanted)]
    constraint = _demand(problem, count, unserved) + _rooms(problem, count, integer)
    energy = (
        Placeholder("A") * constraint
        + Placeholder("B") * SubH(_load(problem, count), "load")
        + Placeholder("C") * SubH(_cost(problem, unserved), "cost")
        + Placeholder("D") * SubH(_affinity(problem, count), "affinity")
    )
    counted = {bit for own in named.values() for bit, _ in own}
    return ReplicaModel(
        problem=problem,
        model=energy.compile(),
        counts=tuple((s, n, own) for (s, n), own in named.items()),
        slacks=tuple(bit for own in bits.values() for bit, _ in own if bit not in counted),
    )


def unserved_cost(problem: ScaleOut, served: Ints) -> float:
    """H_cost of counts ``(services,)`` of new replicas, in units of H_load."""
    left = problem.wanted - served
    return float((problem.worth * left**2 / np.maximum(problem.desired, 1)).sum())


def _demand(
    problem: ScaleOut, count: Mapping[tuple[int, int], Expression], unserved: list[Expression]
) -> Expression:
    terms = []
    for service, want in enumerate(problem.wanted):
        served = _sum(k for (s, _), k in count.items() if s == service)
        gap = served + unserved[service] - int(want)
        terms.append(
            Placeholder(f"demand {service}")
            * Constraint(gap**2, f"demand {problem.services[service]}")
        )
    return _sum(terms)


def _rooms(
    problem: ScaleOut, count: Mapping[tuple[int, int], Expression], integer: Any
) -> Expression:
    """Inequalities, quantised: requests rounded up and room down, so what fits here fits."""
    terms = []
    for name, members, asked, room in _rows(problem):
        unit = max(int(np.gcd.reduce(asked)), -(-room // LEVELS), 1)
        levels = room // unit
        used = _sum(
            int(-(-amount // unit)) * count[pair]
            for pair, amount in zip(members, asked, strict=True)
        )
        slack = integer(f"room[{name}]", levels)
        broken = (used + slack - levels) ** 2
        terms.append(Placeholder(f"room {name}") * Constraint(broken, f"room {name}"))
    return _sum(terms)


def _rows(problem: ScaleOut) -> list[tuple[str, list[tuple[int, int]], Ints, int]]:
    """Name, counts, request of each and room, of the inequalities that could be broken."""
    pairs = [tuple(pair) for pair in np.argwhere(problem.most > 0).tolist()]
    rows = []
    for resource in range(problem.request.shape[1]):
        for node in range(len(problem.nodes)):
            here = [pair for pair in pairs if pair[1] == node]
            rows.append((f"{node},{resource}", here, resource, int(problem.room[node, resource])))
    rows += [(f"margin,{at}", pairs, at, int(room)) for at, room in enumerate(problem.margin_room)]
    found = []
    for name, members, resource, room in rows:
        asking = [(s, n) for s, n in members if problem.request[s, resource] > 0]
        asked = np.array([problem.request[s, resource] for s, _ in asking], dtype=np.int64)
        at_most = sum(
            int(amount) * int(problem.most[pair])
            for pair, amount in zip(asking, asked, strict=True)
        )
        if at_most > room:
            found.append((name, asking, asked, room))
    return found


def _load(problem: ScaleOut, count: Mapping[tuple[int, int], Expression]) -> Expression:
    terms = []
    wanted = problem.wanted @ problem.request[:, :2]
    offered = problem.offered.sum(axis=0)
    for resource in range(2):
        mean = (problem.load[:, resource].sum() + wanted[resource]) / max(offered[resource], 1)
        for node in range(len(problem.nodes)):
            here = float(problem.offered[node, resource])
            if here <= 0:
                continue
            added = _sum(
                float(problem.request[s, resource]) / here * k
                for (s, n), k in count.items()
                if n == node
            )
            terms.append((float(problem.load[node, resource]) / here - float(mean) + added) ** 2)
    return _sum(terms)


def _cost(problem: ScaleOut, unserved: list[Expression]) -> Expression:
    return _sum(
        float(worth) / max(int(desired), 1) * w**2
        for worth, desired, w in zip(problem.worth, problem.desired, unserved, strict=True)
    )


def _affinity(problem: ScaleOut, count: Mapping[tuple[int, int], Expression]) -> Expression:
    """k(k-1)/2 pairs among the new ones, k pairs with each that is there."""
    terms = [(k**2 - k) * 0.5 + int(problem.present[pair]) * k for pair, k in count.items()]
    return PAIR_IN_SPREAD * _sum(terms)


def _feed(problem: ScaleOut, weights: Weights) -> dict[str, float]:
    """Weights and penalties: breaking anything by one unit costs more than all it could save.

    The most one replica too many saves is the whole marginal cost of its service.
    """
    feed = {"A": weights.A, "B": weights.B, "C": weights.C, "D": weights.D}
    marginal = 2 * weights.C * problem.worth * problem.wanted / np.maximum(problem.desired, 1)
    load = (
        4.0
        * weights.B
        * np.array(
            [
                (row[:2] / np.maximum(problem.offered.min(axis=0, initial=np.inf), 1)).max(
                    initial=0
                )
                for row in problem.request
            ]
        )
    )
    pairs = weights.D * PAIR_IN_SPREAD * (problem.wanted + problem.present.max(axis=1, initial=0))
    stake = 1.05 * (marginal + load + pairs) + 1e-6
    for service, each in enumerate(stake):
        feed[f"demand {service}"] = float(each)
    for name, members, asked, room in _rows(problem):
        unit = max(int(np.gcd.reduce(asked)), -(-room // LEVELS), 1)
        smallest = int(-(-asked // unit).min())
        most = max(float(stake[s]) for s, _ in members)
        feed[f"room {name}"] = most / smallest**2
    return feed


def _sum(terms: Any) -> Expression:
    return sum(terms, start=Num(0))
