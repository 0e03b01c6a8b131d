"""The journal of an execution: a line for each beginning and end of a step, safe on disk."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from kytos.contract.runbook import Runbook
from kytos.errors import InputError

Facts = Mapping[str, Any]

BEGUN, DONE = "begun", "done"


def digest_of(runbook: Runbook) -> str:
    """Return what tells one runbook from another."""
    return sha256(runbook.model_dump_json().encode()).hexdigest()[:16]


class Journal:
    """What was begun and what is done, by step.

    A line is written before what it tells of is tried, and on disk when `begun` returns: after a
    crash a step that was begun may have been carried out or not, one that was not has not.

    Parameters
    ----------
    path
        None keeps it in memory only.

    Raises
    ------
    InputError
        When it cannot be written, is no journal, or another process writes to it.
    """

    def __init__(self, path: Path | None) -> None:
        """Read what is there; a line that was cut short by a crash is cut off."""
        self.path = path
        self.header: Facts | None = None
        self.rolled_back = False
        self._begun: dict[str, Facts] = {}
        self._done: dict[str, Facts] = {}
        self._file: FileIO | None = None
        if path is None:
            return
        try:
            self._file = FileIO(path, "a+")
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._file.seek(0)
            content = self._file.readall() or b""
        except BlockingIOError:
            self.close()
            raise InputError("another kytos apply writes to this journal", str(path)) from None
        except OSError as error:
            self.close()
            raise InputError(f"cannot be written: {error.strerror}", str(path)) from error
        whole = content.rpartition(b"\n")
        if whole[2]:
            self._file.truncate(len(whole[0]) + len(whole[1]))
        for number, line in enumerate(whole[0].splitlines(), start=1):
            self._read(line, number)

    def _read(self, line: bytes, number: int) -> None:
        try:
            entry = json.loads(line)
            if number == 1:
                if entry["kytos"] != "journal":
                    raise KeyError(entry["kytos"])
                self.header = entry
            elif "rolled_back" in entry:
                self.rolled_back = True
            elif "step" in entry:
                held = {BEGUN: self._begun, DONE: self._done}[entry["did"]]
                held[str(entry["step"])] = entry
        except (ValueError, KeyError, TypeError):
            self.close()
            raise InputError(
                f"line {number} is none of a journal of kytos apply; name another file",
                str(self.path),
            ) from None

    def head(self, **facts: Any) -> None:
        """Write the first line, or hold these facts against the one that is there.

        Raises
        ------
        InputError
            When it is the journal of something else.
        """
        if self.header is None:
            self.header = {"kytos": "journal", **facts}
            self._write(self.header)
            return
        if self.rolled_back:
            raise InputError("it was rolled back; name another file", str(self.path))
        for name, value in facts.items():
            if self.header.get(name) != value:
                raise InputError(
                    f"it is of another execution ({name} {self.header.get(name)}, not {value}); "
                    "name another file",
                    str(self.path),
                )

    def begun(self, step: str, **facts: Any) -> Facts:
        """Note that a step is about to be tried; facts of an earlier try win."""
        if step in self._begun:
            return self._begun[step]
        self._begun[step] = {"step": step, "did": BEGUN, **facts}
        self._write(self._begun[step])
        return self._begun[step]

    def done(self, step: str, **facts: Any) -> None:
        """Note that a step was carried out."""
        self._done[step] = {"step": step, "did": DONE, **facts}
        self._write(self._done[step])

    def ended(self, ending: str, why: str) -> None:
        """Note how it ended; nothing is read from it."""
        self._write({"ended": ending, "why": why})

    def roll_back(self) -> None:
        """Note that what it tells of was undone."""
        self.rolled_back = True
        self._write({"rolled_back": True})

    def was_begun(self, step: str) -> Facts | None:
        """The facts a step was begun with, None where it was not."""
        return self._begun.get(step)

    def was_done(self, step: str) -> Facts | None:
        """The facts a step was done with, None where it was not."""
        return self._done.get(step)

    @property
    def all_begun(self) -> tuple[Facts, ...]:
        """The facts of all steps that were begun, in order."""
        return tuple(self._begun.values())

    def _write(self, entry: Facts) -> None:
        if self._file is None:
            return
        line = json.dumps({**entry, "at": datetime.now(UTC).isoformat(timespec="milliseconds")})
        try:
            self._file.write(line.encode() + b"\n")
            os.fsync(self._file.fileno())
        except OSError as error:
            raise InputError(f"cannot be written: {error.strerror}", str(self.path)) from error

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()

    def __enter__(self) -> Self:
        """Keep it open in a block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of the file."""
        self.close()
