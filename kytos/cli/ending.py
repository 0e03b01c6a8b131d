"""How a command ends that has no answer: what it was given will not do, or Kytos is at fault."""

from __future__ import annotations

import os
import signal
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from types import FrameType
from typing import NoReturn

import typer

from kytos.cli.printing import shown
from kytos.cli.solving import Exit
from kytos.errors import InputError, fault_sentence

DEBUG = "KYTOS_DEBUG"
"""Set in the environment, a fault of ours is shown with its traceback."""

TERMINATED = 143
"""As a shell says it of what a SIGTERM ended."""

GRACE_SECONDS = 2.0
"""From the signal to the end of a process that does not hear it."""


@contextmanager
def bad_input_ends() -> Iterator[None]:
    """End the command with its exit code and the sentence when what was given is refused."""
    try:
        yield
    except InputError as error:
        fail(str(error))


def fail(sentence: str) -> NoReturn:
    """End the command as one that was given what will not do."""
    typer.echo(shown(sentence, lines=True), err=True)
    raise typer.Exit(Exit.BAD_INPUT)


def tell_fault(error: Exception) -> str:
    """Say on standard error that Kytos failed and how to report it; return the first sentence."""
    said = fault_sentence(error)
    typer.echo(said, err=True)
    if os.environ.get(DEBUG, "").strip():
        typer.echo("".join(traceback.format_exception(error)), err=True)
    else:
        typer.echo(
            f"Please report it with the command, your version (kytos {_version()}) and what the "
            f"same command says with {DEBUG}=1 set.",
            err=True,
        )
    return said


def _version() -> str:
    return version("kytos-orchestration")


@contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """End the process on SIGTERM: in order, or at once where native code keeps it from that.

    Python hears a signal between two of its own steps, and a solver's library may take a minute
    to one. A thread that the signal wakes ends the process then, after a grace.
    """
    heard = threading.Event()

    def terminate(_: int, __: FrameType | None) -> NoReturn:
        heard.set()
        raise SystemExit(TERMINATED)

    reads, writes = os.pipe()
    os.set_blocking(writes, False)
    before = signal.signal(signal.SIGTERM, terminate)
    woken_before = signal.set_wakeup_fd(writes, warn_on_full_buffer=False)

    def end_what_does_not_hear() -> None:
        while signals := os.read(reads, 64):
            if signal.SIGTERM not in signals or heard.wait(GRACE_SECONDS):
                continue
            if signal.getsignal(signal.SIGTERM) is terminate:  # not a server's, which ends itself
                os._exit(TERMINATED)
        os.close(reads)

    threading.Thread(target=end_what_does_not_hear, name="SIGTERM", daemon=True).start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(woken_before)
        signal.signal(signal.SIGTERM, before)
        os.close(writes)
