"""The commands that write problems for other tools and answer with their solutions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kytos.cli.ending import bad_input_ends
from kytos.cli.groups import grouped
from kytos.cli.options import AsJson, Context, OptionsFile, Output
from kytos.cli.printing import print_json, shown, standard_output
from kytos.cli.reading import content_of, read_new_pods, read_options
from kytos.cli.solving import exit_of, terminal_watch
from kytos.cli.source import Source
from kytos.cli.writing import check_writable, write, write_bytes
from kytos.errors import InputError

if TYPE_CHECKING:  # loads the solvers: imported by the commands when they run
    from kytos.calls.catalogue import Call, Options
    from kytos.cluster import Cluster

QUESTIONS = ("rebalance", "recovery", "placement", "auto_scale")
FORMATS = ("qubo", "bqm", "cqm", "lp", "mps", "ommx")

QuestionOption = Annotated[
    str, typer.Option(metavar="QUESTION", help=f"Which question: {', '.join(QUESTIONS)}.")
]
New = Annotated[
    list[Path] | None,
    typer.Option(help="With --question placement: a file of new pods."),
]


@grouped
def export(
    source: Source,
    *,
    question: QuestionOption = "rebalance",
    form: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help=f"One of {', '.join(FORMATS)}.")
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="The file; a qubo or bqm is written as dimod's JSON to *.json."
        ),
    ],
    options: OptionsFile = None,
    new: New = None,
) -> None:
    """Write the problem of a question for other tools to solve."""
    _one_of("--question", question, QUESTIONS)
    _one_of("--format", form, FORMATS)
    from kytos.questions.qubo.interchange import Format, interchange

    with bad_input_ends():
        check_writable(output)
        call, asked = _asked(question, options)
        cluster = source.read()
        asked = _with_new(cluster, question, asked, new)
        problem = interchange(cluster, call.asked(asked), asked.weights, asked.solver.params)
        chosen = Format(form)
        write_bytes(output, problem.written(chosen, as_json=output.suffix == ".json"))
        for sentence in problem.left_out(chosen):
            typer.echo(shown(sentence), err=True)


def import_solution(
    given: Annotated[
        list[str],
        typer.Argument(
            metavar="[CLUSTER] SOLUTION",
            help="The cluster's files (unless --context names it), then the solution's file.",
        ),
    ],
    question: QuestionOption = "rebalance",
    options: OptionsFile = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="Which export was solved; left out, the one whose variables are named.",
        ),
    ] = None,
    new: New = None,
    context: Context = None,
    as_json: AsJson = False,
    output: Output = None,
) -> None:
    """Answer a question with a solution of its exported problem, checked and shown."""
    _one_of("--question", question, QUESTIONS)
    if form is not None:
        _one_of("--format", form, FORMATS)
    from kytos.calls.interchange import import_solution as answered
    from kytos.cli.answers import print_outcome

    with bad_input_ends():
        if output is not None:
            check_writable(output)
        *files, solution = given
        call, asked = _asked(question, options)
        cluster = Source(files=[Path(one) for one in files], context=context).read()
        asked = _with_new(cluster, question, asked, new)
        with terminal_watch() as watch:
            outcome = answered(
                cluster,
                call.asked(asked),  # type: ignore[type-var]
                content_of(Path(solution)),
                form=form,
                weights=asked.weights,
                params=asked.solver.params,
                watch=watch,
            )
        if output is not None:
            write(output, outcome.model_dump_json(by_alias=True))
    if as_json:
        print_json(outcome.model_dump_json(by_alias=True))
    else:
        print_outcome(outcome, standard_output())
    raise typer.Exit(exit_of(outcome))


def _one_of(option: str, value: str, names: tuple[str, ...]) -> None:
    if value not in names:
        raise typer.BadParameter(f"{option} is {value!r}; it is one of {', '.join(names)}.")


def _asked(question: str, file: Path | None) -> tuple[Call, Options]:
    from kytos.calls.catalogue import CALLS

    call = CALLS[question]
    return call, read_options(call.options, file, {})


def _with_new(cluster: Cluster, question: str, options: Options, new: list[Path] | None) -> Options:
    """The options with the new pods of files, which only a placement takes."""
    if not new:
        return options
    if question != "placement":
        raise InputError("--new goes with --question placement; leave it out")
    update: dict[str, Any] = {"manifests": read_new_pods(cluster, new)}
    return options.model_copy(update=update)
