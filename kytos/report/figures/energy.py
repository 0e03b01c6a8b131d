"""The energy of a plan: by term before and after, and over time."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from kytos.contract.weights import Weights
from kytos.language import _
from kytos.questions.outcome import EnergyChange
from kytos.report.figures.style import AFTER, BEFORE, blank
from kytos.report.figures.terms import TERMS, weighted
from kytos.report.units import energy as energy_text


def energy_by_term(energy: EnergyChange, weights: Weights) -> go.Figure:
    """Draw what each weighted term contributes to H before and after; the bars add up to H."""
    figure = blank(240)
    for name, colour, shown in (
        (_("before"), BEFORE, energy.before),
        (_("after"), AFTER, energy.after),
    ):
        terms = weighted(shown, weights)
        figure.add_trace(
            go.Bar(
                y=list(terms),
                x=list(terms.values()),
                name=name,
                orientation="h",
                marker={"color": colour},
                text=[energy_text(value) for value in terms.values()],
                textposition="outside",
                textfont={"size": 12},
                constraintext="none",
                cliponaxis=False,
                hovertemplate="%{y} " + name + ": %{x:.6g}<extra></extra>",
            )
        )
    figure.update_layout(barmode="group", bargap=0.35, bargroupgap=0.08)
    figure.update_yaxes(autorange="reversed", fixedrange=True, automargin=True)
    figure.update_yaxes(tickvals=list(TERMS), ticktext=[_(term) for term in TERMS])
    figure.update_xaxes(title=_("energy"), fixedrange=True, automargin=True, rangemode="tozero")
    figure.update_layout(margin={"l": 8, "r": 64, "t": 32, "b": 8})
    return figure


def energy_trace(trace: Sequence[tuple[float, float]]) -> go.Figure:
    """Draw the best energy over the seconds of a solve, as steps."""
    figure = blank(260)
    figure.add_trace(
        go.Scatter(
            x=[seconds for seconds, _ in trace],
            y=[value for _, value in trace],
            mode="lines",
            line={"shape": "hv", "color": AFTER, "width": 2},
            hovertemplate="%{x:.2f} s: %{y:.6g}<extra></extra>",
        )
    )
    figure.update_xaxes(title=_("seconds"), fixedrange=True)
    figure.update_yaxes(title=_("best energy"), fixedrange=True, automargin=True)
    return figure
