"""JSON read value by value: of a long list only the entry being read is held as text.

A file is decoded in pieces. What each entry of a list at the top (of a document, or of its
``items``, ``nodes`` and ``pods``) is read as is handed to a function, which may keep less of it.
The values are Python's own JSON reader's.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from kytos.errors import SourceError
from kytos.language import said

PIECE = 2**20
"""Bytes read at a time."""

LISTS = frozenset({"items", "nodes", "pods"})
"""Fields of a document that hold its objects: a kubectl List's, a plain body's."""

MAX_DEPTH = 100
"""Deepest nesting read; the deepest field of a stored Pod lies about 15 levels down."""

_SPACE = " \t\r\n"
_LONGEST_WORD = 20
"""No number or word of Kubernetes' is longer; cut short, it is told to be wrong at its start."""

Keep = Callable[[Any], Any]
"""Returns what is kept of an entry."""
Tell = Callable[[float], None]
"""Called with the share of a file, 0..1, that has been read."""


def tell_nobody(share: float) -> None:
    """Tell it to nobody."""


@dataclass(frozen=True)
class FileContent:
    """A file that is read piece by piece when it is needed.

    Attributes
    ----------
    size
        In bytes, when it was looked at.
    tell
        Who is told how much of it has been read.
    """

    path: Path
    size: int
    tell: Tell = field(default=tell_nobody, compare=False, repr=False)

    @classmethod
    def of(cls, path: Path) -> FileContent:
        """Look at a file."""
        return cls(path, path.stat().st_size)

    def __len__(self) -> int:
        """Bytes."""
        return self.size

    def head(self, length: int) -> bytes:
        """The first bytes."""
        with self.path.open("rb") as file:
            return file.read(length)

    def whole(self) -> bytes:
        """All of it."""
        return self.path.read_bytes()

    def pieces(self) -> Iterator[bytes]:
        """All of it, in order."""
        with self.path.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece

    def pieces_told(self) -> Iterator[bytes]:
        """All of it, in order, and how far that is."""
        read = 0
        for piece in self.pieces():
            yield piece
            read += len(piece)
            self.tell(min(1.0, read / max(1, self.size)))

    def holds(self, marks: tuple[bytes, ...]) -> bool:
        """Whether one of some short byte strings is in it."""
        longest = max(map(len, marks))
        before = b""
        for piece in self.pieces():
            looked_at = before + piece
            if any(mark in looked_at for mark in marks):
                return True
            before = looked_at[-longest:]
        return False


def json_documents(text: str | FileContent, where: str, keep: Keep) -> Iterator[Any]:
    """Read one JSON value, or several one after the other.

    Raises
    ------
    SourceError
        Naming the line and column that cannot be read, a value nested deeper than `MAX_DEPTH`, or
        a number that cannot be held.
    """
    return _Reader(_Window(text, where), where, keep).documents()


