"""The exact solver: the energy as integers for OR-Tools' CP-SAT, with the bound it proves.

Everything the referee counts is in the model (`kytos.hamiltonian.energy`), and every hard rule
(`kytos.hamiltonian.feasible`). CP-SAT knows integers only; what rounding can have cost is added
up and taken off the bound, so the bound holds for the energy as the referee computes it.
"""

from __future__ import annotations

import math
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np
from ortools.sat.python import cp_model

from kytos.hamiltonian.energy import energy
from kytos.hamiltonian.feasible import feasible
from kytos.hamiltonian.weights import Weights, exchange_rates
from kytos.problem import (
    UNPLACED,
    Bools,
    Exclusion,
    Floats,
    Ints,
    LoadMode,
    Pairing,
    Presence,
    Problem,
    Skew,
    Tally,
)
from kytos.solvers.base import (
    Availability,
    Improvement,
    SolverName,
    SolverParams,
    Stage,
    StopReason,
    Watch,
)

MAX_PAIRS = 300_000
"""Pairs of a pod and a node above which no model is built: it would need minutes and gigabytes."""

LEVELS = 2**14
"""Steps a node's load is told apart in where its exact unit would be finer."""

OBJECTIVE_RANGE = 2.0**58
"""Span of the integer objective; CP-SAT refuses what could leave 64 bits."""

POLL_S = 0.05
"""How often the stop button is looked at while CP-SAT searches."""


DEFAULT_PARAMS = SolverParams()
NO_WATCH = Watch()


class ExactStatus(StrEnum):
    """How a run of the exact solver ended."""

    OPTIMAL = "optimal"
    """Nothing better exists, up to the rounding that `ExactResult.bound` accounts for."""
    FEASIBLE = "feasible"
    """Something ended the search; `ExactResult.bound` is what was proven."""
    TOO_LARGE = "too-large"
    """No model was built; the placement is the one given as a hint."""


@dataclass(frozen=True)
class ExactResult:
    """A placement and what is proven about every other.

    Attributes
    ----------
    placement
        ``(pods,)`` feasible and never worse than the start.
    bound
        No feasible placement has a lower energy H; ``-inf`` when nothing was proven.
    status
        What is known at the end.
    stopped_by
        What ended the run.
    """

    placement: Ints
    bound: float
    status: ExactStatus
    stopped_by: StopReason


@dataclass(frozen=True)
class CpSat:
    """The exact solver as an improver: it begins from a placement and may prove it optimal."""

    name: SolverName = SolverName.CP_SAT

    def available(self) -> Availability:
        """Say that it can be used: OR-Tools is a dependency and needs no account."""
        return Availability(ok=True)

    def improve(
        self,
        problem: Problem,
        weights: Weights,
        placement: Ints,
        params: SolverParams,
        watch: Watch,
    ) -> Improvement:
        """Return the best placement found within the time limit, and what is proven of it."""
        began, before = time.monotonic(), energy(problem, weights, placement).total
        trace = [(0.0, before)]

        def report(stage: str, progress: float, reached: float | None) -> None:
            # The search's first placement may be worse than the one it began with.
            best = trace[-1][1] if reached is None else min(reached, trace[-1][1])
            trace.append((time.monotonic() - began, best))
            watch.report(stage, progress, best)

        found = solve_exact(problem, weights, params, replace(watch, report=report), hint=placement)
        after, seconds = energy(problem, weights, found.placement).total, time.monotonic() - began
        stage = Stage(name=self.name.value, seconds=seconds, energy=after, gained=before - after)
        return Improvement(
            placement=found.placement,
            stages=(stage,),
            trace=(*trace, (seconds, after)),
            stopped_by=found.stopped_by,
            messages=(_TOO_LARGE,) if found.status is ExactStatus.TOO_LARGE else (),
            bound=found.bound,
        )


CP_SAT = CpSat()

_TOO_LARGE = (
    f"cp-sat builds no model of more than {MAX_PAIRS:,} pairs of a pod and a node: every pod stays "
    "where it is. Use `hybrid`, or bound the problem with `may_move`."
)


