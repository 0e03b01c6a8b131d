"""The rules as a solver sees them: allowed pairs, and tallies for what depends on other pods."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kytos.cluster import Cluster, Pod
from kytos.pairs import MaskBuilder, PairCosts, PairMask, kinds_of
from kytos.pod_sets import PodSet
from kytos.problem import Exclusion, Ints, Pairing, Presence, Skew, Tally
from kytos.rules.devices import DynamicResources
from kytos.rules.host_ports import ANY_ADDRESS, HostPorts, port_users
from kytos.rules.index import RuleIndex, Topology
from kytos.rules.pod_affinity import (
    PodAffinity,
    PodAntiAffinity,
    affinity_terms,
    anti_affinity_carriers,
    lacks_a_key,
)
from kytos.rules.preferences import node_preference, pairings
from kytos.rules.shared_claims import shared_claims
from kytos.rules.tallies import TallyBook, each_node, whole_cluster
from kytos.rules.terms import Term, matched_by_all, matched_pods
from kytos.rules.topology_spread import (
    Spread,
    TopologySpread,
    counted_pods,
    hard_constraints,
    lacks_keys,
    resolve_spread,
)
from kytos.rules.verdicts import forbid_refused, static_mask
from kytos.rules.volumes import ExclusiveVolumes, exclusive_users
from kytos.rules.wording import selector_written


@dataclass(frozen=True)
class CompiledRules:
    """The parts of a `kytos.problem.Problem` that come from rules and preferences.

    Attributes
    ----------
    allowed
        ``(pods, nodes)`` pairs that neither pod and node alone nor the pods that stay forbid;
        where a pod runs now is always allowed.
    preference
        ``(pods, nodes)`` see `Problem.preference`, or None where nobody prefers anything.
    """

    allowed: PairMask
    preference: PairCosts | None
    tallies: tuple[Tally, ...]
    exclusions: tuple[Exclusion, ...]
    presences: tuple[Presence, ...]
    skews: tuple[Skew, ...]
    pairings: tuple[Pairing, ...]


def compile_rules(cluster: Cluster, decide: Sequence[Pod]) -> CompiledRules:
    """Return the rules for the pods of `decide`, all others staying where they are.

    Equal terms of any number of pods share a tally, so tallies grow with distinct terms. What the
    pods that stay settle for good (a port they hold, a pod they keep away) goes into `allowed`.

    Parameters
    ----------
    decide
        Pods of `cluster`, bound or not.

    Raises
    ------
    ValueError
        When a pod is not one of the cluster's.
    """
    index = RuleIndex(cluster)
    positions = [_position(cluster, pod) for pod in decide]
    book = TallyBook(index, positions)
    allowed = static_mask(index, positions)
    _forbid_too_large(allowed, index, positions)
    # Claims as they stand: what nobody can judge, or another pod holds, is not gone for.
    forbid_refused(allowed, index, DynamicResources(), positions)
    exclusions = tuple(_exclusions(index, book, allowed))
    presences = (
        *_presences(index, book, positions, allowed),
        *shared_claims(index, book, positions, allowed),
    )
    skews = tuple(_skews(index, book, positions, allowed))
    soft = pairings(index, book)
    homes = index.home[positions]
    bound = np.flatnonzero(homes >= 0)
    allowed.open(bound, homes[bound])
    return CompiledRules(
        allowed=allowed.mask(),
        preference=node_preference(index, positions),
        tallies=book.tallies,
        exclusions=exclusions,
        presences=presences,
        skews=skews,
        pairings=soft,
    )


def _position(cluster: Cluster, pod: Pod) -> int:
    position = cluster.pod_index.get(pod.id)
    if position is None:
        raise ValueError(
            f"pod {pod.id!r} is to be decided on but is not in the cluster; add it to the "
            "cluster's pods first"
        )
    return position


def _forbid_too_large(allowed: MaskBuilder, index: RuleIndex, positions: Sequence[int]) -> None:
    """Close the pairs where the pod would not even fit the empty node."""
    requests, kind = kinds_of(index.request[positions])
    offered = index.allocatable
    # What fits the smallest amount of everything fits everywhere.
    least = offered.min(axis=0) if len(offered) else 0
    large = np.any((requests > least) & (requests > 0), axis=1)
    allowed.forbid_by_kind(
        np.where(large[kind], kind, -1),
        lambda at: ((requests[at] > offered) & (requests[at] > 0)).any(axis=1),
    )


@dataclass(frozen=True)
class _Rivals:
    """Two sets of the cluster's pods that may not share a domain."""

    topology: Topology
    carriers: PodSet
    targets: PodSet
    rule: str


def _exclusions(index: RuleIndex, book: TallyBook, allowed: MaskBuilder) -> Iterator[Exclusion]:
    """Exclusions among the pods to decide on; `allowed` learns those against pods that stay."""
    seen: set[tuple[int, int]] = set()
    for rivals in _all_rivals(index):
        carriers = book.tally(rivals.topology, rivals.carriers)
        targets = book.tally(rivals.topology, rivals.targets)
        for members, held in ((carriers.members, targets), (targets.members, carriers)):
            taken = rivals.topology.at_nodes(held.fixed) > 0
            if members.any() and taken.any():
                allowed.forbid(members.positions, taken)
        involved = np.union1d(carriers.members.positions, targets.members.positions)
        if not (carriers.members.any() and targets.members.any() and len(involved) > 1):
            continue
        pair = book.keep(carriers), book.keep(targets)
        if pair not in seen:
            seen.add(pair)
            yield Exclusion(*pair, rule=rivals.rule)


