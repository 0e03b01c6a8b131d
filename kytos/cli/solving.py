"""A solve in the terminal: its progress, its stop by Ctrl-C and the exit code it comes to."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import IntEnum
from types import FrameType
from typing import TYPE_CHECKING

from kytos.contract.watch import Report, Watch, say_nothing

if TYPE_CHECKING:  # importing it loads the solvers, which only a solve should wait for
    from kytos.questions.outcome import Outcome


class Exit(IntEnum):
    """What a command's exit code says."""

    PLAN = 0
    BAD_INPUT = 2
    NOTHING_TO_DO = 3
    INFEASIBLE = 4
    DRIFT = 5
    """The cluster is not as the plan saw it; what was done before stays done."""
    INCOMPLETE = 6
    """Something did not come about in time."""
    REFUSED = 7
    """The API server, its rights, an autoscaler or the user said no."""
    FAULT = 70
    """A fault of Kytos: EX_SOFTWARE of BSD's sysexits."""


def exit_of(outcome: Outcome) -> Exit:
    """Return the exit code of an answer.

    Infeasible: some of the pods to decide on are left without a node.
    """
    if sum(outcome.metrics.after.unplaced.values()) > 0:
        return Exit.INFEASIBLE
    return Exit.NOTHING_TO_DO if outcome.nothing_to_do else Exit.PLAN


@contextmanager
def told_in_terminal() -> Iterator[Report]:
    """Tell on standard error how far something is, if that is a terminal; gone afterwards."""
    in_terminal = sys.stderr.isatty()
    try:
        yield _draw if in_terminal else say_nothing
    finally:
        if in_terminal:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


@contextmanager
def terminal_watch() -> Iterator[Watch]:
    """Watch a solve: progress on standard error if that is a terminal, Ctrl-C ends it early.

    The first Ctrl-C asks for the best found so far; the second ends the command.
    """
    stopping = threading.Event()
    previous = signal.getsignal(signal.SIGINT)

    def on_interrupt(_: int, __: FrameType | None) -> None:
        stopping.set()
        signal.signal(signal.SIGINT, previous)

    signal.signal(signal.SIGINT, on_interrupt)
    try:
        with told_in_terminal() as report, prints_of_libraries_aside():
            yield Watch(stopped=stopping.is_set, report=report)
    finally:
        signal.signal(signal.SIGINT, previous)


@contextmanager
def prints_of_libraries_aside() -> Iterator[None]:
    """Send what compiled libraries print on standard output to standard error meanwhile.

    HiGHS says some things there whatever it is asked; standard output is the answer's alone.
    """
    flush_compiled()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        # C buffers what goes to a pipe until now, or until the process ends.
        flush_compiled()
        os.dup2(kept, 1)
        os.close(kept)


def flush_compiled() -> None:
    """Write out what this process, or C within it, still holds back of its output."""
    sys.stdout.flush()
    with suppress(OSError, AttributeError, TypeError):  # where C's library has another name
        ctypes.CDLL(None).fflush(None)


def _draw(stage: str, progress: float, energy: float | None) -> None:
    best = "" if energy is None else f"  energy {energy:.4g}"
    sys.stderr.write(f"\r\x1b[K{stage} {100 * progress:.0f}%{best}")
    sys.stderr.flush()
