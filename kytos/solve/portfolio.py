"""The time given, used: several ways of bettering a plan side by side, until progress ends.

Rounds begin at the best plan so far. In each, some searches with seeds of their own run side by
side, and what they reach is kept in their order, so that the answer depends on the seed and on how
many there are, not on who was first. Ways that gain get more of the searches of later rounds.
docs/decisions/0205-the-time-that-is-given.md tells what was measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import cycle

import numpy as np

from kytos.bounds.certificate import TOLERANCE, relative_gap
from kytos.contract.params import Effort, SolverParams
from kytos.contract.run_report import Stage
from kytos.contract.watch import StopReason, Watch
from kytos.contract.weights import Weights
from kytos.problem import Bools, Ints, LoadMode, Problem
from kytos.referee.energy import energy, fall, rank
from kytos.referee.feasible import feasible
from kytos.refine import (
    Regions,
    cool_again,
    cool_regions,
    cool_rising,
    default_proposals,
    refine,
    swap_node_sets,
)
from kytos.refine.schedule import FROM_HOT, chain_share
from kytos.solve.threads import Runner

PROBE = 2
"""Searches of the first round where most moves fit, which only ask whether anything is left to
gain: refinement leaves little there."""
FIRST_PART = 16
"""The first searches have this part of a refinement's proposals each, within the bounds below."""
FEWEST, MOST = 400_000, 40_000_000
FEWEST_ON_SETS = 5_000_000
"""For a search among sets of nodes: half a second, of which a set takes some hundredths."""
GROWTH = 2
"""More work for each search after a round that gained nothing: what little work finds is found."""
LEAST_YIELD = 0.1
"""Of its searches that a way is thought to gain by, however often it did not."""
PROPOSALS_PER_WORK = 1e7
"""Proposals that take as long as one deterministic second of CP-SAT."""
LEAST_WORK = 0.2
EXACT_PAIRS = {LoadMode.CONSOLIDATE: 400, LoadMode.SPREAD: 100, LoadMode.SQUARES: 100}
"""Pairs of a pod and a node in an exact region at first: squares are harder to bound."""
EXACT_PODS = 2_000
"""More pods than this and building the model takes longer than the search."""
LARGE = 4_000_000
"""Pods x nodes from which on *normal* leaves it at the refinement, and a round holds two searches:
each has tables of its own."""
RISING = 0.0
"""No heat: a search that begins at the finest changes and goes on from ever hotter."""
HEATS = ((FROM_HOT, RISING), (2.0, RISING))
"""In typical changes, of the searches of the first rounds in turn where headroom is kept: long
coolings that forget where they began beside some that keep what they can of it, then milder ones
from the best of these (docs/decisions/0271, 0296)."""
MILD = 0.3
"""The heat of a later one, in typical changes."""
HEAT_SHARE = 0.6
"""Of the time that is left, for one such round."""
FEW_PAIRS = 4_000
"""Pairs of a pod and a node up to which CP-SAT decides regions where headroom is kept: its hinges
take long to build, and beyond gained nothing."""
ENDLESS = 10**11
"""Proposals that no time is enough for: the clock sets the pace."""
RESERVE_S = 0.2
"""Of the time kept back for a round's searches to end in."""
CHECKS = 3
"""Times that the answer is checked after the last round; twice more for what each search brings.
With thousands of rules one takes a good part of a second."""


class Way(StrEnum):
    """How a search betters a plan."""

    REGIONS = "regions"
    """Few nodes at a time, cooled: moves, swaps and chains among them."""
    NODE_SETS = "sets of nodes"
    """Cheaper sets of nodes than those in use, until one holds all pods: of consolidations."""
    COOLING = "cooling"
    """Everything, in one slow cooling from the best plan."""
    EXACT = "exact regions"
    """Few nodes at a time, decided by CP-SAT under all rules."""
    REHEATING = "reheating"
    """Everything, from hot enough to leave the best plan: where headroom is kept."""
    RISING = "rising heat"
    """Everything again and again, from the finest changes up to typical ones: there too."""
    REFINEMENT = "refinement"
    """A whole refinement again with a seed of its own, which frees and packs nodes anew."""


