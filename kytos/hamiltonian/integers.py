"""Integers as sums of binary variables whose coefficients stay small.

The coefficients are 1, 2, 4, … up to `LARGEST`, which is then repeated (the bounded-coefficient
encoding of Karimi and Ronagh, *Practical integer-to-binary mapping for quantum annealers*, 2019):
every value up to the bound can be reached, none above it, and no coefficient drowns the others in a
machine of limited precision.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from kytos.hamiltonian.words import Binary, Expression, Num
from kytos.problem import Ints

LARGEST = 8
"""Of the coefficients of one integer."""


Bits = tuple[tuple[str, int], ...]
"""An integer as binary variables, each with its coefficient."""


def bounded_coefficients(upper: int, largest: int = LARGEST) -> tuple[int, ...]:
    """Coefficients of binary variables that together reach every integer in 0..upper, no other."""
    powers: list[int] = []
    left = upper
    while left > 0:
        power = min(2 ** len(powers), largest, left)
        powers.append(power)
        left -= power
    return tuple(powers)


def bits_needed(most: Ints) -> Ints:
    """How many variables an integer takes that may be 0 to each of `most`."""
    different, of = np.unique(most, return_inverse=True)
    lengths = np.array([len(bounded_coefficients(int(one))) for one in different], dtype=np.int64)
    return lengths[of].reshape(most.shape)


def added_up(terms: Any) -> Expression:
    """Return the sum of expressions, 0 for none."""
    return sum(terms, start=Num(0))


def integer(name: str, upper: int) -> Bits:
    """Return an integer from 0 to `upper`, its variables named after it."""
    return tuple((f"{name}[{i}]", size) for i, size in enumerate(bounded_coefficients(upper)))


def value_of(bits: Bits) -> Expression:
    """Return an integer as an expression of its variables."""
    return added_up(size * Binary(name) for name, size in bits)


def names_of(integers: Iterable[Bits]) -> tuple[str, ...]:
    """Return the variables of integers, in their order."""
    return tuple(name for bits in integers for name, _ in bits)


def written(bits: Bits, value: int) -> dict[str, int]:
    """An integer in bits; as near as they come to one that is out of their reach."""
    sample = {}
    # Largest first reaches every value: no coefficient exceeds the smaller ones' sum by over 1.
    for name, size in sorted(bits, key=lambda bit: -bit[1]):
        sample[name] = int(size <= value)
        value -= size * sample[name]
    return sample
