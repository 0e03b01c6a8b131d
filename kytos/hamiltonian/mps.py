"""A constrained model as a linear MPS file: each product of two variables becomes a third one."""

from __future__ import annotations

from collections.abc import Mapping

import dimod

from kytos.hamiltonian.plain_names import ONE, plain_name

OBJECTIVE = "obj"


def mps_file(cqm: dimod.ConstrainedQuadraticModel, meanings: Mapping[str, str]) -> bytes:
    """Return the model in free MPS format, which every solver of integer programs reads.

    A product u·v of the objective is the continuous w with w <= u, w <= v and w >= u + v - 1:
    equal to u·v wherever u and v are 0 or 1, so that the objective is the energy there.

    Parameters
    ----------
    meanings
        What a variable stands for, by its name; told in comments at the top.
    """
    model = _Rows()
    for v, bias in cqm.objective.linear.items():
        model.add(OBJECTIVE, plain_name(v), float(bias))
    model.add(OBJECTIVE, ONE, float(cqm.objective.offset))
    comments = [f"* {plain_name(v)} is {' '.join(told.split())}" for v, told in meanings.items()]
    for number, (label, constraint) in enumerate(cqm.constraints.items()):
        row = f"c{number}"
        comments.append(f"* {row} is {' '.join(str(label).split())}")
        rhs = float(constraint.rhs) - float(constraint.lhs.offset)
        model.rows[row] = ({"Le": "L", "Ge": "G", "Eq": "E"}[constraint.sense.name], rhs)
        for v, bias in constraint.lhs.linear.items():
            model.add(row, plain_name(v), float(bias))
    products = [
        (plain_name(u), plain_name(v), float(bias))
        for (u, v), bias in cqm.objective.quadratic.items()
        if bias
    ]
    for number, (first, second, bias) in enumerate(products):
        product = f"w_{number}"
        comments.append(f"* {product} is {first} * {second}")
        model.add(OBJECTIVE, product, bias)
        for side, one in enumerate((first, second)):
            model.rows[f"{product}.{side}"] = ("L", 0.0)
            model.add(f"{product}.{side}", product, 1.0)
            model.add(f"{product}.{side}", one, -1.0)
        model.rows[f"{product}.2"] = ("L", 1.0)
        for one, sign in ((first, 1.0), (second, 1.0), (product, -1.0)):
            model.add(f"{product}.2", one, sign)
    binary = [plain_name(v) for v in cqm.variables]
    return model.text(comments, binary, [f"w_{number}" for number in range(len(products))])


class _Rows:
    """Rows by name and the coefficients of each column, as the format wants them."""

    def __init__(self) -> None:
        self.rows: dict[str, tuple[str, float]] = {}
        self.columns: dict[str, dict[str, float]] = {}

    def add(self, row: str, column: str, value: float) -> None:
        if value or row == OBJECTIVE:
            self.columns.setdefault(column, {})[row] = value

    def text(self, comments: list[str], binary: list[str], products: list[str]) -> bytes:
        lines = [*comments, "NAME kytos", "ROWS", f" N {OBJECTIVE}"]
        lines += [f" {sense} {row}" for row, (sense, _) in self.rows.items()]
        lines += ["COLUMNS", " MARKER 'MARKER' 'INTORG'", *self._columns(binary)]
        lines += [" MARKER 'MARKER' 'INTEND'", *self._columns([ONE, *products]), "RHS"]
        lines += [f" RHS {row} {rhs!r}" for row, (_, rhs) in self.rows.items() if rhs]
        lines += ["BOUNDS", f" FX BND {ONE} 1"]
        lines += [f" UP BND {name} 1" for name in binary]
        lines += [f" UP BND {name} 1" for name in products]
        return ("\n".join([*lines, "ENDATA"]) + "\n").encode()

    def _columns(self, names: list[str]) -> list[str]:
        return [
            f" {name} {row} {value!r}"
            for name in names
            for row, value in self.columns.get(name, {OBJECTIVE: 0.0}).items()
        ]
