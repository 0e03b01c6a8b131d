"""A solver is one file and one line: everything that lists or runs solvers knows it by them."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from kytos.api import app as service
from kytos.cli.commands import app as command_line
from kytos.contract.params import SolverName, SolverParams
from kytos.contract.registry import REGISTERED, Kind, Registered, Traits
from kytos.contract.solver import Placer
from kytos.solve.registry import availability
from kytos.solve.solve import solve
from kytos.ui.parts.solver_controls import solvers_here
from tests.problems import random_problem
from tests.solvers import test_conformance as conformance

LINE = Registered("tests.solvers.toy", "TOY", Traits(Kind.PLACER, "a short descent", baseline=True))


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> SolverName:
    monkeypatch.setitem(REGISTERED, "toy", LINE)
    return SolverName("toy")


@pytest.fixture
def cluster(tmp_path: Path) -> Path:
    file = tmp_path / "cluster.json"
    body: dict[str, Any] = {
        "nodes": [{"id": "n", "cpu_capacity": 4000, "mem_capacity": 16000}],
        "pods": [{"id": "p", "cpu_request": 500, "mem_request": 1024, "current_node": "n"}],
    }
    file.write_text(json.dumps(body))
    return file


def test_the_command_line_lists_and_runs_it(toy: SolverName, cluster: Path) -> None:
    """`kytos solvers` describes it, and --solver takes it."""
    listed = CliRunner().invoke(command_line, ["solvers"])
    assert listed.exit_code == 0, listed.output
    assert "a short descent" in listed.stdout
    words = ["rebalance", str(cluster), "--solver", "toy", "--json"]
    answer = CliRunner().invoke(command_line, words)
    assert answer.exit_code == 3, answer.output  # nothing to do
    assert json.loads(answer.stdout)["solver"]["name"] == toy


def test_an_unknown_one_is_refused_with_the_names_there_are(toy: SolverName, cluster: Path) -> None:
    """The sentence lists what is registered, the newest too."""
    answer = CliRunner().invoke(command_line, ["rebalance", str(cluster), "--solver", "none"])
    assert answer.exit_code == 2
    assert "toy" in answer.output
    with pytest.raises(ValueError, match=r"openjij-sa.*toy"):
        SolverName("none")


@pytest.mark.usefixtures("toy")
def test_the_service_lists_it_with_its_traits() -> None:
    """`GET /solvers` has its line beside the others, as it was registered."""
    with TestClient(service) as client:
        solvers = {line["name"]: line for line in client.get("/solvers").json()}
    told = solvers["toy"]
    assert (told["available"], told["kind"], told["baseline"]) == (True, "placer", True)
    assert told["description"] == "a short descent"
    processor = solvers["dwave-qpu"]
    assert (processor["paid"], processor["quantum"], processor["local"]) == (True, True, False)
    assert processor["largest_problem"] == 150


def test_the_pages_offer_it(toy: SolverName) -> None:
    """The solver's choice is drawn from this list."""
    assert toy in solvers_here()
    assert not any(name.traits.paid for name in solvers_here())


def test_it_passes_the_conformance_suite(toy: SolverName, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests that judge every placer judge it; they name no solver but mocks."""
    monkeypatch.setattr(conformance, "PLACERS", [*conformance.PLACERS, toy])
    solver = conformance.solver_of(toy)
    problem = random_problem(24, pods=4, nodes=3, room=2.5, waiting=0.0)
    conformance.test_registry_holds_each_solver_under_its_own_name(toy)
    conformance.test_no_solver_is_left_out()
    assert isinstance(solver, Placer)
    conformance.test_placement_is_feasible(solver, 0)
    conformance.test_same_seed_same_placement(solver, problem)
    conformance.test_placer_stopped_at_once_returns_something_feasible(solver, problem)
    conformance.test_answer_is_feasible(toy, 1, solve)
    conformance.test_same_seed_same_answer(toy, lambda _: problem, solve)
    conformance.test_energy_reported_is_the_referees(toy, problem, solve)
    assert availability(toy) == solver.available()


def test_a_name_is_one_object() -> None:
    """Also after it travelled to a worker process: names are compared by `is`."""
    name = SolverName("openjij-sa")
    assert name is SolverName.OPENJIJ_SA
    assert pickle.loads(pickle.dumps(name)) is name
    assert SolverParams.model_validate_json(
        '{"hybrid": {"block_sampler": "dwave-sa"}}'
    ).hybrid.block_sampler is (SolverName.DWAVE_SA)
