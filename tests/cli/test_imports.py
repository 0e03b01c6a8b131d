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
