"""Comparisons in a terminal: what a command may ask, and the rows people read."""

from __future__ import annotations

from rich.console import Console

from kytos.calls.catalogue import COMPARE, CompareOptions, Options
from kytos.cli.printing import print_notes, print_sentence, print_table
from kytos.cluster import Cluster
from kytos.compare import (
    Comparison,
    Frontier,
    FrontierRequest,
    Plan,
    Row,
    frontier,
)
from kytos.contract.watch import Watch
from kytos.problem import LoadMode
from kytos.report import units
from kytos.report.wording import bound_clause, why_it_ended


class FrontierOptions(FrontierRequest, Options):
    """A frontier of a cluster that is read from elsewhere."""


def compared(
    cluster: Cluster, options: CompareOptions | FrontierOptions, watch: Watch
) -> Comparison | Frontier:
    """Answer what the options ask of a cluster."""
    if isinstance(options, CompareOptions):
        comparison: Comparison = COMPARE.answer(cluster, options, watch)
        return comparison
    request = FrontierRequest(
        **{name: getattr(options, name) for name in FrontierRequest.model_fields}
    )
    return frontier(
        cluster, request, weights=options.weights, params=options.solver.params, watch=watch
    )


def print_compared(answer: Comparison | Frontier, console: Console) -> None:
    """Print a row a solver, or a row a point of the frontier."""
    if isinstance(answer, Comparison):
        _print_comparison(answer, console)
    else:
        _print_frontier(answer, console)
    print_notes(answer.notes, console)


def _print_comparison(comparison: Comparison, console: Console) -> None:
    levels = comparison.mode is not LoadMode.CONSOLIDATE
    print_table(
        console,
        ("", "energy", "alone", "gap", "CPU spread" if levels else "nodes", "moved", "seconds"),
        [
            _cells("as it is now", comparison.start, None, levels=levels),
            *(
                _cells(row.solver.value, row.plan, row, levels=levels)
                for row in comparison.rows
                if row.plan is not None
            ),
        ],
    )
    for row in comparison.rows:
        if row.problem is not None:
            print_sentence(console, f"{row.solver.value}: {row.problem}")
        for message in row.messages:
            print_sentence(console, f"{row.solver.value}: {message}")
    print_sentence(
        console,
        f"{bound_clause(comparison.bound, comparison.bound_source)}; "
        f"seed {comparison.params.seed}.",
    )


def _print_frontier(frontier: Frontier, console: Console) -> None:
    print_table(
        console,
        ("pods moved", "nodes", "price", "unevenness", "energy", "C", ""),
        [
            (
                str(point.plan.metrics.pods_moved),
                str(point.plan.metrics.nodes_in_use),
                units.price(point.plan.metrics.price_per_hour),
                f"{100 * point.unevenness:.1f}%",
                units.energy(point.plan.energy.total),
                f"{point.weights.C:.3g}",
                _remark(present=point.present, dominated=point.dominated),
            )
            for point in frontier.points
        ],
    )
    print_sentence(
        console,
        f"{units.count(len(frontier.points), 'plan')}, seed {frontier.seed}, "
        f"{frontier.seconds:.1f} s; "
        f"it ended because {why_it_ended(frontier.stopped_by)}",
    )


def _cells(name: str, plan: Plan, row: Row | None, *, levels: bool) -> tuple[str, ...]:
    """A row; *alone* is what the solver reached before refinement."""
    proposed = None if row is None else row.proposed_energy
    metrics = plan.metrics
    return (
        name,
        units.energy(plan.energy.total),
        "" if proposed is None else units.energy(proposed),
        "" if row is None else _gap(row),
        units.percent(metrics.cpu_spread) if levels else str(metrics.nodes_in_use),
        str(metrics.pods_moved),
        "" if row is None else f"{row.seconds:.2f}",
    )


def _gap(row: Row) -> str:
    if row.optimal:
        return "none"
    return "" if row.gap is None else f"{100 * row.gap:.2g}%"


def _remark(*, present: bool, dominated: bool) -> str:
    words = []
    if present:
        words.append("the weights given")
    if dominated:
        words.append("no better for more moves")
    return ", ".join(words)
