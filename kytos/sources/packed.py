"""Data packed into a page of HTML, to be read back from it: a handout carries its scenario so."""

from __future__ import annotations

import base64
import binascii
import re
import zlib

from kytos.errors import SourceError
from kytos.language import said

_ID = "kytos-handout"
_PACKED = re.compile(
    rb'<script type="application/gzip" id="' + _ID.encode() + rb'">([A-Za-z0-9+/=\s]*)</script>'
)
_START = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<!doctype html", re.IGNORECASE)
_GZIP = 31
"""As zlib counts windows: the largest, with gzip's head."""


def packed(data: bytes) -> str:
    """Return an element of HTML that holds data and that no browser runs.

    Examples
    --------
    >>> unpacked(b"<!doctype html>" + packed(b"{}").encode(), "plan.html", 100)
    b'{}'
    """
    squeezer = zlib.compressobj(9, zlib.DEFLATED, _GZIP)  # the same data, the same text
    squeezed = squeezer.compress(data) + squeezer.flush()
    text = base64.b64encode(squeezed).decode("ascii")
    return f'<script type="application/gzip" id="{_ID}">{text}</script>'


def is_page(content: bytes) -> bool:
    """Say whether a file is a page of HTML, which nothing but a handout is of those read here."""
    return _START.match(content) is not None


def unpacked(content: bytes, where: str, max_bytes: int) -> bytes:
    """Return what a page of HTML carries.

    Parameters
    ----------
    where
        The file's name, for errors.
    max_bytes
        Longer data are refused, so that a small file cannot unpack to fill the memory.

    Raises
    ------
    SourceError
        When it carries none, or what it carries was changed.
    """
    hit = _PACKED.search(content)
    if hit is None:
        raise SourceError(said("is a web page without a Kytos scenario in it"), where)
    try:
        opener = zlib.decompressobj(_GZIP)
        data = opener.decompress(base64.b64decode(hit[1]), max_bytes + 1)
    except (zlib.error, binascii.Error) as error:
        raise SourceError(said(f"carries a scenario that was changed: {error}"), where) from error
    if len(data) > max_bytes:
        raise SourceError(said(f"unpacks to more than {max_bytes / 2**20:,.0f} MiB"), where)
    if not opener.eof:
        raise SourceError(said("carries a scenario that was cut off"), where)
    return data
