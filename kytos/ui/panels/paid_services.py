"""D-Wave's services as a page offers them: what each is called, takes and is asked with."""

from __future__ import annotations

from dataclasses import dataclass

from kytos.contract.names import SolverName
from kytos.contract.params import SolverParams
from kytos.language import N_


@dataclass(frozen=True)
class Service:
    """One of D-Wave's solvers as it is offered here.

    Attributes
    ----------
    solver, account
        Who is asked, and whose availability decides whether it can be.
    limited
        Whether the size chosen for a processor holds for it.
    """

    label: str
    about: str
    solver: SolverName
    account: SolverName
    limited: bool = False

    def params(self, chosen: SolverParams, asked: SolverParams) -> SolverParams:
        """The parameters of a run: as `chosen` for a processor, else as `asked` of the page."""
        if self.solver is SolverName.HYBRID:
            return chosen.with_hybrid(
                block_sampler=self.account, block_variables=chosen.max_variables, blocks=2
            ).model_copy(update={"max_variables": asked.max_variables})
        return chosen if self.limited else asked


SERVICES = (
    Service(
        "dwave-qpu",
        N_("The quantum processor: the whole QUBO, in one submission or as many as asked for."),
        SolverName.DWAVE_QPU,
        SolverName.DWAVE_QPU,
        limited=True,
    ),
    Service(
        N_("hybrid with blocks on dwave-qpu"),
        N_("Refinement here, and two blocks of nodes on the processor."),
        SolverName.HYBRID,
        SolverName.DWAVE_QPU,
        limited=True,
    ),
    Service(
        "dwave-leap-bqm",
        N_("Leap's hybrid solver of QUBOs: no embedding, all variables."),
        SolverName.DWAVE_LEAP_BQM,
        SolverName.DWAVE_LEAP_BQM,
    ),
    Service(
        "dwave-leap-cqm",
        N_(
            "Leap's hybrid solver of constrained models: capacities are inequalities, not "
            "penalties."
        ),
        SolverName.DWAVE_LEAP_CQM,
        SolverName.DWAVE_LEAP_CQM,
    ),
    Service(
        "dwave-leap-nl",
        N_("Leap's hybrid solver of nonlinear models: one integer a pod says where it goes."),
        SolverName.DWAVE_LEAP_NL,
        SolverName.DWAVE_LEAP_NL,
    ),
)
