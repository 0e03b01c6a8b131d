"""Instance types as Karpenter's kwok provider lists them in ``instance_types.json``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from kytos.errors import SourceError
from kytos.sources.quantities import offered_rounded_up, read_quantities

RESERVED_CPU, RESERVED_MIB = 100, 10
"""What kwok's provider keeps for the kubelet. Source: its kwok/cloudprovider/helpers.go."""

_MIB = 2**20
_STANDARD = ("cpu", "memory", "pods", "ephemeral-storage")


def types_of_kwok(given: Mapping[str, Any], where: str) -> list[dict[str, Any]]:
    """Return one type for each price and capacity type of a kwok type, with its zones.

    Raises
    ------
    SourceError
        When its name, resources or offerings are missing or cannot be read.
    """
    for field in ("name", "resources", "offerings"):
        if not given.get(field):
            raise SourceError(
                "is missing; expected it as in Karpenter's instance_types.json", f"{where}.{field}"
            )
    resources = given["resources"]
    amounts = offered_rounded_up(read_quantities(resources, f"{where}.resources"))
    zones: defaultdict[tuple[str, float], list[str]] = defaultdict(list)
    for offering in given.get("offerings") or ():
        if not offering.get("Available", offering.get("available", True)):
            continue
        told: dict[str, str] = {}
        for one in offering.get("Requirements") or offering.get("requirements") or ():
            if one.get("operator") == "In" and one.get("values"):
                told[str(one.get("key"))] = str(one["values"][0])
        price = float(offering.get("Price", offering.get("price", 0)))
        key = told.get("karpenter.sh/capacity-type", "on-demand"), price
        zone = told.get("topology.kubernetes.io/zone")
        zones[key] += [zone] if zone else []
    return [
        {
            "name": given.get("name"),
            "cpu_capacity": max(1, amounts.get("cpu", 0) - RESERVED_CPU),
            "mem_capacity": max(1, amounts.get("memory", 0) // _MIB - RESERVED_MIB),
            "price_per_hour": price,
            "capacity_type": capacity_type,
            "zones": listed,
            "max_pods": amounts.get("pods", 110),
            "arch": given.get("architecture", "amd64"),
            "resources": {
                name: float(amount) for name, amount in amounts.items() if name not in _STANDARD
            },
        }
        for (capacity_type, price), listed in zones.items()
    ]
