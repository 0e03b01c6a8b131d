"""A QUBO in files that other tools read: dimod JSON, a coordinate list, Ising h and J."""

from __future__ import annotations

import json

import dimod
import numpy as np


def dimod_json(bqm: dimod.BinaryQuadraticModel) -> bytes:
    """Return the model as `dimod.BinaryQuadraticModel.from_serializable` reads it, as JSON."""
    return json.dumps(bqm.to_serializable()).encode()


def coordinates(bqm: dimod.BinaryQuadraticModel) -> bytes:
    """Return the model as a coordinate list, one ``i j bias`` a line; ``i i bias`` is linear.

    Variables are numbered in the model's order; comments tell their names, the variable type and
    the offset, for which the format has no line. Biases are written out in full, without an
    exponent: `dimod.serialization.coo` reads neither exponents nor writes beyond six decimals.
    """
    number = {name: position for position, name in enumerate(bqm.variables)}
    lines = [f"# vartype={bqm.vartype.name}", f"# offset={_full(float(bqm.offset))}"]
    lines += [f"# variable {position} is {name}" for name, position in number.items()]
    lines += [f"{number[v]} {number[v]} {_full(float(bias))}" for v, bias in bqm.linear.items()]
    pairs = ((sorted((number[u], number[v])), bias) for (u, v), bias in bqm.quadratic.items())
    lines += [f"{first} {second} {_full(float(bias))}" for (first, second), bias in pairs]
    return ("\n".join(lines) + "\n").encode()


def ising_json(bqm: dimod.BinaryQuadraticModel) -> bytes:
    """Return E(s) = offset + sum h_i s_i + sum J_ij s_i s_j over spins -1 and +1, as JSON.

    ``variables`` names the spins, ``h`` is in their order, ``J`` lists [i, j, coupling].
    """
    spins = bqm.spin
    number = {name: position for position, name in enumerate(bqm.variables)}
    content = {
        "variables": [str(name) for name in bqm.variables],
        "h": [float(spins.linear[name]) for name in bqm.variables],
        "J": [[number[u], number[v], float(bias)] for (u, v), bias in spins.quadratic.items()],
        "offset": float(spins.offset),
    }
    return json.dumps(content).encode()


def _full(value: float) -> str:
    return np.format_float_positional(value, unique=True, trim="0")
