"""How amounts and selectors are written in the sentences people read."""

from __future__ import annotations

from collections.abc import Sequence

from kytos.cluster import CPU, MEMORY, Requirement
from kytos.language import said

_UNITS = ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))


def in_bytes(resource: str) -> bool:
    """Whether a resource is counted in bytes."""
    return resource in (MEMORY, "ephemeral-storage") or resource.startswith("hugepages-")


def amount_written(resource: str, amount: int, *, up: bool) -> str:
    """An amount of a resource with its unit, to a tenth of it.

    What is needed is rounded up and what is there down, so that the words never say that something
    fits which does not.
    """
    if resource == CPU:
        return f"{amount}m"
    if not in_bytes(resource):
        return str(amount)
    for size, unit in _UNITS:
        tenths = -(-10 * amount // size) if up else 10 * amount // size
        if tenths >= 10:
            return f"{tenths / 10:.1f} {unit}"
    return said(f"{amount} bytes")


def requirement_written(requirement: Requirement) -> str:
    """A requirement as one would say it."""
    values = ", ".join(requirement.values)
    match requirement.operator:
        case "Exists" | "DoesNotExist":
            return f"{requirement.key} {requirement.operator}"
        case "Gt" | "Lt":
            return f"{requirement.key} {'>' if requirement.operator == 'Gt' else '<'} {values}"
    return f"{requirement.key} {requirement.operator} ({values})"


def selector_written(requirements: Sequence[Requirement] | None) -> str:
    """A label selector as one would say it."""
    if requirements is None:
        return "nothing"
    return (
        " and ".join(requirement_written(requirement) for requirement in requirements) or "anything"
    )
