"""The commands of ``kytos``."""

from __future__ import annotations

import io
import ipaddress
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from kytos.cli.applying import apply
from kytos.cli.asking import ask
from kytos.cli.ending import bad_input_ends, ended_by_sigterm, fail, tell_fault
from kytos.cli.handouts import replay, report
from kytos.cli.interchange import export, import_solution
from kytos.cli.options import (
    AsJson,
    Context,
    Counted,
    Held,
    Limited,
    Mode,
    OptionsFile,
    Others,
    Output,
    Run,
    Solver,
    Source,
    Steps,
    Survive,
    Told,
    UseSource,
    grouped,
    registered,
)
from kytos.cli.printing import (
    print_cluster,
    print_json,
    print_solvers,
    print_why_not,
    standard_output,
)
from kytos.cli.reading import read_options, read_saved, read_types, service_rate, with_pods
from kytos.cli.solving import Exit, terminal_watch
from kytos.cli.writing import check_writable, write
from kytos.contract.params import SolverName
from kytos.errors import InputError
from kytos.extras import DASHBOARD, SERVICE, MissingExtraError, require
from kytos.questions.parts.known_use import as_asked
from kytos.questions.parts.limits import CountedAs
from kytos.questions.recovery.failure import HowNodesFail
from kytos.rules.eviction import movability
from kytos.rules.why_not import as_json as as_json_object
from kytos.rules.why_not import why_not
from kytos.settings import AccessSettings
from kytos.solve.registry import availability

SHUTDOWN_SECONDS = 25
"""Longest a served call goes on after a SIGTERM, whatever holds it up: Kubernetes waits for 30."""

INTERRUPTED = 130
"""As a shell says it of what Ctrl-C ended."""


_NO_FAULT = (TyperException, typer.Exit, typer.Abort, BrokenPipeError)
"""What ends a command as it should: words Typer does not take, and a reader that has enough."""


class _Commands(TyperGroup):
    """The commands, and how they end where no command says.

    One that Ctrl-C or SIGTERM ends exits as others do, without a word. An error that no command
    expects is a fault of ours: it is told as one, with an exit code of its own.

    SIGTERM is heard because the first process of a container, which a command often is, would not
    be ended by it otherwise; and half a file is cleared away.
    """

    def invoke(self, ctx: Any) -> Any:
        if isinstance(sys.stdout, io.TextIOWrapper):  # a name may hold what a terminal cannot show
            sys.stdout.reconfigure(errors="backslashreplace")
        try:
            with ended_by_sigterm():
                return super().invoke(ctx)
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
        except _NO_FAULT:
            raise
        except (InputError, MissingExtraError) as error:
            fail(str(error))
        except Exception as error:
            tell_fault(error)
            raise typer.Exit(Exit.FAULT) from None


app = typer.Typer(
    name="kytos",
    cls=_Commands,
    help="What would happen if the pods of a Kubernetes cluster were placed better.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
@grouped
def rebalance(
    source: Source,
    *,
    mode: Mode = None,
    max_moves: Annotated[int | None, typer.Option(help="Move at most so many pods.")] = None,
    why_not_freed: Annotated[
        bool | None, typer.Option("--why-not-freed", help="Say what keeps each node that stays.")
    ] = None,
    limits: Held,
    others: Others,
    options: OptionsFile = None,
    solver: Solver = None,
    run: Run,
    steps: Steps,
    told: Told,
) -> None:
    """Say which running pods to move, and where."""
    from kytos.calls.catalogue import REBALANCE

    given: dict[str, Any] = {"mode": mode, "max_moves": max_moves, "why_not_freed": why_not_freed}
    with bad_input_ends():
        given |= limits.given() | others.given()
    ask(REBALANCE, source, options, given | run.given(solver), told, steps)


@app.command()
@grouped
def recover(
    source: Source,
    *,
    fail: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A node that fails.")
    ] = None,
    fail_zone: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A zone that fails.")
    ] = None,
    how: Annotated[
        HowNodesFail | None,
        typer.Option(
            metavar="HOW", help="deleted, or not_ready: StatefulSet pods then stay with their node."
        ),
    ] = None,
    no_preemption: Annotated[
        bool,
        typer.Option("--no-preemption", help="No pod of a survivor gives way to a higher one."),
    ] = False,
    moves: Annotated[bool, typer.Option("--moves", help="Survivors' pods may move.")] = False,
    # The other halves of the two, against an options file; hidden, for a column of their own
    # would cut the help at 80 characters.
    preemption: Annotated[bool, typer.Option("--preemption", hidden=True)] = False,
    no_moves: Annotated[bool, typer.Option("--no-moves", hidden=True)] = False,
    spot: Annotated[bool | None, typer.Option("--spot", help="Every spot node fails.")] = None,
    limits: Limited,
    others: Others,
    options: OptionsFile = None,
    solver: Solver = None,
    run: Run,
    steps: Steps,
    told: Told,
) -> None:
    """Say where the pods of failed nodes go, and which are given up."""
    from kytos.calls.catalogue import RECOVERY

    given = (
        {
            "failed_nodes": fail or None,
            "failed_zones": fail_zone or None,
            "failed_spot": spot,
            "how": how,
            "allow_preemption": _said(preemption, no_preemption),
            "allow_moves": _said(moves, no_moves),
        }
        | limits.given()
        | others.given()
    )
    ask(RECOVERY, source, options, given | run.given(solver), told, steps)


