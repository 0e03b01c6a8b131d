"""Autoscale as a QUBO: how many new replicas of each service on each node, counts as integers.

With k[s, n] new replicas of service s on node n, and w[s] of its demand left unserved::

    H = A·constraint + B·load + C·cost + D·affinity
    constraint: sum_n k[s, n] + w[s] = wanted[s]; every node within its room, and all together
                within what the margins leave, each with an integer slack
    load:       sum over nodes and cpu, memory of (u - mean)^2, once all is served
    cost:       sum_s worth[s] · w[s]^2 / desired[s], so the service furthest from its desired
                count gains most from the next replica
    affinity:   pairs of replicas of one service on one node

The integers are sums of binary variables, see `kytos.hamiltonian.integers`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import dimod
import numpy as np

from kytos.contract.weights import PAIR_IN_SPREAD, Weights
from kytos.hamiltonian.arrays import Coefficients, Parts
from kytos.hamiltonian.facts import PenaltyFacts, family_facts
from kytos.hamiltonian.integers import (
    Bits,
    added_up,
    bits_needed,
    integer,
    names_of,
    value_of,
    written,
)
from kytos.hamiltonian.penalties import MARGIN
from kytos.hamiltonian.scale_out import DEMAND, Row, ScaleOut, rows_of
from kytos.hamiltonian.words import Constraint, Expression, Placeholder, SubH
from kytos.problem import Ints


@dataclass(frozen=True)
class ReplicaModel:
    """The QUBO of a scale-out.

    `bqm` adds the same terms up as squares; `model` is the PyQUBO model, compiled when first asked
    for, since each compile leaks memory (its issue #215).

    Attributes
    ----------
    counts
        The bits of each integer k[s, n], by service and node.
    unserved
        The bits of each service's unserved demand.
    rows, rooms
        Inequalities, and the bits of the room each leaves.
    """

    problem: ScaleOut
    counts: Mapping[tuple[int, int], Bits]
    unserved: tuple[Bits, ...]
    rows: tuple[Row, ...]
    rooms: tuple[Bits, ...]

    @property
    def assignments(self) -> tuple[str, ...]:
        """Variables that say how many replicas go where."""
        return names_of(self.counts.values())

    @property
    def slacks(self) -> tuple[str, ...]:
        """All other variables: unserved demand, then room left."""
        return names_of(self.unserved) + names_of(self.rooms)

    @property
    def parts(self) -> Parts:
        """The variables by kind, in order."""
        kinds = (
            ("replicas", self.assignments),
            ("unserved", names_of(self.unserved)),
            ("slack", names_of(self.rooms)),
        )
        return tuple((kind, len(names)) for kind, names in kinds if names)

    def coefficients(self, weights: Weights) -> Coefficients:
        """Return the QUBO at some weights as arrays."""
        return Coefficients.of(self.bqm(weights), self.assignments + self.slacks)

    @cached_property
    def model(self) -> Any:
        """The compiled PyQUBO model."""
        count = {pair: value_of(bits) for pair, bits in self.counts.items()}
        left = [value_of(bits) for bits in self.unserved]
        energy = (
            Placeholder("A")
            * (_demand(self.problem, count, left) + _rooms(self.rows, count, self.rooms))
            + Placeholder("B") * SubH(_load(self.problem, count), "load")
            + Placeholder("C") * SubH(_cost(self.problem, left), "cost")
            + Placeholder("D") * SubH(_affinity(self.problem, count), "affinity")
        )
        return energy.compile()

    def bqm(self, weights: Weights) -> dimod.BinaryQuadraticModel:
        """Return the BQM at some weights, with every variable, used or not."""
        problem, feed = self.problem, _feed(self.problem, self.rows, weights)
        bqm = dimod.BinaryQuadraticModel(dimod.BINARY)
        bqm.add_linear_from((name, 0.0) for name in self.assignments + self.slacks)

        def add_square(bits: Iterable[tuple[str, float]], constant: float, weight: float) -> None:
            if weight:
                bqm.add_linear_equality_constraint(list(bits), weight, constant)

        def times(factor: float, bits: Bits) -> list[tuple[str, float]]:
            return [(name, factor * size) for name, size in bits]

        for service, (bits, want) in enumerate(zip(self.unserved, problem.wanted, strict=True)):
            served = [bit for (s, _), one in self.counts.items() if s == service for bit in one]
            penalty = weights.A * feed[f"demand {service}"]
            add_square([*served, *bits], -float(want), penalty)
            worth = float(problem.worth[service]) / max(int(problem.desired[service]), 1)
            add_square(bits, 0.0, weights.C * worth)
        for row, room in zip(self.rows, self.rooms, strict=True):
            used = [
                bit
                for pair, amount in zip(row.pairs, row.amount, strict=True)
                for bit in times(int(amount), self.counts[pair])
            ]
            penalty = weights.A * feed[f"room {row.name}"]
            add_square([*used, *room], -float(row.levels), penalty)
        for resource, mean in enumerate(problem.mean_load):
            for node, offered in enumerate(problem.offered[:, resource].tolist()):
                if offered > 0:
                    added = [
                        bit
                        for (s, n), bits in self.counts.items()
                        if n == node
                        for bit in times(float(problem.request[s, resource]) / offered, bits)
                    ]
                    load = float(problem.load[node, resource]) / offered - float(mean)
                    add_square(added, load, weights.B)
        pair_weight = weights.D * PAIR_IN_SPREAD
        for pair, bits in self.counts.items():
            add_square(bits, 0.0, 0.5 * pair_weight)
            linear = pair_weight * (int(problem.present[pair]) - 0.5)
            bqm.add_linear_from(times(linear, bits))
        return bqm

    def decode(self, sample: Mapping[str, int]) -> Ints:
        """``(services, nodes)`` the counts a sample stands for, right or not."""
        counts = np.zeros(self.problem.present.shape, dtype=np.int64)
        for pair, bits in self.counts.items():
            counts[pair] = sum(size * int(sample[name]) for name, size in bits)
        return counts

    def encode(self, counts: Ints) -> dict[str, int]:
        """The sample of counts ``(services, nodes)``, all other variables at their best.

        Raises
        ------
        ValueError
            When the model has no variables for that many replicas somewhere.
        """
        sample: dict[str, int] = {}
        for pair in zip(*np.nonzero(counts), strict=True):
            if counts[pair] > sum(size for _, size in self.counts.get(pair, ())):
                raise ValueError(
                    f"{counts[pair]} replicas of {self.problem.services[pair[0]]!r} on "
                    f"{self.problem.nodes[pair[1]]!r} are more than the model has bits for"
                )
        for pair, bits in self.counts.items():
            sample |= written(bits, int(counts[pair]))
        left = self.problem.wanted - counts.sum(axis=1)
        for bits, value in zip(self.unserved, left.tolist(), strict=True):
            sample |= written(bits, value)
        for row, bits in zip(self.rows, self.rooms, strict=True):
            used = sum(
                int(amount) * int(counts[pair])
                for pair, amount in zip(row.pairs, row.amount, strict=True)
            )
            sample |= written(bits, row.levels - used)
        return sample

    def breakdown(self, weights: Weights, sample: Mapping[str, int]) -> dict[str, float]:
        """Return the value of each labelled term of a sample, before sliders and penalties."""
        decoded = self.model.decode_sample(
            dict(sample), vartype="BINARY", feed_dict=_feed(self.problem, self.rows, weights)
        )
        return {label: float(value) for label, value in decoded.subh.items()}


def variables_needed(problem: ScaleOut) -> int:
    """How many variables k[s, n] take in all."""
    return int(bits_needed(problem.most).sum())


def replica_penalties(model: ReplicaModel, weights: Weights) -> tuple[PenaltyFacts, ...]:
    """Return the penalties by family: one replica too many, or the smallest beyond its room."""
    feed = _feed(model.problem, model.rows, weights)
    families: dict[str, list[float]] = {
        DEMAND: [feed[f"demand {service}"] for service in range(len(model.problem.services))]
    }
    for row in model.rows:
        families.setdefault(row.family, []).append(
            feed[f"room {row.name}"] * int(row.amount.min()) ** 2
        )
    return tuple(
        family_facts(name, np.array(paid), np.array(paid), weights.A)
        for name, paid in families.items()
    )


def replica_model(problem: ScaleOut) -> ReplicaModel:
    """Return the QUBO of a scale-out; one model serves every weight."""
    counts = {
        (s, n): integer(f"k[{s},{n}]", int(problem.most[s, n]))
        for s, n in np.argwhere(problem.most > 0).tolist()
    }
    unserved = tuple(integer(f"w[{s}]", int(want)) for s, want in enumerate(problem.wanted))
    rows = rows_of(problem)
    rooms = tuple(integer(f"room[{row.name}]", row.levels) for row in rows)
    return ReplicaModel(problem, counts, unserved, rows, rooms)


def _demand(
    problem: ScaleOut, count: Mapping[tuple[int, int], Expression], unserved: list[Expression]
) -> Expression:
    terms = []
    for service, want in enumerate(problem.wanted):
        served = added_up(k for (s, _), k in count.items() if s == service)
        gap = served + unserved[service] - int(want)
        terms.append(
            Placeholder(f"demand {service}")
            * Constraint(gap**2, f"demand {problem.services[service]}")
        )
    return added_up(terms)


def _rooms(
    rows: Sequence[Row], count: Mapping[tuple[int, int], Expression], rooms: Sequence[Bits]
) -> Expression:
    terms = []
    for row, slack in zip(rows, rooms, strict=True):
        used = added_up(
            int(amount) * count[pair] for pair, amount in zip(row.pairs, row.amount, strict=True)
        )
        broken = (used + value_of(slack) - row.levels) ** 2
        terms.append(Placeholder(f"room {row.name}") * Constraint(broken, f"room {row.name}"))
    return added_up(terms)


def _load(problem: ScaleOut, count: Mapping[tuple[int, int], Expression]) -> Expression:
    terms = []
    for resource, mean in enumerate(problem.mean_load):
        for node in range(len(problem.nodes)):
            here = float(problem.offered[node, resource])
            if here <= 0:
                continue
            added = added_up(
                float(problem.request[s, resource]) / here * k
                for (s, n), k in count.items()
                if n == node
            )
            terms.append((float(problem.load[node, resource]) / here - float(mean) + added) ** 2)
    return added_up(terms)


def _cost(problem: ScaleOut, unserved: list[Expression]) -> Expression:
    return added_up(
        float(worth) / max(int(desired), 1) * w**2
        for worth, desired, w in zip(problem.worth, problem.desired, unserved, strict=True)
    )


def _affinity(problem: ScaleOut, count: Mapping[tuple[int, int], Expression]) -> Expression:
    """k(k-1)/2 pairs among the new ones, k pairs with each that is there."""
    terms = [(k**2 - k) * 0.5 + int(problem.present[pair]) * k for pair, k in count.items()]
    return PAIR_IN_SPREAD * added_up(terms)


def _feed(problem: ScaleOut, rows: Sequence[Row], weights: Weights) -> dict[str, float]:
    """Weights and penalties: breaking anything by one unit costs more than all it could save.

    The most one replica too many saves is the whole marginal cost of its service, or what a row
    it is in charges for: rows are equations with their slack, and a cheap replica that nobody
    asked for would make up for a dear one's (docs/decisions/0065-replicas-too-many.md).
    """
    feed = {"A": weights.A, "B": weights.B, "C": weights.C, "D": weights.D}
    marginal = 2 * weights.C * problem.worth * problem.wanted / np.maximum(problem.desired, 1)
    # A node that offers none of it (one that failed) is in no term of the load.
    smallest = np.where(problem.offered > 0, problem.offered, np.inf).min(axis=0, initial=np.inf)
    load = 4.0 * weights.B * (problem.request[:, :2] / smallest).max(axis=1, initial=0.0)
    pairs = weights.D * PAIR_IN_SPREAD * (problem.wanted + problem.present.max(axis=1, initial=0))
    stake = MARGIN * (marginal + load + pairs) + 1e-6
    demand = stake.copy()
    for row in rows:
        members = sorted({s for s, _ in row.pairs})
        most = float(stake[members].max())
        feed[f"room {row.name}"] = most / int(row.amount.min()) ** 2
        demand[members] = np.maximum(demand[members], most)
    for service, each in enumerate(demand.tolist()):
        feed[f"demand {service}"] = each
    return feed
