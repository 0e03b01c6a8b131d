"""A solve as a job in a worker process: its progress, its stop button and its result.

One bounded `Pool` serves pages and API. Workers are separate processes because a solve holds the
interpreter for seconds and because only a process can be killed. They are forked from a clean,
single-threaded server (or spawned where that does not exist), never from the caller: Streamlit
and uvicorn run threads, and a fork of a threaded process may deadlock.

Starting such a worker imports the caller's main module again under the name ``__mp_main__``:
whatever a main module does when run belongs under ``if __name__ == "__main__":``.
"""

from __future__ import annotations

import logging
import mmap
import multiprocessing
import os
import pickle
import struct
import tempfile
import threading
import time
from bisect import insort
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar
from uuid import uuid4

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from kytos.solvers.base import Watch

T = TypeVar("T")

TASKS_PER_WORKER = 500
"""A worker is replaced after this many solves: what they leave behind (0.2 MB each in clusters of 6
and of 150 pods, 1.3 MB where PyQUBO compiles a model of 100 variables, its issue #215) stays
bounded. A new worker costs about a second of CPU time."""

LARGE_SECONDS = 1.0
"""From here on a job is large: others wait behind it longer than for an answer at once."""

PATIENCE = 10.0
"""A job is passed by shorter ones until it has waited so many times as long as it takes."""

_BOARD = struct.Struct("<QQdd96s")
"""Stop flag, sequence (odd while being written), share, energy (NaN for none), stage."""
_STOP = struct.Struct("<Q")
_log = logging.getLogger(__name__)


class JobError(RuntimeError):
    """A job that did not come to a result of its own."""


class QueueFull(JobError):  # noqa: N818  (what happened, as a caller reads it)
    """No worker is free and the queue holds all it may; try again later."""


class WorkerDied(JobError):  # noqa: N818  (what happened, as a caller reads it)
    """The worker process ended under the job: killed, or out of memory."""


class JobCancelled(JobError):  # noqa: N818  (what happened, as a caller reads it)
    """The job was cancelled before it had a result."""


@dataclass(frozen=True)
class Progress:
    """How far a job is.

    Attributes
    ----------
    stage
        Name of the stage, empty while the job waits for a worker.
    share
        Progress of the stage in 0..1.
    energy
        Best energy so far, None before the first.
    """

    stage: str = ""
    share: float = 0.0
    energy: float | None = None


