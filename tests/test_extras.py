"""What an installation without an extra says, and that each extra brings what it is known by."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from kytos.calls.catalogue import CALLS
from kytos.contract.paid import SolverUnavailableError
from kytos.contract.params import SolverName
from kytos.extras import MODULES, MissingExtraError, installed, require
from kytos.solve.registry import availability, find_solver

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
OPTIONAL = PROJECT["project"]["optional-dependencies"]
CONSTRAINTS = (ROOT / "deploy" / "constraints.txt").read_text(encoding="utf-8")


def without(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    """Make a library as one that is not installed."""
    monkeypatch.setitem(sys.modules, module, None)  # type: ignore[arg-type]


def test_the_extras_are_those_of_pyproject() -> None:
    """What a user is told to install is there to be installed."""
    assert set(MODULES) == set(OPTIONAL)


@pytest.mark.parametrize("extra", MODULES)
def test_every_extra_is_installed_for_development(extra: str) -> None:
    """`uv run` brings all of them, without a word from whoever types it."""
    assert installed(extra)


def test_a_missing_part_is_said_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence names every part that is needed, whichever of them is missing."""
    without(monkeypatch, "streamlit")
    with pytest.raises(MissingExtraError, match=r"install kytos-orchestration\[dashboard,service]"):
        require("kytos serve", "dashboard", "service")


def test_a_solver_whose_library_is_missing_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is unavailable, and names the extra; the others stay as they were."""
    for module in [name for name in sys.modules if name.startswith("kytos.solvers.dwave")]:
        monkeypatch.delitem(sys.modules, module)
    without(monkeypatch, "minorminer")
    told = availability(SolverName.DWAVE_QPU)
    assert not told.ok
    assert told.how.endswith("install kytos-orchestration[dwave]")
    with pytest.raises(SolverUnavailableError, match=r"install kytos-orchestration\[dwave]"):
        find_solver(SolverName.DWAVE_QPU)
    assert find_solver(SolverName.DWAVE_SA).available().ok


def test_the_core_stands_alone() -> None:
    """Library and command line import, and ask for the live client by its extra, without any."""
    hidden = sorted({module.split(".")[0] for names in MODULES.values() for module in names})
    hidden.remove("dwave")  # a part of which, its samplers, belongs to the core
    hidden.remove("pandas")  # OR-Tools brings it
    code = f"""
import sys
sys.modules.update(dict.fromkeys({hidden} + ["dwave.system", "dwave.cloud"]))
import kytos, kytos.calls.catalogue, kytos.report.wording, kytos.solve.hybrid
for name in kytos.__all__: getattr(kytos, name)
from kytos.cli import app
app(["inspect", "--context", "here"])
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=200)
    assert "install kytos-orchestration[live]" in run.stderr
    assert "Traceback" not in run.stderr
    assert run.returncode == 2


def test_the_dashboard_reads_files_without_the_live_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first page offers uploads, and says what reading live needs."""
    from streamlit.testing.v1 import AppTest

    for module in [name for name in sys.modules if name.startswith("kytos.kube")]:
        monkeypatch.delitem(sys.modules, module)
    without(monkeypatch, "kubernetes")
    app = AppTest.from_function(_live_source, default_timeout=60).run()
    (said,) = app.info
    assert "Reading a live cluster needs" in said.value
    assert not app.exception


def _live_source() -> None:
    from kytos.ui.panels.live_source import context_picker

    context_picker(print)


def test_every_direct_dependency_is_pinned_inside_its_range() -> None:
    """deploy/constraints.txt names one exact version of each, which pyproject.toml allows."""
    lines = [Requirement(line) for line in CONSTRAINTS.splitlines()]
    wanted = [*PROJECT["project"]["dependencies"], *chain(*OPTIONAL.values())]
    wanted += PROJECT["dependency-groups"]["dev"]
    for wish in map(Requirement, wanted):
        name = canonicalize_name(wish.name)
        if name == PROJECT["project"]["name"]:
            continue
        pins = [line.specifier for line in lines if canonicalize_name(line.name) == name]
        assert pins, f"{name} is not pinned; run `just constraints`"
        for pin in pins:
            (exact,) = pin
            assert exact.operator == "==", f"{name}{pin}"
            assert wish.specifier.contains(exact.version), f"{name}{pin}, asked for {wish}"


def test_constraints_name_no_place() -> None:
    """They hold names and versions: no address, no file, no hash."""
    assert not any(sign in CONSTRAINTS for sign in ("://", "--", "file:", " @ ", "-e "))


def test_every_question_is_in_the_core() -> None:
    """No call of the catalogue lives in a room that an extra opens."""
    assert not any(call.function.__module__.startswith("kytos.kube") for call in CALLS.values())
