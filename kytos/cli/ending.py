"""How a command ends that has no answer: what it was given will not do, or Kytos is at fault."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import NoReturn

import typer

from kytos.cli.printing import shown
from kytos.cli.solving import Exit
from kytos.errors import InputError, fault_sentence

DEBUG = "KYTOS_DEBUG"
"""Set in the environment, a fault of ours is shown with its traceback."""


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