@dataclass(frozen=True)
class Rule:
    """When rounds end.

    Attributes
    ----------
    gain
        Of what is above the bound (or of H where none is known), what a round must gain to count.
    patience
        Rounds in a row that may gain less.
    rounds
        At the most.
    """

    gain: float
    patience: float
    rounds: float


RULES = {
    Effort.QUICK: Rule(1.0, 0, 0),
    Effort.NORMAL: Rule(5e-3, 1, 12),
    Effort.THOROUGH: Rule(1e-3, 4, 200),
}
UNTIL_THE_CLOCK = Rule(0.0, np.inf, np.inf)


@dataclass(frozen=True)
class Search:
    """One search of a round."""

    way: Way
    proposals: int
    level: int
    seed: int
    heat: float = 0.0
    seconds: float = np.inf
    afresh: bool = False
    """From where all runs today, not from the best plan: what moves cost may be most of it."""


@dataclass(frozen=True)
class Searched:
    """What the rounds came to.

    Attributes
    ----------
    placement
        ``(pods,)`` feasible, never worse than the one begun with.
    stages
        Each way that ran: seconds of its searches, and what it gained.
    trace
        Best energy over time: (seconds since the call, energy).
    """

    placement: Ints
    stages: tuple[Stage, ...]
    trace: tuple[tuple[float, float], ...]
    stopped_by: StopReason


def rule_of(problem: Problem, params: SolverParams) -> Rule:
    """Return when rounds end: by the effort asked for, not at all where work was given as counted.

    Proposals given are all that is meant, unless an effort was given too.
    """
    if not isinstance(params.effort, Effort):
        return UNTIL_THE_CLOCK
    counted = params.refine_proposals is not None and params.effort is not Effort.THOROUGH
    large = problem.allowed.size > LARGE and params.effort is Effort.NORMAL
    return RULES[Effort.QUICK if counted or large else params.effort]


def search_on(
    problem: Problem,
    weights: Weights,
    placement: Ints,
    params: SolverParams,
    watch: Watch,
    runner: Runner,
    rule: Rule,
    bound: float = -np.inf,
    probe: bool = False,
) -> Searched:
    """Return a better plan than `placement`, or it; same seed and workers, same answer.

    Parameters
    ----------
    bound
        That no energy without desire is below, of placements that leave out as few.
    probe
        Whether the first round only asks whether there is anything to gain; it does so too where
        most moves fit.
    """
    rounds = _Rounds(problem, weights, placement, params, watch, bound)
    rounds.probe = probe or not chain_share(problem)
    rounds.run(runner, rule)
    return rounds.searched()


