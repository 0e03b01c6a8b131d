"""The wire format of Protocol Buffers, as far as OMMX needs it.

Source: https://protobuf.dev/programming-guides/encoding/. A message is a row of fields, each a
number and a wire type: 0 a variable-length integer, 1 eight bytes, 2 a length and so many bytes,
5 four bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

VARINT, EIGHT, BYTES, FOUR = 0, 1, 2, 5


def integer(field: int, value: int) -> bytes:
    """Return a field that holds an integer; a negative one as 64-bit two's complement."""
    return _varint(field << 3 | VARINT) + _varint(value % 2**64)


def double(field: int, value: float) -> bytes:
    """Return a field that holds a number."""
    return _varint(field << 3 | EIGHT) + struct.pack("<d", value)


def message(field: int, *parts: bytes) -> bytes:
    """Return a field that holds a message of these fields, or bytes."""
    content = b"".join(parts)
    return _varint(field << 3 | BYTES) + _varint(len(content)) + content


def text(field: int, value: str) -> bytes:
    """Return a field that holds text."""
    return message(field, value.encode())


def integers(field: int, values: Iterable[int]) -> bytes:
    """Return a packed field of integers."""
    return message(field, *(_varint(value % 2**64) for value in values))


def doubles(field: int, values: Iterable[float]) -> bytes:
    """Return a packed field of numbers."""
    return message(field, *(struct.pack("<d", value) for value in values))


def fields(content: bytes) -> Iterator[tuple[int, int | float | bytes]]:
    """Yield the fields of a message: number and value, messages as their bytes.

    Raises
    ------
    ValueError
        When it is no message.
    """
    at = 0
    while at < len(content):
        tag, at = _read_varint(content, at)
        field, kind = tag >> 3, tag & 7
        if field == 0 or kind not in (VARINT, EIGHT, BYTES, FOUR):
            raise ValueError(f"no Protocol Buffers message: tag {tag} at byte {at}")
        if kind == VARINT:
            value, at = _read_varint(content, at)
            yield field, value
            continue
        size = {EIGHT: 8, FOUR: 4}.get(kind)
        if size is None:
            size, at = _read_varint(content, at)
        piece, at = content[at : at + size], at + size
        if at > len(content):
            raise ValueError("no Protocol Buffers message: it ends in the middle of a field")
        yield field, struct.unpack("<d", piece)[0] if kind == EIGHT else piece


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _read_varint(content: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(content) or shift > 63:
            raise ValueError("no Protocol Buffers message: it ends in the middle of a number")
        byte = content[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
