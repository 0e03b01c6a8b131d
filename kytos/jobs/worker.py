"""The other side: how a worker process begins, runs a job's function and hands its error over."""

from __future__ import annotations

import logging
import multiprocessing
import os
import pickle
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from kytos.contract.watch import Watch
from kytos.jobs.board import Board
from kytos.jobs.errors import FunctionFailed, JobCancelled
from kytos.language import said

T = TypeVar("T")

_log = logging.getLogger(__name__)


def context_of(preload: tuple[str, ...]) -> Any:
    """Return how workers are started; `preload` are modules imported once before any is forked."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    # Without this the server itself would import the caller's main module.
    context.set_forkserver_preload([__name__, *preload])
    return context


def begin_worker(warm_up: Callable[[], object] | None) -> None:
    """Prepare a new worker: end with the parent, then warm up."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    if warm_up is not None:
        try:
            warm_up()
        except Exception:
            _log.exception("warming up a worker failed; its first solve will be slower")


def greet() -> int:
    """Return the process's id: a worker that has done it has come up, and still answers."""
    return os.getpid()


def run(path: Path, function: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
    """Call the job's function in the worker with a watch on its board."""
    try:
        board = Board.open(path)
    except FileNotFoundError:  # cancelled while it waited; nobody asks for the result
        raise JobCancelled(said("the solve was cancelled")) from None
    watch = Watch(stopped=lambda: board.stopped, report=board.write)
    try:
        return function(*args, watch=watch, **kwargs)
    except Exception as error:
        raise _portable(error) from error


def _end_with(parent: Any) -> None:
    parent.join()
    os._exit(1)


def _portable(error: Exception) -> Exception:
    """Return the error itself if it survives the way to the parent, else its words."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301  (our own, a line above)
    except Exception:
        return FunctionFailed(f"{type(error).__name__}: {error}")
    return error
