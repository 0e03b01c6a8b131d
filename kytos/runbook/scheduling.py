"""The cluster as kube-scheduler sees it while a runbook runs: what fits now, what it would choose.

`kytos.referee` lets pods that stay keep what was broken before. The scheduler knows no such thing:
a replacement is a new pod that every filter judges, also on the node it came from, and nobody who
runs is judged again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cached_property

import numpy as np

from kytos.cluster import Cluster
from kytos.pod_sets import PodSet
from kytos.problem import UNPLACED, Bools, Ints, LoadMode, Problem
from kytos.questions.parts.build_problem import build_problem
from kytos.rules.index import RuleIndex
from kytos.rules.taints import tolerates
from kytos.rules.unschedulable import CORDON
from kytos.rules.verdicts import static_mask
from kytos.solvers.baselines.kube_scheduler import Scorer, ScoringStrategy

SEARCHED = 100
"""Fitting nodes after which the scheduler stops looking (``minFeasibleNodesToFind``), and in large
clusters the share of nodes below (``numFeasibleNodesToFind`` in ``schedule_one.go``)."""


class Arena:
    """Everything about a cluster that no step changes.

    Attributes
    ----------
    problem
        Of every pod that holds capacity, waits or is to come, all rules among them.
    allowed
        ``(pods, nodes)`` what the filters that look at pod and node alone let through.
    start
        ``(pods,)`` where each pod runs before the first step.
    tolerates_cordon
        ``(pods,)`` pods that a cordon does not keep out.
    """

    def __init__(self, cluster: Cluster, held_open: Collection[str] = ()) -> None:
        """Compile the rules among all pods, which takes most of the time.

        Parameters
        ----------
        held_open
            Nodes that count as in use with no pod on them.
        """
        pods = [pod for pod in cluster.pods if not pod.finished and not pod.lost]
        self.cluster = cluster
        self.held_open: Bools = np.array(
            [node.name in held_open for node in cluster.nodes], dtype=np.bool_
        )
        self.pods = pods
        self.row = {pod.id: row for row, pod in enumerate(pods)}
        self.problem: Problem = build_problem(cluster, pods, mode=LoadMode.SPREAD)
        self.start: Ints = self.problem.current
        bound = np.flatnonzero(self.start >= 0)
        index = RuleIndex(cluster)
        positions = [cluster.pod_index[pods[row].id] for row in bound.tolist()]
        judged = static_mask(index, positions).mask()
        self.allowed: Bools = self.problem.allowed.copy()
        # A running pod may stay where it is; whether it could come back there is another matter.
        home = self.start[bound]
        self.allowed[bound, home] = judged[np.arange(len(bound)), home]
        self.tolerates_cordon: Bools = np.array(
            [tolerates(pod.tolerations, CORDON) for pod in pods], dtype=np.bool_
        )
        self.priority: Ints = self.problem.priority
        self.keeps_node: Bools = np.array([pod.keeps_node for pod in pods], dtype=np.bool_)
        problem = self.problem
        members = [tally.members for tally in problem.tallies]
        self.tallies_of = _memberships(members, len(pods))
        self.exclusions_of = _memberships(
            [members[rule.carriers].either(members[rule.targets]) for rule in problem.exclusions],
            len(pods),
        )
        self.presences_of = _memberships(
            [members[rule.carriers] for rule in problem.presences], len(pods)
        )
        self.skews_of = _memberships([members[rule.carriers] for rule in problem.skews], len(pods))

    @cached_property
    def scorer(self) -> Scorer:
        """The default profile's scores."""
        return Scorer(self.problem, ScoringStrategy.LEAST_ALLOCATED)

    def ruled(self, pod: int) -> bool:
        """Whether any rule about other pods looks at this one."""
        return bool(self.tallies_of[pod])

    def beginning(self) -> Standing:
        """Return the cluster as it is."""
        standing = Standing(self)
        for row in np.flatnonzero(self.start >= 0).tolist():
            standing.place(row, int(self.start[row]))
        return standing


