"""The rule about devices (dynamic resource allocation): a node has free ones for a pod's claims.

Structured parameters only: device classes, slices, counts and the selectors that
`kytos.rules.cel` understands. What goes beyond says so with a reason that begins with
``not judged:``, on the nodes it could matter on, and no plan puts the pod there.

Source: Kubernetes' DynamicResources plugin, and
https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kytos.cluster import Device, DeviceClass, DeviceRequest, Pod, ResourceClaim
from kytos.language import said
from kytos.problem import Bools
from kytos.rules.base import Rule
from kytos.rules.cel import NotUnderstoodError, selects
from kytos.rules.index import RuleIndex
from kytos.rules.node_affinity import nodes_of_terms

NOT_JUDGED = "not judged: "
"""How a reason begins that is no verdict."""
EXTENDED = "deviceclass.resource.kubernetes.io/"
"""Before a class's name: the extended resource every class stands for."""


@dataclass(frozen=True)
class Wanted:
    """One claim of a pod: where it must be, or what it asks for; `problem` keeps it off all."""

    name: str
    claim: ResourceClaim | None
    problem: str = ""


class DynamicResources(Rule):
    """Free devices for every claim of the pod, on the node or within its reach."""

    name = "dynamic resources"
    summary = "cannot allocate all claims"
    settled = False

    def key(self, index: RuleIndex, pod: int) -> Hashable:
        """The pod itself: claims are rarely alike."""
        return pod if index.pods[pod].resource_claims else None

    def refused(self, index: RuleIndex, pod: int) -> Bools:
        """``(nodes,)`` where a claim cannot be met, or nobody can say."""
        return np.array(
            [self._why(index, pod, node) is not None for node in range(len(index.nodes))],
            dtype=np.bool_,
        )

    def reason(self, index: RuleIndex, pod: int, node: int) -> str:
        """Name the claim and what it lacks."""
        return self._why(index, pod, node) or ""

    def _why(self, index: RuleIndex, pod: int, node: int) -> str | None:
        return index.once(("devices", pod, node), lambda: _judged(index, pod, node))


def claims_of(index: RuleIndex, pod: Pod) -> list[Wanted]:
    """The claims a pod names, or would get from templates."""
    claims, templates = _by_name(index)
    wanted = []
    for entry in pod.resource_claims:
        made = entry.claim or entry.generated
        if made:
            claim = claims.get((pod.namespace, made))
            problem = "" if claim else said(f"resource claim {made} does not exist")
        else:
            claim = templates.get((pod.namespace, entry.template))
            problem = (
                "" if claim else said(f"resource claim template {entry.template} does not exist")
            )
        wanted.append(Wanted(entry.name, claim, problem))
    return wanted


def _by_name(
    index: RuleIndex,
) -> tuple[Mapping[tuple[str, str], ResourceClaim], Mapping[tuple[str, str], ResourceClaim]]:
    def find() -> tuple[dict[tuple[str, str], ResourceClaim], dict[tuple[str, str], ResourceClaim]]:
        return tuple(  # type: ignore[return-value]
            {(item.namespace, item.name): item for item in listed}
            for listed in (index.cluster.resource_claims, index.cluster.claim_templates)
        )

    return index.once("resource claims", find)


def _judged(index: RuleIndex, pod: int, node: int) -> str | None:
    """Why the pod's claims cannot be met on a node; None where they can."""
    wanted = claims_of(index, index.pods[pod])
    for wanted_claim in wanted:
        if wanted_claim.problem:
            return wanted_claim.problem
    requests: list[tuple[str, DeviceRequest]] = []
    doubts: list[str] = []
    for wanted_claim in wanted:
        claim = wanted_claim.claim
        if claim is None:
            continue
        if claim.allocated:
            terms = claim.allocated_terms
            if terms is not None and not nodes_of_terms(index, terms)[node]:
                return said(f"resource claim {claim.name} is allocated on another node")
            continue
        requests += [(wanted_claim.name, request) for request in claim.requests]
        if claim.beyond:
            doubts.append(said(f"claim {wanted_claim.name} {claim.beyond}"))
    if not requests:
        return None
    devices = free_devices(index, node, pod)
    fitting: list[list[int]] = []
    for name, request in requests:
        device_class = _classes(index).get(request.device_class)
        if device_class is None and not request.beyond:
            return said(f"device class {request.device_class} does not exist")
        matching, doubt = _matching(devices, device_class, request)
        if doubt:
            doubts.append(said(f"claim {name}: {doubt}"))
        if request.beyond:
            doubts.append(said(f"claim {name} {request.beyond}"))
        count = max(1, len(matching)) if request.all_devices else request.count
        if len(matching) < count:
            free = f"{len(matching)} free" if matching else "none is free"
            return said(
                f"claim {name} needs {_devices(count)} of class {request.device_class}, {free}"
            )
        fitting += [matching] * count
    if not _each_its_own(fitting):
        return said("its claims together need more devices than are free")
    return f"{NOT_JUDGED}{'; '.join(dict.fromkeys(doubts))}" if doubts else None


