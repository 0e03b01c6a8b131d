"""What pods would rather have, as weights: preferred affinities, soft spread, soft taints.

A preference of weight 100, the most Kubernetes allows, is worth one pair of replicas on a node; a
pair in one zone that a soft spread would keep apart is worth ten
(docs/decisions/0146-soft-preferences.md).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from kytos.cluster import HOSTNAME, Effect, Pod
from kytos.pairs import PairCosts, PairRows
from kytos.pod_sets import PodSet
from kytos.problem import Floats, Pairing, Tally
from kytos.rules.index import RuleIndex, Topology
from kytos.rules.node_affinity import nodes_of_term
from kytos.rules.taints import tolerates
from kytos.rules.tallies import TallyBook
from kytos.rules.terms import matched_pods, resolve
from kytos.rules.topology_spread import counted_pods, resolve_spread

FULL_WEIGHT = 100.0
"""The largest weight of a preferred term."""
SOFT_TAINT = 1.0
"""Running on a node with a PreferNoSchedule taint that is not tolerated: as bad as a preferred
node term of full weight is good."""
DOMAIN_SPREAD = 10.0
"""A pair in one domain of a soft spread over more than single nodes: five ordinary moves, so half a
node where ten moves are worth one. What a zone takes with it when it fails is worth more than one
of the nodes in it; two replicas on one node that a soft spread over hostnames would keep apart are
one pair more."""


def node_preference(index: RuleIndex, pods: Sequence[int]) -> PairCosts | None:
    """``(pods, nodes)`` what running there is worth, negative attracts; None where nothing is."""
    known: dict[Hashable, int] = {}
    rows: list[Floats] = []
    of_pod = np.zeros(len(pods), dtype=np.int64)
    for position, pod in enumerate(pods):
        subject = index.pods[pod]
        of_pod[position] = known.setdefault(
            (subject.preferred_node_terms, subject.tolerations), len(rows)
        )
        if len(known) > len(rows):
            rows.append(_node_preference(index, subject))
    if not any(row.any() for row in rows):
        return None
    return PairRows(of_pod, np.array(rows, dtype=np.float64)).merged()


def pairings(index: RuleIndex, book: TallyBook) -> tuple[Pairing, ...]:
    """Preferred pod affinity and anti-affinity, and ScheduleAnyway spread as pairs.

    A spread kept even has the fewest pairs per domain (the sum of k(k - 1)/2 is convex, and like
    the sum of squared counts but for a constant), so each counted pair in one domain weighs
    1 / maxSkew, or `DOMAIN_SPREAD` / maxSkew where domains are wider than a node.
    """
    weights: dict[tuple[int, int], Floats] = {}
    for preference in _preferred(index):
        carriers = book.tally(preference.topology, preference.carriers)
        targets = book.tally(preference.topology, preference.targets)
        if _depends_on_decisions(carriers, targets):
            pair = book.keep(carriers), book.keep(targets)
            added = np.array([preference.weight, preference.scored])
            weights[pair] = weights.get(pair, np.zeros(2)) + added
    return tuple(
        Pairing(carriers, targets, weight, None if scored == weight else scored)
        for (carriers, targets), both in weights.items()
        for weight, scored in [both.tolist()]
        if weight or scored
    )


def _node_preference(index: RuleIndex, pod: Pod) -> Floats:
    """``(nodes,)``."""
    worth = np.zeros(len(index.nodes))
    for preferred in pod.preferred_node_terms:
        worth[nodes_of_term(index, preferred.term)] -= preferred.weight / FULL_WEIGHT
    for position, node in enumerate(index.nodes):
        for taint in node.taints:
            if taint.effect is Effect.PREFER_NO_SCHEDULE and not tolerates(pod.tolerations, taint):
                worth[position] += SOFT_TAINT
    return worth


@dataclass(frozen=True)
class _Preference:
    """One distinct preference between pods of the cluster."""

    topology: Topology
    carriers: PodSet
    targets: PodSet
    weight: float
    scored: float


def _preferred(index: RuleIndex) -> Iterator[_Preference]:
    """Each distinct preference with the pods that carry it."""
    carriers: dict[Hashable, list[int]] = defaultdict(list)
    known: dict[Hashable, tuple[Topology, PodSet, float, float]] = {}
    for position, pod in enumerate(index.pods):
        for sign, terms in ((-1, pod.preferred_affinity), (1, pod.preferred_anti_affinity)):
            for preferred in terms:
                term = resolve(index, pod, preferred.term)
                key: Hashable = (term, sign * preferred.weight)
                carriers[key].append(position)
                if key not in known:
                    weight = sign * preferred.weight / FULL_WEIGHT
                    topology = index.topology(term.topology_key)
                    known[key] = (topology, matched_pods(index, term), weight, weight)
        soft = [constraint for constraint in pod.spread if not constraint.hard]
        for spread in resolve_spread(index, pod, soft) if soft else ():
            if spread.requirements:
                carriers[spread.identity].append(position)
                if spread.identity not in known:
                    topology = index.topology(spread.topology_key)
                    counted = counted_pods(index, spread)
                    pair = 1.0 if spread.topology_key == HOSTNAME else DOMAIN_SPREAD
                    weight, scored = pair / spread.max_skew, 1 / spread.max_skew
                    known[spread.identity] = (topology, counted, weight, scored)
    for name, (topology, targets, weight, scored) in known.items():
        carrying = PodSet(np.unique(carriers[name]), len(index.pods))
        yield _Preference(topology, carrying, targets, weight, scored)


def _depends_on_decisions(carriers: Tally, targets: Tally) -> bool:
    """Whether the number of pairs does."""
    moving = carriers.members.any() and (targets.members.any() or targets.fixed.any())
    return bool(moving or (carriers.fixed.any() and targets.members.any()))
