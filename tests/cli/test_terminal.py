"""The command line as a process: its pipes, its signals and its files."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.test_commands import kytos, one_node, quick, three_nodes

__all__ = ["one_node", "quick", "three_nodes"]
"""Fixtures of the other commands."""

PATIENCE_S = 600.0
"""Only against waiting for ever: a process that starts on a machine at work takes half a minute."""


def start(*words: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", "from kytos.cli import app; app()", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_reader_that_has_enough_is_no_error(three_nodes: Path) -> None:
    """`kytos inspect ... | head -1`: the pipe's end is not worth a word."""
    process = start("inspect", three_nodes, "--json")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == ""
    process.wait(PATIENCE_S)


def test_a_reader_that_has_enough_of_the_runs_ends_them(one_node: Path, quick: list[str]) -> None:
    """`kytos rebalance ... --every 1s | head -1` ends with the next line, without a word."""
    process = start("rebalance", one_node, "--every", "0.2s", *quick)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(PATIENCE_S) == 1


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Processes begun here hear Ctrl-C, even where these tests run in a shell's background.

    A background job is begun with SIGINT ignored, and what it starts inherits that.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_between_runs_ends_them(one_node: Path, quick: list[str]) -> None:
    """Exit code 130 and no traceback; nothing is drawn where no terminal is."""
    process = start("rebalance", one_node, "--every", "1h", *quick)
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["exit"] == 3
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, said) == (130, "")


def test_sigterm_between_runs_ends_them(one_node: Path, quick: list[str]) -> None:
    """By its own exit, which a container's first process needs: exit code 143, no traceback."""
    process = start("rebalance", one_node, "--every", "1h", *quick)
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["exit"] == 3
    process.terminate()
    _, said = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, said) == (143, "")


def test_an_answer_that_cannot_be_kept_is_refused_first(tmp_path: Path) -> None:
    """The output is looked at before the cluster is even read."""
    gone = tmp_path / "gone" / "plan.json"
    for output, said in ((gone, "there is no folder"), (tmp_path, "is a folder")):
        for command in ("rebalance", "compare"):
            result = kytos(command, tmp_path / "no-such-cluster.json", "-o", output)
            assert (result.exit_code, said in result.stderr) == (2, True), result.output


def test_an_output_file_is_as_readable_as_others(one_node: Path, quick: list[str]) -> None:
    """It has the rights the umask leaves, and nothing else is left beside it."""
    plan = one_node.with_name("plan.json")
    mask = os.umask(0o027)
    try:
        assert kytos("rebalance", one_node, "-o", plan, *quick).exit_code == 3
    finally:
        os.umask(mask)
    assert stat.S_IMODE(plan.stat().st_mode) == 0o640
    assert {path.name for path in plan.parent.iterdir()} == {"one.json", "plan.json", "quick.json"}


@pytest.mark.parametrize("words", [("--times", "2"), ("--webhook", "https://x"), ("--lock", "x")])
def test_what_goes_with_every_is_not_ignored(one_node: Path, words: tuple[str, str]) -> None:
    """An option of the repetition alone is refused, not dropped."""
    result = kytos("rebalance", one_node, *words)
    assert result.exit_code == 2
    assert f"{words[0]} goes with --every" in result.stderr


def test_help_fits_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command's help is readable at 80 columns: no line is longer, none is cut."""
    monkeypatch.setenv("COLUMNS", "80")
    commands = ["rebalance", "recover", "place", "autoscale", "compare", "why-not"]
    for words in ([], *([name] for name in (*commands, "inspect", "snapshot", "serve"))):
        text = kytos(*words, "--help").stdout
        assert max(len(line) for line in text.splitlines()) <= 80
        assert "…" not in text, text


LONG = "a-pod-with-a-name-that-is-long-\u65e5\u672c-" + "x" * 80


@pytest.fixture
def long_names(tmp_path: Path) -> Path:
    """A pod whose name no table of 80 columns holds, nor an ASCII terminal."""
    file = tmp_path / "long.json"
    node = {"id": "n", "cpu_capacity": 100, "mem_capacity": 100}
    pod = {"id": LONG, "cpu_request": 200, "mem_request": 1}
    file.write_text(json.dumps({"nodes": [node], "pods": [pod]}))
    return file


def test_a_pipe_gets_a_row_a_line(long_names: Path, quick: list[str]) -> None:
    """What `| grep` reads is not cut or wrapped where a terminal would end."""
    lines = kytos("place", long_names, *quick).stdout.splitlines()
    assert [line.split()[:2] for line in lines if LONG in line] == [[LONG, "0"]]


def test_a_narrow_terminal_loses_no_letter(
    long_names: Path, quick: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name too long for its column goes on below."""
    monkeypatch.setenv("COLUMNS", "40")
    lines = kytos("place", long_names, *quick).stdout.splitlines()
    assert max(map(len, lines)) <= 40
    assert LONG in "".join(line.split(" ")[0] for line in lines)


def test_an_ascii_terminal_is_told_all_the_same(
    long_names: Path, quick: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No traceback: what it cannot show is escaped; JSON is UTF-8 as ever."""
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    table, _ = start("place", long_names, *quick).communicate(timeout=120)
    assert "long-\\u65e5\\u672c-" in table
    answer, _ = start("place", long_names, "--json", *quick).communicate(timeout=120)
    assert json.loads(answer)["unplaced"][0]["pod"] == LONG


def test_sigterm_ends_what_is_in_native_code() -> None:
    """A solver's library that does not return for a minute keeps no container from ending."""
    busy = (
        "import hashlib; from kytos.cli.ending import ended_by_sigterm\n"
        "with ended_by_sigterm():\n"
        "    print('begun', flush=True)\n"
        "    hashlib.pbkdf2_hmac('sha256', b'', b'', 2**31 - 1)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", busy], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"begun\n"
    process.terminate()
    assert process.wait(PATIENCE_S) == 143
