"""The bounded number of workers, the queue before them, and whose turn it is."""

from __future__ import annotations

import atexit
import logging
import os
import tempfile
import threading
import time
from bisect import insort
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from pebble import ProcessExpired

from kytos.jobs.board import Board
from kytos.jobs.errors import JobError, QueueFull
from kytos.jobs.job import Job
from kytos.jobs.slot import Slot
from kytos.jobs.worker import context_of, run
from kytos.language import said

T = TypeVar("T")

TASKS_PER_WORKER = 500
"""A worker is replaced after this many solves: what they leave behind (0.2 MB each in clusters of 6
and of 150 pods, 1.3 MB where PyQUBO compiles a model of 100 variables, its issue #215) stays
bounded. A new worker costs about a second of CPU time."""

LARGE_SECONDS = 1.0
"""From here on a job is large: others wait behind it longer than for an answer at once."""

PATIENCE = 10.0
"""A job is passed by shorter ones until it has waited so many times as long as it takes."""

PULSE_S = 0.25
"""How often the dispatcher looks after the workers where nothing calls it."""

SILENT_S = 3.0
"""A dispatcher not heard of for so long hands no job out."""

_NOBODY_KNOWS = 255
"""What multiprocessing says a worker ended with once the server that forked it is gone: it takes
all of that server's workers for dead, and a job would be given to one of them."""

_log = logging.getLogger(__name__)


@dataclass(order=True, frozen=True)
class _Entry:
    """A call that waits or runs; ordered by whose turn it is."""

    turn: float
    number: int
    is_large: bool = field(compare=False)
    job: Job[Any] = field(compare=False)
    call: list[Any] = field(compare=False)
    """Emptied once the job has ended, for it holds a whole cluster, and pebble holds it too."""
    may_repeat: bool = field(compare=False)


