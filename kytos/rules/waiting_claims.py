"""Where claims that wait for a first consumer could be served: by a free volume or a new one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from kytos.cluster import Claim, LabelSelector, StorageClass, Volume
from kytos.problem import Bools
from kytos.rules.base import none_refused
from kytos.rules.index import RuleIndex
from kytos.rules.labels import LabelTable
from kytos.rules.node_affinity import nodes_of_terms, nodes_reaching


def nodes_serving(index: RuleIndex, claims: Sequence[Claim]) -> Iterator[tuple[Claim, Bools]]:
    """Each of one pod's waiting claims with ``(nodes,)`` where it could be served.

    On each node the smallest claim takes the smallest free volume that suits it, then the next;
    two claims never share one. What finds none is served where its class makes volumes. A claim
    whose volume is already being made is served on that node alone.

    Source: ``FindPodVolumes`` of Kubernetes' VolumeBinding plugin and ``FindMatchingVolume`` of
    component-helpers. Where several claims or volumes are of one size their order is undefined
    there; here it is the order they are listed in.
    """
    taken: dict[str, Bools] = {}
    for claim in sorted(claims, key=lambda one: one.capacity):
        if claim.selected_node is not None:
            chosen = [node.name == claim.selected_node for node in index.nodes]
            yield claim, np.array(chosen, dtype=np.bool_) & _made(index, claim)
        else:
            yield claim, _matched(index, claim, taken) | _made(index, claim)


def _made(index: RuleIndex, claim: Claim) -> Bools:
    """``(nodes,)`` where the claim's class makes volumes."""
    storage_class = index.storage_classes[claim.storage_class or ""]
    if not storage_class.provisions:
        return none_refused(index)
    return nodes_of_terms(index, storage_class.allowed_topologies or None) & _has_room(
        index, storage_class, claim
    )


def _has_room(index: RuleIndex, storage_class: StorageClass, claim: Claim) -> Bools:
    """``(nodes,)`` that reach storage with room for the claim, where its driver tells of it.

    Where no driver is listed at all, room that was published shows that its driver tells.

    Source: ``hasEnoughCapacity`` of Kubernetes' VolumeBinding plugin.
    """
    told = [
        room
        for room in index.cluster.storage_capacities
        if room.storage_class == storage_class.name
    ]
    drivers = {driver.name: driver.storage_capacity for driver in index.cluster.csi_drivers}
    if not claim.capacity or not drivers.get(storage_class.provisioner, not drivers and bool(told)):
        return ~none_refused(index)
    reached = none_refused(index)
    for room in told:
        most = room.capacity if room.largest is None else room.largest
        if most is not None and most >= claim.capacity and room.reaches is not None:
            reached |= index.node_labels.matching(room.reaches.requirements)
    return reached


def _matched(index: RuleIndex, claim: Claim, taken: dict[str, Bools]) -> Bools:
    """``(nodes,)`` where a free volume suits the claim; `taken` learns which was taken where."""
    matched = none_refused(index)
    # Nothing else is looked at once a volume is kept for the claim.
    suiting = kept_for(index, claim)[:1] or free_for(index, claim)
    for volume in sorted(suiting, key=lambda one: one.capacity):
        free = nodes_reaching(index, volume) & ~matched
        if volume.name in taken:
            free &= ~taken[volume.name]
        taken[volume.name] = taken.get(volume.name, none_refused(index)) | free
        matched |= free
    return matched


def kept_for(index: RuleIndex, claim: Claim) -> list[Volume]:
    """Volumes that are kept for this claim and suit it."""
    return [
        volume
        for volume in _volumes(index, claim, f"{claim.namespace}/{claim.name}")
        if volume.claim_uid in ("", claim.uid) and _can_hold(volume, claim)
    ]


def free_for(index: RuleIndex, claim: Claim) -> list[Volume]:
    """Volumes that are kept for nobody and suit the claim."""
    return [
        volume
        for volume in _volumes(index, claim, None)
        if _can_hold(volume, claim) and _is_free_for(volume, claim)
    ]


def _volumes(index: RuleIndex, claim: Claim, user: str | None) -> Sequence[Volume]:
    """Volumes of the claim's class that are kept for a claim of that name, or for nobody."""

    def find() -> dict[tuple[str | None, str | None], list[Volume]]:
        by_class: dict[tuple[str | None, str | None], list[Volume]] = {}
        for volume in index.volumes.values():
            by_class.setdefault((volume.storage_class, volume.claim), []).append(volume)
        return by_class

    return index.once("volumes by class and claim", find).get((claim.storage_class, user), [])


def _can_hold(volume: Volume, claim: Claim) -> bool:
    """Whether a volume is of the right size and kind."""
    return (
        not volume.terminating
        and volume.capacity >= claim.capacity
        and volume.volume_mode == claim.volume_mode
        and volume.attributes_class == claim.attributes_class
    )


def _is_free_for(volume: Volume, claim: Claim) -> bool:
    """Whether a volume that is kept for nobody suits the claim."""
    return (
        volume.available
        and set(claim.access_modes) <= set(volume.access_modes)
        and (claim.selector is None or _carries(volume, claim.selector))
    )


def _carries(volume: Volume, selector: LabelSelector) -> bool:
    return bool(LabelTable.of([volume.labels]).matching(selector.requirements)[0])
