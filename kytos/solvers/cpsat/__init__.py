"""The exact solver: OR-Tools' CP-SAT on the same energy."""

from kytos.solvers.cpsat.solver import (
    CP_SAT,
    CpSat,
    ExactResult,
    ExactStatus,
    MostPlaced,
    place_most,
    solve_exact,
)

__all__ = [
    "CP_SAT",
    "CpSat",
    "ExactResult",
    "ExactStatus",
    "MostPlaced",
    "place_most",
    "solve_exact",
]
