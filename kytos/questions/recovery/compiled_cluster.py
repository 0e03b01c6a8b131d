"""The cluster as it stands, compiled once, from which the problem of any failure is cut out.

Compiling the rules of 10,000 pods x 500 nodes takes seconds; taking the rows of one node's pods,
and the columns of the nodes that survive it, takes milliseconds. What is cut out says the same as
`build_problem` of `kytos.questions.recovery.failure.fail`, but for preferences and replicas'
company, which decide where pods would rather run and not whether they can.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from kytos.cluster import CPU, LOAD_RESOURCES, MEMORY, PODS, Cluster
from kytos.load_profile import LoadProfile
from kytos.pairs import MaskBuilder, PairMask
from kytos.pod_sets import PodSet
from kytos.problem import (
    UNPLACED,
    Bools,
    Exclusion,
    Ints,
    LoadMode,
    Presence,
    Problem,
    Skew,
    Tally,
)
from kytos.questions.parts.build_problem import amounts, filled_to, within_room
from kytos.questions.parts.most_placed import count_by_class
from kytos.questions.parts.use_rows import those_that_matter, use_names
from kytos.questions.recovery.failure import NO_CONTROLLER, not_evacuated
from kytos.replica_counts import ReplicaCounts
from kytos.rules.compile import compile_rules
from kytos.rules.in_use import load_elsewhere, requested_of, room_for_use, use_of_pods

_ALWAYS = (CPU, MEMORY, PODS)
"""Resources of every problem, asked for or not."""


@dataclass(frozen=True)
class Cut:
    """One failure.

    Attributes
    ----------
    problem
        Of placing its evacuees on the survivors, as many as possible, class by class.
    not_recreated
        Pods without a controller, which Kubernetes would not create again.
    """

    problem: Problem
    not_recreated: int


class CompiledCluster:
    """Every pod that holds capacity or lost its node, with all rules among them.

    Parameters
    ----------
    max_utilization
        Share of a survivor's cpu and memory that evacuated pods may fill it to.
    max_used
        Where use is levelled, the share of a survivor that all its pods may use together.
    lost
        Whether pods that had lost their node before are evacuated in every failure too.
    """

    def __init__(
        self,
        cluster: Cluster,
        max_utilization: float = 1.0,
        *,
        lost: bool = True,
        max_used: float = 1.0,
    ) -> None:
        """Compile the rules, which takes most of the time."""
        pods = tuple(pod for pod in cluster.pods if pod.holds_capacity or (lost and pod.lost))
        nodes = cluster.nodes
        self.cluster = cluster
        self.pods = pods
        self.home = np.array(
            [UNPLACED if pod.node is None else cluster.node_index[pod.node] for pod in pods],
            dtype=np.int64,
        )
        bound = np.flatnonzero(self.home >= 0)
        reasons = [not_evacuated(pod) for pod in pods]
        self.evacuates = np.array([reason is None for reason in reasons], dtype=np.bool_)
        self._bare = np.array([reason == NO_CONTROLLER for reason in reasons], dtype=np.bool_)
        asked = {name for pod in pods for name in pod.requests}.difference(_ALWAYS)
        self.resources = (*_ALWAYS, *sorted(asked))
        self.request = amounts((pod.requests | {PODS: 1} for pod in pods), self.resources)
        self._allocatable = amounts((node.allocatable for node in nodes), self.resources)
        self._capacity = filled_to(self._allocatable, self.resources, max_utilization)
        self._held = amounts((node.current_load for node in nodes), self.resources)
        footprint = amounts((pod.footprint | {PODS: 1} for pod in pods), self.resources)
        np.add.at(self._held, self.home[bound], footprint[bound])
        if cluster.load_profile is not None:
            self._hold_to_use(cluster.load_profile, bound, max_used)
        self._load = amounts((node.current_load for node in nodes), LOAD_RESOURCES).astype(float)
        load = amounts((pod.footprint | pod.expected for pod in pods), LOAD_RESOURCES)
        np.add.at(self._load, self.home[bound], load[bound])
        self._foreseen = amounts(
            (pod.requests | pod.expected for pod in pods), LOAD_RESOURCES
        ).astype(float)
        self._priority = np.array([pod.priority for pod in pods], dtype=np.int64)
        self._usable = np.array([node.usable for node in nodes], dtype=np.bool_)
        services = sorted({pod.service for pod in pods if pod.service is not None})
        code = {name: at for at, name in enumerate(services)}
        self._service = np.array([code.get(pod.service or "", -1) for pod in pods], dtype=np.int64)
        self._serves = np.array([pod.ready and pod.holds_capacity for pod in pods], dtype=np.bool_)
        self._rules = compile_rules(cluster, pods)
        tallies = self._rules.tallies
        self._members = np.array([tally.members for tally in tallies], dtype=np.bool_).reshape(
            len(tallies), len(pods)
        )
        self._counts = [tally.counts(self.home) for tally in tallies]

    def _hold_to_use(self, profile: LoadProfile, bound: Ints, max_used: float) -> None:
        """Add a resource for each slot of use, as `kytos.questions.parts.use_rows` does."""
        rows = 2 * len(profile.slots)
        _, most = use_of_pods(profile, self.pods, requested_of(self.pods, held=True))
        asked = np.ceil(most.reshape(len(self.pods), rows)).astype(np.int64)
        held = np.tile(np.ceil(load_elsewhere(self.cluster)).astype(np.int64), len(profile.slots))
        np.add.at(held, self.home[bound], asked[bound])
        columns = [self.resources.index(name) for name in LOAD_RESOURCES]
        offered = np.tile(self._allocatable[:, columns], len(profile.slots))
        capacity = room_for_use(offered, max_used)
        kept = np.flatnonzero(those_that_matter(asked, held, capacity))
        names = use_names(profile)
        self.resources = (*self.resources, *(names[column] for column in kept))
        self.request = np.hstack([self.request, asked[:, kept]])
        self._allocatable = np.hstack([self._allocatable, offered[:, kept]])
        self._capacity = np.hstack([self._capacity, capacity[:, kept]])
        self._held = np.hstack([self._held, held[:, kept]])

    def weight(self, nodes: Sequence[int]) -> float:
        """What the pods of some nodes take, as a share of the whole cluster: most of any resource.

        A cheap measure of how much a failure has to lose.
        """
        whole = np.maximum(self._allocatable.sum(axis=0), 1)
        return float((self._held[list(nodes)].sum(axis=0) / whole).max(initial=0.0))

    @property
    def allowed(self) -> PairMask:
        """``(pods, nodes)`` pairs that no rule settled pod by pod forbids."""
        return self._rules.allowed

    def evacuated(self, nodes: Sequence[str]) -> int:
        """How many pods the failure of nodes, by name, evacuates."""
        index = self.cluster.node_index
        hit = np.isin(self.home, [index[name] for name in nodes]) | (self.home < 0)
        return int((hit & self.evacuates).sum())

    def cut(self, failed: Sequence[int]) -> Cut:
        """Return the failure of nodes, by position; at least one survives."""
        gone = np.zeros(len(self.cluster.nodes), dtype=np.bool_)
        gone[list(failed)] = True
        hit = (self.home < 0) | gone[self.home]
        rows = np.flatnonzero(hit & self.evacuates)
        keep = np.flatnonzero(~gone)
        asked = self.request[rows].sum(axis=0)
        asked[: len(_ALWAYS)] = 1
        columns = np.flatnonzero(asked)
        narrowed = _Narrowed(self, rows, np.flatnonzero(hit), keep)
        allowed = MaskBuilder.on(self._rules.allowed.narrowed(rows, keep))
        exclusions = tuple(narrowed.exclusions(self._rules.exclusions, allowed))
        presences = tuple(narrowed.presences(self._rules.presences, allowed))
        skews = tuple(narrowed.skews(self._rules.skews))
        offered = self._allocatable[keep]
        problem = Problem(
            pods=tuple(self.pods[row].id for row in rows),
            nodes=tuple(self.cluster.nodes[node].name for node in keep),
            resources=tuple(self.resources[column] for column in columns),
            allocatable=offered[:, columns],
            capacity=self._capacity[np.ix_(keep, columns)],
            fixed=self._held[np.ix_(keep, columns)],
            request=self.request[np.ix_(rows, columns)],
            load_allocatable=offered[:, :2].astype(float),
            load_fixed=self._load[keep],
            load_request=self._foreseen[rows],
            current=np.full(len(rows), UNPLACED, dtype=np.int64),
            allowed=allowed.mask(),
            must_place=np.zeros(len(rows), dtype=np.bool_),
            desire=np.ones(len(rows)),
            priority=self._priority[rows],
            move_cost=np.ones(len(rows)),
            service=np.full(len(rows), -1, dtype=np.int64),
            services=(),
            service_fixed=ReplicaCounts.of(np.zeros((0, len(keep)), dtype=np.int64)),
            zone=np.full(len(keep), -1, dtype=np.int64),
            usable=self._usable[keep],
            price=np.ones(len(keep)),
            held_open=np.zeros(len(keep), dtype=np.bool_),
            mode=LoadMode.SPREAD,
            tallies=tuple(narrowed.tallies),
            exclusions=exclusions,
            presences=presences,
            skews=skews,
            lifeline=self._lifeline(rows, hit),
        )
        return Cut(within_room(count_by_class(problem)), int((hit & self._bare).sum()))

    def _lifeline(self, rows: Ints, hit: Bools) -> Ints:
        """``(rows,)`` as `Problem.lifeline`, of services that keep no ready replica."""
        up = np.unique(self._service[self._serves & ~hit])
        service = self._service[rows]
        return np.where(np.isin(service, up), -1, service)


class _Narrowed:
    """The tallies and rules of one failure: pods that survive where they are become fixed."""

    def __init__(self, compiled: CompiledCluster, rows: Ints, hit: Ints, keep: Ints) -> None:
        self._compiled, self._rows, self._hit, self._keep = compiled, rows, hit, keep
        self._rules, self._counts = compiled._rules, compiled._counts
        self._among_rows = compiled._members[:, rows]
        self._asked: Bools = np.asarray(self._among_rows.any(axis=1))
        self._positions: dict[int, int] = {}
        self.tallies: list[Tally] = []

    def exclusions(self, rules: Sequence[Exclusion], allowed: MaskBuilder) -> Iterator[Exclusion]:
        """Exclusions among the rows; `allowed` learns those against pods that stay."""
        for rule in rules:
            if not (self._asked[rule.carriers] or self._asked[rule.targets]):
                continue
            carriers, targets = self._tally(rule.carriers), self._tally(rule.targets)
            for members, held in ((carriers.members, targets), (targets.members, carriers)):
                taken = _at_nodes(held) > 0
                if members.any() and taken.any():
                    allowed.forbid(members.positions, taken)
            both = carriers.members.any() and targets.members.any()
            if both and (carriers.members | targets.members).sum() > 1:
                yield Exclusion(self._keeps(rule.carriers), self._keeps(rule.targets), rule.rule)

    def presences(self, rules: Sequence[Presence], allowed: MaskBuilder) -> Iterator[Presence]:
        """Presences that a row carries; nobody leaves, so no other can be broken."""
        for rule in rules:
            if not self._asked[rule.carriers]:
                continue
            carriers, targets = self._tally(rule.carriers), self._tally(rule.targets)
            if targets.members.any():
                yield Presence(
                    self._keeps(rule.carriers),
                    self._keeps(rule.targets),
                    rule.rule,
                    alone=PodSet.of(rule.alone[self._rows]),
                )
            else:
                allowed.forbid(carriers.members.positions, _at_nodes(targets) <= 0)

    def skews(self, rules: Sequence[Skew]) -> Iterator[Skew]:
        """Skews that a row carries or counts in; a domain without survivors is none."""
        for rule in rules:
            subject = self._asked[rule.carriers]
            if not subject and not self._asked[rule.counted]:
                continue
            counted = self._tally(rule.counted)
            if not subject and not self._tally(rule.carriers).fixed.any():
                continue
            present = np.zeros(len(rule.eligible), dtype=np.bool_)
            present[counted.domain[counted.domain >= 0]] = True
            yield Skew(
                self._keeps(rule.carriers),
                self._keeps(rule.counted),
                rule.max_skew,
                rule.min_domains,
                rule.eligible & present,
                rule.rule,
            )

    def _keeps(self, position: int) -> int:
        """The position of a tally among those of the failure."""
        if position not in self._positions:
            self._positions[position] = len(self.tallies)
            self.tallies.append(self._tally(position))
        return self._positions[position]

    def _tally(self, position: int) -> Tally:
        domain = self._rules.tallies[position].domain
        members = self._compiled._members[position]
        lost = self._compiled.home[self._hit[members[self._hit]]]
        domains = domain[lost[lost >= 0]]
        gone = np.bincount(domains[domains >= 0], minlength=len(self._counts[position]))
        members = PodSet.of(self._among_rows[position])
        return Tally(domain[self._keep], members, self._counts[position] - gone)


def _at_nodes(tally: Tally) -> Ints:
    """``(nodes,)`` fixed pods in each node's domain; 0 where it has none."""
    return np.append(tally.fixed, 0)[tally.domain]
