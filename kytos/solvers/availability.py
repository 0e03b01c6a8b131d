"""Whether a solver can be used here, told without importing the library behind it."""

from __future__ import annotations

from kytos.solvers.base import Availability, SolverName

IN_THE_CLOUD = frozenset(
    {SolverName.DWAVE_QPU, SolverName.DWAVE_LEAP_BQM, SolverName.DWAVE_LEAP_CQM}
)
"""They need an account; the others run here and their libraries are dependencies."""


def availability(name: SolverName) -> Availability:
    """Say what the solver itself would say; a service may ask this of all of them."""
    if name not in IN_THE_CLOUD:
        return Availability(True)
    # Only whoever asks waits for the cloud's client.
    from kytos.solvers.dwave.cloud import account

    return account()
