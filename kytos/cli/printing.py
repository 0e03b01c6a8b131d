"""A cluster, and what keeps pods off its nodes, as people read them in a terminal."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from kytos.cluster import CPU, MEMORY, Cluster, Note
from kytos.contract.params import SolverName
from kytos.contract.solver import Availability
from kytos.questions.parts.notes import answer_notes
from kytos.report import units
from kytos.report.notes import note_subjects
from kytos.report.usage import summarise
from kytos.rules.why_not import WhyNot, told_verdicts

REMEDIES_SHOWN = 3
PIPED_WIDTH = 10_000

_CONTROL = re.compile(r"[\x7f-\x9f]")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""C0, DEL and C1 controls, ends of lines, and what turns the direction of text."""


def standard_output() -> Console:
    """Return standard output: as wide as the terminal; where it is none, a row is one line."""
    console = Console()
    piped = not console.is_terminal and "COLUMNS" not in os.environ
    return Console(width=PIPED_WIDTH) if piped else console


def print_json(text: str) -> None:
    """Print JSON as it is exchanged: in UTF-8, whatever the terminal speaks.

    What JSON lets stand in a text and a terminal obeys (DEL, C1) is escaped as JSON escapes.
    """
    typer.echo(_CONTROL.sub(lambda control: f"\\u{ord(control[0]):04x}", text).encode())


def shown(text: str, *, lines: bool = False) -> str:
    """Return a text as a terminal may be given it: control characters spelled out.

    Names, messages and annotations come from whoever may write to a cluster; as they are, they
    could move the cursor, clear the screen, change the window's title or turn text around (an
    escape sequence, ECMA-48; a bidirectional override, Unicode TR 36).

    Parameters
    ----------
    lines
        Keep the ends of lines.
    """
    if lines:
        return "\n".join(shown(line) for line in text.split("\n"))
    return _UNSAFE.sub(_spelled, text)


def _spelled(control: re.Match[str]) -> str:
    code = ord(control[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


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
    print_notes(answer_notes(cluster), console)


def print_notes(notes: Sequence[Note], console: Console) -> None:
    """Print what was read and not honoured, left out or assumed; nothing where all was read."""
    print_table(
        console,
        ("worth knowing", "objects"),
        [(note.message, note_subjects(note)) for note in notes],
    )


def print_solvers(statuses: Sequence[tuple[SolverName, Availability]], console: Console) -> None:
    """Print for each solver what it is, and what it takes to use it."""
    print_table(
        console,
        ("solver", "kind", "what it is", "to know"),
        [
            (name, name.traits.kind, name.traits.description, _worth_knowing(name, here))
            for name, here in statuses
        ],
    )


def _worth_knowing(name: SolverName, here: Availability) -> str:
    traits = name.traits
    said = {
        "paid": traits.paid,
        "quantum": traits.quantum,
        "baseline": traits.baseline,
        "sends problems away": not traits.local,
        f"not here: {here.how}": not here.ok,
    }
    return ", ".join(words for words, holds in said.items() if holds)


def print_why_not(answers: Sequence[WhyNot], nodes: Sequence[str], console: Console) -> None:
    """Print for each pod what keeps it off which node, and what would let it in."""
    for answer in answers:
        told = [one for one in told_verdicts(answer, nodes) if one is not None]
        print_sentence(console, f"{answer.pod}: {answer.summary}")
        if answer.pinned is not None:
            print_sentence(console, f"It may not be moved in any case: {answer.pinned}")
        print_table(
            console,
            ("node", "rule", "reason"),
            [(verdict.node, verdict.rule, verdict.reason) for verdict in told],
        )
        beyond = [verdict for verdict in answer.beyond if verdict not in told]
        for verdict in beyond[:REMEDIES_SHOWN]:
            print_sentence(
                console,
                f"the scheduler would bind it to {verdict.node}, a plan would not: "
                f"{verdict.reason}",
            )
        for remedy in answer.remedies[:REMEDIES_SHOWN]:
            print_sentence(console, f"would let it on {remedy.node}: {remedy.change}")


def print_sentence(console: Console, sentence: str) -> None:
    """Print a sentence as it is."""
    # Names come from clusters: never read as rich's markup.
    console.print(Text(shown(sentence)))


def print_table(console: Console, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table and an empty line; nothing when there are no rows."""
    if not rows:
        return
    # Names that are too long go on in the next line: none loses a letter.
    columns = (Column(Text(shown(title)), overflow="fold") for title in header)
    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(shown(cell)) for cell in row))
    console.print(table)
    console.print()
