"""Safe reading of JSON and YAML text into plain values: bounded size, bounded depth, no aliases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NoReturn

import yaml

from kytos.errors import SourceError
from kytos.language import said
from kytos.settings import FileSettings
from kytos.sources.json_stream import MAX_DEPTH, FileContent, Keep, json_documents, too_deep

_START_OF_LOGS = re.compile(r"^==== START logs for container (.*) ====$", re.MULTILINE)
"""What `kubectl cluster-info dump` puts between its Lists."""

_LOGS = "==== START logs for container "
HEAD = 4096
"""Bytes in which a file that is JSON begins to look like it."""

Content = bytes | str | FileContent

_YAML_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?[0-9]+")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_TEXT_TAG = "tag:yaml.org,2002:str"


def longest_file() -> int:
    """The longest file read where nobody says otherwise, in bytes."""
    return FileSettings.from_environment().max_file_mib * 2**20


def read_documents(
    content: Content,
    where: str,
    max_bytes: int | None = None,
    keep: Keep = lambda entry: entry,
) -> list[Any]:
    """Read every document of a JSON, JSON Lines or (multi-document) YAML text.

    Parameters
    ----------
    content
        The text; bytes are UTF-8, or UTF-16 with a byte order mark (what Windows PowerShell
        writes with ``>``). JSON in a file is never held whole.
    where
        The file's name, for errors.
    max_bytes
        Longer contents are refused unread; by default ``KYTOS_MAX_FILE_MIB``.
    keep
        What is kept of each object of a JSON list, see `kytos.sources.json_stream`.

    Raises
    ------
    SourceError
        When the content is too long, empty, not text, neither JSON nor YAML, nested deeper than
        `MAX_DEPTH`, or uses YAML aliases or tags.
    """
    most = longest_file() if max_bytes is None else max_bytes
    if isinstance(content, FileContent):
        _refuse_long(content, where, most)
        if begins_as_json(content.head(HEAD)) and not content.holds((_LOGS.encode(),)):
            return list(json_documents(content, where, keep)) or _nothing_in(where)
        content = content.whole()
    text = _decode(content, where, most)
    if _LOGS in text:
        text = _without_logs(text)
    if text.lstrip()[:1] in ("{", "["):
        documents = list(json_documents(text, where, keep))
    else:
        documents = _read_yaml(text, where)
    return documents or _nothing_in(where)


def _nothing_in(where: str) -> NoReturn:
    raise SourceError(said("is empty; expected a cluster as JSON or YAML"), where)


def begins_as_json(start: bytes) -> bool:
    """Whether a text that starts like this is JSON, if anything."""
    wide = start.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = start.decode("utf-16" if wide else "utf-8-sig", errors="ignore")
    return text.lstrip()[:1] in ("{", "[")


def _without_logs(text: str) -> str:
    """A cluster-info dump without the logs between its Lists; a log cut off ends the text."""
    kept, position = [], 0
    while (start := _START_OF_LOGS.search(text, position)) is not None:
        kept.append(text[position : start.start()])
        ending = f"\n==== END logs for container {start[1]} ===="
        end = text.find(ending, start.end())
        position = len(text) if end < 0 else end + len(ending)
    return "".join((*kept, text[position:]))


def _refuse_long(content: Content, where: str, max_bytes: int) -> None:
    if len(content) > max_bytes:
        raise SourceError(
            said(
                f"is {len(content) / 2**20:.0f} MiB long; at most {max_bytes / 2**20:.0f} MiB are "
                "read. Raise KYTOS_MAX_FILE_MIB (of the service KYTOS_MAX_BODY_MIB), or give "
                "compact JSON without managedFields and only the kinds that matter"
            ),
            where,
        )


def _decode(content: bytes | str, where: str, max_bytes: int) -> str:
    _refuse_long(content, where, max_bytes)
    if isinstance(content, str):
        text = content.removeprefix("\ufeff")
    else:
        wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
        try:
            text = content.decode("utf-16" if wide else "utf-8-sig")
        except UnicodeDecodeError as error:
            raise SourceError(
                said(f"is not text in UTF-8 (byte {error.start}); expected JSON or YAML"), where
            ) from error
    if "\0" in text:
        raise SourceError(said("holds NUL characters; expected JSON or YAML text"), where)
    return text


def _read_yaml(text: str, where: str) -> list[Any]:
    """Read all YAML documents from the parser's events.

    Events rather than `yaml.load`, because composing nodes recurses in C without a limit, and
    aliases must be refused before they multiply. Plain scalars follow the YAML 1.2 core schema:
    dates, ``yes`` and ``12:30`` stay text.
    """
    documents: list[Any] = []
    stack: list[_Collection] = []
    try:
        for event in _events(text):
            if isinstance(event, yaml.AliasEvent):
                raise SourceError(
                    said(
                        f"uses a YAML alias (*{event.anchor}, {_line(event)}); "
                        "write the value out instead"
                    ),
                    where,
                )
            if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
                _refuse_tag(event, where)
                if len(stack) >= MAX_DEPTH:
                    raise too_deep(where)
                stack.append(_Collection(isinstance(event, yaml.MappingStartEvent)))
            elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                _put(stack.pop().value, event, stack, documents, where)
            elif isinstance(event, yaml.ScalarEvent):
                if stack and stack[-1].expects_key:
                    stack[-1].set_key(event, where)
                else:
                    _put(_scalar(event, where), event, stack, documents, where)
    except yaml.YAMLError as error:
        raise SourceError(
            said(f"is neither JSON nor valid YAML: {_yaml_problem(error)}"), where
        ) from error
    return [document for document in documents if document is not None]


def _events(text: str) -> Iterator[Any]:
    loader = _YAML_LOADER(text)
    try:
        while loader.check_event():
            yield loader.get_event()
    finally:
        loader.dispose()


class _Collection:
    """A mapping or sequence whose end has not been read yet."""

    def __init__(self, is_mapping: bool) -> None:
        self.value: Any = {} if is_mapping else []
        self.is_mapping = is_mapping
        self.key: str | None = None

    @property
    def expects_key(self) -> bool:
        return self.is_mapping and self.key is None

    def set_key(self, event: Any, where: str) -> None:
        if event.value in self.value:
            raise SourceError(
                said(f"names the key {event.value!r} twice in one mapping ({_line(event)})"),
                where,
            )
        self.key = event.value

    def add(self, value: Any) -> None:
        if self.is_mapping:
            self.value[self.key] = value
            self.key = None
        else:
            self.value.append(value)


def _put(
    value: Any, event: Any, stack: list[_Collection], documents: list[Any], where: str
) -> None:
    if not stack:
        documents.append(value)
    elif stack[-1].expects_key:
        raise SourceError(
            said(f"has a mapping or list as a key ({_line(event)}); keys must be plain text"),
            where,
        )
    else:
        stack[-1].add(value)


def _refuse_tag(event: Any, where: str) -> None:
    if event.tag not in (None, "!"):
        raise SourceError(
            said(f"uses the YAML tag {event.tag!r} ({_line(event)}); tags are not accepted"),
            where,
        )


def _scalar(event: Any, where: str) -> Any:
    if event.tag == _TEXT_TAG:
        return event.value
    _refuse_tag(event, where)
    text: str = event.value
    if not event.implicit[0]:
        return text
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text in ("true", "True", "TRUE"):
        return True
    if text in ("false", "False", "FALSE"):
        return False
    if _INTEGER.fullmatch(text) and len(text) < 100:
        return int(text)
    if _NUMBER.fullmatch(text):
        return float(text)
    return text


def _line(event: Any) -> str:
    return f"line {event.start_mark.line + 1}"


def _yaml_problem(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        return f"{getattr(error, 'problem', error)} at line {mark.line + 1}"
    return str(error).splitlines()[0]
