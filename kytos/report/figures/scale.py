"""The colour scale of the heatmaps, drawn once for a pair of them."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from kytos.report.figures.style import DIFFERENCE, UTILISATION, blank


def utilisation_scale() -> go.Figure:
    """Draw the fixed scale of utilisation, 0 to 100%."""
    return _strip(UTILISATION, (0.0, 1.0), ["0%", "25%", "50%", "75%", "100%"])


def difference_scale() -> go.Figure:
    """Draw the fixed scale of a change, -100 to +100 points."""
    return _strip(DIFFERENCE, (-1.0, 1.0), ["-100", "-50", "0", "+50", "+100 points"])


def _strip(scale: str, bounds: tuple[float, float], labels: list[str]) -> go.Figure:
    values = np.linspace(*bounds, 101)
    figure = blank(44)
    figure.add_trace(
        go.Heatmap(
            x=values,
            z=[values],
            zmin=bounds[0],
            zmax=bounds[1],
            colorscale=scale,
            showscale=False,
            hoverinfo="skip",
        )
    )
    figure.update_xaxes(
        tickvals=list(np.linspace(*bounds, len(labels))),
        ticktext=labels,
        fixedrange=True,
        showgrid=False,
    )
    figure.update_yaxes(visible=False, fixedrange=True)
    figure.update_layout(margin={"l": 28, "r": 44, "t": 2, "b": 22})
    return figure
