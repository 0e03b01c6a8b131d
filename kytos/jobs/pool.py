"""The bounded number of workers, the queue before them, and whose turn it is."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from bisect import insort
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from pebble import ProcessPool

from kytos.jobs.board import Board
from kytos.jobs.errors import JobError, QueueFull
from kytos.jobs.job import Job
from kytos.jobs.worker import begin_worker, context_of, run

T = TypeVar("T")

TASKS_PER_WORKER = 500
"""A worker is replaced after this many solves: what they leave behind (0.2 MB each in clusters of 6
and of 150 pods, 1.3 MB where PyQUBO compiles a model of 100 variables, its issue #215) stays
bounded. A new worker costs about a second of CPU time."""

LARGE_SECONDS = 1.0
"""From here on a job is large: others wait behind it longer than for an answer at once."""

PATIENCE = 10.0
"""A job is passed by shorter ones until it has waited so many times as long as it takes."""


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
            board = Board.make(Path(self._boards.name) / uuid4().hex)
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

        entry.job.begin(lambda: self._processes.schedule(run, args=entry.call), ended)
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
            initializer=begin_worker,
            initargs=(self._warm_up,),
            context=context_of(self._preload),
        )
        if not processes.active:  # asking starts the workers
            raise RuntimeError("the worker processes could not be started")
        return processes

    def _end(self) -> None:
        self._processes.stop()  # type: ignore[no-untyped-call]
        self._processes.join()
        for entry in tuple(self._running):
            entry.job.cancel()
