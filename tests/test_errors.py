"""Errors by kind: what a caller can mend is an `InputError`, and nothing else is."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kytos.cli import app
from kytos.cli.ending import DEBUG
from kytos.cli.solving import Exit
from kytos.contract.paid import ConsentRequiredError, Estimate, SolverUnavailableError
from kytos.errors import InputError, RequestRefused, SourceError, fault_sentence
from kytos.kube.connection import LiveError
from kytos.settings import SettingsError

KINDS = (
    *(SourceError, RequestRefused, LiveError, SettingsError),
    *(SolverUnavailableError, ConsentRequiredError),
)


@pytest.mark.parametrize("kind", KINDS)
def test_a_callers_mistake_is_no_value_error(kind: type[Exception]) -> None:
    """Whoever catches the one does not catch a fault of ours by the way."""
    assert issubclass(kind, InputError)
    assert not issubclass(kind, ValueError | RuntimeError)


@pytest.mark.parametrize(
    "error",
    [
        RequestRefused("is no node; name one of 3", "failed_nodes[1]"),
        SolverUnavailableError("set DWAVE_API_TOKEN"),
        ConsentRequiredError(Estimate("solver", 1, 0, 0.1, "0.1 s")),
    ],
)
def test_it_travels_between_processes(error: InputError) -> None:
    """Words, place and the rest arrive from a worker as they were raised."""
    arrived = pickle.loads(pickle.dumps(error))
    assert (type(arrived), str(arrived)) == (type(error), str(error))
    assert (arrived.message, arrived.where) == (error.message, error.where)


def test_a_fault_is_told_without_its_words() -> None:
    """What an inner error says is for the log: it may quote anything."""
    assert "secret" not in fault_sentence(ValueError("secret"))
    assert "memory" in fault_sentence(MemoryError("Unable to allocate 9 TiB"))


@pytest.fixture
def one_node(tmp_path: Path) -> Path:
    file = tmp_path / "cluster.json"
    file.write_text(
        '{"nodes": [{"id": "n", "cpu_capacity": 1000, "mem_capacity": 1000}], "pods": []}'
    )
    return file


FAULTS = [ValueError("inner words"), KeyError("inner words"), AssertionError("inner words")]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_a_fault_of_ours_exits_with_70(
    one_node: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    """Said to be ours, with how to report it; the traceback only where it is asked for."""

    def fail(*_: object) -> None:
        raise fault

    monkeypatch.setattr("kytos.cli.looking.movability", fail)
    result = CliRunner().invoke(app, ["inspect", str(one_node)])
    assert result.exit_code == Exit.FAULT == 70
    assert "fault of Kytos" in result.stderr
    assert f"{DEBUG}=1" in result.stderr
    assert "inner words" not in result.output
    assert "Traceback" not in result.output
    shown = CliRunner().invoke(app, ["inspect", str(one_node)], env={DEBUG: "1"})
    assert shown.exit_code == 70
    assert "Traceback" in shown.stderr
    assert "inner words" in shown.stderr


def test_a_run_of_many_tells_a_fault_and_goes_on(
    one_node: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With --every the line holds exit code 70, and the next run is asked all the same."""

    def fail(*_: object) -> None:
        raise ValueError("inner words")

    monkeypatch.setattr("kytos.cli.asking.exit_of", fail)
    monkeypatch.setattr("kytos.cli.asking._Asked.answer", fail)
    words = ["rebalance", str(one_node), "--every", "0.01s", "--times", "2"]
    result = CliRunner().invoke(app, words)
    news = [json.loads(line) for line in result.stdout.splitlines()]
    assert [entry["exit"] for entry in news] == [70, 70]
    assert "fault of Kytos" in news[0]["error"]
    assert result.exit_code == 70


def test_a_file_that_cannot_be_written_is_bad_input(one_node: Path) -> None:
    """A name no file can have is the caller's to mend: exit code 2."""
    result = CliRunner().invoke(app, ["rebalance", str(one_node), "-o", f"/tmp/{'n' * 300}"])
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr
