"""The QUBO as a PyQUBO model: the specification of the energy, term by term.

``H = A·constraint + B·load + C·cost + D·affinity`` with the four weights and the penalties as
placeholders: one compile for a layout, then a BQM for every position of the sliders. Each term
is a labelled `SubH` or `Constraint`, so the breakdown of a sample comes from the model.
`kytos.hamiltonian.arrays` builds the same coefficients, and those are annealed: a compile leaks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import dimod
import numpy as np

from kytos.contract.params import Capacity, Encoding
from kytos.contract.weights import Weights, exchange_rates
from kytos.hamiltonian.arrays import UNBALANCED
from kytos.hamiltonian.layout import Layout
from kytos.hamiltonian.penalties import LINK, penalties
from kytos.hamiltonian.words import Binary, Constraint, Expression, Num, Placeholder, SubH
from kytos.problem import UNPLACED, Floats, Ints, LoadMode, Tally


@dataclass(frozen=True)
class CompiledModel:
    """A compiled PyQUBO model; cheap to turn into a BQM at any weights."""

    layout: Layout
    model: Any
    variables: tuple[str, ...]

    def bqm(
        self, weights: Weights, *, sure: bool = False, strength: Floats | None = None
    ) -> dimod.BinaryQuadraticModel:
        """Return the BQM at some weights, with every variable of the layout, in its order."""
        feed = self._feed(weights, sure=sure, strength=strength)
        compiled = self.model.to_bqm(feed_dict=feed)
        bqm = dimod.BinaryQuadraticModel(dimod.BINARY)
        # PyQUBO drops variables whose terms cancel; a sampler should see them all.
        bqm.add_linear_from((name, 0.0) for name in self.variables)
        bqm.add_linear_from(compiled.linear)
        # It keeps the couplers of rows at strength 0, which a processor would have to embed.
        bqm.add_quadratic_from(
            (first, second, bias) for (first, second), bias in compiled.quadratic.items() if bias
        )
        bqm.offset += compiled.offset
        return bqm

    def breakdown(self, weights: Weights, sample: Mapping[str, int]) -> dict[str, float]:
        """Return the value of each labelled term of a sample, before sliders and penalties.

        Constraints are named for what they constrain and are 0 where they hold.
        """
        decoded = self.model.decode_sample(
            dict(sample), vartype="BINARY", feed_dict=self._feed(weights, sure=False)
        )
        return {label: float(value) for label, value in decoded.subh.items()}

    def _feed(
        self, weights: Weights, *, sure: bool, strength: Floats | None = None
    ) -> dict[str, float]:
        applied = penalties(self.layout, weights, sure=sure, strength=strength)
        feed = {"A": weights.A, "B": weights.B, "C": weights.C, "D": weights.D}
        for kind, values in (
            ("pod", applied.pods), ("row", applied.rows), ("exclusion", applied.exclusions)
        ):  # fmt: skip
            feed |= {f"{kind} {position}": float(value) for position, value in enumerate(values)}
        return feed


def compile_model(layout: Layout, capacity: Capacity = Capacity.SLACK) -> CompiledModel:
    """Compile the model of a layout.

    PyQUBO leaks memory at each compile (its issue #215) and crashes near 2^18 variables (#231):
    compile once per problem and keep it (`kytos.hamiltonian.model.CompileCache`).
    """
    x = _Occupancy(layout)
    rates = exchange_rates(layout.problem)
    A, B, C, D = (Placeholder(name) for name in "ABCD")
    energy = (
        A * (SubH(_desire(layout, x), "desire") + _constraints(layout, x, capacity))
        + B * SubH(_load(layout, x), "load")
        + C * SubH(rates.cost * _cost(layout, x), "cost")
        + D * SubH(rates.affinity * _affinity(layout, x), "affinity")
    )
    slacks = layout.slacks if capacity is Capacity.SLACK else ()
    variables = layout.assignments + slacks + layout.uses
    return CompiledModel(layout, energy.compile(), variables)


class _Occupancy:
    """X[p, n] as expressions, and sums of them."""

    def __init__(self, layout: Layout) -> None:
        self.bits: dict[int, list[Expression]] = {}
        own = {}
        for name, pod, node in zip(layout.assignments, layout.pod, layout.node, strict=True):
            own[int(pod), int(node)] = Binary(name)
            self.bits.setdefault(int(pod), []).append(own[int(pod), int(node)])
        self.slots: dict[tuple[int, int], Expression] = {}
        for pod, node in zip(layout.slot_pod.tolist(), layout.slot_node.tolist(), strict=True):
            if (pod, node) in own:
                self.slots[pod, node] = own[pod, node]
            else:
                self.slots[pod, node] = 1 - _sum(self.bits[pod])
        for pod in np.flatnonzero(layout.settled >= 0):
            self.slots[int(pod), int(layout.settled[pod])] = Num(1)

    def of(self, pod: int) -> dict[int, Expression]:
        """Occupancies of a pod by node."""
        return {node: x for (owner, node), x in self.slots.items() if owner == pod}

    def on(self, nodes: Ints) -> dict[int, Expression]:
        """Occupancies of a set of nodes by pod."""
        inside: dict[int, list[Expression]] = {}
        wanted = set(nodes.tolist())
        for (pod, node), x in self.slots.items():
            if node in wanted:
                inside.setdefault(pod, []).append(x)
        return {pod: _sum(xs) for pod, xs in inside.items()}


def _load(layout: Layout, x: _Occupancy) -> Expression:
    """Sum of (u - mean)^2, of u^2, or of price·y with y tied to the pods there."""
    problem = layout.problem
    if problem.mode is LoadMode.CONSOLIDATE:
        surely = problem.in_use(layout.settled)
        total = Num(float(problem.price[surely].sum()))
        for node, name in zip(layout.counted_nodes, layout.uses, strict=True):
            y, price = Binary(name), float(problem.price[node])
            there = _sum(x.on(np.array([node])).values())
            total = total + price * y + LINK * price * there * (1 - y)
        return total
    terms = []
    spread = problem.mode is LoadMode.SPREAD
    for node in range(len(problem.nodes)):
        there = x.on(np.array([node]))
        for resource in range(problem.load_allocatable.shape[1]):
            offered = float(problem.load_allocatable[node, resource])
            if offered == 0 or (spread and not problem.usable[node]):
                continue
            mean = float(problem.mean_load[resource]) if spread else 0.0
            load = float(problem.load_fixed[node, resource]) / offered - mean
            shares = (
                float(problem.load_request[pod, resource]) / offered * X for pod, X in there.items()
            )
            terms.append((load + _sum(shares)) ** 2)
    return _sum(terms)


def _cost(layout: Layout, x: _Occupancy) -> Expression:
    """Moves away from the current node, running where it costs, traffic; in moves."""
    problem = layout.problem
    terms: list[Expression] = []
    for pod in np.flatnonzero(problem.current >= 0).tolist():
        here: Expression = x.slots.get((pod, int(problem.current[pod])), Num(0))
        terms.append(float(problem.move_cost[pod]) * (1 - here))
    if problem.node_cost is not None:
        terms += [float(problem.node_cost[slot]) * X for slot, X in x.slots.items()]
    if problem.traffic is not None:
        traffic = problem.traffic
        for (first, second), weight in zip(traffic.pairs, traffic.weight, strict=True):
            terms += [
                float(weight * traffic.latency[node, other]) * X * Y
                for node, X in x.of(int(first)).items()
                for other, Y in x.of(int(second)).items()
            ]
    return _sum(terms)


def _affinity(layout: Layout, x: _Occupancy) -> Expression:
    """Pairs of replicas on a node (and in a zone), preferences; in pairs."""
    problem = layout.problem
    terms: list[Expression] = []
    domains = [np.array([node]) for node in range(len(problem.nodes))]
    if problem.zone_pairs:
        zones = np.unique(problem.zone[problem.zone >= 0])
        domains += [np.flatnonzero(problem.zone == zone) for zone in zones]
    for nodes in domains:
        there = x.on(nodes)
        for service, fixed in enumerate(problem.service_fixed[:, nodes].sum(axis=1)):
            replicas = [X for pod, X in there.items() if problem.service[pod] == service]
            terms.append(_pairs_within(replicas, int(fixed)))
    for pairing in problem.pairings:
        carriers, targets = problem.tallies[pairing.carriers], problem.tallies[pairing.targets]
        terms.append(pairing.weight * _pairs(carriers, targets, x))
    if problem.preference is not None:
        terms += [float(problem.preference[slot]) * X for slot, X in x.slots.items()]
    return _sum(terms)


def _desire(layout: Layout, x: _Occupancy) -> Expression:
    """The desire of every pod that no node has."""
    desire = layout.problem.desire
    waiting = float(desire[layout.settled == UNPLACED].sum())
    return waiting - _sum(
        float(desire[pod]) * X for (pod, _), X in x.slots.items() if layout.free[pod]
    )


def _constraints(layout: Layout, x: _Occupancy, capacity: Capacity) -> Expression:
    """One place for each pod, capacities, bounds on moves, exclusions; each at its penalty."""
    problem = layout.problem
    terms: list[Expression] = []
    for pod, bits in x.bits.items():
        penalty, label = Placeholder(f"pod {pod}"), f"place {problem.pods[pod]}"
        if layout.encoding is Encoding.ONE_HOT and not layout.may_wait[pod]:
            terms.append(penalty * Constraint((1 - _sum(bits)) ** 2, label))
        elif len(bits) > 1:
            at_most_one = _sum(first * second for first, second in combinations(bits, 2))
            terms.append(penalty * Constraint(at_most_one, label))
    slots = list(zip(layout.slot_pod.tolist(), layout.slot_node.tolist(), strict=True))
    for position, row in enumerate(layout.rows):
        penalty, label = Placeholder(f"row {position}"), f"row {row.name}"
        over = row.constant - row.room + _sum(
            int(amount) * x.slots[slots[slot]]
            for slot, amount in zip(row.slots, row.coefficient, strict=True)
        )  # fmt: skip
        if capacity is Capacity.SLACK:
            slack = _sum(
                size * Binary(f"s[{row.name},{bit}]") for bit, size in enumerate(row.slack)
            )
            terms.append(penalty * Constraint((over + slack) ** 2, label))
        else:
            room = -over / float(np.abs(row.coefficient).mean())
            linear, quadratic = UNBALANCED
            terms.append(
                penalty * SubH(row.largest**2 * (quadratic * room**2 - linear * room), label)
            )
    for position, exclusion in enumerate(problem.exclusions):
        carriers, targets = problem.tallies[exclusion.carriers], problem.tallies[exclusion.targets]
        broken = _pairs(carriers, targets, x, problem.current)
        label = f"exclusion {position} {exclusion.rule}"
        terms.append(Placeholder(f"exclusion {position}") * Constraint(broken, label))
    return _sum(terms)


def _pairs(
    carriers: Tally, targets: Tally, x: _Occupancy, current: Ints | None = None
) -> Expression:
    """Pairs of a carrier and another pod, a target, in one domain.

    With `current`, only pairs of which at least one pod is not where it runs now.
    """
    terms: list[Expression] = []
    for domain in range(len(carriers.fixed)):
        nodes = np.flatnonzero(carriers.domain == domain)
        there, staying = x.on(nodes), {}
        fixed, mates = int(carriers.fixed[domain]), int(targets.fixed[domain])
        if current is not None:
            staying = {
                pod: x.slots[pod, int(current[pod])]
                for pod in there
                if current[pod] in nodes and (pod, int(current[pod])) in x.slots
            }
        for bits, sign in ((there, 1), (staying, -1)):
            if sign < 0 and current is None:
                continue
            first = {pod: X for pod, X in bits.items() if carriers.members[pod]}
            second = {pod: X for pod, X in bits.items() if targets.members[pod]}
            if carriers is targets:
                terms.append(sign * _pairs_within(list(first.values()), fixed))
                continue
            terms.append(sign * (fixed + _sum(first.values())) * (mates + _sum(second.values())))
            terms += [-sign * X**2 for pod, X in first.items() if pod in second]
    return _sum(terms)


def _pairs_within(occupancies: list[Expression], fixed: int) -> Expression:
    """Unordered pairs among some pods and `fixed` more."""
    together = _sum(first * second for first, second in combinations(occupancies, 2))
    return together + fixed * _sum(occupancies) + fixed * (fixed - 1) / 2


def _sum(terms: Iterable[Expression]) -> Expression:
    return sum(terms, start=Num(0))
