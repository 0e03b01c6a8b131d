"""The one error a question raises when its request does not agree with its cluster."""

from __future__ import annotations

from collections.abc import Iterable

from kytos.sources.errors import SourceError


class RequestRefused(SourceError):  # noqa: N818  (what happened, as a caller reads it)
    """What was asked cannot be asked of this cluster; `where` names the field."""


def refuse_repeats(field: str, names: Iterable[str]) -> None:
    """Refuse a list that holds a name twice.

    Raises
    ------
    RequestRefused
        Naming the second of them, for example ``failed_nodes[3]``.
    """
    first: dict[str, int] = {}
    for position, name in enumerate(names):
        if name in first:
            raise RequestRefused(
                f"{name!r} is named twice (first as {field}[{first[name]}]); name it once",
                f"{field}[{position}]",
            )
        first[name] = position
