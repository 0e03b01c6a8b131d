"""An answer made elsewhere, in a solver's stead."""

from __future__ import annotations

from typing import Literal

from kytos.contract.params import SolverParams

IMPORTED: Literal["imported"] = "imported"
"""What stands in a report in place of a solver's name."""


class Given(SolverParams):
    """Where each pod goes: nothing is searched for, only checked and, where it must be, repaired.

    It takes the way of a solver's parameters through a question, and `kytos.solve.solve` knows it.
    """

    placement: dict[str, str | None]
    """Node by pod, None for no node; pods not named stay as they are."""
    broken: tuple[str, ...] = ()
    """What the solution broke before it was a placement: pods in two places, say."""
