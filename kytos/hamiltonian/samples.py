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


def read_sample(content: bytes, variables: Sequence[str]) -> dict[str, float]:
    """Return the values of a model's variables by name; what is not told is left out.

    Understood are OMMX states and solutions (bytes), dimod's sample sets as JSON (the lowest
    counts), a JSON object name -> value (or one under ``sample``, ``state``, ``solution`` or
    ``values``), and lines ``name value`` or ``name,value``, as solvers of LP and MPS files write
    them. Names may be plain (``x_3_2``); those of variables the model has not are passed over.

    Raises
    ------
    ValueError
        Saying what was expected, when nothing of the model is in it or a value is not finite.
    """
    given = _given(content, variables)
    known = {name: name for name in variables} | {plain_name(name): name for name in variables}
    sample = {known[name]: value for name, value in given.items() if name in known}
    if variables and not sample:
        raise ValueError(
            f"gives none of the problem's variables a value; they are named {variables[0]!r} "
            f"(or {plain_name(variables[0])!r}) and so on"
        )
    for name, value in sample.items():
        if not math.isfinite(value):
            raise ValueError(f"the value of {name} is {value}; give 0 or 1")
    return sample


def _given(content: bytes, variables: Sequence[str]) -> dict[str, float]:
    try:
        written = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        written = None
    if written is not None and written.lstrip()[:1] in ("{", "["):
        try:
            return _of_json(json.loads(written))
        except json.JSONDecodeError as error:
            raise ValueError(f"is no JSON: {error}") from error
    # A message of OMMX begins with the tag of its first field, a line feed.
    if content[:1] == b"\n":
        try:
            values = read_ommx(content)
        except ValueError:
            values = {}
        else:
            return {variables[at]: value for at, value in values.items() if at < len(variables)}
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
        if not all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in pairs):
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
