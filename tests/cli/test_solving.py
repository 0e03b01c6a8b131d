"""A solve in the terminal leaves standard output to the answer."""

from __future__ import annotations

import ctypes
import os
import sys

import pytest

from kytos.cli.solving import prints_of_libraries_aside, terminal_watch, told_in_terminal


def test_what_libraries_print_is_no_part_of_the_answer(capfd: pytest.CaptureFixture[str]) -> None:
    """HiGHS writes past Python, by C's buffer and by the file descriptor: both go aside."""
    with terminal_watch():
        os.write(1, b"from a descriptor\n")
        if sys.platform != "win32":
            ctypes.CDLL(None).printf(b"from C\n")
    print('{"the": "answer"}')
    told = capfd.readouterr()
    assert told.out == '{"the": "answer"}\n'
    assert "from a descriptor" in told.err


def test_standard_output_comes_back_after_a_fault(capfd: pytest.CaptureFixture[str]) -> None:
    """An error inside leaves it as it was."""
    with pytest.raises(ZeroDivisionError), prints_of_libraries_aside():
        raise ZeroDivisionError
    print("back")
    assert capfd.readouterr().out == "back\n"


def test_progress_is_for_a_terminal_and_gone_afterwards(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log or a pipe gets none of it."""
    with told_in_terminal() as report:
        report("reading", 0.25, None)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with told_in_terminal() as report:
        report("reading", 0.25, None)
    said = capsys.readouterr().err
    assert "reading 25%" in said
    assert said.endswith("\r\x1b[K")
