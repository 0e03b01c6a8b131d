"""One place for a worker process: begun, greeted, watched, and replaced when it is spoiled."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Generic, TypeVar

from pebble import ProcessFuture, ProcessPool

from kytos.jobs.worker import begin_worker, greet

Held = TypeVar("Held")

GREET_EVERY_S = 1.0
"""How often a worker without a job is asked whether it still answers."""

SILENT_S = 3.0
"""A worker that owes its greeting for so long answers no solve either."""

LOST_S = 20.0
"""After so long it is replaced: a machine under load may hold a healthy one up for seconds."""

WARM_UP_S = 300.0
"""Longest a new worker may take to come up."""

PAUSE_S = 1.0
"""Between two attempts at starting a worker."""

_log = logging.getLogger(__name__)


class Slot(Generic[Held]):
    """A worker in a pebble pool of its own.

    Of its own, because pebble's workers share one pipe: whoever dies or is stopped while it reads
    or writes takes what is on its way to others with it, and all of them dying at once ends the
    pool. With one worker to a pool that concerns the one job it had. A worker that was stopped or
    died is never used again, nor is the pool around it.

    Parameters
    ----------
    warm_up, context
        As in `kytos.jobs.Pool`.
    tasks_per_worker
        Jobs after which the worker is replaced; 0 for never.
    """

    def __init__(
        self, warm_up: Callable[[], object] | None, context: Any, tasks_per_worker: int
    ) -> None:
        """Begin empty; `mend` starts the worker."""
        self._warm_up = warm_up
        self._context = context
        self._tasks_per_worker = tasks_per_worker
        self._processes: ProcessPool | None = None
        self._greeting: ProcessFuture[int] | None = None
        self._greeted_at = 0.0
        self._start_again_at = 0.0
        self._jobs = 0
        self._ending: list[threading.Thread] = []
        self.pid: int | None = None
        """The worker's process, once it has come up."""
        self.is_spoiled = False
        """Whether its worker was stopped or died."""
        self.held: Held | None = None
        """What runs here, or None; set by the pool with its lock held."""

    @property
    def is_warm(self) -> bool:
        """Whether the worker has come up."""
        return self.pid is not None

    @property
    def is_usable(self) -> bool:
        """Whether there is a worker, be it one that still comes up."""
        processes = self._processes
        return processes is not None and not self.is_spoiled and processes.active

    @property
    def answers(self) -> bool:
        """Whether a solve that is given to this worker would be answered now."""
        return self.is_warm and self.may_take

    @property
    def may_take(self) -> bool:
        """Whether it may be given a job, be it to wait until its worker has come up."""
        return self.is_usable and not self._owes_for(SILENT_S if self.is_warm else WARM_UP_S)

    def schedule(self, function: Callable[..., Any], args: list[Any]) -> ProcessFuture[Any]:
        """Hand a call to the worker; `RuntimeError` where it gave up a moment ago."""
        if self._processes is None:
            raise RuntimeError("no worker")
        self._jobs += 1
        return self._processes.schedule(function, args=args)

    def mend(self) -> None:
        """Replace a worker that is spoiled, lost or has done its share; greet one that idles.

        Raises
        ------
        Exception
            Whatever kept a worker from being started; the next try is made after a pause.
        """
        self._hear()
        if self.held is None and (not self.is_usable or self._is_worn or self._is_lost):
            self.end()
            self._start()
        elif self.held is None and self._greeting is None and self._may_greet:
            self._greet()

    def end(self) -> None:
        """Stop the worker, in a thread: pebble gives a worker in native code 3 s to end."""
        if self._processes is not None:
            ending = threading.Thread(
                target=_end, args=(self._processes,), name="end worker", daemon=True
            )
            ending.start()
            self._ending = [thread for thread in self._ending if thread.is_alive()] + [ending]
        self._processes = self._greeting = self.pid = None
        self.is_spoiled = False

    def wait_until_ended(self) -> None:
        """Wait for the workers that were stopped."""
        for thread in self._ending:
            thread.join()

    @property
    def _is_worn(self) -> bool:
        return 0 < self._tasks_per_worker <= self._jobs

    @property
    def _is_lost(self) -> bool:
        return self._owes_for(LOST_S if self.is_warm else WARM_UP_S)

    @property
    def _may_greet(self) -> bool:
        return time.monotonic() - self._greeted_at >= GREET_EVERY_S

    def _owes_for(self, seconds: float) -> bool:
        owed = self._greeting is not None and not self._greeting.done()
        return owed and time.monotonic() - self._greeted_at > seconds

    def _start(self) -> None:
        now = time.monotonic()
        if now < self._start_again_at:
            return
        self._start_again_at = now + PAUSE_S if self._jobs == 0 else 0.0
        self._jobs = 0
        processes = ProcessPool(
            max_workers=1,
            initializer=begin_worker,
            initargs=(self._warm_up,),
            context=self._context,
        )
        if not processes.active:  # asking starts the worker
            raise RuntimeError("a worker process could not be started")
        self._processes = processes
        self._greet()

    def _greet(self) -> None:
        if self._processes is not None:
            with suppress(RuntimeError):  # it gave up a moment ago; the next look sees it
                self._greeting = self._processes.schedule(greet)
                self._greeted_at = time.monotonic()

    def _hear(self) -> None:
        if self._greeting is None or not self._greeting.done():
            return
        if self._greeting.cancelled() or self._greeting.exception() is not None:
            self.is_spoiled = True
        else:
            self.pid = self._greeting.result()
        self._greeting = None


def _end(processes: ProcessPool) -> None:
    try:
        processes.stop()  # type: ignore[no-untyped-call]
        processes.join()
    except Exception:
        _log.exception("a worker could not be ended in order")
