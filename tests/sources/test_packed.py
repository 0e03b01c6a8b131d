"""What a page carries comes back byte for byte, or with a sentence that says why not."""

from __future__ import annotations

import pytest

from kytos.errors import SourceError
from kytos.sources.packed import is_page, packed, unpacked


def page(element: str) -> bytes:
    return f"<!doctype html>\n<html><body>{element}</body></html>".encode()


def test_there_and_back() -> None:
    """Bytes that HTML or a script would read as its own are carried unharmed."""
    data = b"</script><!-- \x00\xff" * 50
    carried = packed(data)
    assert carried.count("<") == 2
    assert unpacked(page(carried), "plan.html", 10_000) == data


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (page(""), "without a Kytos scenario"),
        (page(packed(b"x" * 5000).replace("==<", "<").replace("A", "B")), "scenario that was"),
        (page(packed(b"x" * 5_000_000)), "unpacks to more than"),
        (page(packed(b"x" * 50)[:60] + "</script>"), "scenario that was"),
    ],
)
def test_what_was_changed_is_refused(content: bytes, said: str) -> None:
    """A bomb, a cut and a changed page are each told, and the file named."""
    with pytest.raises(SourceError, match=said) as error:
        unpacked(content, "plan.html", 100_000)
    assert "plan.html" in str(error.value)


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"\n<!DOCTYPE HTML>", True), (b"{}", False), (b"kind: List", False), (b"", False)],
)
def test_a_page_is_known_by_its_start(content: bytes, expected: bool) -> None:
    """JSON and YAML are never taken for one."""
    assert is_page(content) is expected
