"""What every figure shares: template, colours, and names made safe to draw.

Streamlit sets Plotly's default template to placeholder colours when it is imported, so each
figure names its template and each trace its colours.
"""

from __future__ import annotations

import html
from collections.abc import Iterable

import plotly.graph_objects as go

UTILISATION = "Cividis"
"""Even in lightness and safe for colour-blind readers; always over 0..1."""
DIFFERENCE = "RdBu_r"
"""Blue is less, red is more; always over -1..1 around 0."""
LOSSES = "OrRd"
"""Pale is nothing lost, dark red everything; always over 0..1."""
BEFORE = "#9aa5b1"
AFTER = "#2f6fb0"
MARK = "#d1495b"
"""Over capacity."""
FREED = "#2a9d8f"

_TEMPLATE = "plotly_white"


def safe(name: str) -> str:
    """Return a name with what Plotly would read as markup escaped."""
    return html.escape(name, quote=False)


def safe_lines(lines: Iterable[str]) -> str:
    """Return lines as one hover text, each escaped."""
    return "<br>".join(safe(line) for line in lines)


def blank(height: int) -> go.Figure:
    """Return an empty figure in the common style, transparent, of `height` pixels."""
    figure = go.Figure()
    figure.update_layout(
        template=_TEMPLATE,
        height=height,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        hoverlabel={"align": "left"},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )
    return figure