def _said(yes: bool, no: bool) -> bool | None:
    """What a pair of flags says; None where neither was given."""
    return True if yes else (False if no else None)


@app.command()
@grouped
def place(
    source: Source,
    *,
    new: Annotated[
        list[Path] | None, typer.Option(help="A file of new pods: manifests, or a list pods.")
    ] = None,
    waiting: Annotated[
        bool | None, typer.Option("--waiting", help="Place the pods that wait too.")
    ] = None,
    mode: Mode = None,
    limits: Limited,
    others: Others,
    options: OptionsFile = None,
    solver: Solver = None,
    run: Run,
    steps: Steps,
    told: Told,
) -> None:
    """Say on which node each new pod belongs; without new ones, each that waits."""
    from kytos.calls.catalogue import PLACEMENT

    given = {"mode": mode, "waiting": waiting} | limits.given() | others.given()
    ask(PLACEMENT, source, options, given | run.given(solver), told, steps, new or ())


@app.command()
@grouped
def autoscale(
    source: Source,
    *,
    service: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=R/T", help="Its request rate, over one replica's."),
    ] = None,
    cpu_margin: Annotated[
        float | None, typer.Option(help="Share of CPU that stays free, 0 to 1.")
    ] = None,
    mem_margin: Annotated[
        float | None, typer.Option(help="Share of memory that stays free, 0 to 1.")
    ] = None,
    limits: Limited,
    others: Others,
    options: OptionsFile = None,
    solver: Solver = None,
    run: Run,
    steps: Steps,
    told: Told,
) -> None:
    """Say how many replicas each service needs, and where the new ones run."""
    from kytos.calls.catalogue import AUTOSCALE

    given: dict[str, Any] = {"cpu_margin": cpu_margin, "mem_margin": mem_margin}
    given |= limits.given() | others.given()
    with bad_input_ends():
        given["services"] = [service_rate(words) for words in service or []] or None
    ask(AUTOSCALE, source, options, given | run.given(solver), told, steps)


@app.command()
@grouped
def fleet(
    source: Source,
    *,
    region: Annotated[
        str | None, typer.Option(help="Of the shipped list prices; us-east-1 by default.")
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="A node that may stay, or a label key=value; all by default."
        ),
    ] = None,
    keep_none: Annotated[
        bool, typer.Option("--keep-none", help="None of today's nodes may stay.")
    ] = False,
    spot_share: Annotated[
        float | None, typer.Option(help="Share of nodes and of each service on spot, 0 to 1.")
    ] = None,
    spot_service: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A service that may run on spot; all by default."),
    ] = None,
    max_types: Annotated[int | None, typer.Option(help="Different types bought at most.")] = None,
    discount: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=FACTOR", help="Such as 'm*=0.72', on list prices; repeatable."),
    ] = None,
    survive: Survive = None,
    types: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What can be bought: a list of types, or kwok's."),
    ] = None,
    limits: Limited,
    others: Others,
    options: OptionsFile = None,
    solver: Solver = None,
    run: Run,
    steps: Steps,
    told: Told,
) -> None:
    """Say which nodes to buy, keep and release, for the least money."""
    from kytos.calls.catalogue import FLEET

    given = (
        {
            "region": region,
            "keep": [] if keep_none else keep or None,
            "spot_share": spot_share,
            "services": spot_service or None,
            "max_types": max_types,
            "discounts": discount or None,
            "survive": survive or None,
        }
        | limits.given()
        | others.given()
    )
    with bad_input_ends():
        given |= read_types(types) if types is not None else {}
    ask(FLEET, source, options, given | run.given(solver), told, steps)