class _Rounds:
    """The best plan so far, and what each way brought."""

    def __init__(
        self,
        problem: Problem,
        weights: Weights,
        placement: Ints,
        params: SolverParams,
        watch: Watch,
        bound: float,
    ) -> None:
        self.problem, self.weights, self.params, self.watch = problem, weights, params, watch
        self.bound, self.probe = bound, False
        began = watch.clock()
        self.best, self.reached = placement, energy(problem, weights, placement)
        self.check_s = watch.clock() - began
        self.rank = rank(problem, weights, placement, self.reached)
        self.began = watch.clock()
        self.trace = [(0.0, self.reached.total)]
        self.stopped_by = StopReason.WORK
        self.ways = _ways(problem)
        self.books = {way: _Book() for way in (Way.REHEATING, Way.RISING, *self.ways)}
        self.seeds = np.random.SeedSequence([params.seed, 0x5EA2C4])
        first = default_proposals(problem) // FIRST_PART
        self.proposals = int(np.clip(first, FEWEST, MOST))
        self.level = 0
        self.timed = False

    def run(self, runner: Runner, rule: Rule) -> None:
        """Search round after round until the rule, the watch or a proof ends it."""
        number = idle = 0
        self.timed = rule is UNTIL_THE_CLOCK
        while number < rule.rounds and idle < rule.patience and not self._closed():
            if self.watch.reason is not None:
                self.stopped_by = self.watch.reason
                return
            before = self.reached
            due = rule.gain * self._above()
            self._round(runner, self._searches(number))
            gained = fall(self.weights, before, self.reached)
            # Milder coolings refine what those from hot have left, whatever that gained.
            idle = 0 if gained > due or self._heats_left(number + 1) else idle + 1
            if gained <= due:
                self.proposals = min(MOST, self.proposals * GROWTH)
                self.level += 1
            number += 1
            self.watch.report("search", min(1.0, number / rule.rounds), self.reached.total)

    def searched(self) -> Searched:
        """Return the best plan and what each way brought."""
        stages = [
            Stage(
                name=f"search by {way.value}",
                seconds=book.seconds,
                energy=book.energy,
                gained=book.gained,
            )
            for way, book in self.books.items()
            if book.tried
        ]
        return Searched(self.best, tuple(stages), tuple(self.trace), self.stopped_by)

    def _above(self) -> float:
        """What there is above the bound; of H itself where no bound is known."""
        reached = self.reached.without_desire(self.weights)
        return abs(reached if self.bound == -np.inf else reached - self.bound)

    def _closed(self) -> bool:
        reached = self.reached.without_desire(self.weights)
        if self.problem.left_out(self.best)[0:1] > (0,) or self.bound == -np.inf:
            return False
        gap = relative_gap(self.problem, self.weights, reached, self.bound)
        return gap is not None and gap <= TOLERANCE

    def _searches(self, number: int) -> list[Search]:
        """The searches of a round, those ways first that gained most often."""
        count = self.params.workers
        if self.problem.allowed.size > LARGE:
            count = min(count, 2)
        if self._heats_left(number):
            return self._heated(HEATS[number], count, afresh=number == 0)
        if number == 0 and self.probe:
            ways = [Way.REGIONS] * min(PROBE, count)
        else:
            ways = []
            total = sum(self.books[way].worth for way in self.ways)
            for way in self.ways:
                self.books[way].credit += count * self.books[way].worth / total
            for _ in range(count):
                way = max(self.ways, key=lambda one: self.books[one].credit)
                self.books[way].credit -= 1.0
                ways.append(way)
        return [
            Search(way, self.proposals, self.level, seed, MILD)
            for way, seed in zip(ways, self._seeds(len(ways)), strict=True)
        ]

    def _heats_left(self, number: int) -> bool:
        """Whether a round is one of those that cool from hot."""
        heated = self.problem.keeps_headroom and Way.REFINEMENT not in self.ways
        return heated and number < len(HEATS)

    def _heated(self, heats: tuple[float, ...], count: int, afresh: bool) -> list[Search]:
        """Coolings of everything from some heats, at the pace of the clock where one is given."""
        if self.timed:
            seconds, proposals = HEAT_SHARE * self.watch.remaining_s, ENDLESS
        else:
            seconds, proposals = np.inf, default_proposals(self.problem)
        seeds = self._seeds(count)
        return [
            Search(way, proposals, 0, seed, heat, seconds, afresh and way is Way.RISING)
            for seed, heat in zip(seeds, cycle(heats), strict=False)
            for way in (Way.REHEATING if heat else Way.RISING,)
        ]

    def _seeds(self, count: int) -> list[int]:
        (seed,) = self.seeds.spawn(1)
        return [int(one) >> 1 for one in seed.generate_state(count)]

    def _round(self, runner: Runner, searches: list[Search]) -> None:
        """Run searches side by side and keep what is better, in their order."""
        checks = CHECKS + 2 * len(searches)
        watch = self.watch.reserve(RESERVE_S + checks * self.check_s, least=0.8)
        start = self.rank
        shared = (self.problem, self.weights, self.best, self.params)
        for search, (placement, seconds) in zip(
            searches, runner(run_search, shared, searches, watch), strict=False
        ):
            book, before = self.books[search.way], self.reached
            book.tried += 1
            book.seconds += seconds
            terms = energy(self.problem, self.weights, placement)
            reached = rank(self.problem, self.weights, placement, terms)
            book.won += reached < start
            if reached < self.rank and feasible(self.problem, placement):
                self.best, self.rank, self.reached = placement, reached, terms
                self.trace.append((self.watch.clock() - self.began, self.reached.total))
            book.gained += fall(self.weights, before, self.reached)
            book.energy = self.reached.total


@dataclass
class _Book:
    """What one way took and brought."""

    tried: int = 0
    won: int = 0
    seconds: float = 0.0
    gained: float = 0.0
    energy: float | None = None
    credit: float = 0.0

    @property
    def worth(self) -> float:
        """The share of its searches that gained, as far as they tell."""
        return max(LEAST_YIELD, (1 + self.won) / (2 + self.tried))