def _matching(
    devices: Sequence[Device], device_class: DeviceClass | None, request: DeviceRequest
) -> tuple[list[int], str]:
    """Positions of the devices that may do, those in doubt too; and what is in doubt."""
    expressions = (*(device_class.selectors if device_class else ()), *request.selectors)
    matching, doubt = [], ""
    for position, device in enumerate(devices):
        try:
            if not all(selects(expression, device) for expression in expressions):
                continue
        except NotUnderstoodError as error:
            doubt = said(f"selector `{error}`")
        if device.beyond:
            doubt = said(f"device {device.name} {device.beyond}")
        matching.append(position)
    return matching, doubt


def free_devices(index: RuleIndex, node: int, pod: int | None = None) -> list[Device]:
    """Devices within reach of a node that no claim holds; those of the pod itself are free."""
    own = set()
    if pod is not None:
        own = {
            held
            for claim in claims_of(index, index.pods[pod])
            if claim.claim is not None
            for held in claim.claim.devices
        }
    taken = index.once(
        "allocated devices",
        lambda: {held for claim in index.cluster.resource_claims for held in claim.devices},
    )
    return [
        device
        for device in _devices_of(index, node)
        if (device.driver, device.pool, device.name) not in taken - own
    ]


def suiting_devices(index: RuleIndex, node: int, request: DeviceRequest) -> list[int]:
    """Positions among the devices within a node's reach of those that are free and suit a request.

    None where its class does not exist.
    """
    device_class = _classes(index).get(request.device_class)
    if device_class is None:
        return []
    return _matching(free_devices(index, node), device_class, request)[0]


def _devices_of(index: RuleIndex, node: int) -> list[Device]:
    """Every device within reach of a node, from the newest slices of each pool."""
    newest = index.once("newest pools", lambda: _newest(index))
    devices: list[Device] = []
    for slice_ in index.cluster.resource_slices:
        if slice_.generation < newest[slice_.driver, slice_.pool]:
            continue
        reached = (
            slice_.node_name == index.nodes[node].name
            if slice_.node_name
            else slice_.all_nodes
            or bool(
                slice_.node_terms is not None and nodes_of_terms(index, slice_.node_terms)[node]
            )
        )
        if reached:
            devices += slice_.devices
    return devices


def _newest(index: RuleIndex) -> dict[tuple[str, str], int]:
    newest: dict[tuple[str, str], int] = {}
    for slice_ in index.cluster.resource_slices:
        key = (slice_.driver, slice_.pool)
        newest[key] = max(newest.get(key, 0), slice_.generation)
    return newest


def _classes(index: RuleIndex) -> Mapping[str, DeviceClass]:
    return index.once(
        "device classes",
        lambda: {device_class.name: device_class for device_class in index.cluster.device_classes},
    )


def device_resources(index: RuleIndex, resources: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    """Each extended resource that a device class stands for, with node and how many it has there.

    A node whose device plugin lists the resource is left to that. Source: KEP-5004.
    """
    if not index.cluster.device_classes:
        return
    for name in resources:
        device_class = next(
            (
                device_class
                for device_class in index.cluster.device_classes
                if name in (device_class.extended_resource, f"{EXTENDED}{device_class.name}")
            ),
            None,
        )
        if device_class is None:
            continue
        for node, listed in enumerate(index.nodes):
            if listed.allocatable.get(name, 0):
                continue
            request = DeviceRequest(device_class=device_class.name)
            matching, doubt = _matching(free_devices(index, node), device_class, request)
            if matching and not doubt:
                yield name, node, len(matching)


def _each_its_own(wanted: list[list[int]]) -> bool:
    """Whether every wish can have a device of its own (augmenting paths)."""
    holder: dict[int, int] = {}

    def settle(wish: int, tried: set[int]) -> bool:
        for device in wanted[wish]:
            if device in tried:
                continue
            tried.add(device)
            if device not in holder or settle(holder[device], tried):
                holder[device] = wish
                return True
        return False

    return all(settle(wish, set()) for wish in range(len(wanted)))


def _devices(count: int) -> str:
    return "a device" if count == 1 else f"{count} devices"
