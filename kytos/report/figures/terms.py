"""The weighted terms of the energy as figures show them: name, colour, hatching and share of H."""

from __future__ import annotations

import plotly.graph_objects as go

from kytos.contract.weights import Weights
from kytos.language import N_, _
from kytos.questions.outcome import Energy
from kytos.report.figures.style import AFTER, MARK, hatched

TERMS = {
    N_("A · constraint"): (MARK, "x"),
    N_("B · load"): (AFTER, ""),
    N_("C · cost"): ("#e69f00", "/"),
    N_("D · affinity"): ("#009e73", "."),
}
"""Colour and hatching of each, the same on every page."""


def weighted(energy: Energy, weights: Weights) -> dict[str, float]:
    """Return what each term contributes to H."""
    values = (
        weights.A * energy.constraint,
        weights.B * energy.load,
        weights.C * energy.cost,
        weights.D * energy.affinity,
    )
    return dict(zip(TERMS, values, strict=True))


def term_bar(term: str, names: list[str], values: list[float]) -> go.Bar:
    """Return one term's part of a stacked bar for each of `names`."""
    return go.Bar(
        y=names,
        x=values,
        name=_(term),
        orientation="h",
        marker=hatched(*TERMS[term]),
        hovertemplate="%{y}<br>" + _(term) + ": %{x:.4g}<extra></extra>",
    )
