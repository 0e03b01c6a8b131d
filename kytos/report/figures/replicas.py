"""Replicas by service: now, wanted and carried; and what more or less traffic would come to."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from kytos.language import _
from kytos.questions.autoscale.actions import ScaleAction
from kytos.questions.autoscale.traffic_curve import TrafficCurve
from kytos.report.figures.style import AFTER, BEFORE, MARK, blank, hatched, safe
from kytos.report.units import middle

MOST_LINES = 8
"""Services drawn in a curve; more cannot be told apart."""

_LINES = ("#2f6fb0", "#e0a030", "#2a9d8f", "#d1495b", "#7b5ea7", "#6b7785", "#a8763e", "#4a9fd8")
_SYMBOLS = ("circle", "square", "diamond", "cross", "x", "triangle-up", "triangle-down", "star")


def replica_bars(actions: Sequence[ScaleAction]) -> go.Figure:
    """Draw current, desired and recommended replicas of each service; held back ones are named."""
    figure = blank(90 + 54 * len(actions))
    names = [
        f"{middle(safe(action.service), 28)}{_(' (held back)') if action.suppressed else ''}"
        for action in actions
    ]
    for name, colour, pattern, values in (
        (_("current"), BEFORE, "", [action.current_replicas for action in actions]),
        (_("desired"), MARK, "/", [action.desired_replicas for action in actions]),
        (_("recommended"), AFTER, "", [action.recommended_replicas for action in actions]),
    ):
        figure.add_trace(
            go.Bar(
                y=names,
                x=values,
                name=name,
                orientation="h",
                marker=hatched(colour, pattern),
                text=values,
                textposition="outside",
                textfont={"size": 12},
                constraintext="none",
                cliponaxis=False,
                hovertemplate="%{y} " + name + ": %{x}<extra></extra>",
            )
        )
    figure.update_layout(barmode="group", bargap=0.3, bargroupgap=0.06)
    figure.update_yaxes(autorange="reversed", fixedrange=True, automargin=True)
    figure.update_xaxes(title=_("replicas"), fixedrange=True, automargin=True)
    figure.update_layout(margin={"l": 8, "r": 48, "t": 32, "b": 8})
    return figure


def traffic_lines(curve: TrafficCurve, services: Sequence[str], factor: float) -> go.Figure:
    """Draw recommended replicas and free capacity against traffic, the present factor marked.

    Parameters
    ----------
    services
        Those to draw, at most `MOST_LINES`; dotted is what a service would want.
    """
    style = blank(520)
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.18)
    figure.update_layout(style.layout)
    factors = [point.factor for point in curve.points]
    for place, service in enumerate(services[:MOST_LINES]):
        colour, symbol = _LINES[place], _SYMBOLS[place]
        recommended = [point.recommended[service] for point in curve.points]
        desired = [point.desired[service] for point in curve.points]
        shown = middle(safe(service), 28)
        figure.add_scatter(
            x=factors,
            y=desired,
            mode="lines",
            line={"color": colour, "dash": "dot", "width": 1},
            name=_("{shown} desired", shown=shown),
            showlegend=False,
            hovertemplate=shown + _(" wants %{y}") + "<extra></extra>",
            row=1,
            col=1,
        )
        figure.add_scatter(
            x=factors,
            y=recommended,
            mode="lines+markers",
            line={"color": colour},
            marker={"symbol": symbol, "size": 7},
            name=shown,
            hovertemplate=shown + _(" gets %{y}") + "<extra></extra>",
            row=1,
            col=1,
        )
    for name, colour, symbol, after, required in (
        (_("CPU free"), AFTER, "circle", "cpu_after", "cpu_required"),
        (_("memory free"), "#2a9d8f", "square", "memory_after", "memory_required"),
    ):
        figure.add_scatter(
            x=factors,
            y=[getattr(point.margin, after) for point in curve.points],
            mode="lines+markers",
            line={"color": colour},
            marker={"symbol": symbol, "size": 7},
            name=name,
            legend="legend2",  # of its own: its colours are also those of services
            hovertemplate=name + " %{y:.0%}<extra></extra>",
            row=2,
            col=1,
        )
        margin = getattr(curve.points[0].margin, required) if curve.points else 0.0
        if margin > 0:
            figure.add_hline(
                y=margin, line={"color": colour, "dash": "dash", "width": 1}, row=2, col=1
            )
    figure.add_vline(x=factor, line={"color": MARK, "dash": "dot"})
    figure.update_yaxes(title=_("replicas"), fixedrange=True, rangemode="tozero", row=1, col=1)
    figure.update_yaxes(
        title=_("free"), tickformat=".0%", fixedrange=True, rangemode="tozero", row=2, col=1
    )
    figure.update_xaxes(fixedrange=True)
    figure.update_xaxes(title=_("traffic, as a multiple of the rates in the table"), row=2, col=1)
    below = style.layout.legend.to_plotly_json() | {"y": figure.layout.yaxis2.domain[1]}
    figure.update_layout(margin={"l": 8, "r": 16, "t": 64, "b": 8}, legend2=below)
    return figure
