"""A QUBO's matrix as a picture."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from kytos.hamiltonian.picture import MatrixPicture
from kytos.language import _
from kytos.report.figures.style import DIFFERENCE, blank
from kytos.report.units import energy as energy_text

DECADES = 4
"""Coefficients span orders of magnitude; the colour follows the logarithm of the largest four."""

NARROW = 0.08
"""Of the edge: a part below that has no room for its name, which would run into the next."""


def matrix_figure(picture: MatrixPicture) -> go.Figure:
    """Draw coefficients by pair of variables: blue attracts, red repels, paler is weaker."""
    figure = blank(460)
    cells = len(picture.labels)
    largest = float(np.abs(picture.values).max(initial=0.0)) or 1.0
    shade = 1 + np.log10(np.maximum(np.abs(picture.values) / largest, 10.0**-DECADES)) / DECADES
    # What is there but faint is still told from what is not.
    shade = np.where(picture.values == 0, np.nan, np.sign(picture.values) * (0.1 + 0.9 * shade))
    ticks = [-1.0, -0.55, 0.55, 1.0]
    figure.add_trace(
        go.Heatmap(
            z=shade,
            customdata=picture.values,
            zmin=-1,
            zmax=1,
            colorscale=DIFFERENCE,
            xgap=0,
            ygap=0,
            hoverongaps=False,
            hovertext=[
                [f"{row}<br>{column}" for column in picture.labels] for row in picture.labels
            ]
            if cells <= 120
            else None,
            hovertemplate=(
                "%{hovertext}<br>%{customdata:.4g}<extra></extra>"
                if cells <= 120
                else _("cell %{y}, %{x}: %{customdata:.4g}") + "<extra></extra>"
            ),
            colorbar={
                "title": {"text": _("coefficient")},
                "tickvals": ticks,
                "ticktext": [
                    energy_text(np.sign(tick) * largest * 10 ** (-DECADES * (1 - abs(tick)) / 0.9))
                    for tick in ticks
                ],
                "thickness": 16,
            },
        )
    )
    centres, names, begin = [], [], 0
    for name, size in picture.parts:
        first, last = np.searchsorted(picture.edges, [begin, begin + size])
        if begin:
            line = {"color": "#888888", "width": 1, "dash": "dot"}
            figure.add_hline(y=first - 0.5, line=line)
            figure.add_vline(x=first - 0.5, line=line)
        begin += size
        if last - first < NARROW * cells:
            continue
        centres.append((first + last - 1) / 2)
        names.append(f"{name}<br>{size:,}")
    axis = {"tickvals": centres, "ticktext": names, "showgrid": False, "zeroline": False}
    figure.update_xaxes(**axis, range=[-0.5, cells - 0.5], constrain="domain", tickangle=0)
    figure.update_yaxes(
        **axis, range=[cells - 0.5, -0.5], scaleanchor="x", constrain="domain", tickangle=-90
    )
    figure.update_layout(margin={"l": 8, "r": 8, "t": 8, "b": 40})
    return figure