def solve_exact(
    problem: Problem,
    weights: Weights,
    params: SolverParams = DEFAULT_PARAMS,
    watch: Watch = NO_WATCH,
    hint: Ints | None = None,
    workers: int = 1,
) -> ExactResult:
    """Minimise the energy H exactly, as far as the clock allows.

    As many pods as possible are placed first, class by class of falling `Problem.desire`; pods
    that are the last of their service come first among equals; then H itself is minimised.

    Parameters
    ----------
    params
        `seed`, `time_limit_s` and `proof_work` are used; the rest is for annealers.
    hint
        ``(pods,)`` a feasible placement to begin from; the current one by default. The answer is
        never worse.
    workers
        Parallel searches. Only with one does the same seed give the same answer, and that only
        where the clock did not end the search.
    """
    incumbent = problem.current if hint is None else hint
    if int(problem.allowed.sum()) > MAX_PAIRS or not len(problem.pods):
        status = ExactStatus.TOO_LARGE if len(problem.pods) else ExactStatus.OPTIMAL
        empty = energy(problem, weights, incumbent).total
        bound = -math.inf if len(problem.pods) else empty
        return ExactResult(incumbent, bound, status, StopReason.WORK)
    model = _EnergyModel(problem, weights)
    search = _Search(model, params, watch, min(params.time_limit_s, watch.remaining_s), workers)
    placing = _place_most(search, incumbent)
    incumbent = _better(problem, weights, incumbent, placing.placement)
    last = search.minimise(model.objective.expression(), incumbent, model.objective)
    if last.placement is not None:
        incumbent = _better(problem, weights, incumbent, last.placement)
    proven = placing.proven and last.optimal
    bound = _bound_on_energy(problem, weights, model, placing, last, incumbent)
    status = ExactStatus.OPTIMAL if proven else ExactStatus.FEASIBLE
    return ExactResult(incumbent, bound, status, StopReason.OPTIMAL if proven else search.ended_by)


@dataclass(frozen=True)
class MostPlaced:
    """A placement that leaves out as few pods as possible, class by class.

    Attributes
    ----------
    placement
        ``(pods,)`` feasible, and never worse than the hint.
    proven
        Whether no placement leaves out fewer (`Problem.left_out`).
    """

    placement: Ints
    proven: bool


def place_most(
    problem: Problem,
    params: SolverParams = DEFAULT_PARAMS,
    watch: Watch = NO_WATCH,
    hint: Ints | None = None,
) -> MostPlaced:
    """Place as many pods as can be, class by class of falling `Problem.desire`, H aside.

    At equal counts, pods that are the last of their service come first. Parameters and notes as
    for `solve_exact`.
    """
    incumbent = problem.current if hint is None else hint
    if int(problem.allowed.sum()) > MAX_PAIRS or not len(problem.pods):
        return MostPlaced(incumbent, proven=not len(problem.pods))
    model = _EnergyModel(problem, Weights(), rules_only=True)
    search = _Search(model, params, watch, min(params.time_limit_s, watch.remaining_s))
    placing = _place_most(search, incumbent)
    found = placing.placement
    if (
        found is not None
        and feasible(problem, found)
        and problem.left_out(found) < problem.left_out(incumbent)
    ):
        incumbent = found
    return MostPlaced(incumbent, placing.proven)


def _better(problem: Problem, weights: Weights, known: Ints, found: Ints | None) -> Ints:
    """The one with less desire left unplaced, then with less energy, as the referee has it."""
    if found is None or not feasible(problem, found):
        return known

    def rank(placement: Ints) -> tuple[float, float]:
        terms = energy(problem, weights, placement)
        return terms.constraint, terms.total

    return found if rank(found) < rank(known) else known


@dataclass(frozen=True)
class _Placing:
    """What the stages that place pods have settled.

    Attributes
    ----------
    unplaced
        For each class of desire, highest first: (desire, how many must stay unplaced).
    proven
        Whether those numbers are proven the least possible, class by class.
    tied
        Whether equals were told apart by `Problem.sole`, which H knows nothing of.
    """

    placement: Ints | None
    unplaced: tuple[tuple[float, int], ...]
    proven: bool
    tied: bool = False


