"""The commands of ``kytos``."""

from __future__ import annotations

import ipaddress
import json
import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from typer.core import TyperGroup

from kytos.cli.periodic import notify, only_one, repeat, seconds_of, webhook_of
from kytos.cli.printing import print_cluster, print_why_not
from kytos.cli.reading import (
    STANDARD_INPUT,
    read_context,
    read_files,
    read_new_pods,
    read_options,
    read_saved,
    service_rate,
    with_pods,
)
from kytos.cli.solving import Exit, exit_of, terminal_watch
from kytos.cli.writing import check_writable, write
from kytos.cluster import Cluster
from kytos.problem import LoadMode
from kytos.rules.eviction import movability
from kytos.rules.why_not import as_json as as_json_object
from kytos.rules.why_not import why_not
from kytos.solvers.base import ConsentRequiredError, SolverName, SolverUnavailableError

if TYPE_CHECKING:  # loads the solvers: imported by the commands that ask a question, when they run
    from kytos.calls import Call, Options
    from kytos.outcome import Outcome

REFUSED = (ValueError, OSError, SolverUnavailableError, ConsentRequiredError)
"""What ends a command with a sentence: it was given something that will not do."""

INTERRUPTED = 130
"""As a shell says it of what Ctrl-C ended."""


class _Commands(TyperGroup):
    """The commands; one that Ctrl-C ends exits as others do, without a word."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None


app = typer.Typer(
    name="kytos",
    cls=_Commands,
    help="What would happen if the pods of a Kubernetes cluster were placed better.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Files = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="FILES", help="What kubectl get -o json or yaml printed; - is standard input."
    ),
]
Context = Annotated[
    str | None, typer.Option(help="Read the live cluster of this kubeconfig context instead.")
]
OptionsFile = Annotated[
    Path | None,
    typer.Option("--options", help="JSON or YAML: all that the HTTP call takes beside its lists."),
]
SOLVER_NAMES = ", ".join(SolverName)
Solver = Annotated[
    SolverName | None, typer.Option(metavar="NAME", help=f"Which solver: {SOLVER_NAMES}.")
]
Mode = Annotated[
    LoadMode | None,
    typer.Option(metavar="MODE", help=f"What load means: {', '.join(LoadMode)}."),
]
Reads = Annotated[int | None, typer.Option(help="Independent anneals.")]
Sweeps = Annotated[int | None, typer.Option(help="Sweeps of each anneal.")]
Seed = Annotated[int | None, typer.Option(help="Same seed, same answer.")]
TimeLimit = Annotated[float | None, typer.Option(help="Cap by the clock, seconds.")]
WeightA = Annotated[float | None, typer.Option("-A", help="Weight of constraints.")]
WeightB = Annotated[float | None, typer.Option("-B", help="Weight of load.")]
WeightC = Annotated[float | None, typer.Option("-C", help="Weight of the cost of the change.")]
WeightD = Annotated[float | None, typer.Option("-D", help="Weight of affinity.")]
Consent = Annotated[
    bool | None, typer.Option("--consent", help="Accept the charge of a paid solver.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the HTTP call's answer.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write the answer as JSON to this file.")
]
Every = Annotated[
    str | None, typer.Option(help="Ask again every so often (90s, 5m, 1h); prints a line a run.")
]
Times = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="With --every: end after so many runs.")
]
Webhook = Annotated[str | None, typer.Option(help="With --every: post each line here.")]
Lock = Annotated[
    Path | None, typer.Option(help="With --every: skip a run while another holds this file.")
]


@dataclass(frozen=True)
class _Source:
    """Where the cluster is read from, files or a live cluster, and new pods for it."""

    files: list[Path]
    context: str | None
    new_pods: Sequence[Path] = ()

    def read(self) -> Cluster:
        """Read it; a `SourceError` says what cannot be."""
        if bool(self.files) == (self.context is not None):
            raise ValueError("name either the cluster's files (- is standard input) or --context")
        return read_files(self.files) if self.context is None else read_context(self.context)


@dataclass(frozen=True)
class _Told:
    """Where the answer goes, and how often it is asked for."""

    as_json: bool
    output: Path | None
    every: str | None
    times: int | None
    webhook: str | None
    lock: Path | None

    def check(self) -> None:
        """Refuse, before any work is done, what could not be kept afterwards."""
        if self.output is not None:
            check_writable(self.output)
        alone = {"--times": self.times, "--webhook": self.webhook, "--lock": self.lock}
        given = [name for name, value in alone.items() if value is not None]
        if given and self.every is None:
            raise ValueError(f"{given[0]} goes with --every; say how often to ask, such as 1h")


@app.command()
def rebalance(
    files: Files = None,
    context: Context = None,
    mode: Mode = None,
    max_moves: Annotated[int | None, typer.Option(help="Move at most so many pods.")] = None,
    options: OptionsFile = None,
    solver: Solver = None,
    reads: Reads = None,
    sweeps: Sweeps = None,
    seed: Seed = None,
    time_limit: TimeLimit = None,
    consent: Consent = None,
    a: WeightA = None,
    b: WeightB = None,
    c: WeightC = None,
    d: WeightD = None,
    as_json: AsJson = False,
    output: Output = None,
    every: Every = None,
    times: Times = None,
    webhook: Webhook = None,
    lock: Lock = None,
) -> None:
    """Say which running pods to move, and where."""
    from kytos.calls import REBALANCE

    given = {"mode": mode, "max_moves": max_moves}
    shared = _shared((solver, reads, sweeps, seed, time_limit, consent), (a, b, c, d))
    told = _Told(as_json, output, every, times, webhook, lock)
    _ask(REBALANCE, _Source(files or [], context), options, given | shared, told)


@app.command()
def recover(
    files: Files = None,
    context: Context = None,
    fail: Annotated[list[str] | None, typer.Option(help="A node that fails.")] = None,
    fail_zone: Annotated[list[str] | None, typer.Option(help="A zone that fails.")] = None,
    max_utilization: Annotated[
        float | None, typer.Option(help="Share a survivor may be filled to, 0 to 1.")
    ] = None,
    options: OptionsFile = None,
    solver: Solver = None,
    reads: Reads = None,
    sweeps: Sweeps = None,
    seed: Seed = None,
    time_limit: TimeLimit = None,
    consent: Consent = None,
    a: WeightA = None,
    b: WeightB = None,
    c: WeightC = None,
    d: WeightD = None,
    as_json: AsJson = False,
    output: Output = None,
    every: Every = None,
    times: Times = None,
    webhook: Webhook = None,
    lock: Lock = None,
) -> None:
    """Say where the pods of failed nodes go, and which are given up."""
    from kytos.calls import RECOVERY

    given = {
        "failed_nodes": fail or None,
        "failed_zones": fail_zone or None,
        "max_utilization": max_utilization,
    }
    shared = _shared((solver, reads, sweeps, seed, time_limit, consent), (a, b, c, d))
    told = _Told(as_json, output, every, times, webhook, lock)
    _ask(RECOVERY, _Source(files or [], context), options, given | shared, told)


@app.command()
def place(
    files: Files = None,
    context: Context = None,
    new: Annotated[
        list[Path] | None, typer.Option(help="A file of new pods: manifests, or a list pods.")
    ] = None,
    waiting: Annotated[
        bool | None, typer.Option("--waiting", help="Place the pods that wait too.")
    ] = None,
    mode: Mode = None,
    options: OptionsFile = None,
    solver: Solver = None,
    reads: Reads = None,
    sweeps: Sweeps = None,
    seed: Seed = None,
    time_limit: TimeLimit = None,
    consent: Consent = None,
    a: WeightA = None,
    b: WeightB = None,
    c: WeightC = None,
    d: WeightD = None,
    as_json: AsJson = False,
    output: Output = None,
    every: Every = None,
    times: Times = None,
    webhook: Webhook = None,
    lock: Lock = None,
) -> None:
    """Say on which node each new pod belongs; without new ones, each that waits."""
    from kytos.calls import PLACEMENT

    given = {"mode": mode, "waiting": waiting}
    shared = _shared((solver, reads, sweeps, seed, time_limit, consent), (a, b, c, d))
    told = _Told(as_json, output, every, times, webhook, lock)
    source = _Source(files or [], context, new or ())
    _ask(PLACEMENT, source, options, given | shared, told)


@app.command()
def autoscale(
    files: Files = None,
    context: Context = None,
    service: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=RATE/TARGET", help="Its request rate, and one replica's."),
    ] = None,
    cpu_margin: Annotated[
        float | None, typer.Option(help="Share of CPU that stays free, 0 to 1.")
    ] = None,
    mem_margin: Annotated[
        float | None, typer.Option(help="Share of memory that stays free, 0 to 1.")
    ] = None,
    options: OptionsFile = None,
    solver: Solver = None,
    reads: Reads = None,
    sweeps: Sweeps = None,
    seed: Seed = None,
    time_limit: TimeLimit = None,
    consent: Consent = None,
    a: WeightA = None,
    b: WeightB = None,
    c: WeightC = None,
    d: WeightD = None,
    as_json: AsJson = False,
    output: Output = None,
    every: Every = None,
    times: Times = None,
    webhook: Webhook = None,
    lock: Lock = None,
) -> None:
    """Say how many replicas each service needs, and where the new ones run."""
    from kytos.calls import AUTOSCALE

    given: dict[str, Any] = {"cpu_margin": cpu_margin, "mem_margin": mem_margin}
    with _bad_input_ends():
        given["services"] = [service_rate(words) for words in service or []] or None
    shared = _shared((solver, reads, sweeps, seed, time_limit, consent), (a, b, c, d))
    told = _Told(as_json, output, every, times, webhook, lock)
    _ask(AUTOSCALE, _Source(files or [], context), options, given | shared, told)


@app.command()
def compare(
    files: Files = None,
    context: Context = None,
    frontier: Annotated[
        bool, typer.Option("--frontier", help="What is gained for how many moves, instead.")
    ] = False,
    points: Annotated[
        int | None, typer.Option(help="With --frontier: plans to look for, 12 by default.")
    ] = None,
    mode: Mode = None,
    max_moves: Annotated[int | None, typer.Option(help="Move at most so many pods.")] = None,
    options: OptionsFile = None,
    solver: Annotated[
        list[SolverName] | None,
        typer.Option(metavar="NAME", help=f"A solver to compare; may be repeated: {SOLVER_NAMES}."),
    ] = None,
    reads: Reads = None,
    sweeps: Sweeps = None,
    seed: Seed = None,
    time_limit: TimeLimit = None,
    consent: Consent = None,
    a: WeightA = None,
    b: WeightB = None,
    c: WeightC = None,
    d: WeightD = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all of it, moves too.")] = False,
    output: Output = None,
) -> None:
    """Put the same rebalance to several solvers, or draw its gain against its moves."""
    from kytos.calls import CompareOptions
    from kytos.cli.comparisons import FrontierOptions, compared, print_compared

    given: dict[str, Any] = {"mode": mode, "max_moves": max_moves}
    given |= _shared((None, reads, sweeps, seed, time_limit, consent), (a, b, c, d))
    with _bad_input_ends():
        if output is not None:
            check_writable(output)
        if frontier and solver:
            raise ValueError("the frontier is drawn by refinement alone: leave --solver out")
        if points is not None and not frontier:
            raise ValueError("--points goes with --frontier")
        asked = (
            read_options(FrontierOptions, options, given | {"points": points})
            if frontier
            else read_options(CompareOptions, options, given | {"solvers": solver or None})
        )
        cluster = _Source(files or [], context).read()
        with terminal_watch() as watch:
            found = compared(cluster, asked, watch)
        written = found.model_dump_json(by_alias=True)
        if output is not None:
            write(output, written)
    if as_json:
        typer.echo(written)
    else:
        print_compared(found, Console())


@app.command("why-not")
def why_not_command(
    given: Annotated[
        list[str],
        typer.Argument(
            metavar="[CLUSTER] PODS...",
            help="The cluster's file (unless --context names it), then the pods: files of pods, "
            "or pods of the cluster as namespace/name.",
        ),
    ],
    context: Context = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print, by pod and node, null or the reason.")
    ] = False,
) -> None:
    """Say which rule keeps a pod off which node, and what would let it in."""
    with _bad_input_ends():
        files = [] if context is not None else [Path(given.pop(0))]
        if not given:
            raise ValueError("name the pods after the cluster: a file of pods, or namespace/name")
        cluster, pods = with_pods(_Source(files, context).read(), given)
        answers = why_not(cluster, pods)
    if as_json:
        nodes = [node.name for node in cluster.nodes]
        typer.echo(json.dumps(as_json_object(answers, nodes)))
    else:
        print_why_not(answers, Console())


@app.command()
def inspect(files: Files = None, context: Context = None, as_json: AsJson = False) -> None:
    """Show a cluster: how full it is, what waits, what may not move and why."""
    with _bad_input_ends():
        cluster = _Source(files or [], context).read()
    if as_json:
        typer.echo(cluster.model_dump_json(exclude_defaults=True))
    else:
        print_cluster(cluster, movability(cluster), Console())


@app.command()
def snapshot(context: Context = None, output: Output = None) -> None:
    """Save a live cluster as the JSON that all commands and the dashboard read."""
    with _bad_input_ends():
        if output is not None:
            check_writable(output)
        saved = read_saved(context)
        if output is None:
            typer.echo(saved)
        else:
            write(output, saved)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65_535, metavar="N", help="Port to listen on.")
    ] = 8501,
    api_only: Annotated[
        bool, typer.Option("--api-only", help="The service without the dashboard.")
    ] = False,
    allow_anonymous: Annotated[
        bool,
        typer.Option(
            "--allow-anonymous", help="Let anyone who can reach it call it, without a token."
        ),
    ] = False,
) -> None:
    """Serve dashboard and HTTP service in one process."""
    import uvicorn

    if allow_anonymous:
        os.environ["KYTOS_ALLOW_ANONYMOUS"] = "1"
    allowed = os.environ.get("KYTOS_ALLOW_ANONYMOUS") or os.environ.get("KYTOS_API_TOKEN")
    if not allowed and not _is_loopback(host):
        _fail(
            f"{host} can be reached from elsewhere: set KYTOS_API_TOKEN, or say "
            "--allow-anonymous to let anyone call it"
        )
    served = "kytos.api:app" if api_only else "kytos.ui.serve:app"
    uvicorn.run(served, host=host, port=port, access_log=False, server_header=False)


def _shared(solver: tuple[Any, ...], weights: tuple[float | None, ...]) -> dict[str, Any]:
    words = ("name", "num_reads", "num_sweeps", "seed", "time_limit_s", "consent")
    return {
        "solver": dict(zip(words, solver, strict=True)),
        "weights": dict(zip("ABCD", weights, strict=True)),
    }


def _ask(
    call: Call,
    source: _Source,
    options_file: Path | None,
    given: dict[str, Any],
    told: _Told,
) -> None:
    from kytos.cli.answers import print_outcome

    with _bad_input_ends():
        told.check()
        options = read_options(call.options, options_file, given)
        if told.every is None:
            outcome = _solve(call, source, options)
        else:
            _ask_periodically(call, source, options, told)
            return
        if told.output is not None:
            write(told.output, outcome.model_dump_json(by_alias=True))
    if told.as_json:
        typer.echo(outcome.model_dump_json(by_alias=True))
    else:
        print_outcome(outcome, Console())
    raise typer.Exit(exit_of(outcome))


def _ask_periodically(call: Call, source: _Source, options: Options, told: _Told) -> None:
    assert told.every is not None
    if any(str(file) == STANDARD_INPUT for file in source.files):
        raise ValueError("standard input can be read once only; with --every name a file")
    period = seconds_of(told.every)
    webhook = None if told.webhook is None else webhook_of(told.webhook)

    def run() -> None:
        with only_one(told.lock) as free:
            news = (
                _news(call, source, options, told.output)
                if free
                else _now() | {"skipped": "another run holds the lock"}
            )
        typer.echo(json.dumps(news))
        sys.stdout.flush()
        trouble = None if webhook is None else notify(webhook, news)
        if trouble is not None:
            typer.echo(trouble, err=True)

    ended = threading.Event()
    repeat(run, period, times=told.times, randomness=SystemRandom(), wait=ended.wait)


def _news(call: Call, source: _Source, options: Options, output: Path | None) -> dict[str, Any]:
    """Ask once and say in a line what came of it; a failed run does not end the others."""
    started = time.monotonic()
    news = _now() | {"question": call.name}
    try:
        outcome = _solve(call, source, options)
        if output is not None:
            write(output, outcome.model_dump_json(by_alias=True))
    except REFUSED as error:
        return news | {"exit": int(Exit.BAD_INPUT), "error": str(error)}
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


def _solve(call: Call, source: _Source, options: Options) -> Outcome:
    cluster = source.read()
    if source.new_pods:
        new = read_new_pods(cluster, source.new_pods)
        options = options.model_copy(update={"manifests": new})
    with terminal_watch() as watch:
        outcome: Outcome = call.answer(cluster, options, watch)
        return outcome


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@contextmanager
def _bad_input_ends() -> Iterator[None]:
    """End the command with its exit code and the sentence when what was given is refused."""
    try:
        yield
    except REFUSED as error:
        _fail(str(error))


def _fail(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(Exit.BAD_INPUT)
