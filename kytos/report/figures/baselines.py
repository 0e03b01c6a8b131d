"""A plan beside what the usual tools would do with the same cluster."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from kytos.language import _
from kytos.report.figures.style import AFTER, BEFORE, blank
from kytos.report.units import energy as energy_text


def energies_side_by_side(energies: Mapping[str, float], own: str) -> go.Figure:
    """Draw the energy H each reached, the lowest first; `own` is the plan's own bar."""
    figure = blank(70 + 32 * len(energies))
    ordered = sorted(energies.items(), key=lambda item: item[1])
    figure.add_trace(
        go.Bar(
            y=[name for name, _ in ordered],
            x=[value for _, value in ordered],
            orientation="h",
            marker={
                "color": [AFTER if name == own else BEFORE for name, _ in ordered],
                "pattern": {"shape": ["" if name == own else "/" for name, _ in ordered]},
            },
            text=[energy_text(value) for _, value in ordered],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.6g}<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed", fixedrange=True, automargin=True)
    figure.update_xaxes(title=_("energy H, lower is better"), fixedrange=True)
    figure.update_layout(margin={"l": 8, "r": 64, "t": 8, "b": 8})
    return figure