class Standing:
    """One moment of a cluster: who is where, what is held, what each tally counts."""

    def __init__(self, arena: Arena) -> None:
        """Begin with nobody placed."""
        problem = arena.problem
        self.arena = arena
        self.placement: Ints = np.full(len(problem.pods), UNPLACED, dtype=np.int64)
        self.held: Ints = problem.fixed.copy()
        self.counts: list[Ints] = [tally.fixed.copy() for tally in problem.tallies]

    def copy(self) -> Standing:
        """Return another that changes apart from this one."""
        other = Standing.__new__(Standing)
        other.arena = self.arena
        other.placement = self.placement.copy()
        other.held = self.held.copy()
        other.counts = [counts.copy() for counts in self.counts]
        return other

    def counted(self, tally: int) -> Ints:
        """``(nodes,)`` pods a tally counts now in each node's domain, 0 for none."""
        return _at_nodes(self.arena.problem.tallies[tally].domain, self.counts[tally])

    def place(self, pod: int, node: int) -> None:
        """Put a pod that has no node on one; nothing is judged."""
        self.add(pod, node, +1)
        self.placement[pod] = node

    def remove(self, pod: int) -> None:
        """Take a pod off its node."""
        self.add(pod, int(self.placement[pod]), -1)
        self.placement[pod] = UNPLACED

    def add(self, pod: int, node: int, times: int) -> None:
        """Count a pod on a node so many times more, whatever `placement` says of it."""
        problem = self.arena.problem
        self.held[node] += times * problem.request[pod]
        for position in self.arena.tallies_of[pod]:
            domain = problem.tallies[position].domain[node]
            if domain >= 0:
                self.counts[position][domain] += times

    def fits(self, pod: int, cordoned: Bools | None = None) -> Bools:
        """``(nodes,)`` where every filter lets a pod without a node in, as things stand now.

        Parameters
        ----------
        cordoned
            ``(nodes,)`` cordoned since the cluster was read.
        """
        arena, problem = self.arena, self.arena.problem
        request = problem.request[pod]
        wanted = request > 0
        room = problem.allocatable[:, wanted] - self.held[:, wanted]
        fits: Bools = arena.allowed[pod] & (room >= request[wanted]).all(axis=1)
        if cordoned is not None and not arena.tolerates_cordon[pod]:
            fits &= ~cordoned
        return self.obeys(pod, fits, self)

    def fits_on(self, pod: int, node: int) -> bool:
        """Whether there is room for a pod on one node, and no rule about other pods against it."""
        problem = self.arena.problem
        request = problem.request[pod]
        room = problem.allocatable[node] - self.held[node]
        if (request > np.maximum(room, 0)).any():
            return False
        if not self.arena.ruled(pod):
            return True
        there = np.zeros(len(problem.nodes), dtype=np.bool_)
        there[node] = True
        return bool(self.obeys(pod, there, self)[node])

    def obeys(self, pod: int, nodes: Bools, least: Standing) -> Bools:
        """``(nodes,)`` those of `nodes` where no rule about other pods keeps the pod out.

        Parameters
        ----------
        least
            Where what a tally counts is not certain (pods on their way), this counts the most there
            may be in each domain, and `least` the least.
        """
        arena, problem = self.arena, self.arena.problem
        tallies = problem.tallies
        for position in arena.exclusions_of[pod]:
            rule = problem.exclusions[position]
            for mine, other in ((rule.carriers, rule.targets), (rule.targets, rule.carriers)):
                if tallies[mine].members[pod]:
                    nodes &= self.counted(other) == 0
        for position in arena.presences_of[pod]:
            presence = problem.presences[position]
            domain = tallies[presence.targets].domain
            nobody = int(self.counts[presence.targets].sum()) == 0
            first = bool(presence.alone[pod]) and nobody
            nodes &= (domain >= 0) & ((least.counted(presence.targets) > 0) | first)
        for position in arena.skews_of[pod]:
            skew = problem.skews[position]
            tally = tallies[skew.counted]
            eligible = least.counts[skew.counted][skew.eligible]
            few = len(eligible) == 0 or len(eligible) < skew.min_domains
            minimum = 0 if few else int(eligible.min())
            itself = int(tally.members[pod])
            nodes &= (tally.domain >= 0) & (
                self.counted(skew.counted) + itself - minimum <= skew.max_skew
            )
        return nodes

    def in_use(self) -> Bools:
        """``(nodes,)`` with a pod other than DaemonSet and mirror pods, or held open."""
        used = self.arena.held_open.copy()
        at = self.placement[self.arena.keeps_node]
        used[at[at >= 0]] = True
        return used


