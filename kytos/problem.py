"""The problem as arrays: what every solver, the QUBO and the referee see of a question.

Axes are named in the docstrings: ``pods`` are only the pods to decide on (the rest are in
`Problem.fixed`), ``nodes`` all nodes, ``resources`` every resource that can run short, the pod
count included. A *placement* is an int array ``(pods,)`` of node positions; -1 is unplaced.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import numpy as np
import numpy.typing as npt

from kytos.headroom import Balance, SafetyLines
from kytos.pairs import MaskBuilder, PairCosts, PairMask, PairRows, kinds_of
from kytos.pod_sets import PodSet
from kytos.replica_counts import ReplicaCounts

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

UNPLACED = -1


class LoadMode(StrEnum):
    """What H_load asks for, with u[n,r] a node's utilisation of cpu and of memory."""

    SPREAD = "spread"
    """sum (u[n,r] - mean_r)^2 over usable nodes: as even as can be (`Problem.mean_load`)."""
    SQUARES = "squares"
    """sum u[n,r]^2 over all nodes."""
    CONSOLIDATE = "consolidate"
    """sum price[n] over the nodes in use: as few, or as cheap, as can be."""


def pairs_with_room(problem: Problem) -> PairMask:
    """Return `Problem.allowed` less the pairs for which a node lacks room with no other pod come.

    What stays on a node stays in every placement. Where a pod runs now is always among them.
    """
    room = problem.capacity - problem.fixed
    requests, kind = kinds_of(problem.request)
    open_ = MaskBuilder.on(problem.allowed)
    # What fits the least room of everything fits everywhere.
    least = room.min(axis=0) if len(room) else 0
    large = np.any((requests > least) & (requests > 0), axis=1)
    open_.forbid_by_kind(
        np.where(large[kind], kind, -1),
        lambda at: ((requests[at] > room) & (requests[at] > 0)).any(axis=1),
    )
    runs = np.flatnonzero(problem.current >= 0)
    open_.open(runs, problem.current[runs])
    return open_.mask()


@dataclass(frozen=True)
class Tally:
    """A count of some pods per domain of a topology.

    Attributes
    ----------
    domain
        ``(nodes,)`` the domain each node lies in, -1 where the node lacks the topology's key.
    members
        ``(pods,)`` which of the problem's pods are counted.
    fixed
        ``(domains,)`` how many pods outside the problem are counted in each domain.
    """

    domain: Ints
    members: PodSet
    fixed: Ints

    def __post_init__(self) -> None:
        """Hold an array of members as a set."""
        object.__setattr__(self, "members", PodSet.of(self.members))

    def counts(self, placement: Ints) -> Ints:
        """``(domains,)`` counted pods per domain under `placement`."""
        nodes = placement[self.members.positions]
        domains = self.domain[nodes[nodes >= 0]]
        return self.fixed + np.bincount(domains[domains >= 0], minlength=len(self.fixed))


@dataclass(frozen=True)
class Exclusion:
    """Required anti-affinity, host ports, exclusive volumes: no carrier with another target.

    Positions into `Problem.tallies`; both count over the same topology. A pod that is both
    does not exclude itself.
    """

    carriers: int
    targets: int
    rule: str


@dataclass(frozen=True)
class Presence:
    """Required pod affinity: a carrier only in a domain that holds a target.

    A carrier may be the first of its kind (`alone` true for it) when no target is anywhere else
    and it is a target itself. Targets may not leave a carrier behind without any.
    """

    carriers: int
    targets: int
    rule: str
    alone: PodSet
    """``(pods,)`` carriers that match their own terms."""

    def __post_init__(self) -> None:
        """Hold an array of carriers as a set."""
        object.__setattr__(self, "alone", PodSet.of(self.alone))


@dataclass(frozen=True)
class Skew:
    """Topology spread: a carrier only in a domain at most `max_skew` above the emptiest.

    `eligible` ``(domains,)`` are the domains the minimum is taken over; with fewer of them than
    `min_domains` the minimum is 0. Judged as the scheduler does: for a carrier, the counted pods
    of its domain (itself included only if it is counted) less the minimum over the others.
    """

    carriers: int
    counted: int
    max_skew: int
    min_domains: int
    eligible: Bools
    rule: str


