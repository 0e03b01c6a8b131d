"""Notes as people read them, the same in a browser and in a terminal."""

from __future__ import annotations

from kytos.cluster import Note


def note_subjects(note: Note) -> str:
    """Say how many objects a note is about, and name the first of them."""
    return f"{note.count:,}: {', '.join(note.subjects)}" if note.subjects else ""
