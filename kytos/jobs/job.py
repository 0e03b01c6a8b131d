"""One submitted call, as its caller holds it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from typing import Any, Generic, TypeVar

from pebble import ProcessExpired

from kytos.jobs.board import Board, Progress
from kytos.jobs.errors import JobCancelled, WorkerDied
from kytos.language import said

T = TypeVar("T")


class Job(Generic[T]):
    """One submitted call; built by `Pool.submit`."""

    def __init__(self, board: Board, place: Callable[[Job[Any]], int]) -> None:
        """Join the caller's end to the board a worker will write on."""
        self._board = board
        self._place = place
        self._future: Future[T] = Future()
        self._lock = threading.Lock()
        self._in_worker: Future[T] | None = None
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
        # With the lock: a job that moves to another worker meanwhile takes the wish with it.
        with self._lock, suppress(ValueError):
            self._board.stop()

    def cancel(self) -> None:
        """End the job now, without a result: its worker, if it has one, is killed and replaced."""
        with self._lock:
            self._cancelled = True
            in_worker = self._in_worker
        if in_worker is None:  # it waits
            self._end(error=CancelledError())
        else:
            in_worker.cancel()

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
                said(
                    f"the worker process ended with exit code {error.exitcode} before the solve "
                    "did (killed, or out of memory); it has been replaced: try again, or with a "
                    "smaller QUBO"
                )
            ) from error
        except BrokenProcessPool as error:
            raise WorkerDied(said(f"the worker pool broke: {error}; try again")) from error
        except CancelledError as error:
            raise JobCancelled(said("the solve was cancelled")) from error

    # Those that follow are for the pool.

    def attach(self, in_worker: Future[T]) -> None:
        """Join the job to the call in a worker; one cancelled a moment ago is cancelled there."""
        with self._lock:
            self._in_worker = in_worker
            cancelled = self._cancelled
        if cancelled:
            in_worker.cancel()

    def detach(self, board: Board) -> bool:
        """Let the job wait again, with another board; False where it was cancelled."""
        with self._lock:
            if self._cancelled:
                board.close()
                return False
            old, self._board, self._in_worker = self._board, board, None
        with suppress(ValueError):
            if old.stopped:
                board.stop()
            # The worker may live on where only the server it was forked from was killed.
            old.stop()
        old.close()
        return True

    def settle(self, in_worker: Future[T]) -> None:
        """End the job as its call in a worker ended."""
        if in_worker.cancelled():
            self._end(error=CancelledError())
        elif (error := in_worker.exception()) is not None:
            self._end(error=error)
        else:
            self._end(in_worker.result())

    def _end(self, result: Any = None, error: BaseException | None = None) -> None:
        with self._lock:
            # What pebble keeps of a call (its arguments, hence a cluster) is let go of.
            self._in_worker = None
            if self._future.done():
                return
            self._close()
            if error is not None:
                self._future.set_exception(error)
            else:
                self._future.set_result(result)

    def _close(self) -> None:
        with suppress(ValueError):
            self._last = self._board.read()
        self._board.close()
