"""What every figure shares: template, colours, and names made safe to draw.

Streamlit sets Plotly's default template to placeholder colours when it is imported, so each
figure names its template and each trace its colours.
"""

from __future__ import annotations

import html
from collections.abc import Iterable

import plotly.graph_objects as go
from plotly.colors import sample_colorscale

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
DARK_INK, LIGHT_INK = "#000000", "#ffffff"

_TEMPLATE = "plotly_white"


def safe(name: str) -> str:
    """Return a name with what Plotly would read as markup escaped."""
    return html.escape(name, quote=False)


def safe_lines(lines: Iterable[str]) -> str:
    """Return lines as one hover text, each escaped."""
    return "<br>".join(safe(line) for line in lines)


def ink_on(scale: str | list[tuple[float, str]], position: float) -> str:
    """Return the ink with the higher contrast (WCAG 2.2) on a colour scale's colour.

    Parameters
    ----------
    position
        On the scale, 0..1.
    """
    (colour,) = sample_colorscale(scale, [position], colortype="tuple")
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    # Contrast with black is (L + 0.05) / 0.05, with white 1.05 / (L + 0.05).
    return DARK_INK if (luminance + 0.05) ** 2 > 0.05 * 1.05 else LIGHT_INK


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
