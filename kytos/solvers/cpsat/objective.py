"""The objective as CP-SAT takes it: floats turned into integers, and what that rounding costs."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from kytos.solvers.cpsat.library import cp_model

OBJECTIVE_RANGE = 2.0**58
"""Span of the integer objective; CP-SAT refuses what could leave 64 bits."""

LARGEST_EXPONENT = 900
"""Of the scale: whatever the span, it and the range divided by it stay within a double."""


@dataclass
class Objective:
    """A sum of float coefficients times integer variables, turned into integers at the end."""

    constant: float = 0.0
    terms: list[tuple[float, cp_model.IntVar, float]] = field(default_factory=list)
    """(coefficient, variable, largest magnitude of the variable)."""
    least: float = 0.0
    """No value is below this."""
    error: float = 0.0
    """What rounding inside the variables can have hidden."""

    def add(self, coefficient: float, variable: cp_model.IntVar, magnitude: float = 1.0) -> None:
        """Add coefficient x variable, whose magnitude is at most the one given.

        A variable that can only be 0 adds nothing, and would not count in the span: its
        coefficient could be scaled beyond 64 bits.
        """
        if coefficient and magnitude:
            self.terms.append((coefficient, variable, magnitude))

    @property
    def scale(self) -> float:
        """Integer units per unit of energy, a power of two."""
        span = sum(abs(coefficient) * size for coefficient, _, size in self.terms)
        if not span:
            return 1.0
        exponent = math.floor(math.log2(OBJECTIVE_RANGE) - math.log2(span))
        return 2.0 ** max(-LARGEST_EXPONENT, min(exponent, LARGEST_EXPONENT))

    def expression(self) -> cp_model.LinearExpr:
        """Return the objective in integer units, without its constant."""
        scale = self.scale
        return cp_model.LinearExpr.weighted_sum(
            [variable for _, variable, _ in self.terms],
            [round(scale * coefficient) for coefficient, _, _ in self.terms],
        )

    @property
    def coefficient_error(self) -> float:
        """The most that rounding the coefficients changes any value by."""
        scale = self.scale
        return sum(
            abs(round(scale * coefficient) / scale - coefficient) * size
            for coefficient, _, size in self.terms
        )

    def value(self, integer: float) -> float:
        """Return the energy that integer units stand for."""
        return integer / self.scale + self.constant
