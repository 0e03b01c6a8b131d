"""What a plan keeps to beside its own rules: failures it survives, pools of a least size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from kytos.bounds import CertificateStatus, certificate
from kytos.cluster import Cluster, Frozen
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.language import said
from kytos.problem import Bools, Ints, Problem
from kytos.questions.parts.limits import nodes_carrying
from kytos.questions.parts.prices import prices_known
from kytos.questions.recovery.compiled_cluster import CompiledCluster
from kytos.questions.recovery.risk import verdicts, without_nodes
from kytos.questions.recovery.survey import Kind
from kytos.solve.result import Solution

CHECK_S = 10.0
"""For deciding all failures of one kind of one plan."""

LEAST_PRICE = 0.005
"""A price that rounds to no cent is told as nothing."""

LEAST_ENERGY = 1e-9


class SurvivalPrice(Frozen):
    """What the promise costs: this plan beside the one found without it."""

    nodes: int
    """Nodes more that stay in use."""
    price_per_hour: float | None
    """More per hour; None where a price is unknown."""
    energy: float
    """H more."""
    proven: bool
    """Whether both plans are proven optimal; else others may cost more, or less."""
    not_promised: tuple[str, ...] = ()
    """Failures there was no time to settle as the cluster is today: they may have become fatal."""
    sentence: str


@dataclass(frozen=True)
class Pool:
    """Nodes of which so many stay in use.

    Attributes
    ----------
    members
        ``(nodes,)`` bool.
    least
        No more than are in use today.
    """

    members: Bools
    least: int

    def missing(self, in_use: Bools) -> int:
        """How many more would have to be in use; not above zero where it is large enough."""
        return self.least - int((in_use & self.members).sum())


def pools_of(cluster: Cluster, problem: Problem, least: Mapping[str, int]) -> tuple[Pool, ...]:
    """Return the pools of `least_nodes`, by label, none larger than it is today."""
    before = problem.in_use(problem.current)
    members = {label: nodes_carrying(cluster, label) for label in least}
    return tuple(
        Pool(inside, min(least[label], int((before & inside).sum())))
        for label, inside in members.items()
    )


@dataclass(frozen=True)
class Promise:
    """What has to hold, and the failures that are exempt because they are fatal today.

    Attributes
    ----------
    exempt
        By kind of failure.
    pools
        Whose least sizes every plan keeps too.
    unsettled
        Failures that are exempt because there was no time to settle them as things are.
    """

    cluster: Cluster
    problem: Problem
    kinds: tuple[Kind, ...]
    exempt: dict[Kind, frozenset[str]]
    watch: Watch
    pools: tuple[Pool, ...] = ()
    unsettled: frozenset[tuple[Kind, str]] = frozenset()
    _known: dict[bytes, frozenset[tuple[Kind, str]]] = field(default_factory=dict)

    def keeps(self, placement: Ints) -> bool:
        """Whether a plan breaks nothing: no pool is too small and no failure became fatal."""
        in_use = self.problem.in_use(placement)
        if any(pool.missing(in_use) > 0 for pool in self.pools):
            return False
        return not self.broken(placement)

    def broken(self, placement: Ints) -> frozenset[tuple[Kind, str]]:
        """Return the failures a plan does not survive, or that could not be settled, but should."""
        key = placement.tobytes()
        if key not in self._known:
            self._known[key] = self._broken(placement)
        return self._known[key]

    def _broken(self, placement: Ints) -> frozenset[tuple[Kind, str]]:
        problem = self.problem
        if (placement == problem.current).all():
            return frozenset()
        decided = {
            pod: None if node < 0 else problem.nodes[node]
            for pod, node in zip(problem.pods, placement, strict=True)
        }
        planned = self.cluster.with_placement(decided)
        gone = problem.in_use(problem.current) & ~problem.in_use(placement)
        freed = [problem.nodes[node] for node in np.flatnonzero(gone)]
        worlds = [without_nodes(planned, freed)]
        if freed and problem.skews:
            # An empty node more may be a domain that others are measured against.
            worlds.append(planned)
        broken: set[tuple[Kind, str]] = set()
        for world in worlds:
            compiled = CompiledCluster(world, lost=False)
            for kind in self.kinds:
                judged = verdicts(compiled, kind, self.watch.within(CHECK_S))
                new = (judged.fatal | judged.unknown) - self.exempt[kind]
                broken |= {(kind, name) for name in new}
        return frozenset(broken)


def survival_price(
    cluster: Cluster,
    problem: Problem,
    weights: Weights,
    kinds: Sequence[Kind],
    solution: Solution,
    free: Solution,
    held: Promise,
) -> SurvivalPrice:
    """Return what a plan that survives failures costs beside the best found without the promise."""
    used, spared = problem.in_use(solution.placement), problem.in_use(free.placement)
    nodes = int(used.sum()) - int(spared.sum())
    per_hour = None
    if prices_known(cluster):
        per_hour = float(problem.price[used].sum() - problem.price[spared].sum())
    more = solution.energy.total - free.energy.total
    costs = costs_in_words(nodes, per_hour, more)
    which = " or ".join(sorted(set(kinds)))
    told = said(f"Surviving any {which} costs {costs}.")
    proven = all(_optimal(problem, weights, plan) for plan in (solution, free))
    if not proven and solution is not free:
        told += said(" That is by the best plans found; it is not proven that no other costs less.")
    open_ = tuple(f"{kind} {name}" for kind, name in sorted(held.unsettled))
    if open_:
        told += said(f" Not settled in time, so not promised: {', '.join(open_)}.")
    return SurvivalPrice(
        nodes=nodes,
        price_per_hour=per_hour,
        energy=more,
        proven=proven,
        not_promised=open_,
        sentence=told,
    )


def _optimal(problem: Problem, weights: Weights, plan: Solution) -> bool:
    proven = certificate(problem, weights, plan.placement, plan.bound, plan.fewest)
    return proven.status is CertificateStatus.OPTIMAL


def costs_in_words(nodes: int, per_hour: float | None, more: float) -> str:
    """Say what a promise costs: nodes and money, else energy."""
    costs = []
    if nodes:
        unit = "node" if abs(nodes) == 1 else "nodes"
        costs.append(f"{nodes:,} {unit}" if nodes > 0 else said(f"{-nodes:,} {unit} fewer"))
    if per_hour is not None and abs(per_hour) >= LEAST_PRICE:
        costs.append(f"${abs(per_hour):,.2f}/h{' less' if per_hour < 0 else ''}")
    if not costs:
        costs.append("nothing" if abs(more) < LEAST_ENERGY else f"{more:.3g} of energy")
    return ", ".join(costs)


def promise(
    cluster: Cluster,
    problem: Problem,
    kinds: Sequence[Kind],
    watch: Watch,
    pools: tuple[Pool, ...] = (),
) -> tuple[Promise, CompiledCluster]:
    """Return the promise to survive failures that are survived today."""
    compiled = CompiledCluster(cluster, lost=False)
    exempt: dict[Kind, frozenset[str]] = {}
    unsettled: set[tuple[Kind, str]] = set()
    for kind in kinds:
        today = verdicts(compiled, kind, watch.within(CHECK_S))
        exempt[kind] = today.fatal | today.unknown
        unsettled |= {(kind, name) for name in today.unknown}
    held = Promise(cluster, problem, tuple(kinds), exempt, watch, pools, frozenset(unsettled))
    return held, compiled
