"""The variables of a problem for CP-SAT, and every hard rule (`kytos.referee.feasible`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np

from kytos.contract.watch import Watch
from kytos.pod_sets import PodSet
from kytos.problem import Bools, Exclusion, Locations, Presence, Problem, Skew, Tally
from kytos.solvers.cpsat.library import cp_model

Item = TypeVar("Item")


class BuildingStopped(Exception):  # noqa: N818  (nothing is wrong: the time is up)
    """The watch ended the building of a model, which is of no use unfinished."""


class RulesModel:
    """The variables and hard rules of a problem.

    `x[p][n]` is 1 when pod p runs on node n, for pairs that are allowed or current.
    """

    def __init__(
        self, problem: Problem, watch: Watch = Watch(), options: Bools | None = None
    ) -> None:
        """Build the model.

        Parameters
        ----------
        options
            ``(pods, nodes)`` the only pairs to choose from; left out: all that may be. A pod with
            one of them has it for good, which leaves little of the model.

        Raises
        ------
        BuildingStopped
            When `watch` says stop first.
        """
        self.problem = problem
        self._watch = watch
        self.cp = cp_model.CpModel()
        if options is None:
            options = problem.allowed.copy()
            running = np.flatnonzero(problem.current >= 0)
            options[running, problem.current[running]] = True
        self.x: list[dict[int, cp_model.IntVar]] = [
            {int(node): self.cp.new_bool_var("") for node in np.flatnonzero(row)}
            for row in self._in_time(options)
        ]
        self._on: list[list[tuple[int, cp_model.IntVar]]] = [[] for _ in problem.nodes]
        for pod, choices in enumerate(self._in_time(self.x)):
            one = self.cp.add_exactly_one if problem.must_place[pod] else self.cp.add_at_most_one
            one(choices.values())
            for node, variable in choices.items():
                self._on[node].append((pod, variable))
        self._counts = [self._tally(tally) for tally in self._in_time(problem.tallies)]
        self._capacities()
        self._move_budgets()
        for exclusion in self._in_time(problem.exclusions):
            self._exclusion(exclusion)
        for presence in self._in_time(problem.presences):
            self._presence(presence)
        for skew in self._in_time(problem.skews):
            self._skew(skew)
        for locations in self._in_time(problem.locations):
            self._locations(locations)

    def _in_time(self, items: Iterable[Item]) -> Iterator[Item]:
        """Go through what has to be modelled for as long as the watch allows."""
        for item in items:
            if self._watch.reason is not None:
                raise BuildingStopped
            yield item

    def _capacities(self) -> None:
        """Whoever comes must fit; who was there may stay on a node that is overcommitted."""
        problem = self.problem
        for resource in range(len(problem.resources)):
            request = problem.request[:, resource]
            unit = max(1, int(np.gcd.reduce(request, initial=0)))
            for node, there in enumerate(self._in_time(self._on)):
                # What is promised at home until all moves are done is held, come or gone.
                promised = problem.overlap is not None and bool(problem.overlap[resource])
                asking = [
                    (pod, variable)
                    for pod, variable in there
                    if request[pod] > 0 and not (promised and problem.current[pod] == node)
                ]
                held = problem.fixed[node, resource] + problem.promised[node, resource]
                room = int(problem.capacity[node, resource] - held)
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
            budgets.append((PodSet.of(running), problem.max_moves))
        for members, limit in budgets:
            pods = np.flatnonzero(members & running)
            stay = [self._at(int(pod), int(problem.current[pod])) for pod in pods]
            self.cp.add(total(stay) >= len(pods) - limit)

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
        everywhere = total([count.expression for count in counts])
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
                stays = self._at(int(pod), node)
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
        least: cp_model.LinearExpr | cp_model.IntVar = total([])
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
            stay[int(counted.domain[node])].append(self._at(int(pod), node))
        for domain in range(len(counts)):
            bound = max(rule.max_skew, int(before[domain]) - least_before)
            held = self.cp.add(counts[domain].expression - least <= bound)
            if not carriers.fixed[domain]:
                held.only_enforce_if(self._any(stay[domain]))

    def _locations(self, rule: Locations) -> None:
        """Enough domains hold one of the tally's pods."""
        holds = []
        for count in self._counts[rule.counted]:
            held = self.cp.new_bool_var("")
            self.cp.add(count.expression >= 1).only_enforce_if(held)
            holds.append(held)
        self.cp.add(total(holds) >= self.problem.least_domains(rule))

    def _arrivals(self, movers: PodSet, met: Tally) -> dict[tuple[int, int], list[cp_model.IntVar]]:
        """Variables by (domain, whether the pod counts in `met` itself): 1 when a member moves."""
        arrivals: dict[tuple[int, int], list[cp_model.IntVar]] = defaultdict(list)
        for pod in np.flatnonzero(movers):
            itself = int(met.members[pod])
            for node, variable in self.x[pod].items():
                if node != self.problem.current[pod]:
                    arrivals[int(met.domain[node]), itself].append(variable)
        return arrivals

    @cached_property
    def _never(self) -> cp_model.IntVar:
        return self.cp.new_constant(0)

    def _at(self, pod: int, node: int) -> cp_model.IntVar:
        """Whether a pod is on a node; never, where that is no option of its."""
        return self.x[pod].get(node, self._never)

    def _any(self, variables: Sequence[cp_model.IntVar]) -> cp_model.IntVar:
        """A flag that is 1 whenever one of the variables is (it may be 1 besides)."""
        if len(variables) == 1:
            return variables[0]
        flag = self.cp.new_bool_var("")
        for variable in variables:
            self.cp.add_implication(variable, flag)
        return flag

    def _tally(self, tally: Tally) -> list[Count]:
        members: list[list[cp_model.IntVar]] = [[] for _ in tally.fixed]
        most: list[set[int]] = [set() for _ in tally.fixed]
        for pod in np.flatnonzero(tally.members):
            for node, variable in self.x[pod].items():
                domain = int(tally.domain[node])
                if domain >= 0:
                    members[domain].append(variable)
                    most[domain].add(int(pod))
        return [
            Count(int(fixed) + total(variables), int(fixed), len(pods))
            for fixed, variables, pods in zip(tally.fixed, members, most, strict=True)
        ]


@dataclass(frozen=True)
class Count:
    """How many pods are in one place."""

    expression: cp_model.LinearExpr
    fixed: int
    pods: int
    """Of the problem, that could come."""

    @property
    def most(self) -> int:
        """Return how many can be there at the most."""
        return self.fixed + self.pods


def total(parts: Sequence[cp_model.LinearExpr | cp_model.IntVar]) -> cp_model.LinearExpr:
    """Return the sum of expressions and variables; of none it is 0."""
    return cp_model.LinearExpr.sum(parts)
