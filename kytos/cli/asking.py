"""A question put from a terminal, once or every so often, and its answer told."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING, Any

import typer

from kytos.cli.ending import bad_input_ends, tell_fault
from kytos.cli.groups import Steps, Told
from kytos.cli.periodic import notify, only_one, repeat, seconds_of, webhook_of
from kytos.cli.printing import print_json, shown, standard_output
from kytos.cli.reading import STANDARD_INPUT, read_new_pods, read_options
from kytos.cli.solving import Exit, exit_of, terminal_watch
from kytos.cli.source import Source
from kytos.cli.unattended import Unattended, unattended_of
from kytos.cli.writing import write
from kytos.cluster import Cluster
from kytos.errors import InputError
from kytos.extras import MissingExtraError

if TYPE_CHECKING:  # loads the solvers: imported by the commands that ask a question, when they run
    from kytos.calls.catalogue import Call, Options
    from kytos.questions.outcome import Outcome

    Also = Callable[[Cluster, Any, Any], None]


def ask(
    call: Call,
    source: Source,
    options_file: Path | None,
    given: dict[str, Any],
    told: Told,
    steps: Steps,
    new_pods: Sequence[Path] = (),
    also: Also | None = None,
) -> None:
    """Ask, tell the answer and end the command with the exit code it comes to.

    Parameters
    ----------
    given
        Options of the call given on the command line; they win over those of the file.
    steps
        Whether to tell the answer as a runbook too.
    new_pods
        Files of pods to be placed.
    also
        Writes more of the answer: given the cluster, the request and the outcome.
    """
    from kytos.cli.answers import print_outcome
    from kytos.cli.patches import write_patches
    from kytos.runbook.kubectl import shell_script

    with bad_input_ends():
        told.check()
        steps.check(periodic=told.every is not None)
        options = read_options(call.options, options_file, given | steps.given())
        asked = _Asked(call, source, steps.asked_of(options), new_pods)
        orders = unattended_of(
            told.apply, told.min_saving, told.window, told.max_evictions, source.context
        )
        if told.every is not None:
            if also is not None:
                raise InputError("files of what is bought are written once; leave --every out")
            if orders is not None:
                asked = replace(asked, options=orders.asking(asked.options))
            _ask_periodically(asked, told.every, told, orders)
            return
        cluster = asked.cluster()
        outcome = asked.answer_of(cluster)
        if also is not None:
            also(cluster, asked.call.asked(asked.options), outcome)
        if told.output is not None:
            write(told.output, outcome.model_dump_json(by_alias=True))
        if told.patches is not None:
            write_patches(told.patches, outcome.right_sizing)
        if steps.script is not None and outcome.runbook is not None:
            write(steps.script, shell_script(outcome.runbook), runs=True)
    if told.as_json:
        print_json(outcome.model_dump_json(by_alias=True))
    else:
        print_outcome(outcome, standard_output())
    raise typer.Exit(exit_of(outcome))


@dataclass(frozen=True)
class _Asked:
    """One question; its cluster is read anew each time it is answered."""

    call: Call
    source: Source
    options: Options
    new_pods: Sequence[Path]

    def going_on_from(self, outcome: Outcome) -> _Asked:
        """The same question, begun with the plan of its last answer where it can be."""
        if "last_plan" not in type(self.options).model_fields:
            return self
        plan = getattr(outcome, "placement", {})
        return replace(self, options=self.options.model_copy(update={"last_plan": plan}))

    def cluster(self) -> Cluster:
        """Read the cluster."""
        return self.source.read(nodes_needed=self.call.needs_nodes)

    def answer(self) -> Outcome:
        """Read the cluster and ask."""
        return self.answer_of(self.cluster())

    def answer_of(self, cluster: Cluster) -> Outcome:
        """Ask of a cluster that was read."""
        options = self.options
        if self.new_pods:
            new = read_new_pods(cluster, self.new_pods)
            options = options.model_copy(update={"manifests": new})
        with terminal_watch() as watch:
            outcome: Outcome = self.call.answer(cluster, options, watch)
            return outcome


def _ask_periodically(asked: _Asked, every: str, told: Told, orders: Unattended | None) -> None:
    if any(str(file) == STANDARD_INPUT for file in asked.source.files or ()):
        raise InputError("standard input can be read once only; with --every name a file")
    period = seconds_of(every)
    webhook = None if told.webhook is None else webhook_of(told.webhook)

    news: dict[str, Any] = {}
    last: list[Outcome] = []

    def run() -> None:
        nonlocal news
        question = asked.going_on_from(last.pop()) if last else asked
        with only_one(told.lock) as free:
            news = (
                _news(question, told.output, orders, last)
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


def _news(
    asked: _Asked, output: Path | None, orders: Unattended | None, last: list[Outcome]
) -> dict[str, Any]:
    """Ask once and say in a line what came of it; a failed run does not end the others.

    The answer is added to `last`, for the next run to begin with its plan.
    """
    started = time.monotonic()
    news = _now() | {"question": asked.call.name}
    try:
        outcome = asked.answer()
        last.append(outcome)
        if output is not None:
            write(output, outcome.model_dump_json(by_alias=True))
        context = asked.source.context
        applied = {} if orders is None or not context else orders.carried_out(outcome, context)
    except (InputError, MissingExtraError) as error:
        return news | {"exit": int(Exit.BAD_INPUT), "error": str(error)}
    except Exception as error:  # a fault of ours; the next run may do without it
        return news | {"exit": int(Exit.FAULT), "error": tell_fault(error)}
    before, after = outcome.metrics.before, outcome.metrics.after
    return (
        news
        | {
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
        | applied
    )


def _now() -> dict[str, Any]:
    return {"at": datetime.now(UTC).isoformat(timespec="seconds")}