@app.command()
@grouped
def compare(
    source: Source,
    *,
    frontier: Annotated[
        bool, typer.Option("--frontier", help="What is gained for how many moves, instead.")
    ] = False,
    points: Annotated[
        int | None, typer.Option(help="With --frontier: plans to look for, 12 by default.")
    ] = None,
    mode: Mode = None,
    max_moves: Annotated[int | None, typer.Option(help="Move at most so many pods.")] = None,
    limits: Limited,
    options: OptionsFile = None,
    solver: Annotated[
        list[SolverName] | None,
        typer.Option(
            metavar="NAME",
            parser=registered,
            help="A solver to compare, of kytos solvers; may be repeated.",
        ),
    ] = None,
    run: Run,
    as_json: Annotated[bool, typer.Option("--json", help="Print all of it, moves too.")] = False,
    output: Output = None,
) -> None:
    """Put the same rebalance to several solvers, or draw its gain against its moves."""
    from kytos.calls.catalogue import CompareOptions
    from kytos.cli.comparisons import FrontierOptions, compared, print_compared

    given = {"mode": mode, "max_moves": max_moves} | limits.given() | run.given()
    with bad_input_ends():
        if output is not None:
            check_writable(output)
        if frontier and solver:
            raise InputError("the frontier is drawn by refinement alone: leave --solver out")
        if points is not None and not frontier:
            raise InputError("--points goes with --frontier")
        asked = (
            read_options(FrontierOptions, options, given | {"points": points})
            if frontier
            else read_options(CompareOptions, options, given | {"solvers": solver or None})
        )
        cluster = source.read()
        with terminal_watch() as watch:
            answer = compared(cluster, asked, watch)
        written = answer.model_dump_json(by_alias=True)
        if output is not None:
            write(output, written)
    if as_json:
        print_json(written)
    else:
        print_compared(answer, standard_output())


app.command()(apply)


@app.command("why-not")
@grouped
def why_not_command(
    given: Annotated[
        list[str],
        typer.Argument(
            metavar="[CLUSTER] PODS...",
            help="The cluster's file (unless --context names it), then the pods: files of pods, "
            "or pods of the cluster as namespace/name.",
        ),
    ],
    use: UseSource,
    counted: Counted,
    context: Context = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print, by pod and node, null or the reason.")
    ] = False,
) -> None:
    """Say which rule keeps a pod off which node, and what would let it in."""
    with bad_input_ends():
        files = [] if context is not None else [Path(given.pop(0))]
        if not given:
            raise InputError("name the pods after the cluster: a file of pods, or namespace/name")
        source = Source(**vars(use), files=files, context=context)
        cluster, pods = with_pods(source.read(), given)
        cluster = as_asked(cluster, read_options(CountedAs, None, counted.given()))
        answers = why_not(cluster, pods)
    nodes = [node.name for node in cluster.nodes]
    if as_json:
        print_json(json.dumps(as_json_object(answers, nodes)))
    else:
        print_why_not(answers, nodes, standard_output())


@app.command()
def solvers(as_json: AsJson = False) -> None:
    """List the solvers: what each is, and whether it can be used here."""
    statuses = [(name, availability(name)) for name in SolverName]
    if as_json:
        told = [
            {"name": name, "available": here.ok, "how": here.how, **asdict(name.traits)}
            for name, here in statuses
        ]
        print_json(json.dumps(told))
    else:
        print_solvers(statuses, standard_output())


@app.command()
@grouped
def inspect(source: Source, as_json: AsJson = False) -> None:
    """Show a cluster: how full it is, what waits, what may not move and why."""
    with bad_input_ends():
        cluster = source.read()
    if as_json:
        print_json(cluster.model_dump_json(exclude_defaults=True))
    else:
        print_cluster(cluster, movability(cluster), standard_output())


app.command()(export)
app.command("import-solution")(import_solution)
app.command()(report)
app.command()(replay)


@app.command()
def snapshot(context: Context = None, output: Output = None) -> None:
    """Save a live cluster as the JSON that all commands and the dashboard read."""
    with bad_input_ends():
        if output is not None:
            check_writable(output)
        saved = read_saved(context)
        if output is None:
            print_json(saved)
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
    parts = (SERVICE,) if api_only else (DASHBOARD, SERVICE)
    require("kytos serve --api-only" if api_only else "kytos serve", *parts)
    import uvicorn

    if allow_anonymous:
        os.environ["KYTOS_ALLOW_ANONYMOUS"] = "1"
    served = "kytos.api:app" if api_only else "kytos.ui.serve:app"
    with bad_input_ends():
        if not AccessSettings.from_environment().may_be_reached and not _is_loopback(host):
            fail(
                f"{host} can be reached from elsewhere: set KYTOS_API_TOKEN, or say "
                "--allow-anonymous to let anyone call it"
            )
        uvicorn.run(
            served,
            host=host,
            port=port,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
