"""An EC2NodeClass upon an offer: what pods may ask of a node that is made by it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import ceil

from kytos.cluster import CPU, MEMORY, PODS, NodeClass, NodePool, Note, NoteKind, note_about
from kytos.language import said
from kytos.plain import MIB
from kytos.questions.fleet.offer import Offer
from kytos.sources.catalogue.reserves import EVICTION_MIB
from kytos.sources.catalogue.types import InstanceType, instance_types

STORAGE = "ephemeral-storage"
GIB = 1024 * MIB

_VOLUME, _STORAGE_RESERVED = 20 * GIB, GIB
"""The volume that Karpenter gives a node by default, and what the kubelet keeps of it."""

_BY_OWN_PODS = ("Bottlerocket", "Windows")
"""Images that reserve memory for the pods they really run, not for those of the interfaces."""


def by_node_class(offer: Offer, made_by: NodeClass, *, own: bool) -> Offer | None:
    """Return the offer as a class makes it, or None where the class has no subnet in its zone.

    Parameters
    ----------
    own
        The caller gave the type: CPU and memory are what pods may ask already, so only the number
        of pods is lowered and storage added that the type does not have.
    """
    if made_by.zones and offer.zone is not None and offer.zone not in made_by.zones:
        return None
    known = None if own else instance_types().get(offer.type)
    had = offer.node.allocatable
    if known is None:
        pods = min(had[PODS], _pods(made_by, had[PODS], -(-had[CPU] // 1000)))
        changed = {PODS: pods, STORAGE: had.get(STORAGE, _storage(made_by))}
    else:
        changed = _left(known, made_by)
    node = offer.node.model_copy(update={"allocatable": dict(had) | changed})
    capacity = offer.capacity and dict(offer.capacity) | {PODS: changed[PODS]}
    return replace(offer, node=node, capacity=capacity)


def default_storage() -> int:
    """Bytes of ephemeral storage that pods may ask of a node made by Karpenter's defaults.

    Examples
    --------
    >>> default_storage() / 2**30
    17.0
    """
    return _storage(NodeClass(name=""))


def _left(known: InstanceType, made_by: NodeClass) -> dict[str, int]:
    """What pods may ask of a shipped type: the machine less both reserves and what stays free.

    Source: https://karpenter.sh/docs/concepts/nodeclasses/#speckubelet, and what the provider
    computes by it (pkg/providers/instancetype/types.go of aws/karpenter-provider-aws).
    """
    cores = known.cpu_millicores // 1000
    pods = _pods(made_by, known.max_pods, cores)
    usual = 255 + 11 * known.max_pods
    # Memory that the hypervisor keeps is in no table: the shipped rest tells what the node has.
    memory = (known.memory_allocatable_mib + usual + EVICTION_MIB) * MIB
    own = 255 + 11 * pods if made_by.family.startswith(_BY_OWN_PODS) else usual
    kept = {CPU: known.cpu_millicores - known.cpu_allocatable_millicores, MEMORY: own * MIB}
    kept |= made_by.kube_reserved
    free = _kept_free(made_by, MEMORY, memory, EVICTION_MIB * MIB)
    system = made_by.system_reserved
    return {
        CPU: max(0, known.cpu_millicores - kept[CPU] - system.get(CPU, 0)),
        MEMORY: max(0, memory - kept[MEMORY] - system.get(MEMORY, 0) - free),
        PODS: pods,
        STORAGE: _storage(made_by),
    }


def _pods(made_by: NodeClass, usual: int, cores: int) -> int:
    pods = usual if made_by.max_pods is None else made_by.max_pods
    # Bottlerocket's kubelet has no such setting.
    if made_by.pods_per_core and made_by.family != "Bottlerocket":
        pods = min(pods, made_by.pods_per_core * cores)
    return pods


def _storage(made_by: NodeClass) -> int:
    volume = _VOLUME if made_by.storage is None else made_by.storage
    kept = made_by.kube_reserved.get(STORAGE, _STORAGE_RESERVED)
    kept += made_by.system_reserved.get(STORAGE, 0)
    return max(0, volume - kept - _kept_free(made_by, STORAGE, volume, ceil(volume / 10)))


def _kept_free(made_by: NodeClass, resource: str, whole: int, usual: int) -> int:
    """What the kubelet keeps free of a resource: by share, by amount, or as it does by default."""
    if resource in made_by.eviction_share:
        return ceil(whole * made_by.eviction_share[resource])
    return made_by.eviction.get(resource, usual)


def class_notes(
    pools: Iterable[NodePool], classes: Iterable[NodeClass], *, own: bool
) -> tuple[Note, ...]:
    """Say which classes were not read, and what of those that were is not followed."""
    by_name = {one.name: one for one in classes}
    named = {pool.node_class for pool in pools if pool.node_class}
    used = [by_name[name] for name in sorted(named & by_name.keys())]
    notes = [
        note_about(
            said(f"{field} of an EC2NodeClass: read, not honoured yet"), names, NoteKind.NOT_JUDGED
        )
        for field in sorted({field for one in used for field in one.not_honoured})
        for names in ([one.name for one in used if field in one.not_honoured],)
    ]
    if own and (asking := [one.name for one in used if one.kube_reserved or one.system_reserved]):
        notes.append(
            note_about(
                said(
                    "EC2NodeClasses whose reserves are not deducted: what own types offer is what "
                    "pods may ask"
                ),
                asking,
            )
        )
    if named - by_name.keys():
        notes.append(
            note_about(
                said(
                    "EC2NodeClasses that NodePools name and no file holds: Karpenter's defaults "
                    "are assumed"
                ),
                sorted(named - by_name.keys()),
            )
        )
    return tuple(notes)
