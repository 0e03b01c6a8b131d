"""Typed access to the fields of an untyped document, with errors that name the field's path."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from kytos.errors import SourceError, named
from kytos.language import said

_NOTHING: dict[str, Any] = {}

Choice = TypeVar("Choice", bound=StrEnum)


class Fields:
    """A JSON object whose fields are read by type; absent and null fields are empty.

    Parameters
    ----------
    value
        The object; anything but a mapping is refused.
    path
        Where it lies, for errors; for example ``Pod default/web-1: spec``.
    """

    __slots__ = ("_above", "_key", "value")

    def __init__(self, value: Any, path: str | Fields, key: str = "") -> None:
        """Hold the object, or refuse what is none; `key` is where it lies in the object `path`."""
        self._above, self._key = path, key
        if not isinstance(value, dict):
            raise SourceError(said(f"expected an object, found {named(value)}"), self.path)
        self.value = value

    @property
    def path(self) -> str:
        """Where it lies; put together only when asked for, since hardly any object is at fault."""
        above = self._above
        return above if isinstance(above, str) else f"{above.path}.{self._key}"

    def __contains__(self, key: str) -> bool:
        """Whether `key` is there and not null."""
        return self.value.get(key) is not None

    def object(self, key: str) -> Fields:
        """The object at `key`, empty if absent."""
        value = self.value.get(key)
        return Fields(_NOTHING if value is None else value, self, key)

    def objects(self, key: str) -> list[Fields]:
        """The objects of the list at `key`; null entries are refused."""
        if self.value.get(key) is None:  # by far the most common: most lists are absent
            return []
        return [
            Fields(entry, self, f"{key}[{position}]")
            for position, entry in enumerate(self.entries(key))
        ]

    def entries(self, key: str) -> list[Any]:
        """The entries of the list at `key`, none if absent."""
        value = self.value.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise SourceError(said(f"expected a list, found {named(value)}"), self._at(key))
        return value

    def text(self, key: str, default: str = "") -> str:
        """The text at `key`."""
        value = self.value.get(key)
        if value is None:
            return default
        if not isinstance(value, str):
            raise SourceError(said(f"expected text, found {named(value)}"), self._at(key))
        return value

    def choice(self, key: str, default: Choice) -> Choice:
        """The member of `default`'s enumeration at `key`; absent and empty are the default."""
        value = self.text(key)
        if not value:
            return default
        members = type(default)
        try:
            return members(value)
        except ValueError as error:
            known = ", ".join(members)
            raise SourceError(
                said(f"expected one of {known}; found {named(value)}"), self._at(key)
            ) from error

    def texts(self, key: str) -> tuple[str, ...]:
        """The list of texts at `key`."""
        entries = self.entries(key)
        for position, entry in enumerate(entries):
            if not isinstance(entry, str):
                raise SourceError(
                    said(f"expected text, found {named(entry)}"), f"{self._at(key)}[{position}]"
                )
        return tuple(entries)

    def flag(self, key: str, default: bool = False) -> bool:
        """The truth value at `key`."""
        value = self.value.get(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise SourceError(said(f"expected true or false, found {named(value)}"), self._at(key))
        return value

    def integer(self, key: str, default: int = 0) -> int:
        """The whole number at `key`, within 64 bits as everywhere in Kubernetes."""
        value = self.value.get(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int):
            raise SourceError(said(f"expected a whole number, found {named(value)}"), self._at(key))
        if not -(2**63) <= value < 2**63:
            raise SourceError(said("expected a whole number of at most 64 bits"), self._at(key))
        return value

    def moment(self, key: str) -> datetime | None:
        """The point in time at `key`; None where there is none that can be read."""
        value = self.value.get(key)
        if isinstance(value, str):
            try:
                value = datetime.fromisoformat(value)
            except ValueError:
                return None
        if not isinstance(value, datetime):  # YAML reads a bare one as such
            return None
        return value if value.tzinfo else value.replace(tzinfo=UTC)

    def labels(self, key: str) -> dict[str, str]:
        """The map of texts at `key` (labels, annotations, a node selector)."""
        entries = self.object(key).value
        for name, value in entries.items():
            if not isinstance(value, str):
                raise SourceError(
                    said(f"expected text, found {named(value)}; in YAML, put it in quotes"),
                    f"{self._at(key)}[{name!r}]",
                )
        return dict(entries)

    def _at(self, key: str) -> str:
        return f"{self.path}.{key}"
