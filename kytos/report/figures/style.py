"""What every figure shares: template, colours, and names made safe to draw.

Streamlit sets Plotly's default template to placeholder colours when it is imported, so each
figure brings its own template and each trace its colours.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Any

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
BARE_INK = "#727f8c"
"""On the page itself, where the theme may be light or dark: contrast above 4 on both."""

_AXIS = {
    "automargin": True,
    "gridcolor": "#ebf0f8",
    "linecolor": "#ebf0f8",
    "ticks": "",
    "title": {"standoff": 15},
    "zerolinecolor": "#ebf0f8",
}
_TEMPLATE = {
    "layout": {
        "colorway": [AFTER, BEFORE, MARK, FREED],
        "font": {"color": "#2a3f5f"},
        "hovermode": "closest",
        "xaxis": _AXIS,
        "yaxis": _AXIS,
    }
}
"""The part of Plotly's ``plotly_white`` that the figures here use: checking all of that one's
settings took 20 ms a figure, of which a page draws nine each time a slider moves."""


def safe(name: str) -> str:
    """Return a name with what Plotly would read as markup escaped."""
    return html.escape(name, quote=False)


def safe_lines(lines: Iterable[str]) -> str:
    """Return lines as one hover text, each escaped."""
    return "<br>".join(safe(line) for line in lines)


def inks_on(scale: str | list[tuple[float, str]], positions: Sequence[float]) -> list[str]:
    """Return for each position the ink with the higher contrast (WCAG 2.2) on its colour.

    Parameters
    ----------
    positions
        On the scale, 0..1.
    """
    if not positions:
        return []
    colours = sample_colorscale(scale, list(positions), colortype="tuple")
    return [_ink_on(colour) for colour in colours]


def blank(height: int) -> go.Figure:
    """Return an empty figure in the common style, transparent, of `height` pixels."""
    # All at once: an update would first check the default template, setting by setting.
    return go.Figure(
        layout={
            "template": _TEMPLATE,
            "height": height,
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "hoverlabel": {"align": "left"},
            "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        }
    )


def hatched(colour: str, shape: str) -> dict[str, Any]:
    """Return how bars of `colour` are filled so that the hatching tells them apart without it."""
    # Plotly's own way of filling draws the lines alone, white on nothing.
    pattern = {"shape": shape, "fillmode": "overlay", "fgcolor": "white", "size": 6}
    return {"color": colour, "pattern": pattern | {"solidity": 0.2}}


def _ink_on(colour: tuple[float, float, float]) -> str:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    # Contrast with black is (L + 0.05) / 0.05, with white 1.05 / (L + 0.05).
    return DARK_INK if (luminance + 0.05) ** 2 > 0.05 * 1.05 else LIGHT_INK
