"""What one pod would cost on each of a few nodes, by term."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from kytos.contract.weights import Weights
from kytos.language import _
from kytos.questions.placement.request import NodeOption
from kytos.report.figures.style import blank, safe
from kytos.report.figures.terms import term_bar
from kytos.report.units import energy, middle


def cost_by_node(options: Sequence[NodeOption], weights: Weights) -> go.Figure:
    """Draw a bar per node, the chosen one first, stacked from the weighted terms."""
    figure = blank(90 + 34 * len(options))
    names = [
        f"{middle(safe(option.node), 28)} ✓" if option.chosen else middle(safe(option.node), 28)
        for option in options
    ]
    parts = {
        _("B · load"): [weights.B * option.load for option in options],
        _("C · cost"): [weights.C * option.cost for option in options],
        _("D · affinity"): [weights.D * option.affinity for option in options],
    }
    for term, values in parts.items():
        figure.add_trace(term_bar(term, names, values))
    for place, (name, option) in enumerate(zip(names, options, strict=True)):
        figure.add_annotation(
            x=sum(max(0.0, values[place]) for values in parts.values()),
            y=name,
            text=energy(option.total),
            showarrow=False,
            xanchor="left",
            xshift=6,
        )
    figure.update_layout(barmode="relative", bargap=0.35)
    figure.update_yaxes(autorange="reversed", fixedrange=True, automargin=True)
    figure.update_xaxes(title=_("energy this pod adds"), fixedrange=True, automargin=True)
    figure.update_layout(margin={"l": 8, "r": 64, "t": 32, "b": 8})
    return figure
