"""The documentation, held to the code: what exists is documented, what is documented exists."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from pydantic import BaseModel

from kytos.api import Settings, create_app
from kytos.calls.catalogue import CALLS
from kytos.cli import app as cli
from kytos.contract.params import SolverName, SolverParams
from kytos.contract.weights import Weights
from kytos.questions.autoscale.request import ServiceRate
from kytos.settings import PREFIX, EnvironmentSettings
from kytos.sources.listings import LISTINGS, USE_LISTINGS, Listing

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
README = (ROOT / "README.md").read_text(encoding="utf-8")
SETTINGS = (DOCS / "settings.md").read_text(encoding="utf-8")
VARIABLE = re.compile(r"\bKYTOS_[A-Z][A-Z_]*[A-Z]\b")
LINK = re.compile(r"\]\(([^)\s]+)\)")


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def code_files() -> list[Path]:
    return [*ROOT.glob("kytos/**/*.py"), *ROOT.glob("pages/*.py"), *ROOT.glob("app.py")]


def written_pages() -> list[Path]:
    return [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.glob("**/*.md"))]


def without_fences(text: str) -> str:
    return re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)


def commands(text: str) -> Iterator[list[str]]:
    """The words of each command line in the text's console blocks."""
    for block in re.findall(r"^```(?:console|sh|bash)\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        for line in block.replace("\\\n", " ").splitlines():
            command = line.removeprefix("$ ").split("|")[0].split(" > ")[0].strip()
            if command and not command.startswith("#"):
                yield shlex.split(command)


def test_every_variable_is_documented() -> None:
    """Each KYTOS_ variable the code reads is in docs/settings.md."""
    read = {
        name for path in code_files() for name in VARIABLE.findall(path.read_text(encoding="utf-8"))
    }
    assert sorted(read - set(VARIABLE.findall(SETTINGS))) == []


def test_no_documented_variable_is_gone() -> None:
    """docs/settings.md names no variable that nothing reads; tests may read their own."""
    everything = "".join(
        path.read_text(encoding="utf-8") for path in [*code_files(), *ROOT.glob("tests/**/*.py")]
    )
    models = [Settings, *EnvironmentSettings.__subclasses__()]
    settings = {PREFIX + name.upper() for model in models for name in model.model_fields}
    gone = [name for name in set(VARIABLE.findall(SETTINGS)) - settings if name not in everything]
    assert gone == []


@pytest.mark.parametrize(
    "model",
    [Weights, SolverParams, *(call.request for call in CALLS.values()), ServiceRate],
)
def test_every_field_a_user_sets_is_documented(model: type[BaseModel]) -> None:
    """Weights, solver parameters and request fields are in docs/settings.md."""
    assert [name for name in model.model_fields if f"`{name}`" not in SETTINGS] == []


def test_every_setting_of_the_service_is_documented() -> None:
    """docs/settings.md names the variable of each of the service's settings."""
    variables = [PREFIX + name.upper() for name in Settings.model_fields]
    assert [name for name in variables if f"`{name}`" not in SETTINGS] == []


def test_every_path_of_the_service_is_documented() -> None:
    """docs/api.md names each method and path, and none that is gone."""
    text = (DOCS / "api.md").read_text(encoding="utf-8")
    paths = create_app(Settings()).openapi()["paths"]
    offered = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    named = set(re.findall(r"`((?:GET|POST|DELETE) /[^`\s]*)`", text)) - {"GET /openapi.json"}
    assert offered == named


def test_every_command_and_option_is_documented() -> None:
    """docs/cli.md names each command of `kytos` and each of its options."""
    text = (DOCS / "cli.md").read_text(encoding="utf-8")
    for name, command in typer.main.get_group(cli).commands.items():
        assert f"`kytos {name}`" in text
        options = [flag for option in command.params for flag in option.opts if flag[0] == "-"]
        assert [flag for flag in options if f"`{flag}`" not in text] == [], name


@pytest.mark.parametrize(
    "listing", [*LISTINGS, *USE_LISTINGS], ids=lambda listing: listing.resource
)
def test_every_list_of_a_live_cluster_is_documented(listing: Listing) -> None:
    """docs/live-clusters.md names what is listed, and what it costs to be without."""
    text = (DOCS / "live-clusters.md").read_text(encoding="utf-8")
    assert f"`{listing.resource}`" in text
    assert listing.without is None or f"| {listing.without} |" in text


@pytest.mark.parametrize("name", [solver.value for solver in SolverName])
def test_every_solver_is_documented(name: str) -> None:
    """The README's table names every solver."""
    assert f"`{name}`" in README


def test_every_page_is_documented() -> None:
    """The README names every page of the dashboard."""
    assert [
        relative(page) for page in ROOT.glob("pages/*.py") if relative(page) not in README
    ] == []


def test_no_documented_page_is_missing() -> None:
    """Every page the README names is there."""
    named = re.findall(r"`(pages/[^`]+\.py)`", README)
    assert [page for page in named if not (ROOT / page).exists()] == []


@pytest.mark.parametrize("path", written_pages(), ids=relative)
def test_links_resolve(path: Path) -> None:
    """Links between files of the repository, pictures included, lead to a file."""
    targets = LINK.findall(without_fences(path.read_text(encoding="utf-8")))
    local = [target.split("#")[0] for target in targets if not re.match(r"[a-z]+:|#", target)]
    assert [target for target in local if not (path.parent / target).exists()] == []


def test_decisions_are_numbered_and_indexed() -> None:
    """Every record has a number of its own and a line in the index."""
    index = (DOCS / "decisions" / "README.md").read_text(encoding="utf-8")
    records = [path.name for path in (DOCS / "decisions").glob("*.md") if path.name != "README.md"]
    assert [name for name in records if not re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", name)] == []
    numbers = [name[:4] for name in records]
    assert len(set(numbers)) == len(numbers), f"two records share a number: {sorted(records)}"
    assert [name for name in records if f"({name})" not in index] == []


@pytest.mark.parametrize("path", [ROOT / "README.md", *sorted(DOCS.glob("*.md"))], ids=relative)
def test_documented_commands_exist(path: Path) -> None:
    """What follows `uv run` is a script of an installed package and the files it names are here."""
    bin_folder = ROOT / ".venv" / "bin"
    for words in commands(path.read_text(encoding="utf-8")):
        if words[:2] != ["uv", "run"]:
            continue
        assert (bin_folder / words[2]).exists(), f"{path.name}: no command {words[2]!r}"
        files = [word for word in words[3:] if word.endswith(".py")]
        assert [file for file in files if not (ROOT / file).exists()] == []