class _Window:
    """The part of a text that is held: what is before it was read, what is after it is to come."""

    def __init__(self, text: str | FileContent, where: str) -> None:
        self._where = where
        self.held = text if isinstance(text, str) else ""
        self.position = 0
        self.ended = isinstance(text, str)
        self._lines = 0
        self._column = 0
        if isinstance(text, FileContent):
            self._pieces = text.pieces_told()
            wide = text.head(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
            self._encoding = "utf-16" if wide else "utf-8-sig"
            self._decoder = codecs.getincrementaldecoder(self._encoding)()
            self._bytes = 0

    def more(self) -> bool:
        """Hold as much again; False where there is no more."""
        if self.ended:
            return False
        self._let_go()
        wanted = max(PIECE, len(self.held))
        parts = [self.held]
        while wanted > 0:
            piece = next(self._pieces, b"")
            parts.append(self._decoded(piece))
            wanted -= len(parts[-1])
            if not piece:
                self.ended = True
                break
        self.held = "".join(parts)
        return True

    def next_character(self) -> str:
        """The next one that is no white space, not yet read; empty at the end."""
        while True:
            while self.position < len(self.held):
                character = self.held[self.position]
                if character not in _SPACE:
                    return character
                self.position += 1
            if not self.more():
                return ""

    def place(self, position: int) -> str:
        """Where a position of what is held lies, in words."""
        before = self.held[:position]
        line = self._lines + before.count("\n")
        newline = before.rfind("\n")
        column = position - newline if newline >= 0 else position + 1 + self._column
        return said(f"line {line + 1}, column {column}")

    def _let_go(self) -> None:
        gone = self.held[: self.position]
        newline = gone.rfind("\n")
        self._lines += gone.count("\n")
        self._column = len(gone) - newline - 1 if newline >= 0 else self._column + len(gone)
        self.held, self.position = self.held[self.position :], 0

    def _decoded(self, piece: bytes) -> str:
        try:
            text = self._decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            raise SourceError(
                said(
                    f"is not text in UTF-8 (byte {self._bytes + error.start}); expected JSON or "
                    "YAML"
                ),
                self._where,
            ) from error
        self._bytes += len(piece)
        if "\0" in text:
            raise SourceError(said("holds NUL characters; expected JSON or YAML text"), self._where)
        return text


class _Reader:
    """Reads documents out of a window."""

    def __init__(self, window: _Window, where: str, keep: Keep) -> None:
        self._window = window
        self._where = where
        self._keep = keep
        self._decoder = json.JSONDecoder(parse_constant=self._refuse_constant)

    def documents(self) -> Iterator[Any]:
        """Each value."""
        while character := self._window.next_character():
            if character == "{":
                yield self._object()
            elif character == "[":
                yield list(self._list(depth=1))
            else:
                yield self._value(depth=0)

    def _object(self) -> dict[str, Any]:
        """An object at the top, the entries of its long lists one by one."""
        members: dict[str, Any] = {}
        window = self._window
        window.position += 1
        if window.next_character() == "}":
            window.position += 1
            return members
        while True:
            if window.next_character() != '"':
                self._wrong("Expecting property name enclosed in double quotes")
            key = self._value(depth=1)
            if window.next_character() != ":":
                self._wrong("Expecting ':' delimiter")
            window.position += 1
            if window.next_character() == "[" and key in LISTS:
                members[key] = list(self._list(depth=2))
            else:
                members[key] = self._value(depth=1)
            if self._ends("}"):
                return members

    def _list(self, depth: int) -> Iterator[Any]:
        self._window.position += 1
        if self._window.next_character() == "]":
            self._window.position += 1
            return
        while True:
            self._window.next_character()
            yield self._keep(self._value(depth))
            if self._ends("]"):
                return

    def _ends(self, closing: str) -> bool:
        """Pass the comma before the next entry, or what closes the last."""
        character = self._window.next_character()
        if character not in (",", closing) or not character:
            self._wrong("Expecting ',' delimiter")
        self._window.position += 1
        return character == closing

    def _value(self, depth: int) -> Any:
        """The value that begins here."""
        window = self._window
        while True:
            try:
                value, end = self._decoder.raw_decode(window.held, window.position)
            except json.JSONDecodeError as error:
                if self._cut_short(error) and window.more():
                    continue
                self._wrong(error.msg, error.pos)
            except RecursionError as error:
                raise too_deep(self._where) from error
            except SourceError:
                raise
            except ValueError as error:  # an integer of thousands of digits
                raise SourceError(
                    said(f"holds a number that cannot be read: {error}"), self._where
                ) from error
            else:
                if len(window.held) - end <= _LONGEST_WORD and window.more():
                    continue  # a number may go on, be it from 1 over 1. or 1e+ to more digits
                break
        window.position = end
        _check_depth(value, MAX_DEPTH - depth, self._where)
        return value

    def _cut_short(self, error: json.JSONDecodeError) -> bool:
        """Whether more text may help: what is wrong before the end of what is held stays wrong."""
        near_the_end = len(self._window.held) - error.pos <= _LONGEST_WORD
        return near_the_end or error.msg.startswith("Unterminated string")

    def _wrong(self, message: str, position: int | None = None) -> NoReturn:
        at = self._window.position if position is None else position
        raise SourceError(
            said(f"is not valid JSON: {message} at {self._window.place(at)}"), self._where
        )

    def _refuse_constant(self, name: str) -> NoReturn:
        raise SourceError(said(f"holds {name}, which is not a number in JSON"), self._where)


def _check_depth(value: Any, deepest: int, where: str) -> None:
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(deepest):
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return
    raise too_deep(where)


def too_deep(where: str) -> SourceError:
    """Say that a value is nested too deep."""
    return SourceError(
        said(f"is nested more than {MAX_DEPTH} levels deep; no Kubernetes object is"), where
    )
