"""Numbers as they were written: a rate or a share is the decimal it was typed as."""

from __future__ import annotations

from fractions import Fraction


def as_written(number: float) -> Fraction:
    """Return the decimal number a float was written as: 0.1 is a tenth."""
    return Fraction(str(number))
