"""The house of the design, held: who may import what, read from the source without running it."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

HOUSE = (
    ("app", "pages"),
    ("kytos.ui",),
    ("kytos.cli", "kytos.api"),
    ("kytos.calls",),
    ("kytos.report",),
    ("kytos.runbook",),
    ("kytos.compare",),
    ("kytos.questions",),
    ("kytos.solve",),
    ("kytos.solvers",),
    ("kytos.hamiltonian", "kytos.bounds", "kytos.refine"),
    ("kytos.referee",),
    ("kytos.execution",),
    ("kytos.kube",),
    ("kytos.sources",),
    ("kytos.jobs", "kytos.rules", "kytos.settings"),
    ("kytos.contract",),
    ("kytos.problem", "kytos.plain"),
    ("kytos.headroom", "kytos.pairs", "kytos.pod_sets", "kytos.replica_counts"),
    ("kytos.cluster",),
    ("kytos.load_profile", "kytos.language"),
    ("kytos.usage", "kytos.errors", "kytos.extras", "kytos.logs", "kytos.destinations"),
)
"""Floors, top to bottom. A room imports its own and the floors below, never across or upwards."""

ONLY_IN = {
    "streamlit": ("app.py", "pages/", "kytos/ui/"),
    "fastapi": ("kytos/api",),
    "starlette": ("kytos/api",),
    "prometheus_client": ("kytos/api",),
    "typer": ("kytos/cli",),
    "pebble": ("kytos/jobs",),
    "kubernetes": ("kytos/kube/",),
    "pyqubo": ("kytos/hamiltonian/",),
    "openjij": ("kytos/solvers/local/openjij.py",),
    "ortools": ("kytos/solvers/cpsat/",),
    "hybrid": ("kytos/solve/hybrid.py",),
    "dwave": ("kytos/solvers/dwave/", "kytos/solvers/local/dwave.py", "kytos/solve/hybrid.py"),
    "babel": ("kytos/language.py",),
    "plotly": ("kytos/report/figures/", "kytos/ui/"),
    "sqlalchemy": ("kytos/ui/store.py",),
    "httpx2": ("kytos/sources/usage/prometheus_live.py",),
    "distributed": ("kytos/solve/dask.py",),
}
"""Library -> the files (by how their path begins) that may import it."""


def sources() -> list[str]:
    paths = [*ROOT.glob("kytos/**/*.py"), *ROOT.glob("pages/*.py"), *ROOT.glob("app.py")]
    return sorted(path.relative_to(ROOT).as_posix() for path in paths)


@cache
def tree_of(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


@cache
def imports(path: str) -> tuple[str, ...]:
    """The modules a file imports, as dotted names; `from a import b` counts as both a and a.b."""
    modules: list[str] = []
    for statement in ast.walk(tree_of(path)):
        if isinstance(statement, ast.Import):
            modules += (name.name for name in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            assert statement.level == 0, f"{path}: relative import; name the module in full"
            assert statement.module is not None
            modules += (f"{statement.module}.{name.name}" for name in statement.names)
    return tuple(modules)


def within(module: str, room: str) -> bool:
    return module == room or module.startswith(room + ".")


def module_of(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def place_of(module: str) -> tuple[int, str] | None:
    found = [
        (floor, room) for floor, rooms in enumerate(HOUSE) for room in rooms if within(module, room)
    ]
    return max(found, key=lambda place: len(place[1]), default=None)


@pytest.mark.parametrize("path", sources())
def test_every_module_has_a_room(path: str) -> None:
    """A new module is given its floor in HOUSE before anyone imports it."""
    assert path == "kytos/__init__.py" or place_of(module_of(path)) is not None, (
        f"{path} is on no floor of HOUSE in tests/test_architecture.py; decide where it belongs"
    )


@pytest.mark.parametrize("room", sorted({room for rooms in HOUSE for room in rooms} - {"pages"}))
def test_every_room_is_there(room: str) -> None:
    """HOUSE names no room that was torn down."""
    assert any(within(module_of(path), room) for path in sources())


@pytest.mark.parametrize("path", sources())
def test_nobody_imports_upwards(path: str) -> None:
    """Imports go down the house or stay in the room."""
    here = place_of(module_of(path))
    if here is None:
        return
    for module in imports(path):
        there = place_of(module)
        if there is None:
            continue
        assert there[1] == here[1] or there[0] > here[0], (
            f"{path} imports {module}, which is not below it"
        )


@pytest.mark.parametrize("path", sources())
def test_libraries_stay_in_their_files(path: str) -> None:
    """Streamlit, FastAPI, Kubernetes, PyQUBO and each solver's library are known in one place."""
    for module in imports(path):
        allowed = ONLY_IN.get(module.split(".")[0])
        assert allowed is None or path.startswith(allowed), (
            f"{path} imports {module}; only {', '.join(allowed or ())} may"
        )


