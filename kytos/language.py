"""The language people read: English as the code says it, any other from a catalogue of gettext.

Texts are marked where they are written, ``_("{count:,} nodes go", count=3)``. Nothing is translated
unless somebody's reader is known: the command line, the service and the library speak English.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import cache
from gettext import NullTranslations
from pathlib import Path
from typing import Any

from kytos.extras import DASHBOARD, require

ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "ja": "日本語"}
"""Each language by its code, as its readers call it."""
CATALOGUES = Path(__file__).with_name("locale")
"""Holds ``LANGUAGE/LC_MESSAGES/kytos.po``, read as it is: there is nothing to compile."""

_used: ContextVar[str | None] = ContextVar("language", default=None)
_readers: list[Callable[[], str | None]] = []


def language() -> str:
    """Return the code of the language that texts are now made in."""
    code = _used.get()
    if code is None:
        code = next(filter(None, (reader() for reader in _readers)), ENGLISH)
    return code if code in LANGUAGES else ENGLISH


@contextmanager
def use(code: str) -> Iterator[None]:
    """Make texts in a language until the block ends, in this thread alone.

    Raises
    ------
    MissingExtraError
        When the library that reads catalogues is not installed; English needs none.
    """
    token = _used.set(code)
    try:
        if code != ENGLISH:
            _catalogue(code)
        yield
    finally:
        _used.reset(token)


def read_by(reader: Callable[[], str | None]) -> None:
    """Ask `reader` for the language wherever no block says which; None is one it does not know.

    A dashboard's session outlives its threads: its language is asked for each time.
    """
    if reader not in _readers:
        _readers.append(reader)


def settle() -> None:
    """Ask the reader's language once for all that this thread draws, until it is settled anew."""
    _used.set(None)
    _used.set(language())


def closest(wanted: Sequence[str]) -> str:
    """Return the language that serves a reader best, who named some as browsers do.

    Examples
    --------
    >>> closest(["ja-JP", "en"]), closest(["fr", "de"])
    ('ja', 'en')
    """
    for tag in wanted:
        code = re.split(r"[-_]", tag)[0].lower()
        if code in LANGUAGES:
            return code
    return ENGLISH


def _(message: str, /, **values: Any) -> str:
    """Return a text in the reader's language, with its values in place.

    Parameters
    ----------
    message
        The English text, which is its name in the catalogue; a literal, so that it is found there.
    values
        By the names of the placeholders. Without any, braces stay as they are.

    Examples
    --------
    >>> _("{count:,} nodes go", count=1200)
    '1,200 nodes go'
    """
    code = language()
    if code == ENGLISH or not message:
        return message.format(**values) if values else message
    return _filled(_catalogue(code).gettext(message), code, values)


def plural(one: str, many: str, number: int, /, **values: Any) -> str:
    """Return the text for a number of things: `one` of them, or `many`; ``{number}`` is that.

    Examples
    --------
    >>> plural("{number:,} node", "{number:,} nodes", 1)
    '1 node'
    """
    code = language()
    values = {"number": number, **values}
    if code == ENGLISH:
        return (one if number == 1 else many).format(**values)
    return _filled(_catalogue(code).ngettext(one, many, number), code, values)


def N_(message: str, /) -> str:  # noqa: N802  (gettext's own name for it)
    """Mark a text for the catalogue that is translated where it is read, not where it is named."""
    return message


def number(value: float, written: str) -> str:
    """Return a number as the reader's language writes it; `written` is Python's format for it.

    Examples
    --------
    >>> number(1234.5, ",.1f")
    '1,234.5'
    """
    return _localised(format(value, written), language())


def moment(when: datetime) -> str:
    """Return a time in UTC, to the minute, as the reader's language writes it."""
    code = language()
    if code == ENGLISH:
        return when.strftime("%Y-%m-%d %H:%M UTC")
    from babel.dates import format_datetime  # of an extra, and for other languages only

    return f"{format_datetime(when, 'short', locale=code)} UTC"


def _filled(text: str, code: str, values: dict[str, Any]) -> str:
    return _Formatter(code).vformat(text, (), values) if values else text


class _Formatter(string.Formatter):
    """Puts values in place, numbers as a language writes them."""

    def __init__(self, code: str) -> None:
        self._code = code

    def format_field(self, value: Any, format_spec: str) -> str:
        written = format(value, format_spec)
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return _localised(written, self._code) if is_number and format_spec else written


def _localised(written: str, code: str) -> str:
    if code == ENGLISH:
        return written
    group, decimal = _symbols(code)
    return written.translate({ord(","): group, ord("."): decimal})


@cache
def _symbols(code: str) -> tuple[str, str]:
    """What a language puts between thousands, and before decimals."""
    require(f"Another language than English ({code})", DASHBOARD)
    from babel.numbers import get_decimal_symbol, get_group_symbol

    return get_group_symbol(code), get_decimal_symbol(code)


@cache
def _catalogue(code: str) -> NullTranslations:
    require(f"Another language than English ({code})", DASHBOARD)
    from io import BytesIO

    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po
    from babel.support import Translations

    with (CATALOGUES / code / "LC_MESSAGES" / "kytos.po").open("rb") as source:
        told = read_po(source, locale=code)
    compiled = BytesIO()
    write_mo(compiled, told)
    compiled.seek(0)
    return Translations(compiled)
