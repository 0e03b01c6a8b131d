"""A question put from a terminal, once or every so often, and its answer told."""

from __future__ import annotations

import json
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from kytos.cli.options import Source, Told
from kytos.cli.periodic import notify, only_one, repeat, seconds_of, webhook_of
from kytos.cli.printing import print_json, shown, standard_output
from kytos.cli.reading import STANDARD_INPUT, read_new_pods, read_options
from kytos.cli.solving import Exit, exit_of, terminal_watch
from kytos.cli.writing import write
from kytos.contract.paid import ConsentRequiredError, SolverUnavailableError

if TYPE_CHECKING:  # loads the solvers: imported by the commands that ask a question, when they run
    from kytos.calls.catalogue import Call, Options
    from kytos.questions.outcome import Outcome

REFUSED = (ValueError, OSError, SolverUnavailableError, ConsentRequiredError)
"""What ends a command with a sentence: it was given something that will not do."""


def ask(
    call: Call,
    source: Source,
    options_file: Path | None,
    given: dict[str, Any],
    told: Told,
    new_pods: Sequence[Path] = (),
) -> None:
    """Ask, tell the answer and end the command with the exit code it comes to.

    Parameters
    ----------
    given
        Options of the call given on the command line; they win over those of the file.
    new_pods
        Files of pods to be placed.
    """
    from kytos.cli.answers import print_outcome

    with bad_input_ends():
        told.check()
        asked = _Asked(call, source, read_options(call.options, options_file, given), new_pods)
        if told.every is not None:
            _ask_periodically(asked, told.every, told)
            return
        outcome = asked.answer()
        if told.output is not None:
            write(told.output, outcome.model_dump_json(by_alias=True))
    if told.as_json:
        print_json(outcome.model_dump_json(by_alias=True))
    else:
        print_outcome(outcome, standard_output())
    raise typer.Exit(exit_of(outcome))


@contextmanager
def bad_input_ends(refused: tuple[type[Exception], ...] = REFUSED) -> Iterator[None]:
    """End the command with its exit code and the sentence when what was given is refused."""
    try:
        yield
    except BrokenPipeError:  # a reader that has enough was given nothing wrong
        raise
    except refused as error:
        fail(str(error))


def fail(sentence: str) -> NoReturn:
    """End the command as one that was given what will not do."""
    typer.echo(shown(sentence, lines=True), err=True)
    raise typer.Exit(Exit.BAD_INPUT)


@dataclass(frozen=True)
class _Asked:
    """One question; its cluster is read anew each time it is answered."""

    call: Call
    source: Source
    options: Options
    new_pods: Sequence[Path]

    def answer(self) -> Outcome:
        cluster, options = self.source.read(), self.options
        if self.new_pods:
            new = read_new_pods(cluster, self.new_pods)
            options = options.model_copy(update={"manifests": new})
        with terminal_watch() as watch:
            outcome: Outcome = self.call.answer(cluster, options, watch)
            return outcome


def _ask_periodically(asked: _Asked, every: str, told: Told) -> None:
    if any(str(file) == STANDARD_INPUT for file in asked.source.files or ()):
        raise ValueError("standard input can be read once only; with --every name a file")
    period = seconds_of(every)
    webhook = None if told.webhook is None else webhook_of(told.webhook)

    news: dict[str, Any] = {}

    def run() -> None:
        nonlocal news
        with only_one(told.lock) as free:
            news = (
                _news(asked, told.output)
                if free
                else _now() | {"skipped": "another run holds the lock"}
            )
        typer.echo(json.dumps(news))
        sys.stdout.flush()
        trouble = None if webhook is None else notify(webhook, news)
        if trouble is not None:
            typer.echo(shown(trouble), err=True)

    ended = threading.Event()
    repeat(run, period, times=told.times, randomness=SystemRandom(), wait=ended.wait)
    if "error" in news:
        raise typer.Exit(news["exit"])


def _news(asked: _Asked, output: Path | None) -> dict[str, Any]:
    """Ask once and say in a line what came of it; a failed run does not end the others."""
    started = time.monotonic()
    news = _now() | {"question": asked.call.name}
    try:
        outcome = asked.answer()
        if output is not None:
            write(output, outcome.model_dump_json(by_alias=True))
    except REFUSED as error:
        return news | {"exit": int(Exit.BAD_INPUT), "error": str(error)}
    except Exception as error:  # a fault of ours; the next run may do without it
        traceback.print_exc()
        return news | {"exit": int(Exit.FAULT), "error": f"{type(error).__name__}: {error}"}
    before, after = outcome.metrics.before, outcome.metrics.after
    return news | {
        "exit": int(exit_of(outcome)),
        "seconds": round(time.monotonic() - started, 3),
        "nodes_in_use": {"before": before.nodes_in_use, "after": after.nodes_in_use},
        "price_per_hour": {"before": before.price_per_hour, "after": after.price_per_hour},
        "pods_moved": after.pods_moved,
        "unplaced": sum(after.unplaced.values()),
        "energy": {
            "before": outcome.energy.before.total,
            "after": outcome.energy.after.total,
        },
    }


def _now() -> dict[str, Any]:
    return {"at": datetime.now(UTC).isoformat(timespec="seconds")}
