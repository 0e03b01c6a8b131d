"""Solvers side by side and the frontier: energy by term, energy over time, gain against moves."""

from __future__ import annotations

from enum import StrEnum

import plotly.graph_objects as go

from kytos.compare import Comparison, Frontier, FrontierPoint, Plan
from kytos.language import N_, _
from kytos.problem import LoadMode
from kytos.report.figures.style import AFTER, BEFORE, MARK, blank
from kytos.report.figures.terms import TERMS, term_bar, weighted
from kytos.report.units import count, middle
from kytos.report.units import energy as energy_text

START = N_("as it is now")

_LINES = (
    ("#0072b2", "solid", "circle"),
    ("#d55e00", "dash", "square"),
    ("#009e73", "dot", "diamond"),
    ("#cc79a7", "dashdot", "triangle-up"),
    ("#56b4e9", "longdash", "triangle-down"),
    ("#e69f00", "longdashdot", "cross"),
    ("#6b7785", "solid", "x"),
    ("#7b5ea7", "dash", "star"),
    ("#a8763e", "dot", "hexagon"),
    ("#d1495b", "dashdot", "bowtie"),
    ("#00798c", "longdash", "star-diamond"),
    ("#8d6b94", "longdashdot", "hourglass"),
)
"""Colour (the first of Okabe and Ito 2008), dash and marker: one each for all solvers there are on
a machine."""

_LEAST_SECONDS = 1e-3
"""Where a logarithmic clock begins."""

_LOG_FROM = 20.0
"""From this ratio of the longest run to the shortest, a linear clock would hide the shortest."""


class Gain(StrEnum):
    """What a frontier shows against the pods moved."""

    NODES_FREED = N_("nodes freed")
    PRICE_SAVED = N_("dollars saved an hour")
    UNEVENNESS = N_("unevenness")


def gains(frontier: Frontier) -> tuple[Gain, ...]:
    """Return what a frontier can show: money only where every price is known."""
    if frontier.mode is not LoadMode.CONSOLIDATE:
        return (Gain.UNEVENNESS,)
    if frontier.points[0].plan.metrics.price_per_hour is None:
        return (Gain.NODES_FREED,)
    return (Gain.NODES_FREED, Gain.PRICE_SAVED)


def gain_of(frontier: Frontier, point: FrontierPoint, gain: Gain) -> float:
    """Return where a point stands on the frontier's upright axis."""
    if gain is Gain.UNEVENNESS:
        return point.unevenness
    before, after = frontier.points[0].plan.metrics, point.plan.metrics
    if gain is Gain.NODES_FREED:
        return float(before.nodes_in_use - after.nodes_in_use)
    return (before.price_per_hour or 0.0) - (after.price_per_hour or 0.0)


def energy_by_solver(comparison: Comparison) -> go.Figure:
    """Draw what each weighted term contributes to each solver's H; a row's bars add up to it."""
    plans = [(_(START), comparison.start), *_ran(comparison)]
    names = [name for name, _ in plans]
    figure = blank(96 + 34 * len(names))
    terms = [weighted(plan.energy, comparison.weights) for _, plan in plans]
    for term in TERMS:
        figure.add_trace(term_bar(term, names, [values[term] for values in terms]))
    ends = [sum(value for value in values.values() if value > 0) for values in terms]
    figure.add_trace(
        go.Scatter(
            y=names,
            x=ends,
            mode="text",
            text=["  " + energy_text(plan.energy.total) for _, plan in plans],
            textposition="middle right",
            cliponaxis=False,
            hoverinfo="skip",
            showlegend=False,
        )
    )
    figure.update_layout(
        barmode="relative",
        bargap=0.35,
        margin={"l": 8, "r": 72, "t": 32, "b": 8},
        legend={"traceorder": "normal"},
    )
    figure.update_yaxes(autorange="reversed", fixedrange=True, automargin=True)
    figure.update_yaxes(tickvals=names, ticktext=[middle(name, 18) for name in names])
    figure.update_xaxes(title=_("energy"), fixedrange=True, automargin=True)
    return figure