class Scheduler:
    """Chooses as kube-scheduler does; ties, and where it starts looking, are drawn by lot."""

    def __init__(self, arena: Arena, seed: int) -> None:
        """Begin to draw from `seed`."""
        self._arena = arena
        self._random = np.random.default_rng(seed)

    def schedule(
        self, standing: Standing, queue: Iterable[int], cordoned: Bools, nominated: dict[int, int]
    ) -> list[int]:
        """Give the pods of a queue a node as far as there is one; return those that wait on.

        Higher priority goes first, within one priority what is nominated, then in the order given.
        Pods that are preempted come to wait themselves.
        """
        priority = self._arena.priority
        waiting = sorted(queue, key=lambda pod: (-int(priority[pod]), pod not in nominated))
        left: list[int] = []
        while waiting:
            pod = waiting.pop(0)
            fits = standing.fits(pod, cordoned)
            node = nominated.get(pod, UNPLACED)
            if node != UNPLACED and fits[node]:
                standing.place(pod, node)
            elif fits.any():
                standing.place(pod, self._chosen(standing, pod, np.flatnonzero(fits)))
            else:
                victims = self._preempt(standing, pod, cordoned)
                if victims is None:
                    left.append(pod)
                else:
                    waiting = sorted([*waiting, *victims], key=lambda one: -int(priority[one]))
        return left

    def _chosen(self, standing: Standing, pod: int, nodes: Ints) -> int:
        total = len(self._arena.problem.nodes)
        # The share of nodes that are scored falls with their number, from 50 percent to 5.
        enough = max(SEARCHED, total * max(50 - total // 125, 5) // 100)
        if len(nodes) > enough:
            begin = int(self._random.integers(len(nodes)))
            nodes = np.sort(np.roll(nodes, -begin)[:enough])
        score = self._arena.scorer.total(standing, pod, nodes)
        return int(self._random.choice(nodes[score == score.max()]))

    def _preempt(self, standing: Standing, pod: int, cordoned: Bools) -> list[int] | None:
        """Make room by evicting the fewest and least important pods; None where that is no help.

        Source: DefaultPreemption. On each node all pods of lower priority go, and as many as can
        come back, the most important first; then the node is taken whose most important victim
        matters least, then whose victims matter least in all, then the one with the fewest.
        """
        arena = self._arena
        if not preempts(arena, pod):
            return None
        problem = arena.problem
        lower = (arena.priority < arena.priority[pod]) & (standing.placement >= 0)
        freed = np.zeros_like(standing.held)
        np.add.at(freed, standing.placement[lower], problem.request[lower])
        room = np.maximum(problem.allocatable - standing.held + freed, 0)
        open_to = arena.allowed[pod] & (problem.request[pod] <= room).all(axis=1)
        if not arena.tolerates_cordon[pod]:
            open_to &= ~cordoned
        best: tuple[tuple[int, int, int], int, list[int]] | None = None
        for node in np.unique(standing.placement[lower]).tolist():
            if not open_to[node]:
                continue
            trial = standing.copy()
            on_node = np.flatnonzero(lower & (standing.placement == node)).tolist()
            for other in on_node:
                trial.remove(other)
            if not trial.fits_on(pod, node):
                continue
            victims = []
            for other in sorted(on_node, key=lambda one: -int(arena.priority[one])):
                trial.place(other, node)
                if not trial.fits_on(pod, node):
                    trial.remove(other)
                    victims.append(other)
            ranks = [int(arena.priority[one]) for one in victims]
            cost = (max(ranks, default=0), sum(ranks), len(ranks))
            if best is None or cost < best[0]:
                best = cost, node, victims
        if best is None:
            return None
        for other in best[2]:
            standing.remove(other)
        standing.place(pod, best[1])
        return best[2]


def preempts(arena: Arena, pod: int) -> bool:
    """Whether a pod may take others' place: some run that matter less, and its policy lets it."""
    return arena.pods[pod].preempts and bool((arena.priority < arena.priority[pod]).any())


def _memberships(sets: list[PodSet], pods: int) -> list[tuple[int, ...]]:
    """For each pod the positions of the sets it is in."""
    inside: list[list[int]] = [[] for _ in range(pods)]
    for position, members in enumerate(sets):
        for pod in members.positions.tolist():
            inside[pod].append(position)
    return [tuple(positions) for positions in inside]


def _at_nodes(domain: Ints, values: Ints) -> Ints:
    """``(nodes,)`` the value of each node's domain, 0 where the node has none."""
    return np.append(values, 0)[domain]
