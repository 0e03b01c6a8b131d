"""The solvers by name, each loaded when first asked for: their libraries take seconds to import."""

from __future__ import annotations

from importlib import import_module

from kytos.solvers.base import Solver, SolverName

WHERE = {
    SolverName.OPENJIJ_SA: ("kytos.solvers.openjij", "OPENJIJ_SA"),
    SolverName.OPENJIJ_SQA: ("kytos.solvers.openjij", "OPENJIJ_SQA"),
    SolverName.HYBRID: ("kytos.solvers.hybrid", "HYBRID"),
    SolverName.CP_SAT: ("kytos.solvers.cpsat", "CP_SAT"),
    SolverName.DWAVE_SA: ("kytos.solvers.dwave.local", "DWAVE_SA"),
    SolverName.DWAVE_TABU: ("kytos.solvers.dwave.local", "DWAVE_TABU"),
    SolverName.DWAVE_QPU: ("kytos.solvers.dwave.qpu", "DWAVE_QPU"),
    SolverName.DWAVE_LEAP_BQM: ("kytos.solvers.dwave.leap", "DWAVE_LEAP_BQM"),
    SolverName.DWAVE_LEAP_CQM: ("kytos.solvers.dwave.leap", "DWAVE_LEAP_CQM"),
    SolverName.KUBE_SCHEDULER: ("kytos.solvers.kube_scheduler", "KUBE_SCHEDULER"),
    SolverName.KUBE_SCHEDULER_MOST_ALLOCATED: (
        "kytos.solvers.kube_scheduler",
        "KUBE_SCHEDULER_MOST_ALLOCATED",
    ),
    SolverName.FIRST_FIT_DECREASING: ("kytos.solvers.first_fit", "FIRST_FIT_DECREASING"),
    SolverName.DESCHEDULER: ("kytos.solvers.descheduler", "DESCHEDULER"),
}
"""Name -> module and object."""


def find_solver(name: SolverName) -> Solver:
    """Return the solver of a name, importing its library."""
    module, attribute = WHERE[name]
    solver: Solver = getattr(import_module(module), attribute)
    return solver
