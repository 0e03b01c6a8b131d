"""Odd objects made readable: absurd amounts brought down, a running pod cut to what it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import partial
from typing import Any, TypeVar

from pydantic import ValidationError

from kytos.cluster import CPU, LARGEST_AMOUNT, Phase
from kytos.errors import SourceError, first_problem
from kytos.language import said
from kytos.sources.faults import Faults
from kytos.sources.fields import Fields
from kytos.sources.quantities import read_quantity

_ABSURD = 2**50
"""What an amount beyond any machine counts as (1 PiB, 1e12 cores): it fits nowhere either, and
thousands of them still add up in 64 bits."""

_AMOUNTS = ("requests", "limits", "overhead", "allocatedResources", "allocatable", "capacity")
"""Fields that map resources to amounts, wherever they stand."""

_PHASES = frozenset(Phase)

Model = TypeVar("Model")
Read = Callable[[Fields], Any]


def read_all(
    items: Iterable[Fields], read: Callable[[Fields], Model], faults: Faults
) -> list[Model]:
    """Read objects of one kind; what cannot be read is left out, and noted."""
    models = []
    for item in items:
        try:
            models.append(read_or_mend(item, partial(blaming, read), faults))
        except SourceError as error:
            faults.leave_out(error)
    return models


def blaming(read: Callable[[Fields], Model], item: Fields) -> Model:
    """Read an object; whatever cannot be names the object."""
    try:
        return read(item)
    except ValidationError as error:
        raise SourceError(str(first_problem(error)), item.path) from error
    except SourceError:
        raise
    except ValueError as error:  # a rate that is no quantity
        raise SourceError(str(error), item.path) from error


def read_or_mend(item: Fields, read: Read, faults: Faults) -> Any:
    """Read an object; one with an absurd amount is read with the most that counts.

    Raises
    ------
    SourceError
        When it cannot be read all the same.
    """
    try:
        return read(item)
    except SourceError as error:
        if faults.strict:
            raise
        mended = _with_amounts_brought_down(item.value)
        if mended == item.value:
            raise
        result = read(Fields(mended, item.path))
        faults.remark(said(f"{error.message}: counted as the most there is"), error.where)
        return result


def running_part(item: Fields) -> Fields:
    """Return a pod that cannot be read whole as what it holds on its node.

    Where it may run is not known then: without an owner it stays where it is.

    Raises
    ------
    SourceError
        When it runs nowhere.
    """
    spec, metadata, status = (item.object(part).value for part in ("spec", "metadata", "status"))
    if not spec.get("nodeName"):
        raise SourceError("runs on no node", item.path)
    held = ("nodeName", "containers", "initContainers", "overhead", "resources")
    return Fields(
        item.value
        | {
            "metadata": _only(metadata, ("name", "namespace")),
            "spec": _only(spec, held),
            "status": _only(status, ("phase",) if status.get("phase") in _PHASES else ()),
        },
        item.path,
    )


def _only(mapping: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    return {key: mapping[key] for key in keys if key in mapping}


def _with_amounts_brought_down(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_amounts_brought_down(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    return {
        key: {name: _brought_down(name, amount) for name, amount in inner.items()}
        if key in _AMOUNTS and isinstance(inner, dict)
        else _with_amounts_brought_down(inner)
        for key, inner in value.items()
    }


def _brought_down(resource: str, amount: Any) -> Any:
    scale = 1000 if resource == CPU else 1
    try:
        read = read_quantity(amount) * scale
    except ValueError:
        return amount
    return str(_ABSURD // scale) if read > Fraction(LARGEST_AMOUNT) else amount
