"""Bars told apart by hatching as well as by colour: both are there to see."""

from __future__ import annotations

import plotly.graph_objects as go
import pytest

from kytos.contract.weights import Weights
from kytos.questions.autoscale.actions import ScaleAction
from kytos.questions.placement.request import NodeOption
from kytos.report.figures.options import cost_by_node
from kytos.report.figures.replicas import replica_bars
from kytos.report.figures.terms import TERMS, term_bar

OPTION = NodeOption(
    pod="a",
    node="n",
    chosen=True,
    load=1.0,
    cost=1.0,
    affinity=1.0,
    total=3.0,
    startup_s=1.0,
    latency_ms=0.0,
)
ACTION = ScaleAction(
    service="shop/web",
    current_replicas=2,
    desired_replicas=4,
    recommended_replicas=3,
    suppressed=True,
    reason="",
)


@pytest.mark.parametrize(
    "figure",
    [
        cost_by_node([OPTION], Weights()),
        replica_bars([ACTION]),
        go.Figure([term_bar(term, ["a"], [1.0]) for term in TERMS]),
    ],
    ids=["options", "replicas", "terms"],
)
def test_hatching_lies_on_the_bars_colour(figure: go.Figure) -> None:
    """Plotly by itself draws only the lines: white ones on a white page cannot be seen."""
    hatched = [bar for bar in figure.data if bar.marker.pattern.shape]
    assert hatched
    assert {bar.marker.pattern.fillmode for bar in hatched} == {"overlay"}
    assert len({(bar.marker.color, bar.marker.pattern.shape) for bar in figure.data}) == len(
        figure.data
    )
