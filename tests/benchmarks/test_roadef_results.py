"""Runs of a long contest are written down as they end, and made once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.roadef import __main__ as contest
from benchmarks.roadef.contestants import CONTESTANTS
from benchmarks.roadef.results import KEPT, Results
from kytos.problem import Ints, Problem


def test_a_contest_goes_on_where_it_was_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A seed that was run is read from the file, one that was not is run and added."""
    asked: list[int] = []

    def stays(problem: Problem, _seconds: float, seed: int) -> Ints:
        asked.append(seed)
        return np.asarray(problem.current)

    monkeypatch.setitem(CONTESTANTS, "kytos", stays)
    monkeypatch.setattr(contest, "warm_up", lambda: None)
    file = tmp_path / "results.jsonl"
    for seeds in (["1"], ["1", "2"]):
        words = ["roadef", "--instances", "a1_1", "--only", "kytos", "--results", str(file)]
        monkeypatch.setattr("sys.argv", [*words, "--seeds", *seeds])
        contest.main()
    assert asked == [1, 2]
    assert "| 49,528,750, 49,528,750 | 49,528,750 |" in capsys.readouterr().out
    runs = Results(file).runs.values()
    assert [run.seed for run in runs] == [1, 2]
    assert all(run.machine and run.began and not run.broken for run in runs)


def test_what_is_kept_in_the_repository_can_be_read() -> None:
    """And every answer in it is valid."""
    assert all(not run.broken for run in Results(KEPT).runs.values())
