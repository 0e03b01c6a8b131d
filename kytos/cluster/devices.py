"""Devices as dynamic resource allocation has them: slices, classes and claims."""

from __future__ import annotations

from kytos.cluster.base import Frozen
from kytos.cluster.scheduling import NodeTerm


class Device(Frozen):
    """A device of a ResourceSlice."""

    name: str
    driver: str
    pool: str
    attributes: dict[str, str | int | bool] = {}
    capacity: dict[str, int] = {}
    beyond: str = ""
    """What there is to it that is not judged here; empty for nothing."""


class ResourceSlice(Frozen):
    """A ResourceSlice: devices of one pool and who reaches them."""

    name: str
    driver: str
    pool: str
    generation: int = 0
    node_name: str = ""
    node_terms: tuple[NodeTerm, ...] | None = None
    all_nodes: bool = False
    devices: tuple[Device, ...] = ()


class DeviceClass(Frozen):
    """A DeviceClass: which devices belong to it, as CEL."""

    name: str
    selectors: tuple[str, ...] = ()
    extended_resource: str = ""


class DeviceRequest(Frozen):
    """What one request of a claim asks for."""

    device_class: str
    selectors: tuple[str, ...] = ()
    count: int = 1
    all_devices: bool = False
    beyond: str = ""
    """As `Device.beyond`."""


class ResourceClaim(Frozen):
    """A ResourceClaim, or what a template makes one of."""

    name: str
    namespace: str
    requests: tuple[DeviceRequest, ...] = ()
    beyond: str = ""
    """As `Device.beyond`."""
    allocated: bool = False
    allocated_terms: tuple[NodeTerm, ...] | None = None
    """Where what it was given can be reached; None is anywhere."""
    devices: tuple[tuple[str, str, str], ...] = ()
    """Driver, pool and name of the devices it was given."""