def _place_most(search: _Search, incumbent: Ints) -> _Placing:
    """Fix, class by class, how many pods stay unplaced."""
    model, problem = search.model, search.model.problem
    optional = ~problem.must_place
    placement: Ints | None = None
    settled: list[tuple[float, int]] = []
    for desire in sorted({float(d) for d in problem.desire[optional] if d > 0}, reverse=True):
        pods = np.flatnonzero(optional & (problem.desire == desire))
        placed = _total([var for pod in pods for var in model.x[pod].values()])
        start = incumbent if placement is None else placement
        if (start[pods] >= 0).all():
            settled.append((desire, 0))
            model.cp.add(placed == len(pods))
            continue
        answer = search.minimise(len(pods) - placed, start)
        if answer.placement is None or not answer.optimal:
            return _Placing(answer.placement, tuple(settled), proven=False)
        placement = answer.placement
        left = int((placement[pods] < 0).sum())
        settled.append((desire, left))
        model.cp.add(placed == len(pods) - left)
    last_ones = np.flatnonzero(optional & problem.sole & (problem.desire > 0))
    if not len(last_ones) or not any(left for _, left in settled):
        return _Placing(placement, tuple(settled), proven=True)
    kept = _total([var for pod in last_ones for var in model.x[pod].values()])
    answer = search.minimise(len(last_ones) - kept, incumbent if placement is None else placement)
    if answer.placement is not None:
        placement = answer.placement
        model.cp.add(kept >= int((placement[last_ones] >= 0).sum()))
    return _Placing(placement, tuple(settled), proven=answer.optimal, tied=True)


def _bound_on_energy(
    problem: Problem,
    weights: Weights,
    model: _EnergyModel,
    placing: _Placing,
    last: _Answer,
    incumbent: Ints,
) -> float:
    """A bound on H over *all* feasible placements, from one on those that place the most.

    A placement that leaves out more of some class pays for it; the least it pays in all is what
    that class costs less everything the lower ones could give back.
    """
    floor = model.objective.least
    if not placing.proven:
        return floor
    desire = weights.A * sum(each * left for each, left in placing.unplaced)
    extra, below = math.inf, 0.0
    for each, left in reversed(placing.unplaced):
        extra = min(extra, each - below)
        below += each * left
    placing_most = floor
    if not placing.tied:
        worth = energy(problem, weights, incumbent).total - desire
        placing_most = max(floor, last.bound - model.rounding(worth))
    placing_less = math.inf if extra == math.inf else weights.A * extra + floor
    return desire + min(placing_most, placing_less)


@dataclass
class _Objective:
    """A sum of float coefficients times integer variables, turned into integers at the end."""

    constant: float = 0.0
    terms: list[tuple[float, cp_model.IntVar, float]] = field(default_factory=list)
    """(coefficient, variable, largest magnitude of the variable)."""
    least: float = 0.0
    """No value is below this."""
    error: float = 0.0
    """What rounding inside the variables can have hidden."""

    def add(self, coefficient: float, variable: cp_model.IntVar, magnitude: float = 1.0) -> None:
        if coefficient:
            self.terms.append((coefficient, variable, magnitude))

    @property
    def scale(self) -> float:
        """Integer units per unit of energy, a power of two."""
        span = sum(abs(coefficient) * size for coefficient, _, size in self.terms)
        return 2.0 ** math.floor(math.log2(OBJECTIVE_RANGE / span)) if span else 1.0

    def expression(self) -> cp_model.LinearExpr:
        scale = self.scale
        return cp_model.LinearExpr.weighted_sum(
            [variable for _, variable, _ in self.terms],
            [round(scale * coefficient) for coefficient, _, _ in self.terms],
        )

    @property
    def coefficient_error(self) -> float:
        """The most that rounding the coefficients changes any value by."""
        scale = self.scale
        return sum(
            abs(round(scale * coefficient) / scale - coefficient) * size
            for coefficient, _, size in self.terms
        )

    def value(self, integer: float) -> float:
        return integer / self.scale + self.constant


@dataclass(frozen=True)
class _Answer:
    placement: Ints | None
    bound: float
    optimal: bool