@dataclass(frozen=True)
class Locations:
    """So many domains of the tally's topology hold one of its pods, whatever moves.

    Where fewer do today, they get no fewer.
    """

    counted: int
    """Position in `Problem.tallies`."""
    least: int
    rule: str


@dataclass(frozen=True)
class MoveLimit:
    """A disruption budget: at most `limit` of its members may leave `Problem.current`.

    A plan may move its members one after another, but nothing here knows when a moved replica
    is ready again, so the budget is consumed over the whole batch of moves.
    """

    members: PodSet
    """``(pods,)``."""
    limit: int
    rule: str
    """The budget as ``namespace/name``."""

    def __post_init__(self) -> None:
        """Hold an array of members as a set."""
        object.__setattr__(self, "members", PodSet.of(self.members))


@dataclass(frozen=True)
class Pairing:
    """A preference: each unordered pair of a carrier and a target in one domain adds `weight`.

    Negative attracts. With ``carriers == targets`` a set of k pods counts k(k-1)/2 pairs.
    `scored` is what the default scheduler's score of preferred pods makes of it, where that is
    another weight.
    """

    carriers: int
    targets: int
    weight: float
    scored: float | None = None


@dataclass(frozen=True)
class Traffic:
    """Latency between pods of the problem that talk to each other.

    Attributes
    ----------
    pairs
        ``(edges, 2)`` positions of pods.
    weight
        ``(edges,)`` share of the traffic.
    latency
        ``(nodes, nodes)`` in the unit of H_cost, symmetric.
    """

    pairs: Ints
    weight: Floats
    latency: Floats


