"""Replicas and free capacity against traffic."""

from __future__ import annotations

from collections import Counter

from kytos.questions.autoscale.margin import Margin
from kytos.questions.autoscale.traffic_curve import TrafficCurve, TrafficPoint
from kytos.report.figures.replicas import MOST_LINES, traffic_lines

MARGIN = Margin(
    cpu_before=0.5,
    cpu_after=0.4,
    cpu_required=0.2,
    memory_before=0.5,
    memory_after=0.4,
    memory_required=0.0,
)


def test_no_two_lines_of_a_legend_look_alike() -> None:
    """Services and free capacity share colours, so each panel has a legend of its own."""
    services = [f"service-{number}" for number in range(MOST_LINES)]
    replicas = dict.fromkeys(services, 2)
    points = tuple(
        TrafficPoint(
            factor=factor, desired=replicas, recommended=replicas, suppressed=(), margin=MARGIN
        )
        for factor in (0.5, 1.0)
    )
    figure = traffic_lines(TrafficCurve(points=points), services, factor=1.0)
    looks = Counter(
        (trace.legend, trace.line.color, trace.marker.symbol)
        for trace in figure.data
        if trace.showlegend is not False
    )
    assert len(looks) == MOST_LINES + 2
    assert figure.layout.legend2.y < figure.layout.legend.y
