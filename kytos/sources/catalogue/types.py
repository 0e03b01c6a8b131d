"""Instance types as a fleet can buy them: what pods may ask of each, and its list price."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from kytos.errors import SourceError
from kytos.sources.catalogue.reserves import Provider, allocatable

DEFAULT_REGION = "us-east-1"


@dataclass(frozen=True)
class InstanceType:
    """A machine one can buy.

    Attributes
    ----------
    cpu_millicores, memory_mib
        Its size.
    cpu_allocatable_millicores, memory_allocatable_mib
        What is left for pods, DaemonSets included, once kubelet and system have theirs.
    extended
        Extended resources by name, such as ``nvidia.com/gpu``.
    """

    name: str
    arch: str
    cpu_millicores: int
    memory_mib: int
    cpu_allocatable_millicores: int
    memory_allocatable_mib: int
    max_pods: int
    extended: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def family(self) -> str:
        """The part of the name that types of several sizes share.

        Examples
        --------
        >>> instance_types()["m5.large"].family
        'm5'
        """
        return self.name.partition(".")[0]


@cache
def instance_types() -> Mapping[str, InstanceType]:
    """Every type of the shipped tables, by name."""
    return MappingProxyType({one.name: one for one in (*_aws(), *_others())})


def regions() -> tuple[str, ...]:
    """The regions that list prices are known of, the default first."""
    rest = sorted(set(_prices()) - {DEFAULT_REGION})
    return (DEFAULT_REGION, *rest)


def list_prices(region: str = DEFAULT_REGION) -> Mapping[str, float]:
    """On-demand price per hour by instance type, in the region's currency (see `currency_of`).

    Raises
    ------
    SourceError
        When no price of the region is known.
    """
    if region not in _prices():
        raise SourceError(
            f"no list prices of {region!r} are known; expected one of {', '.join(regions())}, "
            "or give types with prices of your own",
            "region",
        )
    return _prices()[region][1]


def currency_of(region: str) -> str:
    """The currency that a region's list prices are in.

    Examples
    --------
    >>> currency_of("cn-north-1")
    'CNY'
    """
    list_prices(region)
    return _prices()[region][0]


def _aws() -> Iterator[InstanceType]:
    for row in _rows("aws_types.csv"):
        extended = dict(pair.split("=") for pair in row["extended"].split())
        yield InstanceType(
            name=row["instance_type"],
            arch=row["arch"],
            cpu_millicores=int(row["cpu_millicores"]),
            memory_mib=int(row["memory_mib"]),
            cpu_allocatable_millicores=int(row["cpu_allocatable_millicores"]),
            memory_allocatable_mib=int(row["memory_allocatable_mib"]),
            max_pods=int(row["max_pods"]),
            extended=MappingProxyType({name: int(count) for name, count in extended.items()}),
        )


def _others() -> Iterator[InstanceType]:
    for row in _rows("other_types.csv"):
        cpu, memory, pods = (
            int(row[name]) for name in ("cpu_millicores", "memory_mib", "max_pods")
        )
        cpu_left, memory_left = allocatable(Provider(row["provider"]), cpu, memory, pods)
        yield InstanceType(
            name=row["instance_type"],
            arch=row["arch"],
            cpu_millicores=cpu,
            memory_mib=memory,
            cpu_allocatable_millicores=cpu_left,
            memory_allocatable_mib=memory_left,
            max_pods=pods,
        )


@cache
def _prices() -> Mapping[str, tuple[str, Mapping[str, float]]]:
    """Currency and prices by region."""
    by_region: dict[str, tuple[str, dict[str, float]]] = {}
    for row in _rows("aws_prices.csv"):
        _, listed = by_region.setdefault(row["region"], (row["currency"], {}))
        listed[row["instance_type"]] = float(row["price_per_hour"])
    return by_region


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = files("kytos.sources.catalogue").joinpath(name).read_text(encoding="utf-8")
    return csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
