"""What kube-scheduler would do: pod by pod, by the scores of its default profile.

Sources: the default plugins and their weights in Kubernetes' scheduler configuration
(https://kubernetes.io/docs/reference/scheduling/config/) and the plugins' own formulas in
``pkg/scheduler/framework/plugins``. Of the default scorers the problem's arrays tell enough for
NodeResourcesFit, NodeResourcesBalancedAllocation, NodeAffinity and TaintToleration (of a node that
is both preferred and tainted only what is left of `Problem.preference`), InterPodAffinity
(`Problem.pairings` and `Problem.presences`) and PodTopologySpread with the system's default
constraints (`Problem.service`). ImageLocality is left out, and every node that passes the filters
is scored (``percentageOfNodesToScore: 100``).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np

from kytos.cluster import CPU, MEMORY
from kytos.contract.params import SolverName, SolverParams
from kytos.contract.solver import Availability
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.problem import Floats, Ints, Problem
from kytos.referee.incremental import PlacementState
from kytos.solvers.baselines.greedy import Choose, pods_to_place, replace_pods

MAX_SCORE = 100
"""Every plugin's scores end in 0..100 before they are weighted (``MaxNodeScore``)."""

NON_ZERO_REQUEST = {CPU: 100, MEMORY: 200 * 1024 * 1024}
"""What a pod that asks for nothing is scored as, in millicores and bytes (``non_zero.go``)."""

RESOURCES_WEIGHT, BALANCE_WEIGHT, TAINT_WEIGHT = 1, 1, 3
NODE_WEIGHT, PODS_WEIGHT, SPREAD_WEIGHT = 2, 2, 2
"""Weights of the default profile."""

HARD_POD_AFFINITY = 0.01
"""``hardPodAffinityWeight``: a pod that requires the incoming one beside it counts like a preferred
term of weight 1, where `Problem.pairings` has 1 for a weight of 100."""

NODE_SKEW, ZONE_SKEW = 3, 5
"""``maxSkew`` of PodTopologySpread's system defaults, over hostname and zone."""


class Placed(Protocol):
    """What the scores ask of a placement that is being built."""

    @property
    def placement(self) -> Ints:
        """``(pods,)`` where each pod is now."""

    @property
    def held(self) -> Ints:
        """``(nodes, resources)`` what is held now."""

    def counted(self, tally: int) -> Ints:
        """``(nodes,)`` pods a tally (by position) counts now in each node's domain."""


class ScoringStrategy(StrEnum):
    """NodeResourcesFit's strategies that need no further arguments."""

    LEAST_ALLOCATED = "LeastAllocated"
    MOST_ALLOCATED = "MostAllocated"


@dataclass(frozen=True)
class Towards:
    """Where lots that the scheduler draws should fall, as far as they may.

    Attributes
    ----------
    plan
        ``(pods,)`` a placement it is compared to.
    kind
        ``(pods,)`` pods of one kind may change places and nothing differs.
    """

    plan: Ints
    kind: Ints


@dataclass(frozen=True)
class KubeScheduler:
    """Reschedules all movable pods, or only the waiting ones where there are any."""

    strategy: ScoringStrategy = ScoringStrategy.LEAST_ALLOCATED
    name: SolverName = SolverName.KUBE_SCHEDULER
    towards: Towards | None = None

    def available(self) -> Availability:
        """Say that it can be used: it is computed here, no cluster is asked."""
        return Availability(ok=True)

    def place(
        self,
        problem: Problem,
        weights: Weights,  # noqa: ARG002  (the scheduler knows none)
        params: SolverParams,
        watch: Watch,
    ) -> Ints:
        """Return what the scheduler would make of it; the current placement if a pod is left out.

        The weights change nothing. It may be worse than the current placement: a baseline says
        what would happen, and `kytos.solve.solve` keeps the better of the two.
        """
        pods = pods_to_place(problem)
        queue = pods[np.lexsort((pods, -problem.priority[pods]))]
        choose = by_score(problem, self.strategy, params.seed, self.towards)
        return replace_pods(problem, queue, choose, watch)


