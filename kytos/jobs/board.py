"""A job's notice board: progress from its worker, the stop flag from its caller."""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path

_BOARD = struct.Struct("<QQdd96s")
"""Stop flag, sequence (odd while being written), share, energy (NaN for none), stage."""
_STOP = struct.Struct("<Q")


@dataclass(frozen=True)
class Progress:
    """How far a job is.

    Attributes
    ----------
    stage
        Name of the stage, empty while the job waits for a worker.
    share
        Progress of the stage in 0..1.
    energy
        Best energy so far, None before the first.
    """

    stage: str = ""
    share: float = 0.0
    energy: float | None = None


class Board:
    """A small file both processes map into memory.

    One writer for progress (the worker), one for the stop flag (the parent); no lock that a
    killed worker could take with it.
    """

    def __init__(self, path: Path, memory: mmap.mmap) -> None:
        """Hold a file already mapped; `make` and `open` map it."""
        self.path = path
        self._memory = memory
        self._sequence = 0

    @classmethod
    def make(cls, path: Path) -> Board:
        """Begin a board in a new file."""
        path.write_bytes(_BOARD.pack(0, 0, 0.0, float("nan"), b""))
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> Board:
        """Join the board in a file; `FileNotFoundError` when it was closed."""
        with path.open("r+b") as file:
            return cls(path, mmap.mmap(file.fileno(), _BOARD.size))

    @property
    def stopped(self) -> bool:
        """Whether the caller asked the job to end soon."""
        return bool(_STOP.unpack_from(self._memory)[0])

    def stop(self) -> None:
        """Ask the job to end soon; `ValueError` when the board is closed."""
        # A slice, because `pack_into` calls a closed map a TypeError, and all else a ValueError.
        self._memory[: _STOP.size] = _STOP.pack(1)

    def write(self, stage: str, share: float, energy: float | None) -> None:
        """Write how far the job is, over what was written before."""
        number = float("nan") if energy is None else energy
        # Cut at a character, not inside one.
        name = stage.encode()[:96].decode(errors="ignore").encode()
        self._sequence += 2
        _STOP.pack_into(self._memory, 8, self._sequence - 1)
        struct.pack_into("<dd96s", self._memory, 16, share, number, name)
        _STOP.pack_into(self._memory, 8, self._sequence)

    def read(self) -> Progress:
        """Return what was written last; `ValueError` when the board is closed."""
        # A few tries: the writer needs microseconds, and a half-written line is only a label.
        for _ in range(100):
            _, before, share, energy, stage = _BOARD.unpack_from(self._memory)
            _, after, *_ = _BOARD.unpack_from(self._memory)
            if before == after and before % 2 == 0:
                break
        name = stage.rstrip(b"\0").decode(errors="replace")
        return Progress(name, share, None if energy != energy else energy)

    def close(self) -> None:
        """Unmap the file and remove it."""
        self._memory.close()
        self.path.unlink(missing_ok=True)
