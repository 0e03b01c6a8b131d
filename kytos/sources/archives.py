"""Archives of a cluster's objects (support bundles, Insights, dumps) taken apart within bounds."""

from __future__ import annotations

import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from gzip import BadGzipFile, GzipFile
from typing import IO

from kytos.errors import SourceError
from kytos.language import said
from kytos.sources.json_stream import FileContent

_READ = (".json", ".yaml", ".yml")
_MOST_MEMBERS = 200_000
_MOST_FOLDERS = 30
_TAR_MAGIC_AT = 257
_HEAD = 512


@dataclass(frozen=True)
class Part:
    """A file to read.

    Attributes
    ----------
    member
        Whether it lay in an archive, where much else may lie too.
    """

    name: str
    content: bytes | str | FileContent
    member: bool = False


def unpacked(
    sources: Sequence[tuple[str, bytes | str | FileContent]], max_bytes: int
) -> list[Part]:
    """Return files as they are, and of archives (tar, tar.gz, zip, gzip) the JSON and YAML files.

    Parameters
    ----------
    max_bytes
        Of all that is unpacked from one archive; more is refused.

    Raises
    ------
    SourceError
        When an archive is broken, holds too much or none of these files.
    """
    parts: list[Part] = []
    for name, content in sources:
        if isinstance(content, FileContent):
            if not _is_packed(content.head(_HEAD)):
                parts.append(Part(name, content))
                continue
            content = content.whole()
        if isinstance(content, str) or not _is_packed(content):
            parts.append(Part(name, content))
            continue
        try:
            parts += _opened(name, content, max_bytes)
        except (BadGzipFile, EOFError, tarfile.TarError, zipfile.BadZipFile, zlib.error) as error:
            raise SourceError(
                said(f"is an archive that cannot be opened: {error}"), name
            ) from error
        except (NotImplementedError, RuntimeError) as error:  # an encrypted zip, an odd method
            raise SourceError(
                said(f"is an archive that cannot be opened: {error}"), name
            ) from error
    return parts


def _is_packed(content: bytes) -> bool:
    return content.startswith((b"\x1f\x8b", b"PK\x03\x04")) or _is_tar(content)


def _is_tar(content: bytes) -> bool:
    return content[_TAR_MAGIC_AT : _TAR_MAGIC_AT + 5] == b"ustar"


def _opened(name: str, content: bytes, max_bytes: int) -> list[Part]:
    if content.startswith(b"\x1f\x8b"):
        with GzipFile(fileobj=io.BytesIO(content)) as packed:
            content = packed.read(max_bytes + 1)
        if len(content) > max_bytes:
            raise _too_large(name, max_bytes)
        if not _is_tar(content):
            return [Part(name.removesuffix(".gz"), content)]
    members = _tar_members if _is_tar(content) else _zip_members
    parts: list[Part] = []
    left = max_bytes
    for member, size, read in members(content, name):
        if not member.lower().endswith(_READ) or member.count("/") > _MOST_FOLDERS:
            continue
        left -= size
        if left < 0:
            raise _too_large(name, max_bytes)
        parts.append(Part(f"{name}/{member}", read[: size + 1], member=True))
    if not parts:
        raise SourceError(
            said(
                f"is an archive without any file ending in {', '.join(_READ)}; expected the "
                "objects of a cluster, as a support bundle or `kubectl cluster-info dump` holds "
                "them"
            ),
            name,
        )
    return parts


class _Lazy:
    """A member's content, read when it is asked for and no further than it says it is long."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def __getitem__(self, part: slice) -> bytes:
        with self._file as file:
            return file.read(part.stop)


def _tar_members(content: bytes, name: str) -> Iterator[tuple[str, int, _Lazy]]:
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
        for number, member in enumerate(archive):
            _refuse_too_many(number, name)
            if member.isfile():
                file = archive.extractfile(member)
                assert file is not None
                yield member.name, member.size, _Lazy(file)


def _zip_members(content: bytes, name: str) -> Iterator[tuple[str, int, _Lazy]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for number, member in enumerate(archive.infolist()):
            _refuse_too_many(number, name)
            if not member.is_dir() and member.filename.lower().endswith(_READ):
                yield member.filename, member.file_size, _Lazy(archive.open(member))


def _refuse_too_many(number: int, name: str) -> None:
    if number >= _MOST_MEMBERS:
        raise SourceError(
            said(f"holds more than {_MOST_MEMBERS:,} files; give those that matter"), name
        )


def _too_large(name: str, max_bytes: int) -> SourceError:
    return SourceError(
        said(
            f"unpacks to more than {max_bytes / 2**20:.0f} MiB; give only the files that matter, "
            "or raise KYTOS_MAX_FILE_MIB"
        ),
        name,
    )
