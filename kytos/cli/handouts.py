"""``kytos report`` and ``kytos replay``: an answer as a page to hand out, and asked again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kytos.cli.ending import bad_input_ends
from kytos.cli.groups import grouped
from kytos.cli.options import AsJson, Output
from kytos.cli.printing import print_json, standard_output
from kytos.cli.reading import content_of
from kytos.cli.solving import exit_of, terminal_watch
from kytos.cli.source import Source
from kytos.cli.writing import check_writable, write
from kytos.errors import InputError
from kytos.language import ENGLISH, LANGUAGES, use

Page = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the page to this file.")
]

Lang = Annotated[str, typer.Option("--lang", metavar="CODE", help="The page's language: en, ja.")]


@grouped
def report(
    answer: Annotated[
        Path, typer.Argument(metavar="ANSWER", help="As --output writes it, or a handout.")
    ],
    source: Source,
    *,
    output: Page = None,
    lang: Lang = ENGLISH,
) -> None:
    """Write an answer, with its cluster, as one page of HTML that needs no network."""
    from kytos.calls.handout import handout, handout_of_answer, read_answer, scenario_of

    with bad_input_ends():
        if output is None:
            raise InputError("name the page to write: --output plan.html")
        if lang not in LANGUAGES:
            raise InputError(f"there is no language {lang!r}; choose one of {', '.join(LANGUAGES)}")
        check_writable(output)
        opened = read_answer(content_of(answer), answer.name)
        scenario = opened.scenario
        if source.files or source.context:
            scenario = scenario_of(opened.outcome, source.read(nodes_needed=False))
        with use(lang):
            page = (
                handout_of_answer(opened.outcome, answer.stem)
                if scenario is None
                else handout(scenario, opened.outcome)
            )
        write(output, page)


def replay(
    scenario: Annotated[
        Path,
        typer.Argument(metavar="SCENARIO", help="A handout, or a scenario the dashboard saved."),
    ],
    as_json: AsJson = False,
    output: Output = None,
) -> None:
    """Ask the question of a handout or of a saved scenario again."""
    from kytos.calls.handout import answered_again, read_question
    from kytos.cli.answers import print_outcome

    with bad_input_ends():
        if output is not None:
            check_writable(output)
        asked = read_question(content_of(scenario), scenario.name)
        with terminal_watch() as watch:
            outcome = answered_again(asked, watch)
        written = outcome.model_dump_json(by_alias=True)
        if output is not None:
            write(output, written)
    if as_json:
        print_json(written)
    else:
        print_outcome(outcome, standard_output())
    raise typer.Exit(exit_of(outcome))
