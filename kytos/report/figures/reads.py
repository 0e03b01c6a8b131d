"""What a sampler's reads came to: their energies, and how long a good one takes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from kytos.language import _
from kytos.report.figures.style import AFTER, BEFORE, MARK, blank
from kytos.report.time_to_solution import TimeToSolution
from kytos.report.units import energy as energy_text

FAR = 5.0
"""Times their own range beyond the reads: doing nothing is named there, not drawn."""

FEW = 10
"""Reads up to which an axis can name every count."""


def read_energies(energies: Sequence[float], answer: float | None) -> go.Figure:
    """Draw how many reads ended at which sampler energy, the refined answer marked.

    Parameters
    ----------
    energies
        Sampler energy of each read: objective, penalties and offset.
    answer
        Sampler energy of the refined answer in the same QUBO, where it can be held there.
    """
    figure = blank(280)
    figure.add_trace(
        go.Histogram(
            x=list(energies),
            nbinsx=min(60, max(8, len(energies))),
            marker={"color": BEFORE, "line": {"color": "#5b6672", "width": 1}},
            hovertemplate=_("%{x}: %{y} reads") + "<extra></extra>",
        )
    )
    if answer is not None:
        figure.add_vline(
            x=answer,
            line={"color": MARK, "dash": "dot", "width": 2},
            annotation_text=_("refined answer {answer}", answer=energy_text(answer)),
            annotation_position="top left" if answer > min(energies) else "top right",
            annotation_yshift=16,
        )
        # A line alone does not widen the axis.
        figure.add_trace(
            go.Scatter(
                x=[answer], y=[0], mode="markers", marker={"color": MARK, "symbol": "diamond"},
                hovertemplate=_("refined answer: %{x:.6g}") + "<extra></extra>", cliponaxis=False,
            )
        )  # fmt: skip
    figure.update_xaxes(title=_("sampler energy"), fixedrange=True)
    # Left alone, the axis of a few reads counts halves of them.
    whole = {"dtick": 1} if len(energies) <= FEW else {}
    figure.update_yaxes(title=_("reads"), fixedrange=True, **whole)
    figure.update_layout(showlegend=False, margin={"l": 8, "r": 8, "t": 28, "b": 8})
    return figure


def read_objectives(
    objectives: Sequence[float], start: float, answer: float, short: Sequence[bool] = ()
) -> go.Figure:
    """Draw the energy H of each read, decoded and repaired, in the order drawn.

    Parameters
    ----------
    short
        Whether each leaves out more pods than the answer; what that costs would drown the rest,
        so such reads stand at the upper end. Left out: none does.
    """
    figure = blank(280)
    reads = list(range(1, len(objectives) + 1))
    _marks(figure, reads, objectives, short, start, answer, {"color": AFTER, "size": 9})
    figure.update_xaxes(title=_("read"), fixedrange=True, rangemode="tozero")
    return figure


def objectives_by_sampler(
    objectives: Mapping[str, Sequence[float]],
    start: float,
    answer: float,
    short: Mapping[str, Sequence[bool]] | None = None,
) -> go.Figure:
    """Draw the energy H of each read, decoded and repaired, a column of marks for each sampler.

    Parameters
    ----------
    short
        By sampler, as in `read_objectives`.
    """
    figure = blank(300)
    names = [name for name, values in objectives.items() for _ in values]
    values = [value for of_one in objectives.values() for value in of_one]
    out = [one for name in objectives for one in (short or {}).get(name, ())]
    _marks(figure, names, values, out, start, answer, {"color": AFTER, "size": 9, "opacity": 0.6})
    figure.update_xaxes(
        fixedrange=True, type="category", categoryorder="array", categoryarray=list(objectives)
    )
    return figure


def _marks(
    figure: go.Figure,
    places: Sequence[int | str],
    objectives: Sequence[float],
    short: Sequence[bool],
    start: float,
    answer: float,
    marker: Mapping[str, object],
) -> None:
    """Mark reads by their energy H, those that leave out more pods at the upper end."""
    reads = list(zip(places, objectives, short or [False] * len(objectives), strict=True))
    level = [(place, value) for place, value, out in reads if not out]
    beyond = [(place, value) for place, value, out in reads if out]
    figure.add_trace(
        go.Scatter(
            x=[place for place, _ in level],
            y=[value for _, value in level],
            mode="markers",
            marker=marker,
            hovertemplate="%{x}: %{y:.6g}<extra></extra>",
        )
    )
    top = _beside(figure, [value for _, value in level], start, answer)
    if beyond:
        figure.add_trace(
            go.Scatter(
                x=[place for place, _ in beyond],
                y=[top] * len(beyond),
                customdata=[value for _, value in beyond],
                mode="markers",
                marker={"color": MARK, "size": 9, "symbol": "triangle-up-open"},
                cliponaxis=False,
                hovertemplate=_("%{x}: leaves out more pods, %{customdata:.6g}")
                + "<extra></extra>",
            )
        )


def _beside(figure: go.Figure, objectives: Sequence[float], start: float, answer: float) -> float:
    """Mark the refined answer and doing nothing beside energies H; return where the axis ends."""
    figure.add_hline(y=answer, line={"color": MARK, "dash": "dot"}, annotation_text=_("refined"))
    low, high = min([*objectives, answer]), max([*objectives, answer])
    if low - FAR * (high - low) <= start <= high + FAR * (high - low):
        line = {"color": BEFORE, "dash": "dash"}
        figure.add_hline(y=start, line=line, annotation_text=_("do nothing"))
        low, high = min(low, start), max(high, start)
    else:
        # Drawn, it would leave the reads a flat line.
        figure.add_annotation(
            text=_("do nothing: {start}, off the scale", start=energy_text(start)),
            x=0, y=1, xref="paper", yref="paper", yshift=12, showarrow=False,
        )  # fmt: skip
    margin = 0.12 * ((high - low) or 1.0)
    figure.update_yaxes(title=_("energy H"), fixedrange=True, range=[low - margin, high + margin])
    figure.update_layout(showlegend=False)
    return high + margin


def times_to_solution(times: Sequence[tuple[str, TimeToSolution]]) -> go.Figure:
    """Draw the time to each target with its 95 % interval.

    An arrow is all that is known where no read succeeded: it takes longer than that.
    """
    figure = blank(80 + 44 * len(times))
    names = [name for name, _ in times]
    known = [(name, time) for name, time in times if time.seconds is not None]
    figure.add_trace(
        go.Scatter(
            y=[name for name, _ in known],
            x=[time.seconds for _, time in known],
            mode="markers",
            marker={"color": AFTER, "size": 10},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [(time.high or 0) - (time.seconds or 0) for _, time in known],
                "arrayminus": [(time.seconds or 0) - time.low for _, time in known],
                "color": AFTER,
            },
            customdata=[[time.successes, time.reads, time.low, time.high] for _, time in known],
            hovertemplate=(
                _(
                    "%{x:.3g} s (%{customdata[2]:.3g} to %{customdata[3]:.3g})<br>"
                    "%{customdata[0]} of %{customdata[1]} reads"
                )
                + "<extra></extra>"
            ),
        )
    )
    missed = [(name, time) for name, time in times if time.seconds is None]
    figure.add_trace(
        go.Scatter(
            y=[name for name, _ in missed],
            x=[time.low for _place, time in missed],
            mode="markers+text",
            marker={"color": MARK, "size": 12, "symbol": "triangle-right"},
            text=[
                _(" longer than {low:.2g} s: 0 of {reads} reads", low=time.low, reads=time.reads)
                for _place, time in missed
            ],
            textposition="middle right",
            cliponaxis=False,
            hovertemplate=_("no read succeeded") + "<extra></extra>",
        )
    )
    figure.update_yaxes(
        categoryorder="array", categoryarray=names[::-1], automargin=True, fixedrange=True
    )
    figure.update_xaxes(
        title=_("seconds, 99 % sure"), type="log", range=_decades(times), fixedrange=True
    )
    figure.update_layout(showlegend=False, margin={"l": 8, "r": 8, "t": 8, "b": 8})
    return figure


def _decades(times: Sequence[tuple[str, TimeToSolution]]) -> tuple[float, float]:
    """The logarithmic range of all that is drawn, with room for words beside an arrow."""
    ends = [
        end
        for _, time in times
        for end in (time.low, time.seconds or time.low, time.high or time.low)
    ]
    low, high = math.log10(min(ends)), math.log10(max(ends))
    width = max(high - low, 1.0)
    missed = any(time.seconds is None for _, time in times)
    return low - 0.1 * width, high + (0.8 if missed else 0.1) * width
