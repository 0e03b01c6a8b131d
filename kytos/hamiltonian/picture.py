"""A QUBO's matrix reduced to a picture: every variable at 100, a legible grid at 5,000."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from kytos.hamiltonian.arrays import Coefficients, Parts
from kytos.problem import Floats, Ints

CELLS = 240
"""Cells along an edge at most: about two screen pixels each, so that none is lost in drawing."""


@dataclass(frozen=True)
class MatrixPicture:
    """Coefficients by cell; symmetric.

    Attributes
    ----------
    values
        ``(cells, cells)`` the coefficient of largest magnitude in each cell, sign included; 0
        where there is none.
    edges
        ``(cells + 1,)`` the variable each cell begins at.
    labels
        ``(cells,)`` the variable of a cell, or its first and last.
    parts
        Kinds of variables in order: name and how many.
    """

    values: Floats
    edges: Ints
    labels: tuple[str, ...]
    parts: Parts


def matrix_picture(parts: Parts, coefficients: Coefficients, cells: int = CELLS) -> MatrixPicture:
    """Reduce a QUBO to at most `cells` cells a side; linear coefficients are on the diagonal."""
    names = coefficients.variables
    count = min(cells, len(names))
    edges = np.linspace(0, len(names), count + 1).astype(np.int64)
    pairs = coefficients.quadratic.tocoo()
    rows = np.concatenate([pairs.row, np.arange(len(names))])
    columns = np.concatenate([pairs.col, np.arange(len(names))])
    values = np.concatenate([pairs.data, coefficients.linear])
    cell = np.searchsorted(edges, np.arange(len(names)), side="right") - 1
    picture = np.zeros((count, count))
    # Ascending magnitude: of several values written to one cell the last, the largest, stays.
    order = np.argsort(np.abs(values), kind="stable")
    picture[cell[rows[order]], cell[columns[order]]] = values[order]
    mirror = picture.T
    picture = np.where(np.abs(mirror) > np.abs(picture), mirror, picture)
    labels = [
        names[first] if last == first + 1 else f"{names[first]} … {names[last - 1]}"
        for first, last in pairwise(edges)
    ]
    return MatrixPicture(picture, edges, tuple(labels), parts)
