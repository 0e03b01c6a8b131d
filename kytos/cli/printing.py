"""A cluster, and what keeps pods off its nodes, as people read them in a terminal."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from kytos.cluster import CPU, MEMORY, Cluster, Note
from kytos.report import units
from kytos.report.usage import summarise
from kytos.rules.why_not import WhyNot

REMEDIES_SHOWN = 3
PIPED_WIDTH = 10_000


def standard_output() -> Console:
    """Return standard output: as wide as the terminal; where it is none, a row is one line."""
    console = Console()
    piped = not console.is_terminal and "COLUMNS" not in os.environ
    return Console(width=PIPED_WIDTH) if piped else console


def print_json(text: str) -> None:
    """Print JSON as it is exchanged: in UTF-8, whatever the terminal speaks."""
    typer.echo(text.encode())


def print_cluster(cluster: Cluster, pinned: Mapping[str, str | None], console: Console) -> None:
    """Print the state of a cluster: how full it is, what waits, what may not move and why."""
    state = summarise(cluster)
    rows = [
        ("nodes", f"{state.nodes} ({state.cordoned} cordoned, {state.not_ready} not ready)"),
        ("CPU requested", units.amount_of(CPU, state.cpu_held, state.cpu_offered)),
        ("memory requested", units.amount_of(MEMORY, state.memory_held, state.memory_offered)),
        ("price", units.price(state.price_per_hour)),
        ("pods", f"{state.running} running, {state.pending} pending, {state.finished} finished"),
    ]
    print_table(console, (cluster.name, ""), rows)
    reasons = Counter(reason for reason in pinned.values() if reason is not None)
    if reasons:
        print_table(
            console,
            ("pods that may not move", "why"),
            [(str(number), reason) for reason, number in reasons.most_common()],
        )
    if cluster.notes:
        print_table(
            console,
            ("worth knowing", "objects"),
            [(note.message, _subjects(note)) for note in cluster.notes],
        )


def _subjects(note: Note) -> str:
    return f"{note.count}: {', '.join(note.subjects)}" if note.subjects else ""


def print_why_not(answers: Sequence[WhyNot], console: Console) -> None:
    """Print for each pod what keeps it off which node, and what would let it in."""
    for answer in answers:
        print_sentence(console, f"{answer.pod}: {answer.summary}")
        print_table(
            console,
            ("node", "rule", "reason"),
            [
                (verdict.node, verdict.rule, verdict.reason)
                for verdict in answer.verdicts
                if verdict is not None
            ],
        )
        for remedy in answer.remedies[:REMEDIES_SHOWN]:
            print_sentence(console, f"would let it on {remedy.node}: {remedy.change}")


def print_sentence(console: Console, sentence: str) -> None:
    """Print a sentence as it is."""
    # Names come from clusters: never read as rich's markup.
    console.print(Text(sentence))


def print_table(console: Console, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table and an empty line; nothing when there are no rows."""
    if not rows:
        return
    # Names that are too long go on in the next line: none loses a letter.
    columns = (Column(Text(title), overflow="fold") for title in header)
    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)
    console.print()
