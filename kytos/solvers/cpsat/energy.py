"""The energy H of a problem for CP-SAT, on top of its rules: all that the referee counts."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from kytos.contract.watch import Watch
from kytos.contract.weights import Weights, exchange_rates
from kytos.problem import Bools, Floats, LoadMode, Pairing, Problem, Tally
from kytos.solvers.cpsat.library import cp_model
from kytos.solvers.cpsat.objective import Objective
from kytos.solvers.cpsat.rules import Count, RulesModel, total

LEVELS = 2**14
"""Steps a node's load is told apart in where its exact unit would be finer."""

MOST_STEPS = 2.0**28
"""Of all load together, however small the nodes are beside it: its square stays within 64 bits."""


class EnergyModel(RulesModel):
    """A problem's rules and its energy without `desire`."""

    def __init__(
        self,
        problem: Problem,
        weights: Weights,
        watch: Watch = Watch(),
        options: Bools | None = None,
    ) -> None:
        """Build the model; `options` as for `RulesModel`.

        Raises
        ------
        BuildingStopped
            When `watch` says stop first.
        """
        super().__init__(problem, watch, options)
        self.weights = weights
        self.objective = Objective()
        self.used: dict[int, cp_model.IntVar] = {}
        """Of the nodes whose price hangs on it, whether each is in use (consolidate)."""
        self._load_error = 0.0
        if problem.mode is LoadMode.CONSOLIDATE:
            self._nodes_in_use()
        else:
            self._squared_load()
        self._headroom()
        self._most_moved()
        self._pod_costs()
        self._traffic()
        self._replica_pairs()
        for pairing in self._in_time(self.problem.pairings):
            self._pairing(pairing)

    def rounding(self, worth: float) -> float:
        """The most that rounding inside the load can have hidden, at a known energy.

        With d the deviations as a vector and e its error, |d|^2 >= (|d + e| - |e|)^2, and |d| is
        at most what the known energy leaves for it.
        """
        if not self._load_error or not self.weights.B:
            return self.objective.error
        room = max(0.0, worth - self.objective.least) / self.weights.B
        reach = self._load_error * (2 * math.sqrt(room) + 3 * self._load_error)
        return self.objective.error + self.weights.B * reach

    def _nodes_in_use(self) -> None:
        problem, weight = self.problem, self.weights.B
        for node, there in enumerate(self._in_time(self._on)):
            price = weight * float(problem.price[node])
            if problem.held_open[node]:
                self.objective.constant += price
                self.objective.least += price
            elif there and price:
                used = self.used[node] = self.cp.new_bool_var("")
                for _, variable in there:
                    self.cp.add_implication(variable, used)
                self._fill_only_when_used(node, used)
                self.objective.add(price, used)

    def _fill_only_when_used(self, node: int, used: cp_model.IntVar) -> None:
        """Redundant, but the relaxation needs it: a node holds at most its room times `used`."""
        problem = self.problem
        for resource in range(len(problem.resources)):
            request = problem.request[:, resource]
            asking = [(pod, variable) for pod, variable in self._on[node] if request[pod] > 0]
            limit = max(
                problem.capacity[node, resource], problem.initial_held[node, resource]
            ) - int(problem.fixed[node, resource])
            if asking and limit > 0:
                unit = int(np.gcd.reduce(request))
                held = cp_model.LinearExpr.weighted_sum(
                    [variable for _, variable in asking],
                    [int(request[pod]) // unit for pod, _ in asking],
                )
                self.cp.add(held <= (int(limit) // unit) * used)

    def _squared_load(self) -> None:
        """Sum of (u - mean)^2: integer deviations D from the mean, and their squares.

        With load in units of g, u - mean = (D + rest) g / allocatable, where `rest` is what the
        mean has beyond whole units; so the square is D^2 + 2 rest D + rest^2 in those units.
        """
        problem, weight = self.problem, self.weights.B
        if not weight:
            return
        spread = problem.mode is LoadMode.SPREAD
        fixed_error = pod_error = 0.0
        for resource in range(problem.loads):
            offered = problem.load_allocatable[:, resource]
            levelled = np.flatnonzero((offered > 0) & (problem.usable | (not spread)))
            request = problem.load_request[:, resource]
            if not len(levelled):
                continue
            unit = load_unit(
                np.append(request, problem.load_fixed[levelled, resource]), offered[levelled]
            )
            steps = np.rint(request / unit).astype(np.int64)
            pod_error += float(np.abs(request - steps * unit).sum() / offered[levelled].min())
            for node in map(int, self._in_time(levelled)):
                fixed = round(problem.load_fixed[node, resource] / unit)
                fixed_error += (
                    abs(problem.load_fixed[node, resource] - fixed * unit) / offered[node]
                )
                middle = float(problem.mean_load[resource]) * offered[node] / unit
                self._square(
                    [(int(steps[pod]), variable) for pod, variable in self._on[node]],
                    fixed - round(middle),
                    (round(middle) - middle) if spread else float(round(middle)),
                    weight * (unit / offered[node]) ** 2,
                )
        error = pod_error + fixed_error
        # What float arithmetic leaves of exact units is no rounding.
        self._load_error = error if error > 1e-12 else 0.0

    def _square(
        self,
        there: Iterable[tuple[int, cp_model.IntVar]],
        base: int,
        rest: float,
        coefficient: float,
    ) -> None:
        """Add coefficient x (base + sum there + rest)^2."""
        asking = [(step, variable) for step, variable in there if step]
        self.objective.constant += coefficient * rest**2
        if not asking:
            self.objective.constant += coefficient * (base**2 + 2 * rest * base)
            return
        most = base + sum(step for step, _ in asking)
        size = max(abs(base), abs(most))
        deviation = self.cp.new_int_var(base, most, "")
        self.cp.add(
            deviation
            == base
            + cp_model.LinearExpr.weighted_sum([v for _, v in asking], [s for s, _ in asking])
        )
        square = self.cp.new_int_var(0, size**2, "")
        self.cp.add_multiplication_equality(square, [deviation, deviation])
        self.objective.add(coefficient, square, float(size) ** 2)
        self.objective.add(coefficient * 2 * rest, deviation, float(size))

    def _headroom(self) -> None:
        """Units above each safety line, and units that each balance wants."""
        problem, weight = self.problem, self.weights.B
        fixed, safety = problem.fixed, problem.safety
        for node, there in enumerate(self._in_time(self._on)):
            if safety is not None:
                for resource in np.flatnonzero(safety.cost[node]):
                    above = int(fixed[node, resource] - safety.line[node, resource])
                    amounts = [int(problem.request[pod, resource]) for pod, _ in there]
                    self._above(weight * float(safety.cost[node, resource]), above, amounts, there)
            for one in problem.balances:
                free = problem.allocatable[node] - fixed[node]
                wanting = int(one.parts * free[one.first] - free[one.second])
                requests = problem.request[[pod for pod, _ in there]]
                more = requests[:, one.second] - one.parts * requests[:, one.first]
                self._above(weight * float(one.cost[node]), wanting, more.tolist(), there)

    def _above(
        self,
        cost: float,
        constant: int,
        amounts: list[int],
        there: list[tuple[int, cp_model.IntVar]],
    ) -> None:
        """Cost of how much more than 0 a constant and what pods bring come to."""
        highest = constant + sum(amount for amount in amounts if amount > 0)
        if cost <= 0 or highest <= 0:
            return
        over = self.cp.new_int_var(0, highest, "")
        brought = cp_model.LinearExpr.weighted_sum([variable for _, variable in there], amounts)
        self.cp.add(over >= constant + brought)
        self.objective.add(cost, over, float(highest))

    def _most_moved(self) -> None:
        """How many leave of the service that most leave of."""
        problem = self.problem
        cost = self.weights.C * exchange_rates(problem).cost * problem.most_moved_cost
        runs = (problem.current >= 0) & (problem.service >= 0)
        if cost <= 0 or not runs.any():
            return
        sizes = np.bincount(problem.service[runs])
        most = self.cp.new_int_var(0, int(sizes.max()), "")
        for service in np.flatnonzero(sizes):
            pods = np.flatnonzero(runs & (problem.service == service)).tolist()
            stay = [self._at(pod, int(problem.current[pod])) for pod in pods]
            self.cp.add(most >= len(pods) - total(stay))
        self.objective.add(cost, most, float(sizes.max()))

    def _pod_costs(self) -> None:
        """Leaving, running where it costs, and where a pod would rather run: one sum per pod."""
        problem, rates = self.problem, exchange_rates(self.problem)
        moving = self.weights.C * rates.cost
        liking = self.weights.D * rates.affinity
        for pod, choices in enumerate(self._in_time(self.x)):
            current = int(problem.current[pod])
            least = math.inf if problem.must_place[pod] else 0.0
            leaving = moving * float(problem.move_cost[pod]) if current >= 0 else 0.0
            if current >= 0:
                self.objective.constant += leaving
            for node, variable in choices.items():
                cost = -leaving if node == current else 0.0
                if problem.node_cost is not None:
                    cost += moving * float(problem.node_cost[pod, node])
                if problem.preference is not None:
                    cost += liking * float(problem.preference[pod, node])
                self.objective.add(cost, variable)
                least = min(least, cost)
            self.objective.least += leaving + (least if math.isfinite(least) else 0.0)

    def _traffic(self) -> None:
        """Latency of each talking pair: at least that of where one is to where the other is."""
        traffic, weight = self.problem.traffic, self.weights.C * exchange_rates(self.problem).cost
        if traffic is None or not weight or not len(traffic.pairs) or not traffic.latency.any():
            return
        step = float(np.abs(traffic.latency).max()) / LEVELS
        latency = np.rint(traffic.latency / step).astype(np.int64)
        edges = zip(traffic.pairs, traffic.weight, strict=True)
        for (first, second), share in self._in_time(edges):
            between = self.cp.new_int_var(0, LEVELS, "")
            others = self.x[int(second)]
            for node, here in self.x[int(first)].items():
                from_here = [int(latency[node, other]) for other in others]
                reached = cp_model.LinearExpr.weighted_sum(list(others.values()), from_here)
                self.cp.add(between >= reached).only_enforce_if(here)
            self.objective.add(weight * float(share) * step, between, LEVELS)
            self.objective.error += weight * float(share) * step / 2

    def _replica_pairs(self) -> None:
        problem, weight = self.problem, self.weights.D * exchange_rates(self.problem).affinity
        if not weight:
            return
        zones = [problem.zone == zone for zone in np.unique(problem.zone[problem.zone >= 0])]
        for service in self._in_time(range(len(problem.services))):
            members = problem.service == service
            fixed = problem.service_fixed[service]
            nodes = len(problem.nodes)
            places = [Tally(np.arange(nodes), members, fixed)]
            if problem.zone_pairs and zones:
                domain = np.full(nodes, -1, dtype=np.int64)
                for position, there in enumerate(zones):
                    domain[there] = position
                places.append(
                    Tally(domain, members, np.array([fixed[there].sum() for there in zones]))
                )
            for tally in places:
                for count in self._tally(tally):
                    self._pairs_among(count, weight)

    def _pairing(self, pairing: Pairing) -> None:
        problem = self.problem
        weight = self.weights.D * exchange_rates(problem).affinity * pairing.weight
        if not weight:
            return
        carriers, targets = problem.tallies[pairing.carriers], problem.tallies[pairing.targets]
        counts = self._counts[pairing.carriers]
        if pairing.carriers == pairing.targets:
            for count in counts:
                self._pairs_among(count, weight)
            return
        both = self._tally(
            replace(
                carriers,
                members=carriers.members.both(targets.members),
                fixed=np.zeros_like(carriers.fixed),
            )
        )
        for first, second, twice in zip(counts, self._counts[pairing.targets], both, strict=True):
            most = first.most * second.most
            self.objective.least += min(0.0, weight * most)
            product = self.cp.new_int_var(0, most, "")
            self.cp.add_multiplication_equality(product, [first.expression, second.expression])
            met = self.cp.new_int_var(-twice.most, most, "")
            self.cp.add(met == product - twice.expression)
            self.objective.add(weight, met, float(max(most, twice.most)))

    def _pairs_among(self, count: Count, weight: float) -> None:
        """Add weight x k(k-1)/2 for a count k."""
        known = weight * count.fixed * (count.fixed - 1) / 2
        pairs_at_most = count.most * (count.most - 1) // 2
        if count.fixed == count.most:
            self.objective.constant += known
        else:
            pairs = self.cp.new_int_var(0, pairs_at_most, "")
            if weight > 0:
                # Chords from k to k + 1: at whole numbers the largest of them is the exact count.
                for k in range(count.fixed, count.most):
                    self.cp.add(pairs >= k * count.expression - k * (k + 1) // 2)
            else:
                square = self.cp.new_int_var(0, count.most**2, "")
                self.cp.add_multiplication_equality(square, [count.expression, count.expression])
                self.cp.add(2 * pairs == square - count.expression)
            self.objective.add(weight, pairs, float(pairs_at_most))
        self.objective.least += known if weight > 0 else weight * pairs_at_most


def load_unit(amounts: Floats, offered: Floats) -> float:
    """The largest unit all amounts are multiples of, unless `LEVELS` is coarser."""
    coarsest = max(float(offered.max()) / LEVELS, float(amounts.sum()) / MOST_STEPS)
    for fraction in (1, 2, 4, 8):
        whole = amounts * fraction
        if np.array_equal(whole, np.rint(whole)) and whole.max() < 2**62:
            unit = float(np.gcd.reduce(whole.astype(np.int64), initial=0)) / fraction
            return max(unit, coarsest) or 1.0
    return coarsest
