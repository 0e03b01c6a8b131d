"""What every solver's run comes to: a checked placement and how it came about."""

from __future__ import annotations

import math
from dataclasses import dataclass

from kytos.contract.run_report import SolverReport
from kytos.problem import Ints
from kytos.referee.energy import EnergyTerms


@dataclass(frozen=True)
class Solution:
    """A placement that breaks nothing and is never worse than the start."""

    placement: Ints
    energy: EnergyTerms
    start_energy: EnergyTerms
    report: SolverReport
    bound: float = -math.inf
    """No feasible placement that leaves out as few pods has a lower energy without desire, as far
    as the exact solver proved it."""
    fewest: bool = False
    """The exact solver proved that no feasible placement leaves out fewer."""
