"""The errors that are a caller's to mend, each naming the field, and how they are worded."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

_LONGEST = 60
"""Characters of a refused value that are repeated."""

EXPECTED = {
    "bool_parsing": "expected true or false",
    "bool_type": "expected true or false",
    "dict_type": "expected an object",
    "enum": "expected {expected}",
    "finite_number": "expected a finite number",
    "float_parsing": "expected a number",
    "float_type": "expected a number",
    "greater_than": "expected more than {gt}",
    "greater_than_equal": "expected at least {ge}",
    "int_from_float": "expected a whole number",
    "int_parsing": "expected a whole number",
    "int_parsing_size": "expected a number of fewer digits",
    "int_type": "expected a whole number",
    "less_than": "expected less than {lt}",
    "less_than_equal": "expected at most {le}",
    "list_type": "expected a list",
    "literal_error": "expected {expected}",
    "model_attributes_type": "expected an object",
    "model_type": "expected an object",
    "string_pattern_mismatch": "expected text on one line without < and >",
    "string_too_long": "expected at most {max_length} characters",
    "string_type": "expected text",
    "tuple_type": "expected a list",
}
"""What was expected, by pydantic's name of the error; what was found is added. The catalogue
of translations has these sentences, as it has those that `kytos.language.said` marks."""

PLAINER = {
    "extra_forbidden": "there is no such field; leave it out or mend its spelling",
    "json_invalid": "is not valid JSON: {error}",
    "missing": "is missing; it must be given",
    "string_too_short": "is empty; expected text",
    "string_unicode": "holds characters that are no valid text",
    "too_long": "has more than {max_length} entries; leave some out",
    "too_short": "has fewer than {min_length} entries; add some",
}
"""Whole sentences, where they are plainer than pydantic's."""
EMPTY = "is empty; add at least one"
AN_OBJECT, A_LIST, MANY_DIGITS = "an object", "a list", "a number of many digits"
KINDS = (AN_OBJECT, A_LIST, MANY_DIGITS)
"""What is found and not repeated."""


class InputError(Exception):
    """What was given will not do; its sentence is for whoever gave it.

    No `ValueError`, and above none: what else is raised anywhere inside is a fault of Kytos, is
    logged with its traceback and never told as the caller's mistake.

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


class SourceError(InputError):
    """What was given cannot be read as a cluster."""


def fault_sentence(error: BaseException) -> str:
    """Say that Kytos, not what it was given, is to blame for an error; its words are for the log.

    >>> fault_sentence(KeyError("node-7"))
    'Kytos failed (KeyError). This is a fault of Kytos, not of what it was given.'
    """
    if isinstance(error, MemoryError):
        return "This needs more memory than there is here: ask for less, or of a smaller cluster."
    kind = type(error).__name__
    return f"Kytos failed ({kind}). This is a fault of Kytos, not of what it was given."


def first_problem(error: ValidationError) -> SourceError:
    """The first thing a model refused, at its field (``pods[3].cpu_request``)."""
    first = error.errors(include_url=False)[0]
    return SourceError(sentence(first), field_path(first["loc"]))


def field_path(location: Iterable[str | int]) -> str:
    """Return pydantic's location as ``pods[3].cpu_request``."""
    path = ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            path += f".{part}" if path else part
    return path


def sentence(entry: Mapping[str, Any]) -> str:
    """Say one of pydantic's errors in plain words: what was expected, and what was found."""
    kind = entry["type"]
    context = {
        name: int(bound) if isinstance(bound, float) and bound.is_integer() else bound
        for name, bound in entry.get("ctx", {}).items()
    }
    if kind in EXPECTED:
        return f"{EXPECTED[kind].format_map(context)}; found {named(entry['input'])}"
    if kind == "too_short" and context["min_length"] == 1:
        return EMPTY
    if kind in PLAINER:
        return PLAINER[kind].format_map(context)
    said = str(entry["msg"]).removeprefix("Value error, ")
    return said[:1].lower() + said[1:]


def named(value: Any) -> str:
    """What was found, in a few words: an object or a list by its kind, else as it was written."""
    if value is None or isinstance(value, bool | float):
        return json.dumps(value)
    if isinstance(value, Mapping):
        return AN_OBJECT
    if isinstance(value, list | tuple):
        return A_LIST
    if isinstance(value, int) and abs(value) >= 10**_LONGEST:
        return MANY_DIGITS  # `repr` refuses thousands of them
    shown = repr(value)
    return shown if len(shown) <= _LONGEST else shown[:_LONGEST] + "…"


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
