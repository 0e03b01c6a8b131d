"""What could not be read of a cluster's files: gathered, so that one odd object blinds nobody."""

from __future__ import annotations

from kytos.cluster import Note, NoteKind, note_about
from kytos.errors import SourceError
from kytos.language import said

NAMED = 10
"""So many objects of one fault are named; a reader has to find them again."""


class Faults:
    """What could not be read so far, and what was mended.

    Parameters
    ----------
    strict
        Raise the first fault: what is asked for must be read whole, a cluster need not be.
    """

    def __init__(self, *, strict: bool = False) -> None:
        """Begin without a fault."""
        self.strict = strict
        self.first: SourceError | None = None
        self._subjects: dict[tuple[NoteKind, str], list[str]] = {}

    def leave_out(self, error: SourceError) -> None:
        """Note that an object was left out, and why.

        Raises
        ------
        SourceError
            The fault itself, when strict.
        """
        if self.strict:
            raise error
        self.first = self.first or error
        self.remark(said(f"left out: {error.message}"), error.where, NoteKind.LEFT_OUT)

    def remark(self, message: str, subject: str, kind: NoteKind = NoteKind.READ) -> None:
        """Note something about one object."""
        subjects = self._subjects.setdefault((kind, message), [])
        if subject:
            subjects.append(subject)

    def notes(self) -> tuple[Note, ...]:
        """Return one note for each kind of fault, with the objects that have it."""
        return tuple(
            note_about(message, subjects, kind, NAMED)
            if subjects
            else Note(message=message, kind=kind)
            for (kind, message), subjects in self._subjects.items()
        )
