"""Availability told without the solver's library is what the solver itself says."""

from __future__ import annotations

import subprocess
import sys

import pytest

from kytos.contract.params import SolverName
from kytos.solve.registry import availability, find_solver


@pytest.mark.parametrize("name", list(SolverName))
def test_it_is_what_the_solver_says(name: SolverName) -> None:
    """Both agree, for every solver there is."""
    assert availability(name) == find_solver(name).available()


def test_no_solver_is_imported() -> None:
    """Asking after all of them loads no annealer and no exact solver."""
    asked = (
        "import sys; from kytos.solve.registry import availability as a;"
        "from kytos.contract.solver import SolverName;"
        "[a(name) for name in SolverName];"
        "print(sorted({m.split('.')[0] for m in sys.modules}"
        " & {'openjij', 'ortools', 'pyqubo', 'numba', 'hybrid'}))"
    )
    found = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True)
    assert found.stdout.strip() == "[]", found.stderr
