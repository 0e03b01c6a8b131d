"""A placement being built pod by pod, which knows at every step where the next pod may go.

Shared by the greedy baselines and by whatever else places pods one at a time. The rules are those
of `kytos.referee.feasible`, the final check; here they are kept incrementally.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kytos.pod_sets import PodSet
from kytos.problem import UNPLACED, Bools, Ints, Presence, Problem, Skew


class PlacementState:
    """Counts of everything a rule asks about, kept up to date as pods come and go.

    Parameters
    ----------
    problem
        The question; never changed.
    placement
        ``(pods,)`` where to begin; copied. Pods at `UNPLACED` are in hand.

    Notes
    -----
    A pod on its `Problem.current` node counts as unmoved, and rules that were broken at the start
    may stay broken among unmoved pods; every other placed pod is a moved one and obeys them all.
    One call costs O(nodes x resources) and O(pods) per rule the pod takes part in.

    `fits` judges a pod against the pods that are placed *now*, so a rule that is only met once a
    later pod arrives refuses it. Budgets on the number of moves are not judged: see `evictable`.
    """

    def __init__(self, problem: Problem, placement: Ints) -> None:
        """Take the pods of `placement` as placed; nothing is judged."""
        self.problem = problem
        self.placement: Ints = np.full(len(problem.pods), UNPLACED, dtype=np.int64)
        self.held: Ints = problem.fixed + problem.promised
        none = np.zeros(len(problem.resources), dtype=np.bool_)
        self._stays_promised: Bools = none if problem.overlap is None else problem.overlap
        # Moved pods per node that ask for some of a resource: they are what binds a node that was
        # overcommitted at the start to its capacity.
        self._arrived: Ints = np.zeros_like(problem.fixed)
        self._counts = [tally.fixed.copy() for tally in problem.tallies]
        self._moved_counts = [np.zeros_like(tally.fixed) for tally in problem.tallies]
        self._tallies_of = _memberships([tally.members for tally in problem.tallies], problem)
        members = [tally.members for tally in problem.tallies]
        self._exclusions_of = _memberships(
            [members[rule.carriers].either(members[rule.targets]) for rule in problem.exclusions],
            problem,
        )
        self._presences_of = _memberships(
            [members[rule.carriers].either(members[rule.targets]) for rule in problem.presences],
            problem,
        )
        self._skews_of = _memberships(
            [members[rule.carriers].either(members[rule.counted]) for rule in problem.skews],
            problem,
        )
        self._locations_of = _memberships(
            [members[rule.counted] for rule in problem.locations], problem
        )
        self._least_domains = [problem.least_domains(rule) for rule in problem.locations]
        self._in_hand = [len(members[rule.counted].positions) for rule in problem.locations]
        start = [tally.counts(problem.current) for tally in problem.tallies]
        self._had_target = [_had_target(problem, rule, start) for rule in problem.presences]
        self._skew_bound = [_skew_bound(rule, start[rule.counted]) for rule in problem.skews]
        for pod in np.flatnonzero(placement >= 0):
            self.place(int(pod), int(placement[pod]))

    def fits(self, pod: int) -> Bools:
        """``(nodes,)`` where a pod in hand may be placed, given the pods placed now."""
        problem, request = self.problem, self.problem.request[pod]
        current = int(problem.current[pod])
        wanted = request > 0
        within = self.held[:, wanted] + request[wanted] <= problem.capacity[:, wanted]
        fits: Bools = problem.allowed[pod] & within.all(axis=1)
        if current >= 0:
            unbound = self._arrived[current, wanted] == 0
            unbound |= self._stays_promised[wanted]
            fits[current] = bool((within[current] | unbound).all())
        for position in self._exclusions_of.get(pod, ()):
            fits &= self._excludes_nobody(pod, position)
        for position in self._presences_of.get(pod, ()):
            fits &= self._in_company(pod, position)
        for position in self._skews_of.get(pod, ()):
            fits &= self._keeps_balance(pod, position)
        for position in self._locations_of.get(pod, ()):
            fits &= self._keeps_locations(position)
        return fits

    def counted(self, tally: int) -> Ints:
        """``(nodes,)`` pods a tally (by position) counts now in each node's domain, 0 for none."""
        return _per_node(self.problem.tallies[tally].domain, self._counts[tally])

    def place(self, pod: int, node: int) -> None:
        """Put a pod in hand on a node; whether it may go there is `fits`'s business."""
        self._count(pod, node, +1)
        self.placement[pod] = node

    def remove(self, pod: int) -> None:
        """Take a placed pod into the hand."""
        self._count(pod, int(self.placement[pod]), -1)
        self.placement[pod] = UNPLACED

    def _count(self, pod: int, node: int, step: int) -> None:
        request = self.problem.request[pod]
        moved = node != self.problem.current[pod]
        if not moved:
            request = np.where(self._stays_promised, 0, request)
        self.held[node] += step * request
        if moved:
            self._arrived[node] += step * (request > 0)
        for position in self._locations_of.get(pod, ()):
            self._in_hand[position] -= step
        for position in self._tallies_of.get(pod, ()):
            domain = self.problem.tallies[position].domain[node]
            if domain >= 0:
                self._counts[position][domain] += step
                if moved:
                    self._moved_counts[position][domain] += step

    def _excludes_nobody(self, pod: int, position: int) -> Bools:
        rule, tallies = self.problem.exclusions[position], self.problem.tallies
        domain, current = tallies[rule.carriers].domain, int(self.problem.current[pod])
        free = np.ones(len(domain), dtype=np.bool_)
        for mine, other in ((rule.carriers, rule.targets), (rule.targets, rule.carriers)):
            if not tallies[mine].members[pod]:
                continue
            met = _per_node(domain, self._counts[other])
            if current >= 0:  # unmoved pods may stay together
                met[current] = _per_node(domain, self._moved_counts[other])[current]
            free &= met == 0
        return free

    def _keeps_locations(self, position: int) -> Bools:
        """Whether the domains that have to can still hold one, if those in hand are for them."""
        rule = self.problem.locations[position]
        domain, counts = self.problem.tallies[rule.counted].domain, self._counts[rule.counted]
        wanting = self._least_domains[position] - int((counts > 0).sum())
        new = (domain >= 0) & (_per_node(domain, counts) == 0)
        ok: Bools = wanting - new <= self._in_hand[position] - 1
        return ok

    def _in_company(self, pod: int, position: int) -> Bools:
        rule, tallies = self.problem.presences[position], self.problem.tallies
        domain, counts = tallies[rule.targets].domain, self._counts[rule.targets]
        ok = np.ones(len(domain), dtype=np.bool_)
        if tallies[rule.carriers].members[pod]:
            first = bool(rule.alone[pod]) and int(counts.sum()) == 0
            company = _per_node(domain, counts) > 0
            ok = (domain >= 0) & (company | first)
            current = int(self.problem.current[pod])
            if current >= 0:
                # Who stays keeps the company it had; to be the first is for those that come.
                ok[current] = company[current] or not self._had_target[position][pod]
        if tallies[rule.targets].members[pod]:
            # A carrier that came as the first of its kind has company only where it is.
            for lonely in self._lonely_domains(rule):
                ok &= (domain == lonely) | (domain < 0)
        return ok

    def _lonely_domains(self, rule: Presence) -> Ints:
        carriers, targets = (self.problem.tallies[at] for at in (rule.carriers, rule.targets))
        moved = carriers.members & (self.placement >= 0) & (self.placement != self.problem.current)
        pods = np.flatnonzero(moved)
        domains = targets.domain[self.placement[pods]]
        pods, domains = pods[domains >= 0], domains[domains >= 0]
        return np.unique(domains[self._counts[rule.targets][domains] <= targets.members[pods]])

    def _keeps_balance(self, pod: int, position: int) -> Bools:
        rule = self.problem.skews[position]
        counted, carriers = (self.problem.tallies[at] for at in (rule.counted, rule.carriers))
        counts, domain = self._counts[rule.counted], counted.domain
        itself = int(counted.members[pod])
        others = _least_of_other_domains(counts, rule)
        limit = np.full(len(counts), np.iinfo(np.int64).max // 2)
        if itself:
            held_to = self._skew_bound[position]
            limit[carriers.fixed > 0] = held_to[carriers.fixed > 0]
            settled = np.flatnonzero(carriers.members & (self.placement >= 0))
            at = domain[self.placement[settled]]
            moved = self.placement[settled] != self.problem.current[settled]
            limits = np.where(moved, rule.max_skew, _per_node(at, held_to))
            np.minimum.at(limit, at[at >= 0], limits[at >= 0])
        ok = _per_node(domain, counts + itself - others - limit) <= 0
        if carriers.members[pod]:
            skew = _per_node(domain, counts + itself - others)
            own = (domain >= 0) & (skew <= rule.max_skew)
            current = int(self.problem.current[pod])
            if current >= 0:
                home = int(domain[current])
                own[current] = home < 0 or skew[current] <= self._skew_bound[position][home]
            ok &= own
        return ok


def evictable(problem: Problem, order: Sequence[int] | Ints) -> Ints:
    """Positions of the pods that may be taken off their node together, in the order given.

    Pods without a node come along. `Problem.max_moves` and every `MoveLimit` are used up in that
    order, so whatever is done with the pods returned stays within them.
    """
    budget = len(problem.pods) if problem.max_moves is None else problem.max_moves
    left = [max(0, limit.limit) for limit in problem.move_limits]
    limits_of = _memberships([limit.members for limit in problem.move_limits], problem)
    chosen: list[int] = []
    for pod in map(int, order):
        if problem.current[pod] >= 0:
            mine = limits_of.get(pod, ())
            if budget <= 0 or any(left[position] <= 0 for position in mine):
                continue
            budget -= 1
            for position in mine:
                left[position] -= 1
        chosen.append(pod)
    return np.array(chosen, dtype=np.int64)


def _memberships(sets: Sequence[PodSet], problem: Problem) -> dict[int, list[int]]:
    """For each pod in any of the sets, the positions of the sets it is in."""
    by_pod: dict[int, list[int]] = {}
    for position, members in enumerate(sets):
        if members.shape != (len(problem.pods),):
            raise ValueError(f"set {position} is of {members.pods} pods, not the problem's")
        for pod in members.positions.tolist():
            by_pod.setdefault(pod, []).append(position)
    return by_pod


def _per_node(domain: Ints, values: Ints) -> Ints:
    """``(nodes,)`` the value of each node's domain, 0 where the node has none."""
    if len(values) == 0:
        return np.zeros(len(domain), dtype=np.int64)
    return np.where(domain >= 0, values[domain], 0)


def _least_of_other_domains(counts: Ints, rule: Skew) -> Ints:
    """``(domains,)`` the global minimum a pod in each domain is measured against.

    A domain's own count is left out: compared with itself a pod is off by one at most, and no
    `max_skew` is less than one.
    """
    eligible = np.flatnonzero(rule.eligible)
    if len(eligible) < max(rule.min_domains, 1):
        return np.zeros_like(counts)
    if len(eligible) == 1:  # its own domain's pods then measure against themselves
        return np.full_like(counts, counts[eligible[0]])
    order = eligible[np.argsort(counts[eligible], kind="stable")]
    least = np.full(len(counts), counts[order[0]])
    least[order[0]] = counts[order[1]]
    return least


def _had_target(problem: Problem, rule: Presence, start: Sequence[Ints]) -> Bools:
    """``(pods,)`` carriers that ran beside a target at the start."""
    targets = problem.tallies[rule.targets]
    domain = np.where(problem.current >= 0, targets.domain[problem.current], -1)
    others = _per_node(domain, start[rule.targets]) - targets.members
    return problem.tallies[rule.carriers].members & (domain >= 0) & (others > 0)


def _skew_bound(rule: Skew, start: Ints) -> Ints:
    """``(domains,)`` the skew the unmoved carriers of each domain may see."""
    bound: Ints = np.maximum(rule.max_skew, start - _least_of_other_domains(start, rule))
    return bound
