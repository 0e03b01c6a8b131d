"""Problems written from the command line, and solutions answered there."""

from __future__ import annotations

import json
from pathlib import Path

import dimod
import pytest
from typer.testing import CliRunner, Result

from kytos.cli import app


def kytos(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    size = {"cpu_capacity": 4000, "mem_capacity": 16000}
    small = {"cpu_request": 500, "mem_request": 1024}
    body = {
        "nodes": [{"id": "n0", **size}, {"id": "n1", **size}],
        "pods": [
            {"id": "a", "current_node": "n0", **small},
            {"id": "b", "current_node": "n1", **small},
        ],
    }
    file = tmp_path / "lab.json"
    file.write_text(json.dumps(body))
    return file


@pytest.mark.parametrize("form", ["qubo", "bqm", "cqm", "lp", "mps", "ommx"])
def test_each_format_is_written(lab: Path, tmp_path: Path, form: str) -> None:
    written = tmp_path / f"problem.{form}"
    result = kytos("export", lab, "--format", form, "-o", written)
    assert result.exit_code == 0, result.output
    assert written.stat().st_size > 50


def test_there_and_back(lab: Path, tmp_path: Path) -> None:
    """The best sample of the file, found by trying all, frees a node."""
    written, solution = tmp_path / "problem.lp", tmp_path / "solution.txt"
    assert kytos("export", lab, "--format", "lp", "-o", written).exit_code == 0
    model = dimod.lp.loads(written.read_text())
    model.fix_variable("one", 1)
    best = dimod.ExactCQMSolver().sample_cqm(model).filter(lambda row: row.is_feasible).first
    solution.write_text("\n".join(f"{name} {value}" for name, value in best.sample.items()))
    result = kytos("import-solution", lab, solution, "--json")
    assert result.exit_code == 0, result.output
    answer = json.loads(result.output)
    assert answer["energy"]["after"]["total"] == pytest.approx(best.energy, abs=1e-9)
    assert answer["metrics"]["after"]["nodes_in_use"] == 1
    assert answer["solver"]["name"] == "imported"


def test_a_new_pod_is_exported_too(lab: Path, tmp_path: Path) -> None:
    options, written = tmp_path / "options.json", tmp_path / "problem.lp"
    new = {"id": "c", "cpu_request": 1, "mem_request": 1}
    options.write_text(json.dumps({"new_pods": [new]}))
    words = ("export", lab, "--question", "placement", "--options", options)
    assert kytos(*words, "--format", "lp", "-o", written).exit_code == 0
    assert "pod c on node n1" in written.read_text()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--format", "xls"), "qubo, bqm, cqm"),
        (("--format", "lp", "--question", "fleet"), "auto_scale"),
    ],
)
def test_words_it_does_not_know(lab: Path, tmp_path: Path, words, told: str) -> None:
    result = kytos("export", lab, *words, "-o", tmp_path / "x")
    assert result.exit_code == 2
    assert told in " ".join(result.output.split())


def test_a_solution_of_something_else(lab: Path, tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text('{"q7": 1}')
    result = kytos("import-solution", lab, tmp_path / "s.json")
    assert result.exit_code == 2
    assert "none of the problem's variables" in " ".join(result.output.split())
