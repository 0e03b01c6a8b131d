"""Kubernetes quantities (``250m``, ``1.5Gi``) as exact numbers in canonical units."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from typing import Any

from kytos.cluster import CPU, LARGEST_AMOUNT, Cluster
from kytos.errors import SourceError
from kytos.language import said

Quantities = dict[str, Fraction]
"""Exact amounts by resource, in the resource's own unit (cores, bytes, pieces)."""

_GRAMMAR = re.compile(
    r"(?P<number>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))"
    r"(?:[eE](?P<exponent>[+-]?[0-9]{1,3})|(?P<suffix>[KMGTPE]i|[numkMGTPE]))?"
)
_SUFFIXES = {
    **{unit: Fraction(1000) ** power for power, unit in enumerate("num", start=-3)},
    **{unit: Fraction(1000) ** power for power, unit in enumerate("kMGTPE", start=1)},
    **{f"{unit}i": Fraction(1024) ** power for power, unit in enumerate("KMGTPE", start=1)},
}
"""What a suffix multiplies by: Kubernetes API conventions, "Quantity"."""

_MAX_LENGTH = 64
LARGEST_STORAGE = 2**63
"""Largest storage of a volume or claim, just above what Kubernetes can count. Network file systems
offer exabytes (JuiceFS' manual says 10Pi); nobody adds them up."""

_LARGEST_TOTAL = 2**62
"""Sums are taken in 64-bit integers; half their range leaves room for differences."""


def read_quantities(values: dict[str, Any], path: str, largest: int = LARGEST_AMOUNT) -> Quantities:
    """Read a map of resource names to quantities.

    Parameters
    ----------
    largest
        In canonical units; more is refused.

    Raises
    ------
    SourceError
        Naming the resource whose quantity is malformed, negative or beyond 64 bits.
    """
    quantities: Quantities = {}
    for resource, value in values.items():
        try:
            amount = read_quantity(value)
        except ValueError as error:
            raise SourceError(str(error), f"{path}.{resource}") from error
        if _rounded_up(resource, amount) > largest:
            raise SourceError(
                said(
                    f"quantity {value!r} is beyond any machine; at most "
                    f"2^{largest.bit_length() - 1} is read"
                ),
                f"{path}.{resource}",
            )
        quantities[resource] = amount
    return quantities


def read_quantity(value: Any) -> Fraction:
    """Read one non-negative quantity, exactly.

    Raises
    ------
    ValueError
        When it is no quantity or negative.

    Examples
    --------
    >>> read_quantity('250m'), read_quantity('1.5Gi'), read_quantity(2)
    (Fraction(1, 4), Fraction(1610612736, 1), Fraction(2, 1))
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(
            said(f"expected a quantity such as '250m' or '2Gi', found {repr(value)[:60]}")
        )
    # repr of a float is the shortest text that means it, which is what the file said
    return _parse(value if isinstance(value, str) else repr(value))


@lru_cache(maxsize=4096)
def _parse(text: str) -> Fraction:
    parts = _GRAMMAR.fullmatch(text) if len(text) <= _MAX_LENGTH else None
    if parts is None:
        raise ValueError(said(f"expected a quantity such as '250m' or '2Gi', found {text[:60]!r}"))
    amount = Fraction(parts["number"])
    if parts["suffix"]:
        amount *= _SUFFIXES[parts["suffix"]]
    elif parts["exponent"]:
        amount *= Fraction(10) ** int(parts["exponent"])
    if amount < 0:
        raise ValueError(said(f"quantity {text!r} is negative; expected zero or more"))
    return amount


def rounded_up(amounts: Quantities) -> dict[str, int]:
    """Requests in canonical integers: millicores for cpu, whole units otherwise; zeros left out.

    Examples
    --------
    >>> rounded_up({'cpu': Fraction(1, 3), 'memory': Fraction(0)})
    {'cpu': 334}
    """
    return {
        resource: _rounded_up(resource, amount)
        for resource, amount in amounts.items()
        if amount.numerator > 0
    }


def offered_rounded_up(amounts: Quantities) -> dict[str, int]:
    """What a node offers, in canonical integers, zeros kept.

    Rounded up, as Go's ``Quantity.Value`` does where the scheduler reads a node.
    """
    return {resource: _rounded_up(resource, amount) for resource, amount in amounts.items()}


def check_totals(cluster: Cluster) -> None:
    """Refuse a cluster whose pods together ask for more than 64-bit sums can hold.

    Raises
    ------
    SourceError
        Naming the resource.
    """
    totals: dict[str, int] = {}
    for pod in cluster.pods:
        for resource, amount in pod.footprint.items():
            totals[resource] = totals.get(resource, 0) + amount
    for resource, total in totals.items():
        if total >= _LARGEST_TOTAL:
            raise SourceError(
                said(f"the pods together ask for {total} of {resource}, more than any cluster has")
            )


def _rounded_up(resource: str, amount: Fraction) -> int:
    """The amount in the resource's canonical unit, in integers: a fraction's own are slow."""
    scale = 1000 if resource == CPU else 1
    return -(-amount.numerator * scale // amount.denominator)
