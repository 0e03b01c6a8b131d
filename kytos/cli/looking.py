"""The commands that look: at a cluster, at what keeps a pod off a node, at the solvers."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from kytos.cli.ending import bad_input_ends
from kytos.cli.groups import Counted, grouped
from kytos.cli.options import AsJson, Context, Output
from kytos.cli.printing import (
    print_cluster,
    print_json,
    print_solvers,
    print_why_not,
    standard_output,
)
from kytos.cli.reading import read_options, read_saved, with_pods
from kytos.cli.source import Source, UseSource
from kytos.cli.writing import check_writable, write
from kytos.contract.params import SolverName
from kytos.errors import InputError
from kytos.questions.parts.known_use import as_asked
from kytos.questions.parts.limits import CountedAs
from kytos.rules.eviction import movability
from kytos.rules.why_not import as_json as as_json_object
from kytos.rules.why_not import why_not
from kytos.solve.registry import availability


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


@grouped
def inspect(source: Source, as_json: AsJson = False) -> None:
    """Show a cluster: how full it is, what waits, what may not move and why."""
    with bad_input_ends():
        cluster = source.read()
    if as_json:
        print_json(cluster.model_dump_json(exclude_defaults=True))
    else:
        print_cluster(cluster, movability(cluster), standard_output())


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
