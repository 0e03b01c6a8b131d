"""The solvers by name, each loaded when first asked for: their libraries take seconds to import."""

from __future__ import annotations

from importlib import import_module

from kytos.contract.paid import SolverUnavailableError
from kytos.contract.params import SolverName
from kytos.contract.solver import Availability, Solver
from kytos.extras import DWAVE, MissingExtraError, how_to_install, installed

WHERE = {
    SolverName.OPENJIJ_SA: ("kytos.solvers.local.openjij", "OPENJIJ_SA"),
    SolverName.OPENJIJ_SQA: ("kytos.solvers.local.openjij", "OPENJIJ_SQA"),
    SolverName.HYBRID: ("kytos.solve.hybrid", "HYBRID"),
    SolverName.CP_SAT: ("kytos.solvers.cpsat", "CP_SAT"),
    SolverName.DWAVE_SA: ("kytos.solvers.local.dwave", "DWAVE_SA"),
    SolverName.DWAVE_TABU: ("kytos.solvers.local.dwave", "DWAVE_TABU"),
    SolverName.DWAVE_QPU: ("kytos.solvers.dwave.qpu", "DWAVE_QPU"),
    SolverName.DWAVE_LEAP_BQM: ("kytos.solvers.dwave.leap", "DWAVE_LEAP_BQM"),
    SolverName.DWAVE_LEAP_CQM: ("kytos.solvers.dwave.leap", "DWAVE_LEAP_CQM"),
    SolverName.KUBE_SCHEDULER: ("kytos.solvers.baselines.kube_scheduler", "KUBE_SCHEDULER"),
    SolverName.KUBE_SCHEDULER_MOST_ALLOCATED: (
        "kytos.solvers.baselines.kube_scheduler",
        "KUBE_SCHEDULER_MOST_ALLOCATED",
    ),
    SolverName.FIRST_FIT_DECREASING: ("kytos.solvers.baselines.first_fit", "FIRST_FIT_DECREASING"),
    SolverName.DESCHEDULER: ("kytos.solvers.baselines.descheduler", "DESCHEDULER"),
}
"""Name -> module and object."""


def find_solver(name: SolverName) -> Solver:
    """Return the solver of a name, importing its library.

    Raises
    ------
    SolverUnavailableError
        When that library is an extra and not installed.
    """
    module, attribute = WHERE[name]
    try:
        solver: Solver = getattr(import_module(module), attribute)
    except MissingExtraError as error:
        raise SolverUnavailableError(str(error)) from error
    return solver


IN_THE_CLOUD = frozenset(
    {SolverName.DWAVE_QPU, SolverName.DWAVE_LEAP_BQM, SolverName.DWAVE_LEAP_CQM}
)
"""They need an account; the others run here and their libraries are dependencies."""


def availability(name: SolverName) -> Availability:
    """Say what the solver itself would say; a service may ask this of all of them."""
    if name not in IN_THE_CLOUD:
        return Availability(True)
    if not installed(DWAVE):
        return Availability(False, how_to_install(name, DWAVE))
    # Only whoever asks waits for the cloud's client.
    from kytos.solvers.dwave.cloud import account

    return account()