class Job(Generic[T]):
    """One submitted call; built by `Pool.submit`."""

    def __init__(self, board: _Board, place: Callable[[Job[Any]], int]) -> None:
        """Join the caller's end to the board a worker will write on."""
        self._board = board
        self._place = place
        self._future: Future[T] = Future()
        self._in_worker: ProcessFuture[T] | None = None
        self._cancelled = False
        self._last = Progress()

    @property
    def progress(self) -> Progress:
        """The latest progress the job reported."""
        if not self._future.done():
            with suppress(ValueError):  # closed between the two lines
                self._last = self._board.read()
        return self._last

    @property
    def place(self) -> int:
        """Its place in the queue: 1 is the next, 0 no longer waits."""
        return self._place(self)

    @property
    def done(self) -> bool:
        """Whether `result` returns or raises at once."""
        return self._future.done()

    def stop(self) -> None:
        """Ask the job to end soon with the best it has; `result` still returns it."""
        with suppress(ValueError):
            self._board.stop()

    def cancel(self) -> None:
        """End the job now, without a result: its worker, if it has one, is killed and replaced."""
        self._cancelled = True
        if self._future.cancel():  # it waited
            self._close()
        elif self._in_worker is not None:
            self._in_worker.cancel()  # type: ignore[no-untyped-call]

    def result(self, timeout: float | None = None) -> T:
        """Wait for the result, at most `timeout` seconds.

        Raises
        ------
        WorkerDied, JobCancelled
            When there is no result.
        TimeoutError
            When it is not there in time.
        Exception
            Whatever the function raised.
        """
        try:
            return self._future.result(timeout)
        except ProcessExpired as error:
            raise WorkerDied(
                f"the worker process ended with exit code {error.exitcode} before the solve did "
                "(killed, or out of memory); it has been replaced: try again, or with a smaller "
                "QUBO"
            ) from error
        except BrokenProcessPool as error:
            raise WorkerDied(f"the worker pool broke: {error}; try again") from error
        except CancelledError as error:
            raise JobCancelled("the solve was cancelled") from error

    def _begin(self, schedule: Callable[[], ProcessFuture[T]], ended: Callable[[], None]) -> None:
        """Hand the job to a worker, unless it was cancelled while it waited."""

        def end(in_worker: Future[T]) -> None:
            self._close()
            if in_worker.cancelled():
                self._future.set_exception(CancelledError())
            elif (error := in_worker.exception()) is not None:
                self._future.set_exception(error)
            else:
                self._future.set_result(in_worker.result())
            ended()

        if not self._future.set_running_or_notify_cancel():
            ended()
            return
        try:
            self._in_worker = schedule()
        except RuntimeError as error:  # pebble's pool gave up a moment ago
            self._close()
            self._future.set_exception(BrokenProcessPool(str(error)))
            ended()
            return
        self._in_worker.add_done_callback(end)
        if self._cancelled:  # between the two
            self._in_worker.cancel()  # type: ignore[no-untyped-call]

    def _close(self) -> None:
        with suppress(ValueError):
            self._last = self._board.read()
        self._board.close()


@dataclass(order=True, frozen=True)
class _Entry:
    """A call that waits or runs; ordered by whose turn it is."""

    turn: float
    number: int
    is_large: bool = field(compare=False)
    job: Job[Any] = field(compare=False)
    call: tuple[Any, ...] = field(compare=False)