@pytest.mark.parametrize("path", sources())
def test_only_the_command_line_carries_out(path: str) -> None:
    """Neither service nor dashboard can write to a cluster: they cannot reach what does."""
    if path.startswith(("kytos/cli/", "kytos/execution/")):
        return
    writing = ("kytos.execution", "kytos.kube.api", "kytos.kube.control_plane")
    if path.startswith("kytos/kube/"):
        writing = ("kytos.execution",)
    assert [module for module in imports(path) if any(within(module, one) for one in writing)] == []


@pytest.mark.parametrize("path", [path for path in sources() if "/questions/" in path])
def test_questions_know_no_bodies(path: str) -> None:
    """What comes over a wire is translated by those who took it: a request is the domain's."""
    wire = ("kytos.sources.body", "kytos.sources.manifests", "kytos.sources.documents", "yaml")
    assert [module for module in imports(path) if any(within(module, one) for one in wire)] == []


@pytest.mark.parametrize("path", sources())
def test_only_a_watch_does_sums_with_the_clock(path: str) -> None:
    """Who shares out the time asks for a part of it: `Watch.within`, `share`, `reserve`."""
    if path == "kytos/contract/watch.py":
        return
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    narrowed = [
        call.lineno
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and getattr(call.func, "id", "") == "replace"
        and any(keyword.arg == "deadline" for keyword in call.keywords)
    ]
    assert narrowed == [], f"{path} narrows a watch by hand, in lines {narrowed}"


@pytest.mark.parametrize("path", sources())
def test_every_module_says_what_it_is_for(path: str) -> None:
    """The first line of a module is a sentence about it."""
    doc = ast.get_docstring(tree_of(path))
    assert doc, f"{path} has no docstring"
    assert doc.splitlines()[0].rstrip().endswith((".", "?", "!", ";", ":")), (
        f"{path}: the docstring's first line is not a sentence"
    )


LONG = 380
"""Lines, from which on a module says here why it is one."""
LONGER = {
    "kytos/hamiltonian/arrays.py": "one builder, a method for each term of the energy",
    "kytos/problem.py": "one record, half of it what its fields mean",
    "kytos/questions/fleet/fleet.py": "the answer's record, and the way from the request to it",
    "kytos/refine/anneal.py": "one annealing, whose stages share its arrays",
    "kytos/refine/state.py": "the records that kernels read, each beside what fills it",
    "kytos/solve/portfolio.py": "the ways of searching, and the rounds that choose between them",
    "kytos/solve/solve.py": "one run, whose stages share its best plan and its clock",
}


@pytest.mark.parametrize("path", sources())
def test_a_long_module_has_a_reason(path: str) -> None:
    """Whoever lets a module grow splits it, or says why it is one."""
    lines = (ROOT / path).read_text(encoding="utf-8").count("\n")
    assert (lines > LONG) == (path in LONGER), f"{path} has {lines} lines"


def test_top_level_holds_only_what_it_should() -> None:
    """Nothing but the agreed names lies at the top of the repository."""
    agreed = {
        *("pyproject.toml", "app.py", "pages", "kytos", "sample_clusters", "tests", ".streamlit"),
        *("benchmarks", "docs", "deploy", "README.md", "CHANGELOG.md", "LICENSE", "Justfile"),
        *(".ci", ".pre-commit-config.yaml", ".gitignore", ".dockerignore", ".python-version"),
    }
    ignored = {".git", ".venv", "uv.lock", "dist"}
    found = {entry.name for entry in ROOT.iterdir() if not entry.name.endswith("_cache")}
    stray = found - agreed - ignored - {".hypothesis", "__pycache__"}
    assert not stray, f"unexpected at the top level: {sorted(stray)}"
