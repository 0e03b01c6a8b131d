"""Notes: what was read but not honoured, left out, assumed or mended."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from kytos.cluster.base import Frozen


class NoteKind(StrEnum):
    """What a note says of the answer it stands beside."""

    READ = "read"
    """Worth knowing; every rule was judged."""
    ASSUMED = "assumed"
    """Something was not told and a stated value stands for it."""
    LEFT_OUT = "left_out"
    """An object could not be read, so the answer does without it."""
    NOT_JUDGED = "not_judged"
    """A rule of the scheduler that nothing here judges: what is said to fit may not."""


class Note(Frozen):
    """Something read but not honoured, left out, assumed or mended; it stands in every answer."""

    message: str
    kind: NoteKind = NoteKind.READ
    subjects: tuple[str, ...] = ()
    """The objects it is about, at most the first few by name."""
    count: int = 1


def note_about(
    message: str, subjects: Iterable[str], kind: NoteKind = NoteKind.READ, named: int = 3
) -> Note:
    """A note that counts its subjects and names the first few of them, in order of name."""
    names = sorted(subjects)
    return Note(message=message, kind=kind, subjects=tuple(names[:named]), count=len(names))
