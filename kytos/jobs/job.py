"""One submitted call, as its caller holds it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from typing import Any, Generic, TypeVar

from pebble import ProcessExpired, ProcessFuture

from kytos.jobs.board import Board, Progress
from kytos.jobs.errors import JobCancelled, WorkerDied

T = TypeVar("T")


class Job(Generic[T]):
    """One submitted call; built by `Pool.submit`."""

    def __init__(self, board: Board, place: Callable[[Job[Any]], int]) -> None:
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

    def begin(self, schedule: Callable[[], ProcessFuture[T]], ended: Callable[[], None]) -> None:
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
