"""A constrained model as an LP file: its quadratic objective and its linear constraints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import dimod

from kytos.hamiltonian.plain_names import ONE, plain_name

TERMS_A_LINE = 6
"""Some readers take lines of 255 characters at the most."""


def lp_file(cqm: dimod.ConstrainedQuadraticModel, meanings: Mapping[str, str]) -> bytes:
    """Return the model in CPLEX's LP format; every number is written in full.

    Parameters
    ----------
    meanings
        What a variable stands for, by its name; told in comments at the top.
    """
    objective = cqm.objective
    linear = {plain_name(v): float(bias) for v, bias in objective.linear.items() if bias}
    if objective.offset or not linear:
        linear[ONE] = float(objective.offset)
    # What stands in brackets is halved when it is read.
    products = [
        (2 * float(bias), f"{plain_name(u)} * {plain_name(v)}")
        for (u, v), bias in objective.quadratic.items()
        if bias
    ]
    lines = [f"\\ {plain_name(v)} is {' '.join(told.split())}" for v, told in meanings.items()]
    lines += ["Minimize", " obj:"]
    lines += _terms((bias, name) for name, bias in linear.items())
    if products:
        lines += [" + [", *_terms(products), " ] / 2"]
    lines.append("Subject To")
    for number, (label, constraint) in enumerate(cqm.constraints.items()):
        lines += [f"\\ c{number} is {' '.join(str(label).split())}", f" c{number}:"]
        lines += _terms((float(bias), plain_name(v)) for v, bias in constraint.lhs.linear.items())
        sign = {"Le": "<=", "Ge": ">=", "Eq": "="}[constraint.sense.name]
        lines.append(f"  {sign} {float(constraint.rhs) - float(constraint.lhs.offset)!r}")
    if ONE in linear:
        lines += ["Bounds", f" {ONE} = 1"]
    lines += ["Binary", *(f" {plain_name(v)}" for v in cqm.variables), "End"]
    return ("\n".join(lines) + "\n").encode()


def _terms(terms: Iterable[tuple[float, str]]) -> list[str]:
    signed = [f"{'-' if bias < 0 else '+'} {abs(bias)!r} {what}" for bias, what in terms]
    starts = range(0, len(signed), TERMS_A_LINE)
    return ["  " + " ".join(signed[at : at + TERMS_A_LINE]) for at in starts]
