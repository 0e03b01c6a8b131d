"""A day of a node as bands: what its pods use together, before and after a plan."""

from __future__ import annotations

import plotly.graph_objects as go

from kytos.cluster import CPU
from kytos.language import _
from kytos.problem import Floats
from kytos.report.figures.style import AFTER, BARE_INK, BEFORE, MARK, blank
from kytos.report.use import Day

_BANDS = {BEFORE: "rgba(154,165,177,0.35)", AFTER: "rgba(47,111,176,0.30)"}
"""A band is its line's colour, seen through."""


def day_bands(resource: str, before: Day, after: Day | None = None) -> go.Figure:
    """Draw a band from the 5th to the 95th percentile and a line of the mean for each hour.

    Parameters
    ----------
    after
        None where there is no plan; the node is then told as it is.
    """
    figure = blank(340)
    scale = 1000.0 if resource == CPU else float(2**30)
    days = [(_("today") if after is None else _("before"), before, BEFORE)]
    if after is not None:
        days.append((_("after"), after, AFTER))
    for name, day, colour in days:
        _band(figure, name, day, colour, scale)
    last = days[-1][1]
    _level(figure, last, last.offered / scale, _("offered"), MARK, "solid")
    for name, day, colour in days:
        _level(figure, day, day.requested / scale, _("requested {name}", name=name), colour, "dot")
    top = max(
        last.offered / scale,
        *(float(day.high.max(initial=0)) / scale for _, day, _ in days),
        *(day.requested / scale for _, day, _ in days),
    )
    unit = "cores" if resource == CPU else "GiB"
    figure.update_yaxes(
        title=_("{unit} in use", unit=unit), range=[0, 1.08 * top], fixedrange=True, automargin=True
    )
    figure.update_xaxes(
        title=_("hour of the day (UTC)"), fixedrange=True, automargin=True, nticks=13
    )
    figure.update_layout(
        margin={"l": 8, "r": 16, "t": 44, "b": 8},
        showlegend=True,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        hovermode="x unified",
        font={"color": BARE_INK},
    )
    return figure


def _band(figure: go.Figure, name: str, day: Day, colour: str, scale: float) -> None:
    hours = list(day.slots)
    common = {"x": hours, "mode": "lines", "hoverinfo": "skip", "legendgroup": name}
    edge = {"width": 0, "color": colour}
    figure.add_trace(go.Scatter(y=_rounded(day.low, scale), line=edge, showlegend=False, **common))
    figure.add_trace(
        go.Scatter(
            name=_("{name}: 5th to 95th percentile", name=name),
            y=_rounded(day.high, scale),
            line=edge,
            fill="tonexty",
            fillcolor=_BANDS[colour],
            **common,
        )
    )
    figure.add_trace(
        go.Scatter(
            name=_("{name}: mean", name=name),
            x=hours,
            y=_rounded(day.mean, scale),
            mode="lines+markers" if len(hours) == 1 else "lines",
            line={"width": 2.5, "color": colour},
            legendgroup=name,
        )
    )


def _level(figure: go.Figure, day: Day, level: float, name: str, colour: str, dash: str) -> None:
    figure.add_trace(
        go.Scatter(
            name=name,
            x=list(day.slots),
            y=[round(level, 3)] * len(day.slots),
            mode="lines",
            line={"width": 1.5, "color": colour, "dash": dash},
        )
    )


def _rounded(values: Floats, scale: float) -> list[float]:
    return [round(float(value) / scale, 3) for value in values]
