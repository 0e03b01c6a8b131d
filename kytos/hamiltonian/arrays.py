"""The QUBO from arrays: the same coefficients as the PyQUBO model, in a fraction of the time.

Every term is a sum of products of affine forms over the variables. A form is a sparse row over
z = (variables, 1), so a term is z' L' W R z and the whole energy one matrix.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import dimod
import numpy as np
from scipy import sparse

from kytos.contract.params import Capacity, Encoding
from kytos.contract.weights import Weights, exchange_rates
from kytos.hamiltonian.layout import Layout
from kytos.hamiltonian.penalties import LINK, Penalties, penalties
from kytos.problem import UNPLACED, Bools, Floats, Ints, LoadMode, Tally, Traffic

UNBALANCED = (0.096, 0.00331)
"""Linear and quadratic strength of the slack-free penalty -l1·h + l2·h^2, h the room left in
pods of mean size. Source: Montañez-Barrera et al., *Unbalanced penalization: a new approach to
encode inequality constraints of combinatorial problems for quantum optimization algorithms*
(2024); a tenth of the strengths found there, because at the full ones the pull towards even room
outweighs the objective (docs/decisions/0022-capacity-inequalities.md)."""

Parts = tuple[tuple[str, int], ...]
"""Kinds of variables of a QUBO in the order of its arrays: name and how many, none of them 0."""


@dataclass(frozen=True)
class Coefficients:
    """A QUBO as arrays: offset + linear·b + sum_{i<j} quadratic[i, j] b_i b_j.

    Attributes
    ----------
    variables
        Names, in the order of the arrays.
    linear
        ``(variables,)``.
    quadratic
        ``(variables, variables)`` sparse, strictly upper triangular.
    """

    variables: tuple[str, ...]
    linear: Floats
    quadratic: sparse.csr_array
    offset: float

    @classmethod
    def of(cls, bqm: dimod.BinaryQuadraticModel, variables: tuple[str, ...]) -> Coefficients:
        """Read the arrays off a dimod model, in the order of `variables`."""
        vectors: Any = bqm.to_numpy_vectors(list(variables))
        linear, (rows, columns, values), offset = vectors
        shape = (len(variables), len(variables))
        # Strictly upper: dimod gives each pair once, in either order.
        ends = (np.minimum(rows, columns), np.maximum(rows, columns))
        return cls(
            variables,
            np.asarray(linear, dtype=np.float64),
            sparse.coo_array((values, ends), shape=shape).tocsr(),
            float(offset),
        )

    def bqm(self) -> dimod.BinaryQuadraticModel:
        """Return it as a dimod model, variables labelled and in order."""
        pairs = self.quadratic.tocoo()
        return dimod.BinaryQuadraticModel.from_numpy_vectors(
            self.linear,
            (pairs.row, pairs.col, pairs.data),
            self.offset,
            dimod.BINARY,
            variable_order=list(self.variables),
        )

    def energies(self, samples: Floats) -> Floats:
        """``(reads,)`` energies of ``(reads, variables)`` samples."""
        samples = np.asarray(samples, dtype=np.float64)
        products = (self.quadratic @ samples.T).T
        energies = self.offset + samples @ self.linear + (samples * products).sum(axis=1)
        return np.asarray(energies)


def coefficients(
    layout: Layout,
    weights: Weights,
    capacity: Capacity = Capacity.SLACK,
    *,
    sure: bool = False,
    strength: Floats | None = None,
) -> Coefficients:
    """Return the QUBO of a layout at some weights.

    Parameters
    ----------
    sure
        Penalties that no chain of moves can outweigh (see `penalties`).
    strength
        ``(rows,)`` multiples of the penalty of each row, 1 when left out.
    """
    slacks = layout.slacks if capacity is Capacity.SLACK else ()
    variables = layout.assignments + slacks + layout.uses
    total = _Sum(len(variables))
    builder = _Builder(layout, total)
    rates = exchange_rates(layout.problem)
    applied = penalties(layout, weights, sure=sure, strength=strength)
    builder.add_load(weights.B, len(variables) - len(layout.uses))
    builder.add_cost(weights.C * rates.cost)
    builder.add_affinity(weights.D * rates.affinity)
    builder.add_places(weights.A, applied)
    builder.add_exclusions(weights.A, applied)
    builder.add_rows(weights.A, applied, capacity)
    return total.coefficients(variables)


@dataclass
class _Sum:
    """Adds up z' L' W R z over terms."""

    size: int
    left: list[sparse.csr_array] = field(default_factory=list)
    right: list[sparse.csr_array] = field(default_factory=list)

    def add(
        self, left: sparse.csr_array, weight: Floats | float, right: sparse.csr_array | None = None
    ) -> None:
        """Add sum_k weight_k · left_k(z) · right_k(z); a square when there is no `right`."""
        right = left if right is None else right
        scale = np.broadcast_to(np.asarray(weight, dtype=np.float64), (left.shape[0],))
        self.left.append(sparse.diags_array(scale) @ left)
        self.right.append(right)

    def add_linear(self, forms: sparse.csr_array, weight: Floats) -> None:
        """Add sum_k weight_k · forms_k(z)."""
        row = sparse.csr_array(np.asarray(weight, dtype=np.float64)[np.newaxis, :]) @ forms
        self.add(self.constant(np.ones(1)), 1.0, row)

    def add_constant(self, value: float) -> None:
        """Add a number."""
        self.add(self.constant(np.array([value])), 1.0, self.constant(np.ones(1)))

    def constant(self, values: Floats | Ints) -> sparse.csr_array:
        """``(forms, size + 1)`` forms that do not depend on any variable."""
        rows = np.arange(len(values))
        columns = np.full(len(values), self.size)
        return sparse.csr_array(
            (np.asarray(values, dtype=np.float64), (rows, columns)),
            shape=(len(values), self.size + 1),
        )

    def variables(self, positions: Ints) -> sparse.csr_array:
        """``(forms, size + 1)`` each a variable."""
        rows = np.arange(len(positions))
        return sparse.csr_array(
            (np.ones(len(positions)), (rows, positions)), shape=(len(positions), self.size + 1)
        )

    def coefficients(self, variables: tuple[str, ...]) -> Coefficients:
        """Fold the matrix: b^2 = b, both triangles into the upper one."""
        # One product over all terms: adding them up one by one would copy the matrix each time.
        whole = sparse.vstack(self.left).T @ sparse.vstack(self.right)
        folded = sparse.csr_array(whole + whole.T)
        upper = sparse.triu(folded, k=1, format="csr")
        diagonal = folded.diagonal() / 2
        linear = diagonal[:-1] + upper[: self.size, [self.size]].toarray().ravel()
        quadratic = sparse.csr_array(upper[: self.size, : self.size])
        quadratic.eliminate_zeros()
        return Coefficients(variables, linear, quadratic, float(diagonal[-1]))


class _Builder:
    """The terms of `kytos.hamiltonian.qubo` as products of forms."""

    def __init__(self, layout: Layout, total: _Sum) -> None:
        self.layout = layout
        self.problem = layout.problem
        self.total = total
        self.occupancy = self._occupancy()

    def _occupancy(self) -> sparse.csr_array:
        """``(slots, size + 1)`` X of each slot."""
        layout = self.layout
        own = np.flatnonzero(layout.slot_variable >= 0)
        home = np.flatnonzero(layout.slot_variable < 0)
        rows, columns, values = [own], [layout.slot_variable[own]], [np.ones(len(own))]
        first = np.searchsorted(layout.pod, layout.slot_pod[home], side="left")
        last = np.searchsorted(layout.pod, layout.slot_pod[home], side="right")
        for slot, begin, end in zip(home, first, last, strict=True):
            rows += [np.full(end - begin + 1, slot)]
            columns += [np.append(np.arange(begin, end), self.total.size)]
            values += [np.append(np.full(end - begin, -1.0), 1.0)]
        return sparse.csr_array(
            (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))),
            shape=(len(layout.slot_pod), self.total.size + 1),
        )

    def _gather(self, groups: Ints, count: int, amount: Floats | None = None) -> sparse.csr_array:
        """``(count, size + 1)`` sum of occupancies by group; slots of group -1 are left out."""
        inside = np.flatnonzero(groups >= 0)
        amount = np.ones(len(groups)) if amount is None else amount
        gather = sparse.csr_array(
            (amount[inside], (groups[inside], inside)), shape=(count, len(groups))
        )
        return gather @ self.occupancy

    def add_load(self, weight: float, first_use: int) -> None:
        """H_load; y variables begin at `first_use`."""
        problem, layout, total = self.problem, self.layout, self.total
        if problem.mode is LoadMode.CONSOLIDATE:
            counted = layout.counted_nodes
            sure = problem.in_use(layout.settled)
            total.add_constant(weight * float(problem.price[sure].sum()))
            used = total.variables(first_use + np.arange(len(counted)))
            price = weight * problem.price[counted]
            total.add_linear(used, price)
            position = np.full(len(problem.nodes), -1)
            position[counted] = np.arange(len(counted))
            here = self._gather(position[layout.slot_node], len(counted))
            total.add(here, LINK * price, total.constant(np.ones(len(counted))) - used)
            return
        nodes = len(problem.nodes)
        held = problem.load_fixed.copy()
        staying = layout.settled >= 0
        np.add.at(held, layout.settled[staying], problem.load_request[staying])
        for resource in range(held.shape[1]):
            offered = problem.load_allocatable[:, resource]
            levelled, middle = offered > 0, 0.0
            if problem.mode is LoadMode.SPREAD:
                levelled, middle = levelled & problem.usable, problem.mean_load[resource]
            per_unit = np.divide(1.0, offered, out=np.zeros(nodes), where=levelled)
            share = problem.load_request[layout.slot_pod, resource] * per_unit[layout.slot_node]
            apart = self._gather(layout.slot_node, nodes, share)
            apart = apart + total.constant((held[:, resource] * per_unit - middle) * levelled)
            total.add(apart, np.where(levelled, weight, 0.0))

    def add_cost(self, weight: float) -> None:
        """H_cost: moves, running where it costs, traffic."""
        problem, layout, total = self.problem, self.layout, self.total
        settled = layout.settled
        cost = np.where(layout.slot_stays, -problem.move_cost[layout.slot_pod], 0.0)
        gone = (problem.current >= 0) & (layout.free | (settled != problem.current))
        constant = float(problem.move_cost[gone].sum())
        if problem.node_cost is not None:
            cost = cost + problem.node_cost[layout.slot_pod, layout.slot_node]
            stay = np.flatnonzero(settled >= 0)
            constant += float(problem.node_cost[stay, settled[stay]].sum())
        total.add_linear(self.occupancy, weight * cost)
        total.add_constant(weight * constant)
        if problem.traffic is not None:
            self._add_traffic(problem.traffic, weight)

    def _add_traffic(self, traffic: Traffic, weight: float) -> None:
        """Latency between pods that talk: one product for each pod, not one for each pair."""
        of = [self._of(pod) for pod in range(len(self.problem.pods))]
        first = traffic.pairs[:, 0]
        for pod in np.unique(first).tolist():
            nodes, occupancy = of[pod]
            mine = np.flatnonzero(first == pod)
            partners = traffic.pairs[mine, 1]
            others = np.concatenate([of[partner][0] for partner in partners])
            share = np.repeat(traffic.weight[mine], [len(of[partner][0]) for partner in partners])
            latency = traffic.latency[np.ix_(nodes, others)] * share
            there = sparse.vstack([of[partner][1] for partner in partners], format="csr")
            self.total.add(occupancy, weight, sparse.csr_array(latency) @ there)

    def _of(self, pod: int) -> tuple[Ints, sparse.csr_array]:
        """The nodes a pod may be on, with its occupancy of each."""
        layout = self.layout
        if layout.free[pod]:
            slots = np.flatnonzero(layout.slot_pod == pod)
            return layout.slot_node[slots], self.occupancy[slots]
        nodes = layout.settled[[pod]]
        nodes = nodes[nodes >= 0]
        return nodes, self.total.constant(np.ones(len(nodes)))

    def add_affinity(self, weight: float) -> None:
        """H_affinity: replicas together, preferences for pods and for nodes."""
        problem, layout, total = self.problem, self.layout, self.total
        settled = np.flatnonzero((layout.settled >= 0) & (problem.service >= 0))
        replicas = problem.service_fixed.copy()
        np.add.at(replicas, (problem.service[settled], layout.settled[settled]), 1)
        self._add_replicas(weight, replicas, np.arange(len(problem.nodes)))
        if problem.zone_pairs:
            zones = int(problem.zone.max(initial=-1)) + 1
            inside = np.flatnonzero(problem.zone >= 0)
            by_zone = np.zeros((len(problem.services), zones), dtype=np.int64)
            np.add.at(by_zone.T, problem.zone[inside], replicas.T[inside])
            self._add_replicas(weight, by_zone, problem.zone)
        for pairing in problem.pairings:
            carriers, targets = problem.tallies[pairing.carriers], problem.tallies[pairing.targets]
            everywhere = np.ones(len(layout.slot_pod), dtype=np.bool_)
            self._add_pairs(weight * pairing.weight, carriers, targets, layout.settled, everywhere)
        if problem.preference is not None:
            stay = np.flatnonzero(layout.settled >= 0)
            constant = float(problem.preference[stay, layout.settled[stay]].sum())
            preference = problem.preference[layout.slot_pod, layout.slot_node]
            total.add_linear(self.occupancy, weight * preference)
            total.add_constant(weight * constant)

    def _add_replicas(self, weight: float, fixed: Ints, domain: Ints) -> None:
        """Pairs within a service in a domain; `fixed` ``(services, domains)``."""
        layout = self.layout
        service, place = self.problem.service[layout.slot_pod], domain[layout.slot_node]
        domains = fixed.shape[1]
        groups = np.where((service >= 0) & (place >= 0), service * domains + place, -1)
        self._add_same(weight, groups, fixed.ravel())

    def _add_same(self, weight: float, groups: Ints, fixed: Ints) -> None:
        """Unordered pairs within each group: with k = fixed + sum X, the products of two pods.

        k^2 holds every product twice, and each pod's own square, and the fixed count's.
        """
        total = self.total
        # Few groups have a slot when a block of a large cluster is annealed; the rest is settled.
        open_, groups = np.unique(np.append(groups, -1), return_inverse=True)
        open_, groups = open_[1:], groups[:-1] - 1
        pairs = fixed @ (fixed - 1)
        fixed = fixed[open_]
        together = self._gather(groups, len(fixed)) + total.constant(fixed)
        total.add(together, weight / 2)
        total.add(self._by_pod(groups, len(fixed)), -weight / 2)
        total.add_constant(weight / 2 * float(pairs - fixed @ fixed))

    def _by_pod(self, groups: Ints, count: int) -> sparse.csr_array:
        """Occupancies added up by pod and group, one form for each that occurs."""
        keys = np.where(groups >= 0, self.layout.slot_pod * count + groups, -1)
        pods, position = np.unique(keys, return_inverse=True)
        if len(pods) and pods[0] < 0:
            return self._gather(position - 1, len(pods) - 1)
        return self._gather(position, len(pods))

    def _add_pairs(
        self, weight: float, carriers: Tally, targets: Tally, settled: Ints, slots: Bools
    ) -> None:
        """Pairs of a carrier and another pod that is a target, as `feasible.pairs` counts them.

        Only `slots` and the pods in `settled` are looked at.
        """
        total, pod = self.total, self.layout.slot_pod
        domain = carriers.domain[self.layout.slot_node]
        domains = len(carriers.fixed)
        if carriers is targets:
            groups = np.where(slots & carriers.members[pod], domain, -1)
            self._add_same(weight, groups, carriers.counts(settled))
            return
        forms = [
            self._gather(np.where(slots & tally.members[pod], domain, -1), domains)
            + total.constant(tally.counts(settled))
            for tally in (carriers, targets)
        ]
        total.add(forms[0], weight, forms[1])
        both = carriers.members.both(targets.members)
        itself = self._by_pod(np.where(slots & both[pod], domain, -1), domains)
        total.add(itself, -weight)
        counted = Tally(carriers.domain, both, np.zeros_like(carriers.fixed)).counts(settled)
        total.add_constant(-weight * float(counted.sum()))

    def add_places(self, weight: float, applied: Penalties) -> None:
        """Each pod in one place, or in at most one; the desire of those in none."""
        problem, layout, total = self.problem, self.layout, self.total
        bits = total.variables(np.arange(len(layout.pod)))
        pods = len(problem.pods)
        by_pod = sparse.csr_array(
            (np.ones(len(layout.pod)), (layout.pod, np.arange(len(layout.pod)))),
            shape=(pods, len(layout.pod)),
        )
        counts = by_pod @ bits
        one_each = layout.free & ~layout.may_wait & (layout.encoding is Encoding.ONE_HOT)
        total.add(counts - total.constant(np.ones(pods)), weight * applied.pods * one_each)
        most = weight * applied.pods * (layout.free & ~one_each)
        total.add(counts, most / 2)
        total.add(bits, -most[layout.pod] / 2)
        waiting = layout.settled == UNPLACED
        total.add_constant(weight * float(problem.desire[waiting].sum()))
        total.add_linear(self.occupancy, -weight * problem.desire[layout.slot_pod])

    def add_exclusions(self, weight: float, applied: Penalties) -> None:
        """Pairs that exclude each other, less those of which neither pod moves."""
        problem, layout = self.problem, self.layout
        unmoved = np.where(layout.settled == problem.current, layout.settled, UNPLACED)
        everywhere = np.ones(len(layout.slot_pod), dtype=np.bool_)
        for exclusion, penalty in zip(problem.exclusions, applied.exclusions, strict=True):
            carriers = problem.tallies[exclusion.carriers]
            targets = problem.tallies[exclusion.targets]
            cost = weight * penalty
            self._add_pairs(cost, carriers, targets, layout.settled, everywhere)
            self._add_pairs(-cost, carriers, targets, unmoved, layout.slot_stays)

    def add_rows(self, weight: float, applied: Penalties, capacity: Capacity) -> None:
        """Capacities and bounds on moves, those that cost anything."""
        layout, total = self.layout, self.total
        width = np.array([len(row.slack) for row in layout.rows], dtype=np.int64)
        first = len(layout.assignments) + np.cumsum(width) - width
        kept = np.flatnonzero(weight * applied.rows)
        if not len(kept):
            return
        rows, penalty = [layout.rows[row] for row in kept], weight * applied.rows[kept]
        over = _stacked([(row.slots, row.coefficient) for row in rows], len(layout.slot_pod))
        over = over @ self.occupancy + total.constant(
            np.array([row.constant - row.room for row in rows])
        )
        if capacity is Capacity.SLACK:
            bits = [
                (begin + np.arange(len(row.slack)), np.array(row.slack, dtype=np.int64))
                for row, begin in zip(rows, first[kept], strict=True)
            ]
            total.add(over + _stacked(bits, total.size + 1), penalty)
            return
        size = np.array([np.abs(row.coefficient).mean() for row in rows])
        strength = penalty * np.array([row.largest**2 for row in rows])
        total.add_linear(over, strength * UNBALANCED[0] / size)
        total.add(over, strength * UNBALANCED[1] / size**2)


def _stacked(rows: list[tuple[Ints, Ints]], columns: int) -> sparse.csr_array:
    """``(rows, columns)`` from the positions and the values of each row."""
    lengths = [len(positions) for positions, _ in rows]
    return sparse.csr_array(
        (
            np.concatenate([values for _, values in rows]).astype(np.float64),
            np.concatenate([positions for positions, _ in rows]).astype(np.int64),
            np.concatenate([[0], np.cumsum(lengths)]),
        ),
        shape=(len(rows), columns),
    )
