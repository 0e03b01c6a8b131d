"""The commands of ``kytos``."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from kytos.cli.applying import apply
from kytos.cli.asking import ask
from kytos.cli.ending import bad_input_ends, ended_by_sigterm, fail, tell_fault
from kytos.cli.fleets import write_groups
from kytos.cli.groups import Held, Limited, Others, Run, Steps, Told, grouped
from kytos.cli.handouts import replay, report
from kytos.cli.interchange import export, import_solution
from kytos.cli.looking import inspect, snapshot, solvers, why_not_command
from kytos.cli.options import Mode, OptionsFile, Output, Solver, Survive, registered
from kytos.cli.printing import print_json, standard_output
from kytos.cli.reading import read_options, read_own_prices, read_types, service_rate
from kytos.cli.serving import serve
from kytos.cli.solving import Exit, terminal_watch
from kytos.cli.source import Source
from kytos.cli.writing import check_writable, write
from kytos.cluster import Cluster
from kytos.contract.params import SolverName
from kytos.errors import InputError
from kytos.extras import MissingExtraError
from kytos.questions.recovery.failure import HowNodesFail

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
    node_pools: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write Karpenter NodePools of what is bought, as YAML."),
    ] = None,
    managed_groups: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write eksctl's managed node groups of it, as YAML."),
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
        given |= {"prices": read_own_prices(source.prices)} if source.prices is not None else {}
        for written in (node_pools, managed_groups):
            if written is not None:
                check_writable(written)

    def also(cluster: Cluster, request: Any, outcome: Any) -> None:
        write_groups(cluster, request, outcome, node_pools, managed_groups)

    if node_pools is None and managed_groups is None:
        ask(FLEET, source, options, given | run.given(solver), told, steps)
    else:
        ask(FLEET, source, options, given | run.given(solver), told, steps, also=also)


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
app.command("why-not")(why_not_command)
app.command()(solvers)
app.command()(inspect)
app.command()(export)
app.command("import-solution")(import_solution)
app.command()(report)
app.command()(replay)
app.command()(snapshot)
app.command()(serve)