def run_search(
    problem: Problem,
    weights: Weights,
    placement: Ints,
    params: SolverParams,
    search: Search,
    watch: Watch,
) -> tuple[Ints, float]:
    """Run one search from a plan; return what it reached, never worse, and its seconds."""
    began = watch.clock()
    if search.way is Way.EXACT:
        reached = _exactly(problem, weights, placement, params, search, watch)
    elif search.way is Way.REGIONS:
        reached = cool_regions(
            problem, weights, placement, search.proposals, search.seed, watch
        ).placement
    elif search.way is Way.NODE_SETS:
        proposals = max(FEWEST_ON_SETS, GROWTH * search.proposals)
        reached = swap_node_sets(
            problem, weights, placement, proposals, search.seed, watch
        ).placement
    elif search.way is Way.COOLING:
        reached = cool_again(
            problem, weights, placement, GROWTH * search.proposals, search.seed, watch
        ).placement
    elif search.way is Way.RISING:
        watch = watch.within(search.seconds)
        begin = _today(problem, placement) if search.afresh else placement
        reached = cool_rising(
            problem, weights, begin, search.proposals, search.seed, watch
        ).placement
    elif search.way is Way.REHEATING:
        watch = watch.within(search.seconds)
        reached = cool_again(
            problem, weights, placement, search.proposals, search.seed, watch, hot=search.heat
        ).placement
    else:
        reached = refine(
            problem, weights, placement, GROWTH * search.proposals, search.seed, watch
        ).placement
    return reached, watch.clock() - began


def _today(problem: Problem, placement: Ints) -> Ints:
    """Where all runs today, if that breaks nothing and leaves out no more than `placement`."""
    today = problem.current
    as_many = problem.left_out(today) <= problem.left_out(placement)
    return today if as_many and feasible(problem, today) else placement


def _exactly(
    problem: Problem,
    weights: Weights,
    placement: Ints,
    params: SolverParams,
    search: Search,
    watch: Watch,
) -> Ints:
    """Decide one region after another by CP-SAT until the search's work is done."""
    # OR-Tools takes half a second to import, which a plan that needs no search should not wait for.
    from kytos.solvers.cpsat.region import solve_region

    budget = max(LEAST_WORK, search.proposals / PROPOSALS_PER_WORK)
    each = max(LEAST_WORK, budget / 2)
    pairs = EXACT_PAIRS[problem.mode] << min(search.level, 6)
    regions = Regions(problem, placement, search.seed)
    while budget > 0 and watch.reason is None and len(regions.open) > 1:
        nodes = _up_to(problem, placement, regions, pairs)
        exact = _with_work(params, each, search.seed)
        reached = solve_region(problem, weights, placement, nodes, exact, watch)
        budget -= each
        if (reached != placement).any():
            placement = reached
            regions = Regions(problem, placement, search.seed + 1)
    return placement


def _up_to(problem: Problem, placement: Ints, regions: Regions, pairs: int) -> Ints:
    """A region of as many nodes as there are pairs for, two at least."""
    inside: Bools = np.zeros(len(problem.nodes), dtype=np.bool_)
    for count, node in enumerate(regions.order(), start=1):
        inside[node] = True
        pods = int(inside[placement[placement >= 0]].sum())
        if count > 2 and pods * count > pairs:
            inside[node] = False
            break
    chosen: Ints = np.flatnonzero(inside)
    return chosen


def _with_work(params: SolverParams, work: float, seed: int) -> SolverParams:
    """The same with the work and the seed of one exact region."""
    return params.model_copy(update={"proof_work": work, "seed": seed})


def _ways(problem: Problem) -> tuple[Way, ...]:
    """The ways that can better a problem's plan."""
    small = len(problem.pods) <= EXACT_PODS
    if problem.keeps_headroom:
        small = problem.allowed.size <= FEW_PAIRS
    exact = (Way.EXACT,) if small else ()
    if problem.mode is LoadMode.CONSOLIDATE:
        return (Way.NODE_SETS, *exact, Way.REFINEMENT, Way.REGIONS, Way.COOLING)
    if problem.keeps_headroom:
        return (Way.RISING, Way.REGIONS, Way.REHEATING, *exact)
    return (Way.REGIONS, Way.COOLING, *exact)