def energy_over_time(comparison: Comparison) -> go.Figure:
    """Draw the best energy of each solver over its seconds, with the bound none can pass.

    What answers in one go is a point. The clock is logarithmic where one run is much longer than
    another.
    """
    figure = blank(420)
    rows = [row for row in comparison.rows if row.trace]
    for position, row in enumerate(rows):
        colour, dash, symbol = _LINES[position % len(_LINES)]
        seconds = [max(_LEAST_SECONDS, at) for at, _ in row.trace]
        figure.add_trace(
            go.Scatter(
                x=seconds,
                y=[reached for _, reached in row.trace],
                name=row.solver.value,
                mode="markers" if len(row.trace) == 1 else "lines+markers",
                line={"shape": "hv", "color": colour, "dash": dash, "width": 2},
                # One mark, at the end: those between would hide the steps.
                marker={
                    "color": colour,
                    "symbol": symbol,
                    "size": [*[0] * (len(seconds) - 1), 9],
                    "line": {"width": 0},
                },
                hovertemplate=row.solver.value
                + _(": %{y:.6g} after %{x:.3g} s")
                + "<extra></extra>",
            )
        )
    figure.add_hline(
        y=comparison.bound,
        line={"color": BEFORE, "dash": "dot"},
        annotation_text=_("proven bound"),
        annotation_position="bottom left",  # the lines come down from there
    )
    figure.update_layout(
        # Below, where long names take no width from the lines.
        legend={"orientation": "h", "x": 0, "y": -0.2, "yanchor": "top"}
    )
    ends = [max(_LEAST_SECONDS, row.trace[-1][0]) for row in rows]
    figure.update_xaxes(title=_("seconds"), fixedrange=True)
    if ends and max(ends) > _LOG_FROM * min(ends):
        figure.update_xaxes(type="log", title=_("seconds (logarithmic)"), dtick=1)
    figure.update_yaxes(title=_("best energy"), fixedrange=True, automargin=True)
    reached = [energy for row in rows for _, energy in row.trace]
    if reached:  # with room below for what is written there
        span = max(max(reached) - comparison.bound, 1e-9)
        low, high = comparison.bound - 0.12 * span, comparison.bound + 1.06 * span
        figure.update_yaxes(range=[min(low, min(reached)), high])
    return figure


def frontier_scatter(frontier: Frontier, gain: Gain, chosen: int | None = None) -> go.Figure:
    """Draw the gain of each plan against the pods it moves.

    A step line joins the plans worth having; others are hollow, the sliders' setting is a star.
    Each mark carries its position in `Frontier.points`.

    Parameters
    ----------
    chosen
        Position of the plan that is shown elsewhere: it is ringed.
    """
    figure = blank(380)
    numbered = list(enumerate(frontier.points))
    worth = [(position, point) for position, point in numbered if not point.dominated]
    figure.add_trace(
        go.Scatter(
            x=[point.plan.metrics.pods_moved for _, point in worth],
            y=[gain_of(frontier, point, gain) for _, point in worth],
            mode="lines",
            line={"shape": "hv", "color": BEFORE, "width": 1.5},
            hoverinfo="skip",
            showlegend=False,
        )
    )
    groups = (
        (_("worth having"), "circle", AFTER, [one for one in worth if not one[1].present]),
        (
            _("no better for more moves"),
            "circle-open",
            BEFORE,
            [one for one in numbered if one[1].dominated and not one[1].present],
        ),
        (_("the sliders' setting"), "star", MARK, [one for one in numbered if one[1].present]),
    )
    for name, symbol, colour, members in groups:
        if members:
            figure.add_trace(_marks(frontier, gain, members, (name, symbol, colour)))
    if chosen is not None:
        point = frontier.points[chosen]
        figure.add_trace(
            go.Scatter(
                x=[point.plan.metrics.pods_moved],
                y=[gain_of(frontier, point, gain)],
                mode="markers",
                name=_("shown below"),
                marker={
                    "symbol": "circle-open",
                    "size": 26,
                    "color": MARK,
                    "line": {"width": 2},
                },
                cliponaxis=False,
                hoverinfo="skip",
            )
        )
    figure.update_xaxes(title=_("pods moved"), fixedrange=True, rangemode="tozero")
    figure.update_yaxes(title=_(gain.value), fixedrange=True, automargin=True, rangemode="tozero")
    if gain is Gain.UNEVENNESS:
        figure.update_yaxes(title=_("unevenness of load"), tickformat=".0%")
    if gain is Gain.PRICE_SAVED:
        figure.update_yaxes(tickprefix="$")
    figure.update_layout(dragmode=False, margin={"l": 8, "r": 24, "t": 32, "b": 8})
    return figure


def _marks(
    frontier: Frontier,
    gain: Gain,
    members: list[tuple[int, FrontierPoint]],
    look: tuple[str, str, str],
) -> go.Scatter:
    name, symbol, colour = look
    return go.Scatter(
        x=[point.plan.metrics.pods_moved for _, point in members],
        y=[gain_of(frontier, point, gain) for _, point in members],
        customdata=[[position, _said(frontier, point)] for position, point in members],
        mode="markers",
        name=name,
        marker={"symbol": symbol, "size": 16 if symbol == "star" else 12, "color": colour},
        cliponaxis=False,
        hovertemplate="%{customdata[1]}<extra></extra>",
    )


def _said(frontier: Frontier, point: FrontierPoint) -> str:
    lines = [_("{pods} moved", pods=count(point.plan.metrics.pods_moved, "pod"))]
    for gain in gains(frontier):
        value = gain_of(frontier, point, gain)
        if gain is Gain.NODES_FREED:
            lines.append(_("{nodes} freed", nodes=count(round(value), "node")))
        elif gain is Gain.PRICE_SAVED:
            lines.append(_("${value:,.2f} saved an hour", value=value))
        else:
            lines.append(_("unevenness {number:.1f}%", number=100 * value))
    lines.append(_("found at C = {C:.3g}", C=point.weights.C))
    return "<br>".join(lines)


def _ran(comparison: Comparison) -> list[tuple[str, Plan]]:
    return [(row.solver.value, row.plan) for row in comparison.rows if row.plan is not None]
