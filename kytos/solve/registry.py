"""The solver of a name, loaded when first asked for: the libraries take seconds to import."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec

from kytos.contract.names import SolverName
from kytos.contract.paid import SolverUnavailableError
from kytos.contract.registry import REGISTERED
from kytos.contract.solver import Availability, Solver
from kytos.extras import DWAVE, MissingExtraError, how_to_install, installed


def find_solver(name: SolverName) -> Solver:
    """Return the solver of a name, importing its library.

    Raises
    ------
    SolverUnavailableError
        When that library is an extra and not installed.
    """
    line = REGISTERED[name]
    try:
        solver: Solver = getattr(import_module(line.module), line.attribute)
    except MissingExtraError as error:
        raise SolverUnavailableError(str(error)) from error
    return solver


@cache
def is_installed(name: SolverName) -> bool:
    """Say whether the solver's module is there to be imported."""
    return find_spec(REGISTERED[name].module) is not None


def availability(name: SolverName) -> Availability:
    """Say what the solver itself would say; a service may ask this of all of them."""
    line = REGISTERED[name]
    if not line.traits.needs_account:
        return Availability(True)
    if line.account is None:
        return find_solver(name).available()
    if not installed(DWAVE):
        return Availability(False, how_to_install(name, DWAVE))
    # Only whoever asks waits for the cloud's client.
    module, function = line.account
    told: Availability = getattr(import_module(module), function)()
    return told
