"""The rule about topology spread: a domain may not get too far ahead of the emptiest."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kytos.cluster import Pod, Requirement, SpreadConstraint
from kytos.language import said
from kytos.pod_sets import PodSet
from kytos.problem import Bools, Ints
from kytos.rules.base import Rule, none_refused
from kytos.rules.index import RuleIndex, sum_by
from kytos.rules.node_affinity import asked_nodes
from kytos.rules.taints import tolerated_nodes
from kytos.rules.terms import with_label_keys


@dataclass(frozen=True)
class Spread:
    """A hard spread constraint of a pod with what it leaves to the pod filled in.

    Attributes
    ----------
    eligible
        ``(nodes,)`` those whose domains and pods count.
    """

    topology_key: str
    max_skew: int
    min_domains: int
    namespace: str
    requirements: tuple[Requirement, ...] | None
    eligible: Bools

    @property
    def identity(self) -> tuple[Hashable, ...]:
        """What tells two constraints apart."""
        return (
            self.topology_key,
            self.max_skew,
            self.min_domains,
            self.namespace,
            self.requirements,
            self.eligible.tobytes(),
        )


def hard_constraints(pod: Pod) -> list[SpreadConstraint]:
    """The constraints that filter."""
    return [constraint for constraint in pod.spread if constraint.hard]


def resolve_spread(
    index: RuleIndex, pod: Pod, constraints: Sequence[SpreadConstraint]
) -> list[Spread]:
    """Fill in selectors and eligible nodes.

    A node that lacks the key of any of `constraints` drops out of all of them; nodes the pod's
    selector and affinity do not ask for drop out unless told otherwise, tainted ones only when
    told so. Source: ``calPreFilterState`` and ``matchNodeInclusionPolicies`` of Kubernetes'
    PodTopologySpread plugin.
    """
    carrying = ~lacks_a_key(index, constraints)
    spreads = []
    for constraint in constraints:
        eligible = carrying
        if constraint.honor_node_affinity:
            eligible = eligible & asked_nodes(index, pod)
        if constraint.honor_node_taints:
            eligible = eligible & tolerated_nodes(index, pod.tolerations)
        spreads.append(
            Spread(
                topology_key=constraint.topology_key,
                max_skew=constraint.max_skew,
                min_domains=constraint.min_domains or 1,
                namespace=pod.namespace,
                requirements=with_label_keys(pod, constraint.selector, constraint.match_label_keys),
                eligible=eligible,
            )
        )
    return spreads


def lacks_a_key(index: RuleIndex, constraints: Sequence[SpreadConstraint]) -> Bools:
    """``(nodes,)`` those without the topology key of one of the constraints."""
    return lacks_keys(index, [constraint.topology_key for constraint in constraints])


def lacks_keys(index: RuleIndex, keys: Sequence[str]) -> Bools:
    """``(nodes,)`` those without one of the topology keys."""
    lacking = none_refused(index)
    for key in keys:
        lacking = lacking | (index.topology(key).of_node < 0)
    return lacking


def counted_pods(index: RuleIndex, spread: Spread) -> PodSet:
    """``(pods,)`` those a constraint counts, bound or not.

    Pods being deleted are passed over, and an empty selector counts nobody.
    """

    def find() -> PodSet:
        positions = index.pod_labels.members(spread.requirements or None)
        positions = positions[
            index.inside(positions, {spread.namespace}) & ~index.terminating[positions]
        ]
        return PodSet(positions, len(index.pods))

    return index.once(("spread", spread.namespace, spread.requirements), find)


def counts_itself(index: RuleIndex, spread: Spread, pod: int) -> bool:
    """Whether the pod adds one to the domain it enters; with an empty selector it does."""
    if spread.requirements is None:
        return False
    key = ("spread matches", spread.requirements)
    matched = index.once(
        key, lambda: PodSet(index.pod_labels.members(spread.requirements), len(index.pods))
    )
    return bool(matched[pod])


class TopologySpread(Rule):
    """Counted pods of the domain, plus the pod if it is one, at most `max_skew` above the least.

    The least is 0 while there are fewer domains than `min_domains`. Source: the Filter of
    Kubernetes' PodTopologySpread plugin.
    """

    name = "topology spread"
    summary = "topology spread"
    settled = False

    def key(self, index: RuleIndex, pod: int) -> Hashable:
        """The constraints, whom they count, and the pod itself where it is counted."""
        subject = index.pods[pod]
        constraints = hard_constraints(subject)
        if not constraints:
            return None
        spreads = self._spreads(index, pod)
        itself = tuple(counts_itself(index, spread, pod) for spread in spreads)
        return (
            tuple(spread.identity for spread in spreads),
            itself,
            int(index.home[pod]) if any(itself) and not subject.terminating else None,
        )

    def refused(self, index: RuleIndex, pod: int) -> Bools:
        """``(nodes,)`` without a key, or too far ahead."""
        refused = lacks_a_key(index, hard_constraints(index.pods[pod]))
        for spread in self._spreads(index, pod):
            refused = refused | (self._skews(index, pod, spread) > spread.max_skew)
        return refused

    def reason(self, index: RuleIndex, pod: int, node: int) -> str:
        """Name the key that is missing, or the skew."""
        for constraint in hard_constraints(index.pods[pod]):
            if index.topology(constraint.topology_key).of_node[node] < 0:
                return said(f"topology spread: the node has no label {constraint.topology_key}")
        spread, skew = self._broken(index, pod, node)[0]
        topology = index.topology(spread.topology_key)
        domain = topology.names[topology.of_node[node]]
        return said(
            f"topology spread: {spread.topology_key} {domain} would be {skew} above the emptiest, "
            f"at most {spread.max_skew} is allowed"
        )

    def remedy(self, index: RuleIndex, pod: int, node: int) -> str | None:
        """Allow the skew, of every constraint that is broken."""
        if lacks_a_key(index, hard_constraints(index.pods[pod]))[node]:
            return None
        broken = " and ".join(
            f"over {spread.topology_key} to {skew}"
            for spread, skew in self._broken(index, pod, node)
        )
        return said(f"raise maxSkew {broken}")

    def lets_in_once_eligible(self, index: RuleIndex, pod: int, node: int) -> bool:
        """Whether a node that the pod neither asks for nor tolerates would pass once it did.

        Its pods and its domain then count as well.
        """
        for spread in self._spreads(index, pod):
            eligible = spread.eligible.copy()
            eligible[node] = True
            counting = replace(spread, eligible=eligible)
            if self._skews(index, pod, counting)[node] > spread.max_skew:
                return False
        return True

    def _spreads(self, index: RuleIndex, pod: int) -> list[Spread]:
        subject = index.pods[pod]
        return index.once(
            ("spreads of", pod), lambda: resolve_spread(index, subject, hard_constraints(subject))
        )

    def _broken(self, index: RuleIndex, pod: int, node: int) -> list[tuple[Spread, int]]:
        """The constraints that refuse the node, and the skew of each."""
        skews = [
            (spread, int(self._skews(index, pod, spread)[node]))
            for spread in self._spreads(index, pod)
        ]
        return [(spread, skew) for spread, skew in skews if skew > spread.max_skew]

    def _skews(self, index: RuleIndex, pod: int, spread: Spread) -> Ints:
        """``(nodes,)`` the skew if the pod ran there."""
        topology = index.topology(spread.topology_key)
        counted = counted_pods(index, spread)
        per_node = index.once(
            ("spread counts", spread.namespace, spread.requirements),
            lambda: index.per_node(counted),
        )
        if index.home[pod] >= 0 and counted[pod]:
            per_node = per_node.copy()
            per_node[index.home[pod]] -= 1
        domains = len(topology.names)
        within = np.where(spread.eligible, topology.of_node, -1)
        sums = sum_by(within, per_node, domains)
        present = np.unique(within[within >= 0])
        least = int(sums[present].min()) if len(present) >= max(1, spread.min_domains) else 0
        return topology.at_nodes(sums) + counts_itself(index, spread, pod) - least
