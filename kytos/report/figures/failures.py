"""Failures as one picture: a tile per node, and whether the pods of a failure find another node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from kytos.cluster import Cluster
from kytos.language import _
from kytos.questions.recovery.survey import FailureReport
from kytos.report.figures.sheet import Cell, draw, tile_grid
from kytos.report.figures.style import LOSSES, safe, safe_lines
from kytos.report.units import count, middle, percent

_PODS_LISTED = 8


def failure_tiles(
    cluster: Cluster, nodes: Sequence[FailureReport], zones: Sequence[FailureReport] = ()
) -> go.Figure:
    """Draw one tile per node, coloured by the share of its evacuated pods that would be lost.

    What is lost is written on each tile, and for a whole zone in its heading.
    """
    grid = tile_grid(cluster)
    by_node = {report.name: report for report in nodes}
    by_zone = {report.name: report for report in zones}
    cells = []
    for node, (row, column) in zip(cluster.nodes, grid.places, strict=True):
        report = by_node.get(node.name)
        if report is None:
            cells.append(Cell(row, column, float("nan"), safe(node.name), "", node.name))
            continue
        text = _word(report) if grid.numbered else _sign(report)
        cells.append(Cell(row, column, _share(report), _hover(report), text, node.name))
    names = [node.zone for node in cluster.nodes]
    headings = tuple(
        (row, _heading(text, names[grid.places.index((row + 1, 0))], by_zone))
        for row, text in grid.headings
    )
    sheet = grid.sheet(tuple(cells), headings)
    return draw(sheet, LOSSES, (0.0, 1.0))


def outcome_of(report: FailureReport) -> str:
    """Say in a few words what a failure would do."""
    if not report.checked:
        return _("not checked")
    if report.survivable:
        return "survivable"
    lost = len(report.lost_pods)
    return _("loses {pods}", pods=count(lost, "pod"))


def _word(report: FailureReport) -> str:
    if not report.checked:
        return "?"
    return "✓" if report.survivable else f"-{len(report.lost_pods):,}"


def _sign(report: FailureReport) -> str:
    if not report.checked:
        return "?"
    return "" if report.survivable else "✕"


def _share(report: FailureReport) -> float:
    if not report.checked:
        return float("nan")
    return len(report.lost_pods) / report.evacuated if report.evacuated else 0.0


def _heading(text: str, zone: str | None, reports: Mapping[str, FailureReport]) -> str:
    report = reports.get(zone or "")
    return (
        text
        if report is None
        else _("{text} · the whole zone: {report}", text=text, report=outcome_of(report))
    )


def _hover(report: FailureReport) -> str:
    lines = [f"<b>{safe(report.name)}</b>", safe(outcome_of(report))]
    if report.checked:
        lines.append(_("{pods} to evacuate", pods=count(report.evacuated, "pod")))
        lines += [
            _("priority {priority}: {pods} lost", priority=priority, pods=count(number, "pod"))
            for priority, number in report.unplaced.items()
        ]
        lines.append(
            _(
                "afterwards CPU up to {cpu_peak}, memory up to {memory_peak}",
                cpu_peak=percent(report.cpu_peak),
                memory_peak=percent(report.memory_peak),
            )
        )
        if not report.proven:
            lines.append(_("the best found in the time, not proven"))
    shown = [middle(pod, 48) for pod in report.lost_pods[:_PODS_LISTED]]
    more = len(report.lost_pods) - len(shown)
    if more > 0:
        shown.append(_("and {more:,} more", more=more))
    return "<br>".join([*lines, safe_lines(shown)] if shown else lines)