@dataclass(frozen=True)
class Problem:
    """One question about one cluster, as arrays.

    Attributes
    ----------
    pods, nodes, resources
        Names along the axes.
    allocatable
        ``(nodes, resources)`` what a node offers.
    capacity
        ``(nodes, resources)`` what a node may be filled to by pods that come to it:
        `allocatable`, or less where the question sets a utilisation limit.
    fixed
        ``(nodes, resources)`` held by what the problem does not decide on.
    request
        ``(pods, resources)`` what each pod takes.
    load_allocatable, load_fixed, load_request
        ``(nodes, loads)``, ``(nodes, loads)``, ``(pods, loads)`` float, cpu and memory as H_load
        sees them (with the load foreseen where it is known): one pair of columns, or one for each
        slot of time that is levelled.
    current
        ``(pods,)`` where each pod runs now, `UNPLACED` for none.
    allowed
        ``(pods, nodes)`` pairs that no rule settled pod by pod forbids; staying is always
        allowed.
    must_place
        ``(pods,)`` pods that may not end unplaced (they run now).
    desire
        ``(pods,)`` cost of leaving a pod unplaced; 0 where `must_place`.
    priority
        ``(pods,)`` Kubernetes priority.
    move_cost
        ``(pods,)`` what leaving `current` costs, 1 for an ordinary pod.
    node_cost
        ``(pods, nodes)`` cost of running there, beside the move (start-up, latency to pods
        that stay), or None.
    preference
        ``(pods, nodes)`` soft cost in H_affinity of running there (preferred node affinity,
        negative attracts), or None.
    service
        ``(pods,)`` position in `services`, -1 for none.
    services, service_fixed
        Names and ``(services, nodes)`` counts of replicas the problem does not decide on.
    zone
        ``(nodes,)`` zone position, -1 for none.
    zone_pairs
        Whether replicas in one zone count as pairs too.
    usable
        ``(nodes,)`` nodes that are levelled by H_load.
    price
        ``(nodes,)`` per hour; all 1 when any is unknown.
    held_open
        ``(nodes,)`` in use whatever is decided: a pinned pod other than DaemonSet and mirror, or
        a node that stays (`kytos.rules.kept_nodes`).
    mode
        What H_load asks for.
    max_moves
        At most this many pods may leave `current`; None is no bound.
    traffic
        Latency between pods of the problem, or None.
    tallies, exclusions, presences, skews, pairings
        Rules and preferences that depend on where others go.
    move_limits
        Disruption budgets, consumed over all moves.
    leaves
        ``(pods,)`` pods that should run no longer, so that no mean counts them; None for none.
    safety
        Soft capacities in H_load, or None.
    balances
        Pairs of resources to stay free together, in H_load.
    locations
        Rules on how many domains hold pods of a tally.
    overlap
        ``(resources,)`` what a pod that moves takes in both places until all moves are done; None
        for none.
    most_moved_cost
        Cost in H_cost, in moves, of each pod that leaves of the `service` that most leave of.
    """

    pods: tuple[str, ...]
    nodes: tuple[str, ...]
    resources: tuple[str, ...]
    allocatable: Ints
    capacity: Ints
    fixed: Ints
    request: Ints
    load_allocatable: Floats
    load_fixed: Floats
    load_request: Floats
    current: Ints
    allowed: PairMask
    must_place: Bools
    desire: Floats
    priority: Ints
    move_cost: Floats
    service: Ints
    services: tuple[str, ...]
    service_fixed: ReplicaCounts
    zone: Ints
    usable: Bools
    price: Floats
    held_open: Bools
    mode: LoadMode
    zone_pairs: bool = False
    max_moves: int | None = None
    node_cost: PairCosts | None = None
    preference: PairCosts | None = None
    traffic: Traffic | None = None
    tallies: tuple[Tally, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    presences: tuple[Presence, ...] = ()
    skews: tuple[Skew, ...] = ()
    pairings: tuple[Pairing, ...] = ()
    move_limits: tuple[MoveLimit, ...] = ()
    leaves: Bools | None = None
    pairs_per_move: float = 2.0
    """Pairs of replicas sharing a node that an ordinary move is worth (consolidate)."""
    moves_per_node: float = 10.0
    """Ordinary moves that freeing a node of mean price is worth at slider position 1; see
    `kytos.contract.weights`."""
    lifeline: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """``(pods,)`` which service has no ready replica without one of these pods, -1 for none."""
    safety: SafetyLines | None = None
    balances: tuple[Balance, ...] = ()
    locations: tuple[Locations, ...] = ()
    overlap: Bools | None = None
    most_moved_cost: float = 0.0

    def __post_init__(self) -> None:
        """Fill in `lifeline`, hold arrays compactly, and refuse shapes that do not fit."""
        object.__setattr__(self, "service_fixed", ReplicaCounts.of(self.service_fixed))
        for name in ("allowed", "node_cost", "preference"):
            pairs = getattr(self, name)
            if pairs is not None:
                object.__setattr__(self, name, PairRows.of(pairs))
        pods, nodes, resources = len(self.pods), len(self.nodes), len(self.resources)
        if len(self.lifeline) != pods:
            object.__setattr__(self, "lifeline", np.full(pods, -1, dtype=np.int64))
        expected = {
            "allocatable": (nodes, resources),
            "capacity": (nodes, resources),
            "fixed": (nodes, resources),
            "request": (pods, resources),
            "load_allocatable": (nodes, self.loads),
            "load_fixed": (nodes, self.loads),
            "load_request": (pods, self.loads),
            "current": (pods,),
            "allowed": (pods, nodes),
            "must_place": (pods,),
            "desire": (pods,),
            "priority": (pods,),
            "move_cost": (pods,),
            "service": (pods,),
            "service_fixed": (len(self.services), nodes),
            "zone": (nodes,),
            "usable": (nodes,),
            "price": (nodes,),
            "held_open": (nodes,),
            "lifeline": (pods,),
        }
        for name, shape in expected.items():
            given = getattr(self, name).shape
            if given != shape:
                raise ValueError(f"Problem.{name} has shape {given}, expected {shape}")
        if self.safety is not None and self.safety.line.shape != (nodes, resources):
            raise ValueError(f"Problem.safety is of shape {self.safety.line.shape}")
        if self.overlap is not None and self.overlap.shape != (resources,):
            raise ValueError(f"Problem.overlap has shape {self.overlap.shape}")

    @property
    def keeps_headroom(self) -> bool:
        """Whether H_load counts what should stay free (`kytos.headroom`)."""
        return self.safety is not None or bool(self.balances)

    @property
    def loads(self) -> int:
        """How many sums of load H_load squares on each node."""
        return int(self.load_request.shape[1])

    @property
    def slots(self) -> int:
        """How many slots of time H_load adds up."""
        return max(1, self.loads // 2)

    @cached_property
    def mean_load(self) -> Floats:
        """``(loads,)`` mean_r of H_load: all that should run over all usable allocatable."""
        usable = self.usable
        offered = self.load_allocatable[usable].sum(axis=0)
        runs = self.load_request if self.leaves is None else self.load_request[~self.leaves]
        wanted = self.load_fixed[usable].sum(axis=0) + runs.sum(axis=0)
        mean: Floats = np.divide(wanted, offered, out=np.zeros(self.loads), where=offered > 0)
        return mean

    @cached_property
    def sole(self) -> Bools:
        """``(pods,)`` one pod of each `lifeline`: the most important, then the smallest."""
        order = np.lexsort((*self.request.T[::-1], -self.priority))
        order = order[self.lifeline[order] >= 0]
        _, first = np.unique(self.lifeline[order], return_index=True)
        return np.isin(np.arange(len(self.pods)), order[first])

    @cached_property
    def initial_held(self) -> Ints:
        """``(nodes, resources)`` held at the start."""
        return self.held(self.current)

    def held(self, placement: Ints) -> Ints:
        """``(nodes, resources)`` held under `placement`."""
        held = self.fixed.copy()
        placed = placement >= 0
        np.add.at(held, placement[placed], self.request[placed])
        return held

    @cached_property
    def counts_at_first(self) -> tuple[Ints, ...]:
        """What each tally counts at the start, by domain."""
        return tuple(tally.counts(self.current) for tally in self.tallies)

    @cached_property
    def promised(self) -> Ints:
        """``(nodes, resources)`` what pods hold at home until the moves are done, come or gone."""
        promised = np.zeros_like(self.fixed)
        if self.overlap is not None:
            runs = np.flatnonzero(self.current >= 0)
            np.add.at(promised, self.current[runs], self.request[runs] * self.overlap)
        return promised

    def held_at_once(self, placement: Ints) -> Ints:
        """``(nodes, resources)`` held while the moves to `placement` are made: see `overlap`."""
        held = self.held(placement)
        if self.overlap is not None:
            left = np.flatnonzero((self.current >= 0) & (placement != self.current))
            np.add.at(held, self.current[left], self.request[left] * self.overlap)
        return held

    def domains_held(self, rule: Locations, placement: Ints) -> int:
        """Return how many domains hold a pod of the rule's tally."""
        return int((self.tallies[rule.counted].counts(placement) > 0).sum())

    def least_domains(self, rule: Locations) -> int:
        """Return how many domains have to: those asked for, or today's where they are fewer."""
        return min(rule.least, int((self.counts_at_first[rule.counted] > 0).sum()))

    def utilisation(self, placement: Ints) -> Floats:
        """``(nodes, loads)`` cpu and memory as H_load sees them; 0 where nothing is allocatable."""
        load = self.load_fixed.copy()
        placed = placement >= 0
        np.add.at(load, placement[placed], self.load_request[placed])
        return np.divide(
            load, self.load_allocatable, out=np.zeros_like(load), where=self.load_allocatable > 0
        )

    def left_out(self, placement: Ints) -> tuple[int, ...]:
        """What comes before any energy; lower is better, compared as tuples.

        The pods without a node by falling `desire`, then the services that none of their
        `lifeline` has a node for.
        """
        out = ~self.must_place & (placement < 0)
        classes = np.unique(self.desire[~self.must_place])[::-1]
        counts = [int((out & (self.desire == desire)).sum()) for desire in classes]
        down = np.setdiff1d(self.lifeline[self.lifeline >= 0], self.lifeline[placement >= 0])
        return (*counts, len(down))

    def in_use(self, placement: Ints) -> Bools:
        """``(nodes,)`` y[n]: a pod other than DaemonSet and mirror pods is there, or it stays."""
        used = self.held_open.copy()
        used[placement[placement >= 0]] = True
        return used
