"""The one error a source raises when what it was given is no cluster."""

from __future__ import annotations

from pydantic import ValidationError

_PLAINER = {
    "extra_forbidden": "there is no such field; leave it out or mend its spelling",
    "missing": "is missing; it must be given",
    "model_type": "expected an object",
    "string_pattern_mismatch": "expected text on one line without < and >",
    "string_unicode": "holds characters that are no valid text",
    "tuple_type": "expected a list",
}
"""Pydantic's words by error type where plainer ones exist."""


class SourceError(ValueError):
    """What was given cannot be read as a cluster.

    Parameters
    ----------
    message
        What was found, what was expected and what to do, in plain words.
    where
        The file, object or field it is about; empty when it concerns everything.
    """

    def __init__(self, message: str, where: str = "") -> None:
        """Say the message, with the place before it."""
        super().__init__(f"{where}: {message}" if where else message)
        self.message = message
        self.where = where


def first_problem(error: ValidationError) -> SourceError:
    """The first thing a model refused, at its field (``pods[3].cpu_request``)."""
    first = error.errors(include_url=False, include_context=False)[0]
    path = ""
    for part in first["loc"]:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            path += f".{part}" if path else part
    message = _PLAINER.get(first["type"]) or first["msg"].removeprefix("Value error, ")
    given = first["input"]
    if isinstance(given, str | int | float) and message != given:
        shown = repr(given)
        message += f"; found {shown if len(shown) <= 60 else shown[:60] + '…'}"
    return SourceError(message[:1].lower() + message[1:], path)