class _Search:
    """Runs CP-SAT on one model several times within one limit of work and one of time."""

    def __init__(
        self,
        model: _EnergyModel,
        params: SolverParams,
        watch: Watch,
        seconds: float,
        workers: int = 1,
    ) -> None:
        self._workers = workers
        self.model = model
        self._params = params
        self._watch = watch
        self._seconds = seconds
        self._work = math.inf if params.proof_work is None else params.proof_work
        self._used = 0.0
        self._worked = 0.0

    @property
    def ended_by(self) -> StopReason:
        """What ended a search that proved nothing optimal."""
        if self._watch.reason is not None:
            return self._watch.reason
        return StopReason.WORK if self._worked >= self._work else StopReason.CLOCK

    def minimise(
        self, expression: cp_model.LinearExpr, hint: Ints, objective: _Objective | None = None
    ) -> _Answer:
        """Minimise an expression; `objective` turns its value and bound into energy."""
        remaining = min(self._seconds - self._used, self._watch.remaining_s)
        work = self._work - self._worked
        if remaining <= 0 or work <= 0 or self._watch.reason is not None:
            return _Answer(None, -math.inf, optimal=False)
        cp = self.model.cp
        cp.minimize(expression)
        cp.clear_hints()  # type: ignore[no-untyped-call]
        for pod, options in enumerate(self.model.x):
            for node, variable in options.items():
                cp.add_hint(variable, int(hint[pod] == node))
        solver = cp_model.CpSolver()
        solver.parameters.random_seed = self._params.seed
        solver.parameters.num_workers = self._workers
        if self.model.problem.mode is not LoadMode.CONSOLIDATE:
            # The linear relaxation of a square bounds nothing and takes most of the time: on 100
            # pods x 10 nodes H fell from 1.12 to 0.25 in 5 s without it, not at all in 10 s with.
            solver.parameters.linearization_level = 0
        solver.parameters.max_time_in_seconds = remaining
        solver.parameters.max_deterministic_time = work
        done = threading.Event()
        guard = threading.Thread(target=self._guard, args=(solver, done), daemon=True)
        guard.start()
        try:
            status = solver.solve(cp, _Progress(self._watch, self._seconds, objective))
        finally:
            done.set()
            guard.join()
        self._used += solver.wall_time
        self._worked += solver.response_proto.deterministic_time
        bound = solver.best_objective_bound
        if objective is not None:
            # 64-bit integers pass through a double: allow for its last bits.
            bound = objective.value(bound - abs(bound) * 1e-14) - objective.coefficient_error
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return _Answer(None, bound, optimal=False)
        placement = np.full(len(self.model.x), UNPLACED, dtype=np.int64)
        for pod, options in enumerate(self.model.x):
            for node, variable in options.items():
                if solver.boolean_value(variable):
                    placement[pod] = node
        return _Answer(placement, bound, status == cp_model.OPTIMAL)

    def _guard(self, solver: cp_model.CpSolver, done: threading.Event) -> None:
        """Pass the stop button on: CP-SAT calls back at new solutions only, which may be never."""
        while not done.wait(POLL_S):
            if self._watch.reason is not None:
                solver.stop_search()


class _Progress(cp_model.CpSolverSolutionCallback):
    """Tells the watch of every better solution."""

    def __init__(self, watch: Watch, seconds: float, objective: _Objective | None) -> None:
        super().__init__()
        self._watch = watch
        self._seconds = seconds
        self._objective = objective

    def on_solution_callback(self) -> None:
        """Report the energy of a new best solution."""
        found = None if self._objective is None else self._objective.value(self.objective_value)
        self._watch.report("cp-sat", min(1.0, self.wall_time / self._seconds), found)