class Pool:
    """A bounded number of worker processes and a bounded queue before them.

    The queue is kept here, not in pebble's pipe, so that each job knows its place, one that is
    cancelled while it waits costs nothing, and small jobs need not wait behind large ones: those
    let others pass, hold at most all workers but one (where there is more than one), and twice as
    many of them may wait.

    Parameters
    ----------
    workers
        Worker processes; by default one per core, at most four.
    queue_limit
        Jobs that may wait beside the running ones.
    warm_up
        Called in every new worker before its first job, so that the first solve does not pay
        for imports and compilation. Must be importable; its failure is logged, not fatal.
    preload
        Modules imported once before workers are forked.
    tasks_per_worker
        Solves after which a worker is replaced; 0 for never.
    """

    def __init__(
        self,
        workers: int | None = None,
        queue_limit: int = 16,
        *,
        warm_up: Callable[[], object] | None = None,
        preload: tuple[str, ...] = (),
        tasks_per_worker: int = TASKS_PER_WORKER,
    ) -> None:
        """Start the workers."""
        if workers is None:
            workers = min(4, os.cpu_count() or 1)
        if workers < 1 or queue_limit < 0:
            raise ValueError(
                f"workers={workers}, queue_limit={queue_limit}: at least one worker and a queue "
                "of 0 or more are needed"
            )
        self.workers = workers
        self.queue_limit = queue_limit
        self._large_workers = max(1, workers - 1)
        # Few, so that none waits for much longer than it takes.
        self._large_queue = min(2 * self._large_workers, queue_limit)
        self._warm_up = warm_up
        self._preload = preload
        self._tasks_per_worker = tasks_per_worker
        self._lock = threading.Lock()
        self._closed = False
        self._submitted = 0
        self._waiting: list[_Entry] = []
        """Sorted."""
        self._running: set[_Entry] = set()
        self._boards = tempfile.TemporaryDirectory(prefix="kytos-jobs-")
        self._processes = self._start()
        self._news = threading.Event()
        self._dispatcher = threading.Thread(target=self._dispatch, name="dispatch", daemon=True)
        self._dispatcher.start()

    @property
    def busy(self) -> int:
        """Jobs running or waiting."""
        with self._lock:
            return len(self._running) + len(self._still_waiting())

    def submit(
        self, function: Callable[..., T], /, *args: Any, expected_s: float = 0.0, **kwargs: Any
    ) -> Job[T]:
        """Run ``function(*args, watch=…, **kwargs)`` in a worker.

        The function must be importable by name, and its arguments and result picklable. It
        reports to the `Watch` and asks it when to stop.

        Parameters
        ----------
        expected_s
            About how long it will take, which decides its turn.

        Raises
        ------
        QueueFull
            When all workers it may have are busy and the queue holds as many as it may.
        JobError
            When the pool is closed.
        """
        is_large = expected_s >= LARGE_SECONDS
        with self._lock:
            if self._closed:
                raise JobError("the pool of workers is closed")
            self._waiting = self._still_waiting()
            self._refuse_if_full()
            if is_large:
                self._refuse_if_full_of_large()
            board = _Board.make(Path(self._boards.name) / uuid4().hex)
            job: Job[T] = Job(board, self._place)
            self._submitted += 1
            turn = time.monotonic() + PATIENCE * expected_s
            call = (board.path, function, args, kwargs)
            insort(self._waiting, _Entry(turn, self._submitted, is_large, job, call))
        self._news.set()
        return job

    def close(self) -> None:
        """End every job and worker."""
        with self._lock:
            self._closed = True
        self._news.set()
        self._dispatcher.join()
        for entry in (*self._waiting, *self._running):
            entry.job.cancel()
        self._end()
        self._boards.cleanup()

    def __enter__(self) -> Pool:
        """Return the pool itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the pool."""
        self.close()

    # Those that follow are called with the lock held.

    def _still_waiting(self) -> list[_Entry]:
        """The queue without those cancelled in it."""
        return [entry for entry in self._waiting if not entry.job.done]

    def _refuse_if_full(self) -> None:
        if len(self._running) + len(self._waiting) >= self.workers + self.queue_limit:
            raise QueueFull(
                f"{self.workers} solves are running and {self.queue_limit} are waiting; "
                "try again in a few seconds"
            )

    def _refuse_if_full_of_large(self) -> None:
        large = sum(entry.is_large for entry in (*self._running, *self._waiting))
        if large >= self._large_workers + self._large_queue:
            raise QueueFull(
                f"{self._large_workers} large solves are running and {self._large_queue} are "
                "waiting, as many as may; try again in a few seconds"
            )

    def _next(self) -> _Entry | None:
        """Whose turn it is, if there is a worker for it."""
        if len(self._running) >= self.workers:
            return None
        room = sum(entry.is_large for entry in self._running) < self._large_workers
        return next((entry for entry in self._waiting if room or not entry.is_large), None)

    # Those that follow take it themselves.

    def _place(self, job: Job[Any]) -> int:
        with self._lock:
            waiting = [entry.job for entry in self._still_waiting()]
        return waiting.index(job) + 1 if job in waiting else 0

    def _dispatch(self) -> None:
        """Hand the next job to a worker whenever one is free; a thread of its own.

        The only one that starts and ends pebble's pool. Pebble's threads call back when a job ends;
        to end the pool is to wait for them, so they take no lock and only say that there is news.
        """
        while True:
            self._news.wait()
            self._news.clear()
            if self._closed:
                return
            self._mend()
            while self._begin_next():
                pass

    def _begin_next(self) -> bool:
        with self._lock:
            entry = self._next()
            if entry is None:
                return False
            self._waiting.remove(entry)
            self._running.add(entry)

        def ended() -> None:
            self._running.discard(entry)
            self._news.set()

        entry.job._begin(lambda: self._processes.schedule(_run, args=entry.call), ended)
        return True

    def _mend(self) -> None:
        # pebble gives its pool up when a worker is killed while nothing runs.
        if not self._processes.active:
            self._end()
            self._processes = self._start()

    def _start(self) -> ProcessPool:
        processes = ProcessPool(
            max_workers=self.workers,
            max_tasks=self._tasks_per_worker,
            initializer=_begin_worker,
            initargs=(self._warm_up,),
            context=_context(self._preload),
        )
        if not processes.active:  # asking starts the workers
            raise RuntimeError("the worker processes could not be started")
        return processes

    def _end(self) -> None:
        self._processes.stop()  # type: ignore[no-untyped-call]
        self._processes.join()
        for entry in tuple(self._running):
            entry.job.cancel()


