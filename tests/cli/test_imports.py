"""What a command loads before it does anything."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("openjij", "ortools", "pyqubo", "numba", "dimod", "scipy", "pandas", "hybrid", "uvicorn")


def test_the_commands_are_listed_without_the_solvers() -> None:
    """Loading the command line, as --help and inspect do, imports no solver's library."""
    asked = f"import sys, kytos.cli; print([name for name in {HEAVY} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True)
    assert found.stdout.strip() == "[]", found.stderr


def test_a_plan_waits_for_no_library_it_does_not_use() -> None:
    """pandas, networkx, PyQUBO and SciPy's optimisers come with what needs them, and then whole."""
    asked = (
        "import sys, kytos.calls.catalogue, kytos.solvers.cpsat, kytos.solvers.local.openjij;"
        "late = ('pandas', 'networkx', 'pyqubo', 'scipy.optimize');"
        "print([name for name in late if name in sys.modules]);"
        "import networkx, pandas; from ortools.sat.python import cp_model;"
        "series = cp_model.CpModel().new_bool_var_series('x', pandas.Index(['a', 'b']));"
        "print(type(series) is pandas.Series, len(networkx.path_graph(3)))"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True)
    assert done.stdout.splitlines() == ["[]", "True 3"], done.stderr
