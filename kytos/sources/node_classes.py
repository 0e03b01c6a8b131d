"""Karpenter's EC2NodeClasses, as Kubernetes objects."""

from __future__ import annotations

from fractions import Fraction

from kytos.cluster import CPU, MEMORY, NodeClass
from kytos.errors import SourceError
from kytos.sources.fields import Fields
from kytos.sources.quantities import offered_rounded_up, read_quantities

NODE_CLASS = "EC2NodeClass.karpenter.k8s.aws"

_STORAGE = "ephemeral-storage"
_SIGNALS = {"memory.available": MEMORY, "nodefs.available": _STORAGE}
"""What the kubelet keeps free by these signals is no pod's; it acts on the others at run time."""

_FAMILIES = {"al2": "AL2", "al2023": "AL2023", "bottlerocket": "Bottlerocket"}
_DEVICES = {"Bottlerocket": "/dev/xvdb", "AL2": "/dev/xvda", "AL2023": "/dev/xvda"}
"""The device that pods' ephemeral storage is on, by the image's family."""


def read_node_class(item: Fields) -> NodeClass:
    """Read an EC2NodeClass (karpenter.k8s.aws/v1).

    Raises
    ------
    SourceError
        Naming the field that cannot be read.
    """
    spec = item.object("spec")
    kubelet = spec.object("kubelet")
    family = _family(spec)
    left: list[str] = []
    amounts, shares = _eviction(kubelet.object("evictionHard"))
    if spec.text("instanceStorePolicy") == "RAID0":
        left.append("instanceStorePolicy (the root volume is counted, not the local disks)")
    if family.startswith("Windows"):
        left.append("amiFamily Windows (nodes are taken for Linux)")
    if spec.entries("capacityReservationSelectorTerms"):
        left.append("capacityReservationSelectorTerms")
    return NodeClass(
        name=item.object("metadata").text("name"),
        family=family,
        max_pods=_whole(kubelet, "maxPods", left),
        pods_per_core=max(0, kubelet.integer("podsPerCore")),
        kube_reserved=_reserved(kubelet, "kubeReserved", left),
        system_reserved=_reserved(kubelet, "systemReserved", left),
        eviction=amounts,
        eviction_share=shares,
        storage=_storage(spec, family),
        zones=tuple(
            sorted(
                {
                    zone
                    for subnet in item.object("status").objects("subnets")
                    if (zone := subnet.text("zone"))
                }
            )
        ),
        not_honoured=tuple(left),
    )


def _family(spec: Fields) -> str:
    """The image's family: named, or told by an alias such as ``al2023@latest``."""
    if family := spec.text("amiFamily"):
        return family
    for term in spec.objects("amiSelectorTerms"):
        name = term.text("alias").partition("@")[0].lower()
        if name.startswith("windows"):
            return "Windows"
        if name in _FAMILIES:
            return _FAMILIES[name]
    return "AL2023"


def _whole(kubelet: Fields, key: str, left: list[str]) -> int | None:
    """A whole number; an expression, which only Karpenter can work out, is left."""
    given = kubelet.value.get(key)
    if given is None:
        return None
    if isinstance(given, str) and not given.strip().isdecimal():
        left.append(f"kubelet.{key} as an expression")
        return None
    number = int(given) if isinstance(given, str) else kubelet.integer(key)
    if number < 0:
        raise SourceError(
            f"{number} is below 0; expected how many pods a node runs at most",
            f"{kubelet.path}.{key}",
        )
    return number


def _reserved(kubelet: Fields, key: str, left: list[str]) -> dict[str, int]:
    """What is reserved; an expression, which only Karpenter can work out, is left."""
    kept = kubelet.object(key)
    plain = {
        name: given
        for name, given in kept.value.items()
        if not (isinstance(given, str) and any(sign in given for sign in "*/() "))
    }
    if len(plain) < len(kept.value):
        left.append(f"kubelet.{key} as an expression")
    read = offered_rounded_up(read_quantities(plain, kept.path))
    return {name: amount for name, amount in read.items() if name in (CPU, MEMORY, _STORAGE)}


def _eviction(given: Fields) -> tuple[dict[str, int], dict[str, float]]:
    """Amounts and shares kept free, by resource; 100 % turns a threshold off, as Kubernetes has it.

    Source: https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/.
    """
    amounts: dict[str, str] = {}
    shares: dict[str, float] = {}
    for signal, resource in _SIGNALS.items():
        if signal not in given:
            continue
        told = given.text(signal)
        if not told.endswith("%"):
            amounts[resource] = told
            continue
        try:
            share = float(Fraction(told[:-1].strip())) / 100
        except (ValueError, ZeroDivisionError):
            share = -1.0
        if not 0 <= share <= 1:
            raise SourceError(
                f"{told!r} is no share; expected one from 0% to 100%, or a quantity",
                f"{given.path}.{signal}",
            )
        shares[resource] = 0.0 if share == 1 else share
    return offered_rounded_up(read_quantities(amounts, given.path)), shares


def _storage(spec: Fields, family: str) -> int | None:
    """Bytes of the root volume, else of the device that the image keeps pods' storage on."""
    mappings = spec.objects("blockDeviceMappings")
    chosen = [one for one in mappings if one.flag("rootVolume")]
    if not chosen:
        device = _DEVICES.get(family, "/dev/sda1")
        chosen = [one for one in mappings if one.text("deviceName") == device]
    if not chosen and family == "Custom":
        chosen = mappings[-1:]
    if not chosen:
        return None
    disk = chosen[0].object("ebs")
    size = disk.value.get("volumeSize")
    if size is None:
        return None
    return offered_rounded_up(read_quantities({_STORAGE: size}, disk.path))[_STORAGE]