class Pool:
    """A bounded number of worker processes and a bounded queue before them.

    The queue is kept here, not in pebble's pipe, so that each job knows its place, one that is
    cancelled while it waits costs nothing, and small jobs need not wait behind large ones: those
    let others pass, hold at most all workers but one (where there is more than one), and twice as
    many of them may wait.

    Each worker is a pebble pool of its own (`kytos.jobs.slot`). A job whose worker dies is given to
    a fresh one, once. The thread that hands jobs out goes on after any error, and is started again
    should it end all the same; `ready` is false while it, or every worker, does not answer.

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
        context = context_of(preload)
        self._slots: tuple[Slot[_Entry], ...] = tuple(
            Slot(warm_up, context, tasks_per_worker) for _ in range(workers)
        )
        self._lock = threading.Lock()
        self._closed = False
        self._submitted = 0
        self._waiting: list[_Entry] = []
        """Sorted."""
        self._boards = tempfile.TemporaryDirectory(prefix="kytos-jobs-")
        self._news = threading.Event()
        self._beat = time.monotonic()
        self._dispatcher = self._start_dispatcher()
        # Before pebble's own: after that no worker starts, and each try leaves a process behind.
        atexit.register(self.close)

    @property
    def ready(self) -> bool:
        """Whether a solve would be answered now: a worker has come up and still answers."""
        self._supervise()
        beats = time.monotonic() - self._beat < SILENT_S
        return beats and not self._closed and any(slot.answers for slot in self._slots)

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes of the workers that have come up."""
        return tuple(slot.pid for slot in self._slots if slot.pid is not None)

    @property
    def busy(self) -> int:
        """Jobs running or waiting."""
        with self._lock:
            return len(self._running()) + len(self._still_waiting())

    def submit(
        self,
        function: Callable[..., T],
        /,
        *args: Any,
        expected_s: float = 0.0,
        may_repeat: bool = True,
        **kwargs: Any,
    ) -> Job[T]:
        """Run ``function(*args, watch=…, **kwargs)`` in a worker.

        The function must be importable by name, and its arguments and result picklable. It
        reports to the `Watch` and asks it when to stop.

        Parameters
        ----------
        expected_s
            About how long it will take, which decides its turn.
        may_repeat
            Whether a fresh worker may run it again where the first died: not where it is paid for.

        Raises
        ------
        QueueFull
            When all workers it may have are busy and the queue holds as many as it may.
        JobError
            When the pool is closed, or there is no room for the job's notice board.
        """
        is_large = expected_s >= LARGE_SECONDS
        with self._lock:
            if self._closed:
                raise JobError(said("the pool of workers is closed"))
            self._waiting = self._still_waiting()
            self._refuse_if_full()
            if is_large:
                self._refuse_if_full_of_large()
            board = self._new_board()
            job: Job[T] = Job(board, self._place)
            self._submitted += 1
            turn = time.monotonic() + PATIENCE * expected_s
            call = [board.path, function, args, kwargs]
            entry = _Entry(turn, self._submitted, is_large, job, call, may_repeat)
            insort(self._waiting, entry)
        self._supervise()
        self._news.set()
        return job

    def close(self) -> None:
        """End every job and worker; the end of the interpreter does, where nobody did before."""
        atexit.unregister(self.close)
        with self._lock:
            self._closed = True
        self._news.set()
        self._dispatcher.join()
        for entry in (*self._waiting, *self._running()):
            entry.job.cancel()
        for slot in self._slots:
            slot.end()
        for slot in self._slots:
            slot.wait_until_ended()
        self._boards.cleanup()

    def wait_until_ready(self, timeout: float, unless: Callable[[], bool] = lambda: False) -> bool:
        """Wait until a solve would be answered, or something else holds; return `ready`."""
        end = time.monotonic() + timeout
        while not self.ready and not unless() and time.monotonic() < end:
            time.sleep(0.02)
        return self.ready

    def __enter__(self) -> Pool:
        """Return the pool itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the pool."""
        self.close()

    # Those that follow are called with the lock held.

    def _new_board(self) -> Board:
        try:
            return Board.make(Path(self._boards.name) / uuid4().hex)
        except OSError as error:
            raise JobError(
                said(
                    f"the job's notice board could not be written: {error}; free some room on the "
                    "disk of the folder for temporary files"
                )
            ) from error

    def _running(self) -> list[_Entry]:
        return [slot.held for slot in self._slots if slot.held is not None]

    def _still_waiting(self) -> list[_Entry]:
        """The queue without those cancelled in it."""
        return [entry for entry in self._waiting if not entry.job.done]

    def _refuse_if_full(self) -> None:
        if len(self._running()) + len(self._waiting) >= self.workers + self.queue_limit:
            raise QueueFull(
                said(
                    f"{self.workers} solves are running and {self.queue_limit} are waiting; "
                    "try again in a few seconds"
                )
            )

    def _refuse_if_full_of_large(self) -> None:
        large = sum(entry.is_large for entry in (*self._running(), *self._waiting))
        if large >= self._large_workers + self._large_queue:
            raise QueueFull(
                said(
                    f"{self._large_workers} large solves are running and {self._large_queue} are "
                    "waiting, as many as may; try again in a few seconds"
                )
            )

    def _next(self) -> tuple[_Entry, Slot[_Entry]] | None:
        """Whose turn it is, if there is a worker for it, and which."""
        free = [slot for slot in self._slots if slot.held is None and slot.may_take]
        warm = [slot for slot in free if slot.is_warm]
        if not warm and any(slot.answers for slot in self._slots):
            return None  # those that come up are slower than those that are at work
        if not free:
            return None
        room = sum(entry.is_large for entry in self._running()) < self._large_workers
        for entry in self._waiting:
            if room or not entry.is_large:
                return entry, (warm or free)[0]
        return None

    # Those that follow take it themselves.

    def _place(self, job: Job[Any]) -> int:
        with self._lock:
            waiting = [entry.job for entry in self._still_waiting()]
        return waiting.index(job) + 1 if job in waiting else 0

    def _start_dispatcher(self) -> threading.Thread:
        thread = threading.Thread(target=self._keep_dispatching, name="dispatch", daemon=True)
        thread.start()
        return thread

    def _supervise(self) -> None:
        with self._lock:
            if not self._closed and not self._dispatcher.is_alive():
                _log.error("the thread that hands jobs out ended; it is started again")
                self._dispatcher = self._start_dispatcher()

    def _keep_dispatching(self) -> None:
        while not self._closed:
            try:
                self._dispatch()
            except Exception:
                _log.exception("handing jobs out failed; it goes on")
                time.sleep(PULSE_S)

    def _dispatch(self) -> None:
        """Hand the next job to a worker whenever one is free; a thread of its own.

        The only one that starts and ends workers. Pebble's threads call back when a job ends; none
        of them is waited for while the lock is held.
        """
        while not self._closed:
            self._news.wait(PULSE_S)
            self._news.clear()
            if self._closed:
                return
            for slot in self._slots:
                slot.mend()
            while self._begin_next():
                pass
            self._beat = time.monotonic()

    def _begin_next(self) -> bool:
        with self._lock:
            self._waiting = self._still_waiting()
            turn = self._next()
            if turn is None:
                return False
            entry, slot = turn
            self._waiting.remove(entry)
            slot.held = entry
        in_worker: Future[Any] = Future()
        try:
            in_worker = slot.schedule(run, entry.call)
        except RuntimeError as error:  # pebble's pool gave up a moment ago
            in_worker.set_exception(BrokenProcessPool(str(error)))
        entry.job.attach(in_worker)
        in_worker.add_done_callback(partial(self._ended, slot, entry))
        return True

    def _ended(self, slot: Slot[_Entry], entry: _Entry, in_worker: Future[Any]) -> None:
        """Free the slot, then end the job or give it to another worker.

        Called by pebble's threads, and by whoever cancels.
        """
        error = None if in_worker.cancelled() else in_worker.exception()
        died = isinstance(error, (ProcessExpired, BrokenProcessPool))
        with self._lock:
            if died or in_worker.cancelled():
                slot.is_spoiled = True
            if getattr(error, "exitcode", None) == _NOBODY_KNOWS:
                for other in self._slots:
                    other.is_spoiled = True
            slot.held = None
            again = died and entry.may_repeat and not self._closed and self._repeat(entry)
        if not again:
            entry.call.clear()
            entry.job.settle(in_worker)
        self._news.set()

    def _repeat(self, entry: _Entry) -> bool:
        """Put a job whose worker died before all that wait; with the lock held."""
        try:
            board = self._new_board()
        except JobError:
            return False
        if not entry.job.detach(board):
            return False
        _log.warning("a worker died under its job, which is given to another")
        call = [board.path, *entry.call[1:]]
        entry.call.clear()
        first = replace(entry, turn=float("-inf"), call=call, may_repeat=False)
        insort(self._waiting, first)
        return True
