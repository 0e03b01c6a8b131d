"""Quantities as people read them: cores, GiB, dollars per hour, per cent."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from kytos.cluster import CPU, MEMORY, PODS
from kytos.language import N_, _, number, plural

_GIB = 2**30
_HOURS_PER_MONTH = 730
_MONTHS = 12
_NO_ENERGY = 1e-9
_NAMES = {CPU: "CPU", MEMORY: N_("Memory"), PODS: N_("Pods"), "ephemeral-storage": N_("Storage")}
COUNTED = {
    "block": (N_("{number:,} block"), N_("{number:,} blocks")),
    "chain": (N_("{number:,} chain"), N_("{number:,} chains")),
    "evacuated pod": (N_("{number:,} evacuated pod"), N_("{number:,} evacuated pods")),
    "kind": (N_("{number:,} kind"), N_("{number:,} kinds")),
    "more note": (N_("{number:,} more note"), N_("{number:,} more notes")),
    "more reason": (N_("{number:,} more reason"), N_("{number:,} more reasons")),
    "move": (N_("{number:,} move"), N_("{number:,} moves")),
    "new pod": (N_("{number:,} new pod"), N_("{number:,} new pods")),
    "new replica": (N_("{number:,} new replica"), N_("{number:,} new replicas")),
    "node": (N_("{number:,} node"), N_("{number:,} nodes")),
    "plan": (N_("{number:,} plan"), N_("{number:,} plans")),
    "pod": (N_("{number:,} pod"), N_("{number:,} pods")),
    "read": (N_("{number:,} read"), N_("{number:,} reads")),
    "round": (N_("{number:,} round"), N_("{number:,} rounds")),
    "running pod": (N_("{number:,} running pod"), N_("{number:,} running pods")),
    "service": (N_("{number:,} service"), N_("{number:,} services")),
    "spot pool": (N_("{number:,} spot pool"), N_("{number:,} spot pools")),
    "waiting pod": (N_("{number:,} waiting pod"), N_("{number:,} waiting pods")),
    "wave": (N_("{number:,} wave"), N_("{number:,} waves")),
    "zone": (N_("{number:,} zone"), N_("{number:,} zones")),
}
"""What is counted, by its name: one of it, and more than one."""


def resource_name(resource: str) -> str:
    """Return a resource's name as a heading: ``cpu`` is CPU, ``nvidia.com/gpu`` stays.

    Examples
    --------
    >>> resource_name('cpu'), resource_name('nvidia.com/gpu')
    ('CPU', 'nvidia.com/gpu')
    """
    return _(_NAMES.get(resource, resource))


def is_bytes(resource: str) -> bool:
    """Say whether a resource is counted in bytes."""
    return resource in (MEMORY, "ephemeral-storage") or resource.startswith("hugepages-")


def bare_amount(resource: str, quantity: float) -> str:
    """Return a quantity in the resource's own unit without naming it: 1500 of cpu is 1.5.

    Examples
    --------
    >>> bare_amount('cpu', 1500)
    '1.5'
    """
    if resource == CPU:
        return _short(quantity / 1000)
    if is_bytes(resource):
        return _short(quantity / _GIB)
    return number(quantity, ",.0f")


def unit(resource: str) -> str:
    """Return what a resource is counted in; empty for plain counts."""
    if resource == CPU:
        return _("cores")
    return "GiB" if is_bytes(resource) else ""


def amount(resource: str, quantity: float) -> str:
    """Return a quantity with its unit: ``1.5 cores``, ``12 GiB``, ``3``.

    Examples
    --------
    >>> amount('cpu', 1500), amount('memory', 12 * 2**30), amount('pods', 3)
    ('1.5 cores', '12 GiB', '3')
    """
    return f"{bare_amount(resource, quantity)} {unit(resource)}".rstrip()


def amount_of(resource: str, part: float, whole: float) -> str:
    """Return ``part of whole unit``: ``1.5 of 4 cores``.

    Examples
    --------
    >>> amount_of('cpu', 1500, 4000)
    '1.5 of 4 cores'
    """
    return _("{part} of {whole}", part=bare_amount(resource, part), whole=amount(resource, whole))


def percent(share: float) -> str:
    """Return a share in whole per cent.

    Examples
    --------
    >>> percent(0.345)
    '34%'
    """
    return f"{100 * share:.0f}%"


def percent_up(share: float) -> str:
    """Return a share in tenths of a per cent, rounded up: what is proven holds for what is read.

    Examples
    --------
    >>> percent_up(0.0311)
    '3.2%'
    """
    return f"{number(math.ceil(1000 * share - 1e-9) / 10, '.1f')}%"


def price(per_hour: float | None) -> str:
    """Return a price per hour; ``unknown`` where there is none.

    Examples
    --------
    >>> price(4.5), price(None)
    ('$4.50/h', 'unknown')
    """
    return _("unknown") if per_hour is None else _("${price:,.2f}/h", price=per_hour)


def price_per_month(per_hour: float) -> str:
    """Return a price per hour as what it comes to in a month of 730 hours."""
    return _("${price:,.0f} a month", price=per_hour * _HOURS_PER_MONTH)


def price_per_year(per_hour: float) -> str:
    """Return a price per hour as what it comes to in twelve such months.

    Examples
    --------
    >>> price_per_month(1.5), price_per_year(1.5)
    ('$1,095 a month', '$13,140 a year')
    """
    return _("${price:,.0f} a year", price=per_hour * _HOURS_PER_MONTH * _MONTHS)


def count(amount: int, noun: str) -> str:
    """Return how many there are of what is counted: ``1 pod``, ``1,200 pods``.

    Parameters
    ----------
    noun
        One of `COUNTED`, in the singular.
    """
    one, many = COUNTED.get(noun, (f"{{number:,}} {noun}", f"{{number:,}} {noun}s"))
    return plural(one, many, amount)


def energy(value: float) -> str:
    """Return an energy with about four significant digits; what rounding left is 0."""
    if abs(value) < _NO_ENERGY:
        return "0"
    if abs(value) >= 1000:
        return number(value, ",.0f")
    return number(value, ".4g")


def middle(text: str, length: int) -> str:
    """Return a text cut in its middle to `length` characters; names differ at their ends."""
    if len(text) <= length:
        return text
    kept = length - 1
    return f"{text[: kept - kept // 2]}…{text[len(text) - kept // 2 :]}"


def shortened(names: Sequence[str], length: int) -> list[str]:
    """Return names cut to about `length` characters, no two different ones to the same.

    Examples
    --------
    >>> shortened(["pool-a-node-1-x", "pool-b-node-1-x", "n"], 9)
    ['pool-a…de-1-x', 'pool-b…de-1-x', 'n']
    """
    cut = {name: middle(name, length) for name in names}
    while len(set(cut.values())) < len(cut):
        length += 4
        times = Counter(cut.values())
        cut = {name: middle(name, length) if times[at] > 1 else at for name, at in cut.items()}
    return [cut[name] for name in names]


def _short(value: float) -> str:
    if value >= 100 or value == round(value):
        return number(value, ",.0f")
    return number(value, ".1f") if value >= 10 else number(round(value, 2), ".12g")
