"""Claims, volumes, their classes and drivers."""

from __future__ import annotations

from kytos.cluster.base import Amount, Frozen, Labels
from kytos.cluster.scheduling import LabelSelector, NodeTerm


class Claim(Frozen):
    """A PersistentVolumeClaim."""

    name: str
    namespace: str
    access_modes: tuple[str, ...] = ()
    uid: str = ""
    volume: str | None = None
    """The PersistentVolume it is bound to, or asks to be."""
    binding_completed: bool = True
    """False while its volume is only asked for."""
    lost: bool = False
    """Its volume was taken away."""
    storage_class: str | None = None
    capacity: Amount = 0
    """Bytes it asks for."""
    volume_mode: str = "Filesystem"
    attributes_class: str | None = None
    """The VolumeAttributesClass it asks for."""
    selector: LabelSelector | None = None
    """Labels a volume made by hand must have; None asks for none."""
    selected_node: str | None = None
    """The node the scheduler chose while its volume is being made."""
    terminating: bool = False
    to_be_made: bool = False
    """Not there yet: it comes with the first pod that mounts it."""


class Volume(Frozen):
    """A PersistentVolume: where it can be reached from and who may claim it."""

    name: str
    labels: Labels = {}
    required_node_terms: tuple[NodeTerm, ...] | None = None
    storage_class: str | None = None
    access_modes: tuple[str, ...] = ()
    capacity: Amount = 0
    """Bytes it offers."""
    volume_mode: str = "Filesystem"
    attributes_class: str | None = None
    claim: str | None = None
    """The claim it is bound to or kept for, ``namespace/name``."""
    driver: str = ""
    """The CSI driver that attaches it."""
    handle: str = ""
    """What names it to that driver."""
    claim_uid: str = ""
    """That claim's uid; empty where it is kept for any claim of that name."""
    available: bool = True
    """Whether it is free to be bound (phase Available)."""
    terminating: bool = False


class StorageClass(Frozen):
    """A StorageClass: when and where its volumes are made."""

    name: str
    waits_for_consumer: bool = False
    provisions: bool = True
    """False where volumes are made by hand (``kubernetes.io/no-provisioner``)."""
    allowed_topologies: tuple[NodeTerm, ...] = ()
    provisioner: str = ""
    default: bool = False
    """Whose volumes a claim gets that names no class."""


class CsiNode(Frozen):
    """A CSINode: how many volumes each driver attaches to a node."""

    name: str
    limits: dict[str, int] = {}


class CsiDriver(Frozen):
    """A CSIDriver."""

    name: str
    storage_capacity: bool = False
    """Whether it publishes what room its storage has (`StorageCapacity`)."""


class StorageCapacity(Frozen):
    """A CSIStorageCapacity: the room for volumes of a class that some nodes reach."""

    storage_class: str
    capacity: int | None = None
    largest: int | None = None
    """Bytes of the largest volume; goes before `capacity`."""
    reaches: LabelSelector | None = None
    """Nodes that reach it; None reaches none."""