def _context(preload: tuple[str, ...]) -> Any:
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    # Without this the server itself would import the caller's main module.
    context.set_forkserver_preload([__name__, *preload])
    return context


class _Board:
    """A job's notice board: a small file both processes map into memory.

    One writer for progress (the worker), one for the stop flag (the parent); no lock that a
    killed worker could take with it.
    """

    def __init__(self, path: Path, memory: mmap.mmap) -> None:
        self.path = path
        self._memory = memory
        self._sequence = 0

    @classmethod
    def make(cls, path: Path) -> _Board:
        path.write_bytes(_BOARD.pack(0, 0, 0.0, float("nan"), b""))
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> _Board:
        with path.open("r+b") as file:
            return cls(path, mmap.mmap(file.fileno(), _BOARD.size))

    @property
    def stopped(self) -> bool:
        return bool(_STOP.unpack_from(self._memory)[0])

    def stop(self) -> None:
        # A slice, because `pack_into` calls a closed map a TypeError, and all else a ValueError.
        self._memory[: _STOP.size] = _STOP.pack(1)

    def write(self, stage: str, share: float, energy: float | None) -> None:
        number = float("nan") if energy is None else energy
        # Cut at a character, not inside one.
        name = stage.encode()[:96].decode(errors="ignore").encode()
        self._sequence += 2
        _STOP.pack_into(self._memory, 8, self._sequence - 1)
        struct.pack_into("<dd96s", self._memory, 16, share, number, name)
        _STOP.pack_into(self._memory, 8, self._sequence)

    def read(self) -> Progress:
        # A few tries: the writer needs microseconds, and a half-written line is only a label.
        for _ in range(100):
            _, before, share, energy, stage = _BOARD.unpack_from(self._memory)
            _, after, *_ = _BOARD.unpack_from(self._memory)
            if before == after and before % 2 == 0:
                break
        name = stage.rstrip(b"\0").decode(errors="replace")
        return Progress(name, share, None if energy != energy else energy)

    def close(self) -> None:
        self._memory.close()
        self.path.unlink(missing_ok=True)


def _begin_worker(warm_up: Callable[[], object] | None) -> None:
    """Prepare a new worker: end with the parent, then warm up."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    if warm_up is not None:
        try:
            warm_up()
        except Exception:
            _log.exception("warming up a worker failed; its first solve will be slower")


def _end_with(parent: Any) -> None:
    parent.join()
    os._exit(1)


def _run(
    path: Path, function: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> T:
    """Call the job's function in the worker with a watch on its board."""
    try:
        board = _Board.open(path)
    except FileNotFoundError:  # cancelled while it waited; nobody asks for the result
        raise JobCancelled("the solve was cancelled") from None
    watch = Watch(stopped=lambda: board.stopped, report=board.write)
    try:
        return function(*args, watch=watch, **kwargs)
    except Exception as error:
        raise _portable(error) from error


def _portable(error: Exception) -> Exception:
    """Return the error itself if it survives the way to the parent, else its words."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301  (our own, a line above)
    except Exception:
        return JobError(f"{type(error).__name__}: {error}")
    return error