class _EnergyModel:
    """The variables and constraints of a problem, and its energy without `desire`.

    `x[p][n]` is 1 when pod p runs on node n, for pairs that are allowed or current.
    """

    def __init__(self, problem: Problem, weights: Weights, *, rules_only: bool = False) -> None:
        self.problem = problem
        self.weights = weights
        self.cp = cp_model.CpModel()
        self.objective = _Objective()
        self._load_error = 0.0
        options = problem.allowed.copy()
        running = np.flatnonzero(problem.current >= 0)
        options[running, problem.current[running]] = True
        self.x: list[dict[int, cp_model.IntVar]] = [
            {int(node): self.cp.new_bool_var("") for node in np.flatnonzero(row)} for row in options
        ]
        self._on: list[list[tuple[int, cp_model.IntVar]]] = [[] for _ in problem.nodes]
        for pod, choices in enumerate(self.x):
            one = self.cp.add_exactly_one if problem.must_place[pod] else self.cp.add_at_most_one
            one(choices.values())
            for node, variable in choices.items():
                self._on[node].append((pod, variable))
        self._counts = [self._tally(tally) for tally in problem.tallies]
        self._capacities()
        self._move_budgets()
        for exclusion in problem.exclusions:
            self._exclusion(exclusion)
        for presence in problem.presences:
            self._presence(presence)
        for skew in problem.skews:
            self._skew(skew)
        if not rules_only:
            self._energy()

    def _energy(self) -> None:
        if self.problem.mode is LoadMode.CONSOLIDATE:
            self._nodes_in_use()
        else:
            self._squared_load()
        self._pod_costs()
        self._traffic()
        self._replica_pairs()
        for pairing in self.problem.pairings:
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

    # Hard rules

    def _capacities(self) -> None:
        """Whoever comes must fit; who was there may stay on a node that is overcommitted."""
        problem = self.problem
        for resource in range(len(problem.resources)):
            request = problem.request[:, resource]
            unit = max(1, int(np.gcd.reduce(request, initial=0)))
            for node, there in enumerate(self._on):
                asking = [(pod, variable) for pod, variable in there if request[pod] > 0]
                room = int(problem.capacity[node, resource] - problem.fixed[node, resource])
                if sum(int(request[pod]) for pod, _ in asking) <= room:
                    continue
                fits = (
                    cp_model.LinearExpr.weighted_sum(
                        [variable for _, variable in asking],
                        [int(request[pod]) // unit for pod, _ in asking],
                    )
                    <= room // unit
                )
                constraint = self.cp.add(fits)
                if problem.initial_held[node, resource] > problem.capacity[node, resource]:
                    came = [v for pod, v in asking if problem.current[pod] != node]
                    constraint.only_enforce_if(self._any(came))

    def _move_budgets(self) -> None:
        problem = self.problem
        running = problem.current >= 0
        budgets = [(limit.members, max(0, limit.limit)) for limit in problem.move_limits]
        if problem.max_moves is not None:
            budgets.append((running, problem.max_moves))
        for members, limit in budgets:
            pods = np.flatnonzero(members & running)
            stay = [self.x[pod][int(problem.current[pod])] for pod in pods]
            self.cp.add(_total(stay) >= len(pods) - limit)

    def _exclusion(self, rule: Exclusion) -> None:
        """A pod that moves meets none of the others; unmoved ones may stay together."""
        tallies = self.problem.tallies
        sides = {(rule.carriers, rule.targets), (rule.targets, rule.carriers)}
        for mine, other in sides:
            for (domain, itself), came in self._arrivals(
                tallies[mine].members, tallies[other]
            ).items():
                if domain >= 0:
                    count = self._counts[other][domain]
                    self.cp.add(count.expression <= itself).only_enforce_if(self._any(came))

    def _presence(self, rule: Presence) -> None:
        """A carrier that moves finds a target or is the first; one that stays keeps one."""
        problem, counts = self.problem, self._counts[rule.targets]
        carriers, targets = problem.tallies[rule.carriers], problem.tallies[rule.targets]
        everywhere = _total([count.expression for count in counts])
        nobody_else = [self.cp.new_bool_var(""), self.cp.new_bool_var("")]
        for itself, nobody in enumerate(nobody_else):
            self.cp.add(everywhere <= itself).only_enforce_if(nobody)
        for alone in (True, False):
            able = carriers.members & (rule.alone == alone)
            for (domain, itself), came in self._arrivals(able, targets).items():
                arrived = self._any(came)
                if domain < 0:
                    self.cp.add(arrived == 0)
                    continue
                company = self.cp.new_bool_var("")
                self.cp.add(counts[domain].expression >= 1 + itself).only_enforce_if(company)
                first = [nobody_else[itself]] if alone else []
                self.cp.add_bool_or([company, *first]).only_enforce_if(arrived)
        before = targets.counts(problem.current)
        for pod in np.flatnonzero(carriers.members & (problem.current >= 0)):
            node = int(problem.current[pod])
            domain, itself = int(targets.domain[node]), int(targets.members[pod])
            if domain >= 0 and before[domain] > itself:
                stays = self.x[pod][node]
                self.cp.add(counts[domain].expression >= 1 + itself).only_enforce_if(stays)
        for domain in map(int, np.flatnonzero((carriers.fixed > 0) & (before > 0))):
            self.cp.add(counts[domain].expression >= 1)

    def _skew(self, rule: Skew) -> None:
        """A domain a carrier comes to is level enough; where carriers stay it gets no worse.

        A pod measured against its own domain is off by one at most, so the minimum may be taken
        over all eligible domains as they end up.
        """
        problem = self.problem
        carriers, counted = problem.tallies[rule.carriers], problem.tallies[rule.counted]
        counts, before = self._counts[rule.counted], counted.counts(problem.current)
        eligible = np.flatnonzero(rule.eligible)
        least: cp_model.LinearExpr | cp_model.IntVar = _total([])
        least_before = 0
        if len(eligible) >= max(1, rule.min_domains):
            least = self.cp.new_int_var(0, max(counts[d].most for d in eligible), "")
            least_before = int(before[eligible].min())
            for domain in map(int, eligible):
                self.cp.add(least <= counts[domain].expression)
        for (domain, _), came in self._arrivals(carriers.members, counted).items():
            arrived = self._any(came)
            if domain < 0:
                self.cp.add(arrived == 0)
            else:
                level = counts[domain].expression - least <= rule.max_skew
                self.cp.add(level).only_enforce_if(arrived)
        stay: dict[int, list[cp_model.IntVar]] = defaultdict(list)
        for pod in np.flatnonzero(carriers.members & (problem.current >= 0)):
            node = int(problem.current[pod])
            stay[int(counted.domain[node])].append(self.x[pod][node])
        for domain in range(len(counts)):
            bound = max(rule.max_skew, int(before[domain]) - least_before)
            held = self.cp.add(counts[domain].expression - least <= bound)
            if not carriers.fixed[domain]:
                held.only_enforce_if(self._any(stay[domain]))

    def _arrivals(self, movers: Bools, met: Tally) -> dict[tuple[int, int], list[cp_model.IntVar]]:
        """Variables by (domain, whether the pod counts in `met` itself): 1 when a member moves."""
        found: dict[tuple[int, int], list[cp_model.IntVar]] = defaultdict(list)
        for pod in np.flatnonzero(movers):
            itself = int(met.members[pod])
            for node, variable in self.x[pod].items():
                if node != self.problem.current[pod]:
                    found[int(met.domain[node]), itself].append(variable)
        return found

    def _any(self, variables: Sequence[cp_model.IntVar]) -> cp_model.IntVar:
        """A flag that is 1 whenever one of the variables is (it may be 1 besides)."""
        if len(variables) == 1:
            return variables[0]
        flag = self.cp.new_bool_var("")
        for variable in variables:
            self.cp.add_implication(variable, flag)
        return flag

    def _tally(self, tally: Tally) -> list[_Count]:
        found: list[list[cp_model.IntVar]] = [[] for _ in tally.fixed]
        most: list[set[int]] = [set() for _ in tally.fixed]
        for pod in np.flatnonzero(tally.members):
            for node, variable in self.x[pod].items():
                domain = int(tally.domain[node])
                if domain >= 0:
                    found[domain].append(variable)
                    most[domain].add(int(pod))
        return [
            _Count(int(fixed) + _total(variables), int(fixed), len(pods))
            for fixed, variables, pods in zip(tally.fixed, found, most, strict=True)
        ]

    # Energy

    def _nodes_in_use(self) -> None:
        problem, weight = self.problem, self.weights.B
        for node, there in enumerate(self._on):
            price = weight * float(problem.price[node])
            if problem.held_open[node]:
                self.objective.constant += price
                self.objective.least += price
            elif there and price:
                used = self.cp.new_bool_var("")
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
        for resource in range(2):
            offered = problem.load_allocatable[:, resource]
            levelled = np.flatnonzero((offered > 0) & (problem.usable | (not spread)))
            request = problem.load_request[:, resource]
            if not len(levelled):
                continue
            unit = _load_unit(
                np.append(request, problem.load_fixed[levelled, resource]), offered[levelled]
            )
            steps = np.rint(request / unit).astype(np.int64)
            pod_error += float(np.abs(request - steps * unit).sum() / offered[levelled].min())
            for node in map(int, levelled):
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

    def _pod_costs(self) -> None:
        """Leaving, running where it costs, and where a pod would rather run: one sum per pod."""
        problem, rates = self.problem, exchange_rates(self.problem)
        moving = self.weights.C * rates.cost
        liking = self.weights.D * rates.affinity
        for pod, choices in enumerate(self.x):
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
        for (first, second), share in zip(traffic.pairs, traffic.weight, strict=True):
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
        for service in range(len(problem.services)):
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
                members=carriers.members & targets.members,
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

    def _pairs_among(self, count: _Count, weight: float) -> None:
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


@dataclass(frozen=True)
class _Count:
    """How many pods are in one place."""

    expression: cp_model.LinearExpr
    fixed: int
    pods: int
    """Of the problem, that could come."""

    @property
    def most(self) -> int:
        return self.fixed + self.pods


def _load_unit(amounts: Floats, offered: Floats) -> float:
    """The largest unit all amounts are multiples of, unless `LEVELS` is coarser."""
    coarsest = float(offered.max()) / LEVELS
    for fraction in (1, 2, 4, 8):
        whole = amounts * fraction
        if np.array_equal(whole, np.rint(whole)) and whole.max() < 2**62:
            unit = float(np.gcd.reduce(whole.astype(np.int64), initial=0)) / fraction
            return max(unit, coarsest) or 1.0
    return coarsest


def _total(parts: Sequence[cp_model.LinearExpr | cp_model.IntVar]) -> cp_model.LinearExpr:
    return cp_model.LinearExpr.sum(parts)
