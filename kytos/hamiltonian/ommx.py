"""A constrained model as an OMMX instance, and OMMX states and solutions read back.

The bytes are those of ``ommx.v1.Instance``, ``State`` and ``Solution``: what
``Instance.from_bytes`` reads and ``Solution.to_bytes`` writes. They are written here, without the
library: its releases ask for older pandas and Protocol Buffers than the dashboard and OR-Tools
(docs/decisions/0195-interchange.md). Source of the field numbers: the messages of ``ommx.v1``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import dimod

from kytos.hamiltonian.protobuf import (
    double,
    doubles,
    fields,
    integer,
    integers,
    message,
    text,
)

_BINARY, _MINIMIZE = 1, 1
_EQUAL, _AT_MOST = 1, 2


def ommx_instance(
    cqm: dimod.ConstrainedQuadraticModel, meanings: Mapping[str, str], title: str
) -> bytes:
    """Return the model as the bytes of an ``ommx.v1.Instance``.

    A variable's id is its position in the model; ``x[3,2]`` has the name x and subscripts 3, 2.
    Constraints read f <= 0 or f = 0 and bear their labels as names.

    Parameters
    ----------
    meanings
        What a variable stands for, by its name; its description.
    title
        The instance's name.
    """
    number = {name: position for position, name in enumerate(cqm.variables)}
    parts = [message(1, text(1, title), text(4, "kytos"))]
    parts += [_variable(position, name, meanings) for name, position in number.items()]
    objective = cqm.objective
    pairs = [(number[u], number[v], float(bias)) for (u, v), bias in objective.quadratic.items()]
    parts.append(
        message(3, _function(pairs, _linear(number, objective.linear, float(objective.offset))))
    )
    for position, (label, constraint) in enumerate(cqm.constraints.items()):
        sign = -1.0 if constraint.sense.name == "Ge" else 1.0
        constant = sign * (float(constraint.lhs.offset) - float(constraint.rhs))
        biases = {v: sign * float(bias) for v, bias in constraint.lhs.linear.items()}
        equality = _EQUAL if constraint.sense.name == "Eq" else _AT_MOST
        parts.append(
            message(
                4,
                integer(1, position),
                integer(2, equality),
                message(3, _function([], _linear(number, biases, constant))),
                text(6, str(label)),
            )
        )
    parts.append(integer(5, _MINIMIZE))
    return b"".join(parts)


def read_ommx(content: bytes) -> dict[int, float]:
    """Return the values by variable id of an ``ommx.v1.State`` or ``Solution``.

    Raises
    ------
    ValueError
        When it is neither.
    """
    values: dict[int, float] = {}
    # Read to its end first: what is cut off is no solution, though its state be whole.
    for field, value in list(fields(content)):
        if field != 1 or not isinstance(value, bytes):
            continue
        inner = list(fields(value))
        # An entry of a state holds an integer and a number; a solution's state holds entries.
        if inner and all(isinstance(part, bytes) for _, part in inner):
            return read_ommx(value)
        pair = dict(inner)
        key, number = pair.get(1, 0), pair.get(2, 0.0)
        if not isinstance(key, int) or not isinstance(number, float):
            raise ValueError("no OMMX state: an entry is not an id and a number")
        values[key] = number
    if not values:
        raise ValueError("no OMMX state or solution: it gives no variable a value")
    return values


def _variable(position: int, name: str, meanings: Mapping[str, str]) -> bytes:
    subscripts = [int(one) for one in re.findall(r"-?\d+", name)]
    return message(
        2,
        integer(1, position),
        integer(2, _BINARY),
        message(3, double(1, 0.0), double(2, 1.0)),
        text(4, name.partition("[")[0]),
        integers(5, subscripts),
        text(7, meanings.get(name, name)),
    )


def _linear(number: Mapping[str, int], biases: Mapping[str, float], constant: float) -> bytes:
    terms = [
        message(1, integer(1, number[name]), double(2, float(bias)))
        for name, bias in biases.items()
        if bias
    ]
    return b"".join(terms) + double(2, constant)


def _function(pairs: list[tuple[int, int, float]], linear: bytes) -> bytes:
    """A linear function where nothing is quadratic: not every reader takes an empty quadratic."""
    pairs = [pair for pair in pairs if pair[2]]
    if not pairs:
        return message(2, linear)
    rows, columns, values = zip(*pairs, strict=True)
    return message(
        3, integers(1, rows), integers(2, columns), doubles(3, values), message(4, linear)
    )
