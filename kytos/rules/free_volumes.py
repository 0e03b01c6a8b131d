"""Free volumes made by hand are bound once: pods that are placed together do not share one.

The rule about volumes judges one pod against the cluster as it stands. Of pods placed together as
many may come to a node as it has free local volumes, which is a resource of the node; a volume that
several nodes reach is kept for one claim.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from kytos.cluster import Claim, Cluster, Volume
from kytos.problem import Bools
from kytos.rules.index import RuleIndex
from kytos.rules.node_affinity import nodes_reaching
from kytos.rules.verdicts import SETTLED, refusals
from kytos.rules.waiting_claims import free_for, kept_for

Name = tuple[str, str]
"""Of a claim: its namespace and its own."""


@dataclass(frozen=True)
class Want:
    """A claim that waits for one of the volumes that are there.

    Attributes
    ----------
    pod
        Position of the first pod that mounts it.
    local
        Suiting volumes that one node reaches.
    shared
        Suiting volumes that several nodes reach, each with ``(nodes,)`` those of them that no rule
        closes to the pod.
    """

    claim: Claim
    pod: int
    local: frozenset[str]
    shared: Mapping[str, Bools]


def wants(index: RuleIndex, decided: Collection[str]) -> list[Want]:
    """The claims that compete for free volumes, of the most important pods first."""
    if not index.volumes:
        return []
    wanted: dict[Name, Want] = {}
    waiting = [
        position
        for position, pod in enumerate(index.pods)
        if pod.claims and pod.id in decided and index.home[position] < 0
    ]
    for position in sorted(waiting, key=lambda one: -index.pods[one].priority):
        for claim in _waiting_claims(index, position):
            name = (claim.namespace, claim.name)
            if name not in wanted:
                wanted[name] = _want(index, claim, position)
    return list(wanted.values())


def keep_shared(index: RuleIndex, wanted: list[Want]) -> dict[str, Name]:
    """Which claim each volume that several nodes reach is kept for, by the volume's name.

    As many claims as can be get one, those of the most important pods first; among equals a volume
    where fewest others of the same service were given one. Claims that nobody competes with keep
    their choice.
    """
    rivals = Counter(volume for want in wanted for volume in want.shared)
    given: dict[str, Want] = {}
    crowd: Counter[tuple[str | None, bytes]] = Counter()

    def give(want: Want, tried: set[str]) -> bool:
        service = index.pods[want.pod].service

        def order(volume: str) -> tuple[int, int, str]:
            beside = crowd[service, want.shared[volume].tobytes()]
            return beside, index.volumes[volume].capacity, volume

        for volume in sorted(want.shared.keys() - tried, key=order):
            tried.add(volume)
            if volume not in given or give(given[volume], tried):
                given[volume] = want
                return True
        return False

    for want in wanted:
        if any(rivals[volume] > 1 for volume in want.shared) and give(want, set()):
            volume = next(name for name, owner in given.items() if owner is want)
            crowd[index.pods[want.pod].service, want.shared[volume].tobytes()] += 1
    return {volume: (want.claim.namespace, want.claim.name) for volume, want in given.items()}


def count_local(
    index: RuleIndex,
    wanted: list[Want],
    kept: Mapping[str, Name],
    asked: defaultdict[str, Counter[str]],
    offered: defaultdict[int, dict[str, int]],
) -> None:
    """Write free local volumes as resources.

    For every set of volumes that suits some claim: of the claims that nothing outside of it suits,
    a node takes as many as it has volumes of the set.

    Parameters
    ----------
    kept
        What `keep_shared` returned.
    """
    served = set(kept.values())
    local = [
        want
        for want in wanted
        if want.local
        and want.shared.keys() <= kept.keys()
        and (want.claim.namespace, want.claim.name) not in served
    ]
    for suiting in dict.fromkeys(want.local for want in local):
        claims = [want for want in local if want.local <= suiting]
        if len(claims) < 2:
            continue
        name = f"free volumes of class {claims[0].claim.storage_class}"
        if name in asked[index.pods[claims[0].pod].id]:
            name += f" for claim {claims[-1].claim.name}"
        for want in claims:
            asked[index.pods[want.pod].id][name] += 1
        there = np.zeros(len(index.nodes), dtype=np.int64)
        for volume in suiting:
            there += nodes_reaching(index, index.volumes[volume])
        for node, count in enumerate(there):
            offered[node][name] = int(count)


def with_taken_volumes(cluster: Cluster) -> Cluster:
    """Return the cluster as planned: pods that were given a node there have taken their volumes."""
    if not cluster.volumes:
        return cluster
    index = RuleIndex(cluster)
    taken: dict[str, Name] = {}
    for position in np.flatnonzero(index.home >= 0):
        claims = _waiting_claims(index, int(position)) if index.pods[position].claims else ()
        for claim in sorted(claims, key=lambda one: one.capacity):
            name = (claim.namespace, claim.name)
            suiting = sorted(free_for(index, claim), key=lambda one: one.capacity)
            for volume in suiting if name not in taken.values() else ():
                here = nodes_reaching(index, volume)[index.home[position]]
                if here and volume.name not in taken:
                    taken[volume.name] = name
                    break
    return cluster.replace(volumes=kept_volumes(index, taken)) if taken else cluster


def kept_volumes(index: RuleIndex, kept: Mapping[str, Name]) -> tuple[Volume, ...]:
    """The cluster's volumes, these kept for those claims."""
    return tuple(
        volume.model_copy(update={"claim": "/".join(kept[volume.name])})
        if volume.name in kept
        else volume
        for volume in index.cluster.volumes
    )


def _waiting_claims(index: RuleIndex, pod: int) -> Iterator[Claim]:
    """Claims of a pod that only a volume made by hand can serve, and none is kept for."""
    subject = index.pods[pod]
    for name in dict.fromkeys(subject.claims):
        claim = index.claims.get((subject.namespace, name))
        if claim is None or claim.volume is not None or claim.terminating or claim.lost:
            continue
        made = index.storage_classes.get(claim.storage_class or "")
        by_hand = made is not None and not made.provisions
        if by_hand and claim.selected_node is None and not kept_for(index, claim):
            yield claim


def _want(index: RuleIndex, claim: Claim, pod: int) -> Want:
    closed = np.zeros(len(index.nodes), dtype=np.bool_)
    for rule in SETTLED:
        closed |= refusals(index, rule, [pod])[0]
    local, shared = set(), {}
    for volume in free_for(index, claim):
        reached = nodes_reaching(index, volume)
        if reached.sum() == 1:
            local.add(volume.name)
        elif (reached & ~closed).any():
            shared[volume.name] = reached & ~closed
    return Want(claim, pod, frozenset(local), shared)
