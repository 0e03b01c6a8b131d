"""Hostile or broken text becomes a SourceError with plain words; good text its values."""

from __future__ import annotations

import json
import time
from contextlib import suppress

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kytos.errors import SourceError
from kytos.sources.documents import MAX_DEPTH, read_documents

BILLION_LAUGHS = """
a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]
b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]
c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]
"""


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b" \n ", "is empty"),
        (b"---\n---\n", "is empty"),
        (b'{"a": 1', "not valid JSON"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "Infinity"),
        (b'{"a": ' + b"1" * 5000 + b"}", "number that cannot be read"),
        (b'{"a": 1} rubbish', "line 1, column 10"),
        (b"[" * 100_000, "levels deep"),
        (b'{"a":' * 200 + b"1" + b"}" * 200, "levels deep"),
        (b"- " * 100_000, "levels deep"),
        (b"a: {" * 200, "valid YAML|levels deep"),
        (b"a: [1", "valid YAML.*line"),
        (b"a: 1\na: 2", "key 'a' twice"),
        (b"? [1]\n: 2", "keys must be plain text"),
        (BILLION_LAUGHS.encode(), r"alias \(\*a, line 3\)"),
        (b"a: !!python/object/apply:os.system [id]", "tag"),
        (b"\xff\xfeA", "not text"),
        (b"caf\xe9: 1", "not text in UTF-8"),
        (b"a: \x00", "NUL"),
        (b"\x89PNG\r\n\x1a\n", "not text"),
    ],
)
def test_refuses_in_plain_words(content: bytes, words: str) -> None:
    """Each kind of broken text is a SourceError that names the file and says what is wrong."""
    with pytest.raises(SourceError, match=words) as caught:
        read_documents(content, "upload.yaml")
    assert str(caught.value).startswith("upload.yaml: ")


def test_refuses_60_megabytes_unread() -> None:
    """An over-sized file is refused at once, saying how large it is and what is allowed."""
    content = b" " * 60_000_000
    start = time.perf_counter()
    with pytest.raises(SourceError, match="57 MiB long; at most 50 MiB"):
        read_documents(content, "big.json", 50 * 2**20)
    assert time.perf_counter() - start < 0.5


def test_depth_up_to_the_limit_is_read() -> None:
    """Exactly MAX_DEPTH levels are read, one more is not, in JSON as in YAML."""
    for wrap in (lambda depth: "[" * depth + "]" * depth, lambda depth: "- " * depth + "x"):
        assert read_documents(wrap(MAX_DEPTH), "f")
        with pytest.raises(SourceError, match="levels deep"):
            read_documents(wrap(MAX_DEPTH + 1), "f")


@pytest.mark.parametrize(
    ("content", "documents"),
    [
        ('{"a": 1}\n{"a": 2}\n', [{"a": 1}, {"a": 2}]),
        ("a: 1\n---\na: 2\n...\n", [{"a": 1}, {"a": 2}]),
        ("\ufeffa: 1", [{"a": 1}]),
        ('\ufeff{"a": 1}'.encode("utf-16"), [{"a": 1}]),
        ("a: yes\nb: 12:30\nc: 2026-11-23\nd: 'true'\ne: true\nf: ~\ng: 1.5\nh: 0x1F",
         [{"a": "yes", "b": "12:30", "c": "2026-11-23", "d": "true", "e": True, "f": None,
           "g": 1.5, "h": "0x1F"}]),
        ("8080: x", [{"8080": "x"}]),
        ("a: |\n  two\n  lines\n", [{"a": "two\nlines\n"}]),
    ],
)  # fmt: skip
def test_reads(content: str | bytes, documents: list[object]) -> None:
    """JSON Lines, multi-document YAML, byte order marks and plain scalars are read as meant."""
    assert read_documents(content, "f") == documents


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.text("abc: -{}#'\"é\n", max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("abcxyz", min_size=1), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(VALUES.filter(lambda value: isinstance(value, dict) and value))
def test_json_and_yaml_agree(value: object) -> None:
    """What PyYAML dumps and what json dumps read back to the same value."""
    assert read_documents(json.dumps(value), "f") == [value]
    assert read_documents(
        yaml.safe_dump(value, allow_unicode=True, default_flow_style=False), "f"
    ) == [value]


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=60)
    | st.text(max_size=60)
    | st.text("{}[]:,-&*!|>'\"#?%@ \n\tab1", max_size=60)
)
def test_any_text_is_read_or_refused(content: bytes | str) -> None:
    """No text raises anything but SourceError."""
    with suppress(SourceError):
        assert isinstance(read_documents(content, "f"), list)