KUBE_SCHEDULER = KubeScheduler()
KUBE_SCHEDULER_MOST_ALLOCATED = KubeScheduler(
    ScoringStrategy.MOST_ALLOCATED, SolverName.KUBE_SCHEDULER_MOST_ALLOCATED
)


def by_score(
    problem: Problem, strategy: ScoringStrategy, seed: int, towards: Towards | None = None
) -> Choose:
    """A choice of the highest total score; ties are drawn by lot, as the scheduler does.

    With `towards` a node among those that tie on which the plan has a pod of the kind is taken
    first: what a lot alone decides is no difference.
    """
    rng = np.random.default_rng(seed)
    scorer = Scorer(problem, strategy)
    wanted: dict[int, Counter[int]] = defaultdict(Counter)
    if towards is not None:
        for kind, node in zip(towards.kind.tolist(), towards.plan.tolist(), strict=True):
            wanted[kind][node] += 1

    def highest(state: PlacementState, pod: int, nodes: Ints) -> int:
        score = scorer.total(state, pod, nodes)
        best = nodes[score == score.max()]
        if towards is None:
            return int(rng.choice(best))
        left = wanted[int(towards.kind[pod])]
        chosen = next((int(node) for node in best if left[int(node)] > 0), None)
        chosen = int(rng.choice(best)) if chosen is None else chosen
        left[chosen] -= 1
        return chosen

    return highest


