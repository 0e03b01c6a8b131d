"""A runbook as people read it in a terminal."""

from __future__ import annotations

from rich.console import Console

from kytos.cli.printing import print_sentence, print_table
from kytos.contract.runbook import Runbook
from kytos.report.runbook import forecast_header, forecast_rows


def print_runbook(runbook: Runbook, console: Console) -> None:
    """Print the steps in order, and what is promised beside what is forecast."""
    print_table(
        console,
        ("wave", "step", "pod", "node", "to", "why"),
        [
            (
                str(step.wave),
                step.action.value,
                step.pod or "",
                step.node or "",
                step.to or "",
                step.why,
            )
            for step in runbook.steps
        ],
    )
    print_table(
        console, ("left out", "why"), [(left.pod, left.reason) for left in runbook.left_out]
    )
    print_table(console, forecast_header(), forecast_rows(runbook))
    if runbook.remove_nodes:
        print_sentence(console, f"Ready to be removed then: {', '.join(runbook.remove_nodes)}")
    if runbook.falls_short is not None:
        print_sentence(console, f"Falls short: {runbook.falls_short}")
    for note in runbook.notes:
        print_sentence(console, f"Note: {note}")
