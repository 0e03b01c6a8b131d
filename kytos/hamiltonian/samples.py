"""A solution that another program wrote, read into values by variable name."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import dimod

from kytos.hamiltonian.ommx import read_ommx
from kytos.hamiltonian.plain_names import plain_name

_LINE = re.compile(
    r"""(?P<name>[A-Za-z_]\w*(?:\[[^\]]*\])?)["']?[\s,;=:]+"""
    r"""(?P<value>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)"""
)
"""A name and its value, with a comma, an equals sign or blanks between."""
_PLACE = re.compile(r"x\[\d+,-?\d+\]|x_\d+_m?\d+")
"""The name of a pod on a node, in whatever problem."""
_NUMBER = re.compile(r"#?[0-9]{1,9}")
"""A variable's number in place of its name; after a #, as OMMX counts them."""
NEAR = 0.01
"""How far from 0 or 1 a solver's value may be: wider than their usual 1e-5, and no half."""


def read_sample(content: bytes, variables: Sequence[str]) -> dict[str, float]:
    """Return the values of a model's variables by name; what is not told is left out.

    Understood are OMMX states and solutions (bytes), dimod's sample sets as JSON (the lowest
    counts), a JSON object name -> value (or one under ``sample``, ``state``, ``solution`` or
    ``values``), and lines ``name value`` or ``name,value``, as solvers of LP and MPS files write
    them. Names may be plain (``x_3_2``), or a variable's number from 0, as in a coordinate list.
    What is no pod's place, a solver's remarks or its own variables, is passed over.

    Raises
    ------
    ValueError
        Saying what was expected, when nothing of the model is in it, a place that it has not is,
        or a value is neither 0 nor 1.
    """
    given = _given(content)
    if given and all(_NUMBER.fullmatch(name) for name in given):
        given = _by_position(given, variables)
    known = {name: name for name in variables} | {plain_name(name): name for name in variables}
    sample = {known[name]: value for name, value in given.items() if name in known}
    if variables and not sample:
        raise ValueError(
            f"gives none of the problem's variables a value; they are named {variables[0]!r} "
            f"(or {plain_name(variables[0])!r}) and so on"
        )
    foreign = [name for name in given if name not in known and _PLACE.fullmatch(name)]
    if foreign:
        raise ValueError(
            f"gives {foreign[0]} a value, which this problem has not: it is a solution of another "
            "cluster, question or set of options"
        )
    return _as_bits(sample)


def numbered(content: bytes) -> bool:
    """Whether a solution gives values by a variable's number, as a coordinate list has them.

    OMMX numbers variables too, those of the constrained problem.
    """
    try:
        given = _given(content)
    except ValueError:
        return False
    return bool(given) and all(name.isdecimal() for name in given)


def _by_position(given: Mapping[str, float], variables: Sequence[str]) -> dict[str, float]:
    by_number = {int(name.removeprefix("#")): value for name, value in given.items()}
    if max(by_number) >= len(variables):
        raise ValueError(
            f"gives variable {max(by_number)} a value and the problem has {len(variables)}, "
            "numbered from 0: it is a solution of another cluster, question or set of options"
        )
    return {variables[number]: value for number, value in by_number.items()}


def _as_bits(sample: dict[str, float]) -> dict[str, float]:
    """Values 0 and 1, near enough; those of spins, -1 and 1, as what they stand for."""
    spins = bool(sample) and all(abs(abs(value) - 1) <= NEAR for value in sample.values())
    for name, value in sample.items():
        whole = min(abs(value), abs(value - 1)) <= NEAR or spins
        if not math.isfinite(value) or not whole:
            raise ValueError(f"the value of {name} is {value:g}; give 0 or 1")
    return {name: float(value > 0.5) for name, value in sample.items()}


def _given(content: bytes) -> dict[str, float]:
    try:
        written = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        written = None
    if written is not None and written.lstrip()[:1] in ("{", "["):
        try:
            return _of_json(json.loads(written))
        except json.JSONDecodeError as error:
            raise ValueError(f"is no JSON: {error}") from error
        except RecursionError:
            raise ValueError("is no solution: its JSON is nested too deep") from None
    # A message of OMMX begins with the tag of its first field, a line feed.
    if content[:1] == b"\n":
        try:
            values = read_ommx(content)
        except ValueError:
            values = {}
        else:
            return {f"#{at}": value for at, value in values.items()}
    if written is None:
        raise ValueError("is neither text nor an OMMX state or solution")
    return _of_lines(written)


def _of_json(value: Any) -> dict[str, float]:
    if isinstance(value, Mapping) and value.get("type") == "SampleSet":
        read: Any = dimod.SampleSet
        first = read.from_serializable(value).first
        return {str(name): float(one) for name, one in first.sample.items()}
    for key in ("sample", "state", "solution", "values", "entries"):
        if isinstance(value, Mapping) and isinstance(value.get(key), Mapping | list):
            return _of_json(value[key])
    if isinstance(value, list):
        pairs = [
            (row.get("name"), row.get("value")) if isinstance(row, Mapping) else row
            for row in value
        ]
        if not all(
            isinstance(pair, list | tuple) and len(pair) == 2 and isinstance(pair[0], str | int)
            for pair in pairs
        ):
            raise ValueError("expected an object of values by variable name")
        return _numbers(dict(pairs))
    if not isinstance(value, Mapping):
        raise ValueError("expected an object of values by variable name")
    return _numbers(value)


def _numbers(values: Mapping[Any, Any]) -> dict[str, float]:
    for name, value in values.items():
        if not isinstance(value, bool | int | float):
            raise ValueError(f"the value of {name} is {value!r}; give 0 or 1")
    return {str(name): float(value) for name, value in values.items()}


def _of_lines(written: str) -> dict[str, float]:
    """The first name and number of each line, whatever stands around them."""
    pairs = (_LINE.search(line) for line in written.splitlines())
    return {pair["name"]: float(pair["value"]) for pair in pairs if pair is not None}
