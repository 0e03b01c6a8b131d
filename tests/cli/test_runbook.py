"""``--runbook`` and what goes with it, in a terminal."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from tests.cli.test_commands import kytos, three_nodes

__all__ = ["three_nodes"]
QUICK = ["--solver", "first-fit-decreasing", "--time-limit", "5", "-C", "0", "-D", "0"]


def test_the_steps_are_printed_and_written(three_nodes: Path, tmp_path: Path) -> None:
    """Steps, promised beside forecast; the script is one that bash reads and its owner may run."""
    script = tmp_path / "moves.sh"
    done = kytos("rebalance", three_nodes, *QUICK, "--runbook", "--script", script)
    assert done.exit_code == 0, done.output
    assert "cordon" in done.stdout
    assert "as promised" in done.stdout
    assert "drain: cordon and evict" in done.stdout
    assert "Ready to be removed then:" in done.stdout
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", str(script)], check=True)
    assert script.read_text().count("\nevict step-") == 4


def test_options_reach_the_request(three_nodes: Path) -> None:
    """--way and the others are those of the contract; the JSON has the runbook."""
    more = ("--way", "steer", "--max-parallel", "1", "--settle-s", "0", "--surge", "--json")
    done = kytos("rebalance", three_nodes, *QUICK, "--runbook", *more)
    runbook = json.loads(done.stdout)["runbook"]
    assert (runbook["way"], runbook["max_parallel"]) == ("steer", 1)
    assert (runbook["settle_s"], runbook["surge"]) == (0, True)
    assert any(step["action"] == "nominate" for step in runbook["steps"])


def test_options_file_asks_too(three_nodes: Path, tmp_path: Path) -> None:
    """What the file says of the runbook stays where the command line says nothing of it."""
    options = tmp_path / "options.json"
    options.write_text('{"runbook": {"max_parallel": 3}}')
    done = kytos("rebalance", three_nodes, *QUICK, "--options", options, "--runbook", "--json")
    assert json.loads(done.stdout)["runbook"]["max_parallel"] == 3


def test_what_goes_with_a_runbook_only(three_nodes: Path, tmp_path: Path) -> None:
    """Alone such an option is refused; nor does a script steer, or come every hour."""
    for words in (["--way", "drain"], ["--surge"], ["--script", tmp_path / "x.sh"]):
        done = kytos("rebalance", three_nodes, *words)
        assert done.exit_code == 2
        assert "goes with --runbook" in done.output
    asked = ("rebalance", three_nodes, "--runbook", "--script", tmp_path / "x.sh")
    done = kytos(*asked, "--way", "steer")
    assert done.exit_code == 2
    assert "kytos apply" in done.output
    done = kytos(*asked, "--every", "1h")
    assert done.exit_code == 2
    assert "--script" in done.output
    assert not (tmp_path / "x.sh").exists()