class Scorer:
    """The default profile's scores of the nodes a pod fits on."""

    def __init__(self, problem: Problem, strategy: ScoringStrategy) -> None:
        """Look up the resources that are scored."""
        self.problem = problem
        self._strategy = strategy
        self._columns = [
            (problem.resources.index(name), least)
            for name, least in NON_ZERO_REQUEST.items()
            if name in problem.resources
        ]

    def total(self, state: Placed, pod: int, nodes: Ints) -> Ints:
        """``(candidates,)`` weighted sum of the plugins' scores."""
        return np.asarray(
            RESOURCES_WEIGHT * self._resources(state, pod, nodes)
            + BALANCE_WEIGHT * self._balance(state, pod, nodes)
            + NODE_WEIGHT * self._preferred_nodes(pod, nodes)
            + TAINT_WEIGHT * self._untainted(pod, nodes)
            + PODS_WEIGHT * self._preferred_pods(state, pod, nodes)
            + SPREAD_WEIGHT * self._spread(state, pod, nodes)
        )

    def _resources(self, state: Placed, pod: int, nodes: Ints) -> Ints:
        """NodeResourcesFit: mean over cpu and memory of what is free (or taken), in percent."""
        score = np.zeros(len(nodes), dtype=np.int64)
        offering = np.zeros(len(nodes), dtype=np.int64)
        for column, least in self._columns:
            offered = self.problem.allocatable[nodes, column]
            taken = state.held[nodes, column] + self._unasked(state, column, least)[nodes]
            taken += max(int(self.problem.request[pod, column]), 0) or least
            if self._strategy is ScoringStrategy.MOST_ALLOCATED:
                part = np.minimum(taken, offered)
            else:
                part = np.maximum(offered - taken, 0)
            score += part * MAX_SCORE // np.maximum(offered, 1)
            offering += offered > 0
        return score // np.maximum(offering, 1)

    def _unasked(self, state: Placed, column: int, least: int) -> Ints:
        """``(nodes,)`` what the placed pods that ask for nothing are counted as."""
        silent = state.placement[(self.problem.request[:, column] == 0) & (state.placement >= 0)]
        return np.asarray(np.bincount(silent, minlength=len(self.problem.nodes)) * least)

    def _balance(self, state: Placed, pod: int, nodes: Ints) -> Ints:
        """NodeResourcesBalancedAllocation: 1 less the deviation of the shares of cpu and memory.

        Of a node that offers one of the two only, the deviation is 0; for a pod that asks for
        neither no node is scored (Kubernetes issue 129138).
        """
        columns = np.array([column for column, _ in self._columns], dtype=np.int64)
        offered = self.problem.allocatable[np.ix_(nodes, columns)]
        taken = state.held[np.ix_(nodes, columns)] + self.problem.request[pod, columns]
        if not self.problem.request[pod, columns].any():
            return np.zeros(len(nodes), dtype=np.int64)
        share = np.minimum(taken / np.maximum(offered, 1), 1.0)
        share = np.where(offered > 0, share, np.nan)
        counted = (offered > 0).sum(axis=1)
        deviation = np.zeros(len(nodes))
        both = counted > 1
        deviation[both] = share[both].std(axis=1)
        return np.asarray(((1 - deviation) * MAX_SCORE).astype(np.int64))

    def _preferred_nodes(self, pod: int, nodes: Ints) -> Ints:
        """NodeAffinity: the weights of the preferred terms a node meets, the most is 100."""
        if self.problem.preference is None:
            return np.zeros(len(nodes), dtype=np.int64)
        return _of_the_most(np.maximum(-self.problem.preference[pod, nodes], 0.0))

    def _untainted(self, pod: int, nodes: Ints) -> Ints:
        """TaintToleration: 100 less the soft taints not tolerated, of which the most is 100."""
        if self.problem.preference is None:
            return np.zeros(len(nodes), dtype=np.int64)
        return MAX_SCORE - _of_the_most(np.maximum(self.problem.preference[pod, nodes], 0.0))

    def _preferred_pods(self, state: Placed, pod: int, nodes: Ints) -> Ints:
        """InterPodAffinity: the pod's own preferences, and those of the pods already there."""
        problem, raw = self.problem, np.zeros(len(nodes))
        for pairing in problem.pairings:
            weight = pairing.weight if pairing.scored is None else pairing.scored
            # Replicas that prefer their own kind count twice: each side's terms match the other.
            for mine, other in (
                (pairing.carriers, pairing.targets),
                (pairing.targets, pairing.carriers),
            ):
                if problem.tallies[mine].members[pod]:
                    raw -= weight * state.counted(other)[nodes]
        for presence in problem.presences:
            if problem.tallies[presence.targets].members[pod]:
                raw += HARD_POD_AFFINITY * state.counted(presence.carriers)[nodes]
        return _stretch(raw)

    def _spread(self, state: Placed, pod: int, nodes: Ints) -> Ints:
        """PodTopologySpread: replicas on the node and in its zone, each weighted by log(size + 2).

        The score of s is 100 (max + min - s) / max, so fewer replicas score more.
        """
        problem, service = self.problem, int(self.problem.service[pod])
        if service < 0:
            return np.zeros(len(nodes), dtype=np.int64)
        placed = state.placement[(problem.service == service) & (state.placement >= 0)]
        on_node = problem.service_fixed[service] + np.bincount(placed, minlength=len(problem.nodes))
        raw = on_node[nodes] * np.log(len(nodes) + 2) + (NODE_SKEW - 1)
        zone = problem.zone
        if (zone[nodes] >= 0).any():
            zones = int(zone.max()) + 1
            in_zone = np.bincount(zone[zone >= 0], on_node[zone >= 0], minlength=zones)
            weight = np.log(len(np.unique(zone[nodes][zone[nodes] >= 0])) + 2)
            raw = raw + np.where(
                zone[nodes] >= 0, in_zone[zone[nodes]] * weight + (ZONE_SKEW - 1), 0.0
            )
        score = np.rint(raw)
        most, least = score.max(), score.min()
        return np.asarray((MAX_SCORE * (most + least - score) // most).astype(np.int64))


def _of_the_most(raw: Floats) -> Ints:
    """Raw scores, in hundredths as preferences are, as whole percentages of the highest.

    ``DefaultNormalizeScore``, in integers; all 0 where there is none.
    """
    hundredths = np.rint(100 * raw).astype(np.int64)
    return np.asarray(MAX_SCORE * hundredths // max(1, int(hundredths.max())))


def _stretch(raw: Floats) -> Ints:
    """Raw scores stretched to 0..100; all 0 where they are all equal."""
    low, high = raw.min(), raw.max()
    if high - low <= 0:
        return np.zeros(len(raw), dtype=np.int64)
    return np.asarray((MAX_SCORE * (raw - low) / (high - low)).astype(np.int64))