def _all_rivals(index: RuleIndex) -> Iterator[_Rivals]:
    for term, carriers in anti_affinity_carriers(index).items():
        rule = f"{PodAntiAffinity.name}: {selector_written(term.requirements)}"
        yield _Rivals(index.topology(term.topology_key), carriers, matched_pods(index, term), rule)
    nodes = each_node(index)
    for (protocol, port), users in port_users(index).items():
        by_address = {address: _among(index, pods) for address, pods in users.items()}
        everyone = _among(index, np.unique(np.concatenate(list(users.values()))))
        for address, holders in by_address.items():
            against = everyone if address == ANY_ADDRESS else holders
            yield _Rivals(nodes, holders, against, f"{HostPorts.name}: {port}/{protocol}")
    for (_, claim), positions in exclusive_users(index).items():
        users_of_claim = _among(index, positions)
        rule = f"{ExclusiveVolumes.name}: {claim}"
        yield _Rivals(whole_cluster(index), users_of_claim, users_of_claim, rule)


def _presences(
    index: RuleIndex, book: TallyBook, positions: Sequence[int], allowed: MaskBuilder
) -> Iterator[Presence]:
    """One presence per topology key of each distinct list of affinity terms."""
    for terms, carrying in _affinity_carriers(index).items():
        company = matched_by_all(index, terms)
        allowed.forbid(carrying.within(np.array(positions)), lacks_a_key(index, terms))
        for key in dict.fromkeys(term.topology_key for term in terms):
            topology = _with_other_keys(index, key, terms)
            carriers, targets = book.tally(topology, carrying), book.tally(topology, company)
            if not targets.members.any():
                without = topology.at_nodes(targets.fixed) <= 0
                allowed.forbid(carriers.members.positions, without)
            elif carriers.members.any() or carriers.fixed.any():
                yield Presence(
                    book.keep(carriers),
                    book.keep(targets),
                    rule=f"{PodAffinity.name}: {_written(terms)}",
                    alone=PodSet.of(carriers.members & targets.members),
                )


def _affinity_carriers(index: RuleIndex) -> dict[tuple[Term, ...], PodSet]:
    carriers: dict[tuple[Term, ...], list[int]] = {}
    for pod, carrier in enumerate(index.pods):
        if carrier.affinity:
            carriers.setdefault(affinity_terms(index, pod), []).append(pod)
    return {terms: _among(index, pods) for terms, pods in carriers.items()}


def _with_other_keys(index: RuleIndex, key: str, terms: Sequence[Term]) -> Topology:
    """The domains of `key`, and one for nodes that have only another of the terms' keys.

    The first-pod exception looks for company under all keys at once: what is there under another
    key must count as somewhere, though no carrier may go to it.
    """
    topology = index.topology(key)
    others = [index.topology(term.topology_key).of_node >= 0 for term in terms]
    under_another_key = (topology.of_node < 0) & np.logical_or.reduce(others)
    if not under_another_key.any():
        return topology
    of_node = np.where(under_another_key, len(topology.names), topology.of_node)
    return Topology(of_node, (*topology.names, f"no {key}"))


def _skews(
    index: RuleIndex, book: TallyBook, positions: Sequence[int], allowed: MaskBuilder
) -> Iterator[Skew]:
    asking: dict[tuple[str, ...], list[int]] = {}
    for row, pod in enumerate(positions):
        if index.pods[pod].spread:
            keys = tuple(spread.topology_key for spread in hard_constraints(index.pods[pod]))
            asking.setdefault(keys, []).append(row)
    for keys, rows in asking.items():
        allowed.forbid(np.array(rows), lacks_keys(index, keys))
    for spread, carrying in _spread_carriers(index):
        topology = _eligible_domains(index, spread)
        carriers = book.tally(topology, carrying)
        counted = book.tally(topology, counted_pods(index, spread))
        if carriers.members.any() or (carriers.fixed.any() and counted.members.any()):
            yield Skew(
                book.keep(carriers),
                book.keep(counted),
                max_skew=spread.max_skew,
                min_domains=spread.min_domains,
                eligible=np.ones(len(topology.names), dtype=np.bool_),
                rule=f"{TopologySpread.name}: {selector_written(spread.requirements)} "
                f"over {spread.topology_key}",
            )


def _spread_carriers(index: RuleIndex) -> list[tuple[Spread, PodSet]]:
    """Each distinct hard constraint with the pods that carry it.

    One that counts nobody (an empty or a missing selector) never refuses a node that has the key.
    A pod being deleted no longer asks for anything.
    """
    carriers: dict[tuple[object, ...], tuple[Spread, list[int]]] = {}
    for position, pod in enumerate(index.pods):
        if pod.terminating or not pod.spread:
            continue
        for spread in resolve_spread(index, pod, hard_constraints(pod)):
            if spread.requirements:
                entry = carriers.setdefault(spread.identity, (spread, []))
                entry[1].append(position)
    return [(spread, _among(index, pods)) for spread, pods in carriers.values()]


def _eligible_domains(index: RuleIndex, spread: Spread) -> Topology:
    """The domains with an eligible node; nodes that are not eligible lie in none."""
    topology = index.topology(spread.topology_key)
    within = np.where(spread.eligible, topology.of_node, -1)
    present = np.unique(within[within >= 0])
    renumbered = np.full(len(topology.names) + 1, -1, dtype=np.int64)
    renumbered[present] = np.arange(len(present))
    return replace(
        topology,
        of_node=renumbered[within],
        names=tuple(topology.names[domain] for domain in present),
    )


def _among(index: RuleIndex, pods: Sequence[int] | Ints) -> PodSet:
    """Those of the cluster's pods at the positions given, each once and ascending."""
    return PodSet(np.unique(np.asarray(pods, dtype=np.int64)), len(index.pods))


def _written(terms: Sequence[Term]) -> str:
    return " and ".join(selector_written(term.requirements) for term in terms)
