"""The rules about volumes: where a pod's claims can be reached, and which are exclusive."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping

import numpy as np

from kytos.cluster import REGION, ZONE, Claim, Volume
from kytos.language import said
from kytos.problem import Bools, Ints
from kytos.rules.base import Rule, none_refused
from kytos.rules.index import RuleIndex
from kytos.rules.labels import ABSENT
from kytos.rules.node_affinity import nodes_reaching
from kytos.rules.waiting_claims import nodes_serving

EXCLUSIVE = "ReadWriteOncePod"
_ZONE_SEPARATOR = "__"
_STABLE_KEY = {
    ZONE: ZONE,
    REGION: REGION,
    "failure-domain.beta.kubernetes.io/zone": ZONE,
    "failure-domain.beta.kubernetes.io/region": REGION,
}


def exclusive_users(index: RuleIndex) -> Mapping[tuple[str, str], Ints]:
    """Positions of the pods that mount each ReadWriteOncePod claim, by namespace and name."""

    def find() -> Mapping[tuple[str, str], Ints]:
        users: dict[tuple[str, str], list[int]] = defaultdict(list)
        for position, pod in enumerate(index.pods):
            for name in dict.fromkeys(pod.claims):
                claim = index.claims.get((pod.namespace, name))
                if claim is not None and EXCLUSIVE in claim.access_modes:
                    users[pod.namespace, name].append(position)
        return {key: np.array(pods, dtype=np.int64) for key, pods in users.items()}

    return index.once("exclusive users", find)


class Volumes(Rule):
    """Every claim of the pod must be there and its volume reachable from the node.

    A claim that is made with its pod is served where its class makes volumes, whenever those are
    bound. A bound claim brings its volume's node affinity and its zone and region labels. Unbound
    ones that wait for their first consumer are judged together (`kytos.rules.waiting_claims`). Any
    other unbound claim, or a missing one, refuses every node. ReadWriteOnce is not exclusive to
    the scheduler.

    Source: Kubernetes' VolumeBinding and VolumeZone plugins.
    """

    name = "volumes"
    summary = "volume not reachable"
    settled = True

    def key(self, index: RuleIndex, pod: int) -> Hashable:
        """The claims decide."""
        subject = index.pods[pod]
        return (subject.namespace, subject.claims) if subject.claims else None

    def refused(self, index: RuleIndex, pod: int) -> Bools:
        """``(nodes,)`` those one of the claims cannot be reached from."""
        refused = none_refused(index)
        for _, nodes in self._refusals(index, pod):
            refused = refused | nodes
        return refused

    def reason(self, index: RuleIndex, pod: int, node: int) -> str:
        """Name the first claim in the way."""
        return next(why for why, nodes in self._refusals(index, pod) if nodes[node])

    def _refusals(self, index: RuleIndex, pod: int) -> Iterator[tuple[str, Bools]]:
        """Sentence and ``(nodes,)`` of each thing in the way."""
        everywhere = ~none_refused(index)
        namespace = index.pods[pod].namespace
        waiting: list[Claim] = []
        unknown = {claim.name for claim in index.pods[pod].claims_to_make}
        for name in dict.fromkeys(index.pods[pod].claims):
            claim = index.claims.get((namespace, name))
            if claim is None and name in unknown:
                continue  # not judged: the answer's notes say so
            if claim is None:
                yield said(f"persistent volume claim {name} does not exist"), everywhere
            elif claim.terminating:
                yield said(f"persistent volume claim {name} is being deleted"), everywhere
            elif claim.lost:
                yield said(f"persistent volume claim {name} lost its volume"), everywhere
            elif claim.volume is None:
                storage_class = index.storage_classes.get(claim.storage_class or "")
                if storage_class is None:
                    known = said(f"claim {name} is unbound and has no storage class that is known")
                    yield known, everywhere
                elif storage_class.waits_for_consumer or claim.to_be_made:
                    waiting.append(claim)
                else:
                    yield said(f"claim {name} is not bound to a volume"), everywhere
            elif not claim.binding_completed:
                yield said(f"claim {name} is not bound to volume {claim.volume} yet"), everywhere
            elif claim.volume not in index.volumes:
                yield said(f"volume {claim.volume} of claim {name} does not exist"), everywhere
            else:
                volume = index.volumes[claim.volume]
                yield (
                    said(f"volume {volume.name} of claim {name} cannot be reached from the node"),
                    ~nodes_reaching(index, volume),
                )
                yield (
                    said(f"volume {volume.name} of claim {name} is in another zone or region"),
                    _outside_zone(index, volume),
                )
        for claim, nodes in nodes_serving(index, waiting):
            why = said(
                f"claim {claim.name} waits for a volume of class {claim.storage_class}: none here"
            )
            yield why, ~nodes


class ExclusiveVolumes(Rule):
    """A ReadWriteOncePod claim that another pod uses keeps a pod off every node.

    Source: Kubernetes' VolumeRestrictions plugin.
    """

    name = "exclusive volumes"
    summary = "volume claim in use"
    settled = False

    def key(self, index: RuleIndex, pod: int) -> Hashable:
        """The claims, and the pod itself where it runs."""
        claims = self._claims(index, pod)
        return (claims, pod if index.home[pod] >= 0 else None) if claims else None

    def refused(self, index: RuleIndex, pod: int) -> Bools:
        """``(nodes,)`` all or none."""
        in_use = any(len(self._users(index, pod, claim)) for claim in self._claims(index, pod))
        return np.full(len(index.nodes), in_use, dtype=np.bool_)

    def reason(self, index: RuleIndex, pod: int, node: int) -> str:
        """Name the claim and its user."""
        claim, users = self._in_use(index, pod)[0]
        return said(f"claim {claim} is {EXCLUSIVE} and in use by {index.pods[users[0]].id}")

    def remedy(self, index: RuleIndex, pod: int, node: int) -> str | None:
        """Stop the other pod, where it is one."""
        users = {user for _, pods in self._in_use(index, pod) for user in pods}
        return said(f"stop {index.pods[users.pop()].id}") if len(users) == 1 else None

    def _claims(self, index: RuleIndex, pod: int) -> tuple[tuple[str, str], ...]:
        namespace = index.pods[pod].namespace
        return tuple(
            (namespace, name)
            for name in dict.fromkeys(index.pods[pod].claims)
            if (namespace, name) in exclusive_users(index)
        )

    def _users(self, index: RuleIndex, pod: int, claim: tuple[str, str]) -> Ints:
        users = exclusive_users(index)[claim]
        return np.asarray(users[(users != pod) & (index.home[users] >= 0)])

    def _in_use(self, index: RuleIndex, pod: int) -> list[tuple[str, list[int]]]:
        """Each exclusive claim of the pod that others use, and who does."""
        in_use = []
        for claim in self._claims(index, pod):
            users = self._users(index, pod, claim)
            if len(users):
                in_use.append((claim[1], [int(user) for user in users]))
        return in_use


def _outside_zone(index: RuleIndex, volume: Volume) -> Bools:
    """``(nodes,)`` in another zone or region than the volume's labels say.

    A node with none of the four labels is let through; one with some must match each label of the
    volume, an old (beta) key also by its present name.
    """
    outside = none_refused(index)
    columns = {key: index.node_labels.column(key) for key in _STABLE_KEY}
    placed = none_refused(index)
    for column in columns.values():
        placed = placed | (column.codes != ABSENT)
    for key, stable in _STABLE_KEY.items():
        zones = volume.labels.get(key, "").split(_ZONE_SEPARATOR)
        if not all(zones):
            # The scheduler passes over a label it cannot read.
            continue
        own, present = columns[key], columns[stable]
        inside_own = own.among(zones)
        inside_present = present.among(zones)
        outside |= ~np.where(own.codes != ABSENT, inside_own, inside_present)
    return outside & placed
