"""What a paid service would charge, and the errors of asking one."""

from __future__ import annotations

from dataclasses import dataclass

from kytos.contract.params import SolverName
from kytos.errors import InputError
from kytos.language import said


@dataclass(frozen=True)
class Estimate:
    """What a run on a paid service would take; shown before anything is sent.

    Attributes
    ----------
    solver
        The service's own name for what would run it.
    minimum_time_s
        Seconds of solver time that will be used at least.
    charge
        The same in words, with the account's conversion rate where it is known.
    """

    solver: str
    variables: int
    couplers: int
    minimum_time_s: float
    charge: str


class SolverUnavailableError(InputError):
    """A solver cannot be used now; says why in a sentence and which local one could stand in."""

    def __init__(self, message: str, fallback: SolverName = SolverName.OPENJIJ_SA) -> None:
        """Keep the sentence and the stand-in."""
        super().__init__(message)
        self.fallback = fallback


class ConsentRequiredError(InputError):
    """A paid run was asked for without consent; nothing was sent."""

    def __init__(self, estimate: Estimate) -> None:
        """Keep what a run would take."""
        super().__init__(
            said(
                f"This sends {estimate.variables} variables and {estimate.couplers} couplers to "
                f"{estimate.solver}: {estimate.charge}. Confirm the charge to run it."
            )
        )
        self.estimate = estimate

    def __reduce__(self) -> tuple[type[ConsentRequiredError], tuple[Estimate]]:
        """Be pickled by the estimate: the error travels from a worker process."""
        return type(self), (self.estimate,)
