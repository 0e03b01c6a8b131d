"""The language people read: English as the code says it, any other from a catalogue of gettext.

Texts are marked where they are written, ``_("{count:,} nodes go", count=3)``. Nothing is translated
unless somebody's reader is known: the command line, the service and the library speak English.

Rooms that answer do so before a reader is known, in workers and in files that are kept. They write
their sentences in English, ``said(f"insufficient {name}")``, and `retold` finds them again in the
catalogue where they are read.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from gettext import NullTranslations
from itertools import chain, zip_longest
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


def said(sentence: str, /) -> str:
    """Mark an English sentence that is composed here and told in another language elsewhere.

    Its words and the names of its values are its text in the catalogue: ``f"empties {node}"``
    stands there as ``empties {node}``. What is marked has to be one f-string or one literal.
    """
    return sentence


def retold(sentence: str, /) -> str:
    """Return a sentence that `said` marks in the reader's language, else as it is.

    A value may be a sentence of its own; several of them, joined as English does it, are told one
    by one.
    """
    code = language()
    return sentence if code == ENGLISH or not sentence else _retold(code, sentence)


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


JOINTS = ("; ", ": ", ", ", " and ", " or ", " (", ")")
"""What stands between sentences and parts of them, loosest first; the catalogue has each."""
_OF_A_PLACE = ": "
"""Between a file or a field and what is wrong with it."""
_SENTENCE = r"(?<=[.!?]) +"
_FIELD = re.compile(r"\{(\w+)(![rs])?(:[^{}]*)?\}")
_NUMBER = r"[-+]?[$]?[\d,.]+(?:e[-+]?\d+)?%?"
_COUNTED = re.compile(r"([\d,]+) (.+)")
SAID = "said"
"""How the catalogue comments on texts that `said` marks."""


@dataclass(frozen=True)
class _Template:
    """A marked sentence: how it is recognised, and what it is in the other language."""

    longest: str
    letters: int
    pattern: re.Pattern[str]
    names: tuple[str, ...]
    told: str

    @classmethod
    def of(cls, english: str, told: str) -> _Template:
        pattern, names, pieces, at = "", [], [], 0
        for field in _FIELD.finditer(english):
            pieces.append(english[at : field.start()])
            is_number = (field[3] or "").endswith((",", "f", "%", "g", "d"))
            pattern += re.escape(pieces[-1]) + (f"({_NUMBER})" if is_number else "(.+?)")
            names.append(field[1])
            at = field.end()
        pieces.append(english[at:])
        pattern += re.escape(pieces[-1])
        longest = max(pieces, key=len)
        letters = sum(map(len, pieces))
        return cls(longest, letters, re.compile(pattern, re.DOTALL), tuple(names), told)

    def filled(self, values: dict[str, str]) -> str:
        return _FIELD.sub(lambda field: values.get(field[1], field[0]), self.told)


@lru_cache(maxsize=20_000)
def _retold(code: str, sentence: str) -> str:
    whole = _whole(code, sentence)
    if whole is not None:
        return whole
    for place in re.finditer(re.escape(_OF_A_PLACE), sentence):
        whole = _whole(code, sentence[place.end() :])
        if whole is not None:  # what is wrong there, before its own joints are looked for
            return _retold(code, sentence[: place.start()]) + _OF_A_PLACE + whole
    for joint in (_SENTENCE, *map(re.escape, JOINTS)):
        parts = re.split(f"({joint})", sentence)
        if len(parts) > 1:
            told = [_retold(code, part) if part else part for part in parts[::2]]
            if told != parts[::2]:
                joints = [_catalogue(code).gettext(one) for one in parts[1::2]]
                return "".join(chain(*zip_longest(told, joints, fillvalue="")))
    counted = _COUNTED.fullmatch(sentence)
    return f"{counted[1]} {_retold(code, counted[2])}" if counted else sentence


def _whole(code: str, sentence: str) -> str | None:
    """Return one marked sentence in another language; None for what is none."""
    exact = _catalogue(code).gettext(sentence)
    if exact != sentence:
        return exact
    for template in _templates(code):
        if template.longest in sentence and (match := template.pattern.fullmatch(sentence)):
            values = {
                name: _retold(code, value)
                for name, value in zip(template.names, match.groups(), strict=True)
            }
            return template.filled(values)
    return None


@cache
def _templates(code: str) -> tuple[_Template, ...]:
    """Marked sentences with values, those of most words first."""
    templates, counted = [], []
    for message in _messages(code):
        one = message.id if isinstance(message.id, str) else ""
        if SAID in message.auto_comments and _FIELD.search(one) and message.string:
            templates.append(_Template.of(one, str(message.string)))
        elif isinstance(message.id, tuple) and message.string:
            told = message.string if isinstance(message.string, str) else message.string[-1]
            counted += [_Template.of(form, told) for form in message.id]
    templates += counted
    return tuple(sorted(templates, key=lambda one: -one.letters))


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
def _messages(code: str) -> Any:
    require(f"Another language than English ({code})", DASHBOARD)
    from babel.messages.pofile import read_po

    with (CATALOGUES / code / "LC_MESSAGES" / "kytos.po").open("rb") as source:
        return read_po(source, locale=code)


@cache
def _catalogue(code: str) -> NullTranslations:
    told = _messages(code)
    from io import BytesIO

    from babel.messages.mofile import write_mo
    from babel.support import Translations

    compiled = BytesIO()
    write_mo(compiled, told)
    compiled.seek(0)
    return Translations(compiled)
