"""Receives bodies and has the large ones read in a process of its own.

Small ones are read at once, in a thread: the way to another process takes longer than they do.
"""

from __future__ import annotations

import asyncio
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copyfileobj
from typing import BinaryIO
from uuid import uuid4

from fastapi import Request, UploadFile
from fastapi.concurrency import run_in_threadpool

from kytos.api.problems import Refusal
from kytos.api.reading import Asked, Limits, Source, Uploaded, read_asked
from kytos.contract.watch import Watch
from kytos.jobs import JobError, Pool, QueueFull, WorkerDied

SMALL_BYTES = 64 * 2**10
"""Up to here a body is kept in memory and read in a thread: a few milliseconds."""

WRITTEN_BYTES = 2**20
"""Of a body that is kept in a file, so much is gathered before it is written."""

LARGE_AT_ONCE = 8
"""Times the longest body: so much of them may lie in files at a time."""

LOOK_SECONDS = (0.005, 0.1)
"""How often a reading is looked after, at first and later on."""


@dataclass
class Kept:
    """What of one call lies in files until it is read."""

    folder: Callable[[], Path]
    """Makes it, where it is not there."""
    files: list[Path] = field(default_factory=list)
    bytes: int = 0

    def new(self) -> Path:
        """Name a file to be made."""
        self.files.append(self.folder() / uuid4().hex)
        return self.files[-1]


class Bodies:
    """The bodies of a service that are on their way.

    Parameters
    ----------
    most_bytes
        Longest body.
    make_readers
        Starts the process that reads; called once, for the first large body.
    """

    def __init__(self, most_bytes: int, make_readers: Callable[[], Pool]) -> None:
        """Prepare; nothing is started yet."""
        self.most_bytes = most_bytes
        self._make_readers = make_readers
        self._readers: Pool | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._lock = threading.Lock()
        self._kept_bytes = 0

    def close(self) -> None:
        """End the readers and remove all files; the next use begins anew."""
        with self._lock:
            readers, self._readers = self._readers, None
            folder, self._folder = self._folder, None
        if readers is not None:
            readers.close()
        if folder is not None:
            folder.cleanup()

    @asynccontextmanager
    async def keeping(self) -> AsyncIterator[Kept]:
        """Keep files for one call; they are removed when it was read."""
        kept = Kept(self._place)
        try:
            yield kept
        except OSError as error:
            raise Refusal(
                503, f"no room for the body: {error.strerror}", headers={"Retry-After": "30"}
            ) from error
        finally:
            with self._lock:
                self._kept_bytes -= kept.bytes
            for path in kept.files:
                path.unlink(missing_ok=True)

    async def receive(self, request: Request, kept: Kept) -> bytes | Path:
        """Take a whole body in; a large one into a file.

        Raises
        ------
        Refusal
            429 when too much is on its way already.
        OSError
            When the file cannot be written.
        """
        gathered, path = bytearray(), None
        async for chunk in request.stream():
            gathered += chunk
            if len(gathered) > (SMALL_BYTES if path is None else WRITTEN_BYTES):
                path = path or kept.new()
                await self._write(kept, path, gathered)
        if path is None:
            return bytes(gathered)
        await self._write(kept, path, gathered)
        return path

    async def uploaded(
        self,
        kept: Kept,
        cluster: Sequence[UploadFile],
        options: str,
        new_pods: Sequence[UploadFile],
    ) -> Uploaded:
        """Take in uploaded files, which the framework has received.

        Raises
        ------
        OSError
            When a file cannot be written.
        """
        small = sum(file.size or 0 for file in (*cluster, *new_pods)) <= SMALL_BYTES

        async def content(file: UploadFile) -> bytes | Path:
            if small:
                return await file.read()
            path = kept.new()
            self._count(kept, file.size or 0)
            await run_in_threadpool(_copy, file.file, path)
            return path

        return Uploaded(
            tuple([(file.filename or "cluster", await content(file)) for file in cluster]),
            options,
            tuple([(file.filename or "pods", await content(file)) for file in new_pods]),
        )

    async def read(
        self, name: str, source: Source, kept: Kept, limits: Limits, request: Request
    ) -> Asked:
        """Read a call, beside the event loop, and in another process where it is large.

        Raises
        ------
        Refusal
            What is wrong with it; 429 when too many wait to be read, 503 when the process that
            read it died twice, 504 when reading took the whole time of the call, 499 when the
            client went away.
        """
        if not kept.files:
            return await run_in_threadpool(read_asked, name, source, limits, watch=Watch())
        packed = kept.folder() / f"{uuid4().hex}.packed"
        try:
            return await self._read_elsewhere(name, source, limits, packed, request)
        except BaseException:
            packed.unlink(missing_ok=True)
            raise

    async def _read_elsewhere(
        self, name: str, source: Source, limits: Limits, packed: Path, request: Request
    ) -> Asked:
        readers = await run_in_threadpool(self._started)
        try:
            job = readers.submit(read_asked, name, source, limits, packed)
        except QueueFull as error:
            detail = "as many large bodies wait to be read as may; try again in a few seconds"
            raise Refusal(429, detail, headers={"Retry-After": "5"}) from error
        except JobError as error:
            raise Refusal(503, str(error), headers={"Retry-After": "5"}) from error
        ends, (look, longest) = time.monotonic() + limits.seconds, LOOK_SECONDS
        try:
            while not job.done:
                await asyncio.sleep(look)
                look = min(2 * look, longest)
                if await request.is_disconnected():
                    raise Refusal(499, "the client went away")
                if time.monotonic() > ends:
                    raise Refusal(
                        504, f"reading the body took more than {limits.seconds:g} s; send less"
                    )
        finally:
            if not job.done:
                job.cancel()
        try:
            return job.result()
        except WorkerDied as error:
            raise Refusal(
                503,
                "the process that read the body ended before it had done (killed, or out of "
                "memory); it has been replaced: try again, or with a smaller body",
                headers={"Retry-After": "5"},
            ) from error
        except JobError as error:
            raise Refusal(503, str(error), headers={"Retry-After": "5"}) from error
        except MemoryError as error:
            raise Refusal(503, "reading the body needs more memory than there is here") from error

    async def _write(self, kept: Kept, path: Path, gathered: bytearray) -> None:
        self._count(kept, len(gathered))
        await run_in_threadpool(_append, path, bytes(gathered))
        gathered.clear()

    def _count(self, kept: Kept, size: int) -> None:
        with self._lock:
            if self._kept_bytes + size > LARGE_AT_ONCE * self.most_bytes:
                raise Refusal(
                    429,
                    "as many large bodies are on their way as there is room for; try again later",
                    headers={"Retry-After": "10"},
                )
            self._kept_bytes += size
            kept.bytes += size

    def _place(self) -> Path:
        with self._lock:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="kytos-bodies-")
            return Path(self._folder.name)

    def _started(self) -> Pool:
        with self._lock:
            if self._readers is None:
                self._readers = self._make_readers()
            return self._readers


def _append(path: Path, content: bytes) -> None:
    with path.open("ab") as file:
        file.write(content)


def _copy(source: BinaryIO, path: Path) -> None:
    source.seek(0)
    with path.open("wb") as file:
        copyfileobj(source, file, WRITTEN_BYTES)
