"""What pods really use, as an answer tells it in a terminal."""

from __future__ import annotations

from rich.console import Console

from kytos.cli.printing import print_sentence, print_table
from kytos.questions.outcome import Outcome
from kytos.questions.parts.right_sizing import Amounts
from kytos.questions.parts.use_report import NodeUse, UseReport
from kytos.report import units
from kytos.report.use import (
    coverage_sentence,
    measured_columns,
    measured_pods,
    measured_sentence,
    measured_troubles,
    risk_sentences,
)

_TROUBLES_SHOWN = 10


def print_use(outcome: Outcome, console: Console) -> None:
    """Print what nodes' pods use, what was measured, right sizes, and what these come to."""
    if outcome.use is not None:
        _print_use_report(outcome.use, console)
    print_table(
        console,
        ("service", "container", "requests", "recommended", "saves in all"),
        [
            (one.service, one.container, *map(_amounts, (one.requests, one.recommended, one.saves)))
            for one in outcome.right_sizing
        ],
    )
    sized = outcome.if_right_sized
    if sized is not None:
        rows = (
            ("today's requests", sized.today),
            ("right-sized", sized.right_sized),
            ("right-sized, and as planned", sized.planned),
        )
        print_table(
            console,
            ("", "nodes", "price", "CPU requested", "memory requested"),
            [
                (
                    name,
                    str(one.nodes_in_use),
                    units.price(one.price_per_hour),
                    f"{one.cpu_requested:,.0f}m",
                    f"{one.memory_requested:,.0f} MiB",
                )
                for name, one in rows
            ],
        )


def _print_use_report(use: UseReport, console: Console) -> None:
    print_sentence(console, coverage_sentence(use))
    for sentence in risk_sentences(use):
        print_sentence(console, sentence)
    print_table(
        console,
        ("node over its limit", "CPU before", "CPU after", "memory before", "memory after"),
        [
            (
                node.node,
                *(f"{100 * share:.2g} % of the time" for share in _overs(node)),
            )
            for node in use.nodes
            if max(_overs(node)) > 0
        ],
    )
    if use.measured is None:
        return
    print_sentence(console, measured_sentence(use))
    for what, of in (
        ("service", use.measured.services),
        ("node", use.measured.nodes),
        ("pod", measured_pods(use)),
    ):
        rows = measured_troubles(of)
        print_table(console, (f"{what}, measured", *measured_columns()), rows[:_TROUBLES_SHOWN])
        if len(rows) > _TROUBLES_SHOWN:
            print_sentence(console, f"and {len(rows) - _TROUBLES_SHOWN:,} more; --json has all")


def _overs(node: NodeUse) -> tuple[float, ...]:
    before, after = node.before, node.after
    return before.cpu_over, after.cpu_over, before.memory_over, after.memory_over


def _amounts(amounts: Amounts) -> str:
    told = []
    if amounts.cpu is not None:
        told.append(f"{amounts.cpu:,.0f}m")
    if amounts.memory is not None:
        told.append(f"{amounts.memory:,.0f} MiB")
    return ", ".join(told)
