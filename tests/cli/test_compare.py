"""`kytos compare` as a person or a script meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kytos.compare import Comparison, Frontier
from tests.cli.test_commands import kytos, quick, three_nodes

__all__ = ["quick", "three_nodes"]
"""Fixtures of the other commands: the same cluster and budget."""


def test_a_row_for_each_solver(three_nodes: Path, quick: list[str]) -> None:
    """The table names the start, each solver and the bound."""
    result = kytos("compare", three_nodes, "--solver", "cp-sat", "--solver", "descheduler", *quick)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert [line.split("  ")[0] for line in lines[1:4]] == ["as it is now", "cp-sat", "descheduler"]
    assert "No placement that keeps the rules has an energy below" in result.stdout
    assert "descheduler: Leaves every pod where it is." in result.stdout


def test_json_holds_every_plan(three_nodes: Path, quick: list[str], tmp_path: Path) -> None:
    """--json and --output give the same comparison, moves and all."""
    file = tmp_path / "found.json"
    given = ("compare", three_nodes, "--solver", "cp-sat", "-D", "0", "--json", "-o", file, *quick)
    result = kytos(*given)
    assert result.exit_code == 0, result.output
    assert json.loads(file.read_text()) == json.loads(result.stdout)
    (row,) = Comparison.model_validate_json(result.stdout).rows
    assert row.plan is not None
    assert len(row.plan.moves) == 4
    assert row.plan.metrics.nodes_in_use == 1


def test_frontier_begins_with_no_move(three_nodes: Path, quick: list[str]) -> None:
    """--frontier gives the points, the first as it is, and --points bounds their number."""
    result = kytos("compare", three_nodes, "--frontier", "--points", "3", "--json", *quick)
    assert result.exit_code == 0, result.output
    points = Frontier.model_validate_json(result.stdout).points
    assert points[0].plan.moves == ()
    assert 2 <= len(points) <= 3
    shown = kytos("compare", three_nodes, "--frontier", *quick)
    assert "the weights given" in shown.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--solver", "cp-sat", "--solver", "cp-sat"], "named twice"),
        (["--frontier", "--solver", "cp-sat"], "leave --solver out"),
        (["--points", "5"], "--points goes with --frontier"),
        (["--frontier", "--points", "1"], "points"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    three_nodes: Path, words: list[str], expected: str
) -> None:
    """One sentence and exit code 2."""
    result = kytos("compare", three_nodes, *words)
    assert result.exit_code == 2
    assert expected in result.stderr
