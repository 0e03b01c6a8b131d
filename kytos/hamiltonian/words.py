"""PyQUBO's words for an energy, loaded when the first is said.

PyQUBO loads D-Wave's samplers and networkx beside it, a quarter of a second that an anneal, whose
coefficients come from arrays, should not wait for (docs/decisions/0275-what-a-command-loads.md).
"""

from __future__ import annotations

from typing import Any

Expression = Any
"""A PyQUBO expression; PyQUBO carries no types."""


def Binary(name: str) -> Expression:  # noqa: N802
    """A binary variable."""
    import pyqubo

    return pyqubo.Binary(name)


def Num(value: float) -> Expression:  # noqa: N802
    """A number."""
    import pyqubo

    return pyqubo.Num(value)


def Placeholder(name: str) -> Expression:  # noqa: N802
    """A number that is given after compiling."""
    import pyqubo

    return pyqubo.Placeholder(name)


def Constraint(expression: Expression, label: str) -> Expression:  # noqa: N802
    """A term that is 0 where what it is named for holds."""
    import pyqubo

    return pyqubo.Constraint(expression, label)


def SubH(expression: Expression, label: str) -> Expression:  # noqa: N802
    """A term with a name, whose value can be asked for."""
    import pyqubo

    return pyqubo.SubH(expression, label)
