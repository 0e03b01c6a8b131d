"""``kytos report`` writes the page, ``kytos replay`` asks it again, every command reads it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from kytos.cli import app

QUICK = ("--reads", "1", "--sweeps", "50")


def kytos(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """A cluster, the answer of its rebalance, and the handout of that."""
    folder = tmp_path_factory.mktemp("handout")
    size = {"cpu_capacity": 4000, "mem_capacity": 16000}
    small = {"cpu_request": 500, "mem_request": 1024}
    body = {
        "nodes": [{"id": "n0", **size}, {"id": "n1", **size}],
        "pods": [
            {"id": "a", "current_node": "n0", **small},
            {"id": "b", "current_node": "n1", **small},
        ],
    }
    cluster, answer, page = folder / "lab.json", folder / "answer.json", folder / "plan.html"
    cluster.write_text(json.dumps(body))
    asked = kytos("rebalance", cluster, *QUICK, "--seed", "7", "-o", answer)
    assert asked.exit_code == 0, asked.output
    made = kytos("report", answer, cluster, "-o", page)
    assert made.exit_code == 0, made.output
    return cluster, answer, page


def test_replay_comes_to_the_same_answer(files: tuple[Path, Path, Path], tmp_path: Path) -> None:
    """Same seed, same work, same answer; only the clock differs."""
    _, answer, page = files
    again = tmp_path / "again.json"
    result = kytos("replay", page, "-o", again)
    assert result.exit_code == 0, result.output
    first, second = (json.loads(file.read_text()) for file in (answer, again))
    for one in (first, second):
        one.pop("solver")
    assert first == second
    assert first["asked"]["params"]["seed"] == 7


def test_other_commands_read_its_cluster(files: tuple[Path, Path, Path]) -> None:
    """A handout stands wherever a cluster's file does."""
    cluster, _, page = files
    told = [kytos("inspect", file, "--json").output for file in (cluster, page)]
    assert told[0] == told[1]


def test_a_handout_is_made_again_of_itself(files: tuple[Path, Path, Path], tmp_path: Path) -> None:
    """Its pictures need no cluster beside it."""
    again = tmp_path / "again.html"
    assert kytos("report", files[2], "-o", again).exit_code == 0
    assert again.read_text().count("<svg") == 3


def test_a_handout_in_another_language(files: tuple[Path, Path, Path], tmp_path: Path) -> None:
    """Its words, reasons and numbers are that language's; what it carries is the same."""
    made = tmp_path / "plan-ja.html"
    assert kytos("report", files[2], "-o", made, "--lang", "ja").exit_code == 0
    text = made.read_text(encoding="utf-8")
    assert '<html lang="ja">' in text
    assert "を空にします" in text
    assert "empties n" not in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("report", "ANSWER", "-o", "x.html", "--lang", "fr"), "choose one of en, ja"),
        (("report", "ANSWER"), "--output"),
        (("report", "CLUSTER", "-o", "x.html"), "is no answer"),
        (("replay", "ANSWER"), "not a scenario"),
    ],
)
def test_what_cannot_be_is_said(
    files: tuple[Path, Path, Path], words: tuple[str, ...], said: str
) -> None:
    """Bad input ends with one sentence and exit code 2."""
    named = {"CLUSTER": files[0], "ANSWER": files[1]}
    result = kytos(*(named.get(word, word) for word in words))
    assert result.exit_code == 2, result.output
    assert said in result.output
