"""The way of the energy as a picture: where it started, what each part reached, the bound."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from kytos.contract.shares import BOUND, START, Share
from kytos.language import _
from kytos.report.figures.style import AFTER, BEFORE, blank, hatched, safe
from kytos.report.shares import NAMES, amount, steps

_ROW, _AROUND = 30, 56
"""Pixels of one bar, and of what is around them."""


def energy_by_part(shares: Sequence[Share]) -> go.Figure:
    """Draw the energy H at the start, after each part that ran, and the bound, top to bottom.

    The bound is hatched: it is proven, not reached.
    """
    drawn = steps(shares)
    figure = blank(_AROUND + _ROW * len(drawn))
    for name, energy in drawn:
        start, bound = name == _(NAMES[START]), name == _(NAMES[BOUND])
        figure.add_trace(
            go.Bar(
                y=[safe(name)],
                x=[energy],
                orientation="h",
                marker=hatched(BEFORE, "/") if bound else {"color": BEFORE if start else AFTER},
                text=[amount(energy)],
                textposition="outside",
                textfont={"size": 12},
                constraintext="none",
                cliponaxis=False,
                hovertemplate="%{y}: %{x:.6g}<extra></extra>",
            )
        )
    figure.update_layout(
        showlegend=False, bargap=0.3, barmode="overlay", margin={"l": 8, "r": 72, "t": 8, "b": 8}
    )
    figure.update_yaxes(autorange="reversed", fixedrange=True, automargin=True)
    figure.update_xaxes(title=_("energy"), fixedrange=True, automargin=True)
    return figure
