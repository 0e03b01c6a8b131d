"""The picture of boxes: pods as blocks in nodes to scale, nodes that are gone in a tray below."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from kytos.language import _
from kytos.report.boxes import COLOURS, REST, REST_COLOUR, Box
from kytos.report.figures.style import BARE_INK, blank, safe
from kytos.report.units import count, middle

_IN_A_ROW = 20
_ROW_PIXELS = 150
_GAP = 0.42
"""Between two rows of boxes, of the height of the largest."""
_TITLE = 0.15
"""Room for what the tray is called, of the height of the largest."""
_UNDER = 0.4
"""Room for what stands under a box, of the height of the largest."""
_FADED, _DIMMED = 0.35, 0.2


def boxes_figure(
    drawn: Sequence[Box], services: Sequence[str], marked: str | None = None
) -> go.Figure:
    """Draw boxes with their blocks.

    Parameters
    ----------
    services
        Those with a colour of their own; see `coloured_services`.
    marked
        A service, or a node, that stands out: what else there is fades.
    """
    stay = [box for box in drawn if not box.gone]
    tray = [box for box in drawn if box.gone]
    places, rows = _places(stay, tray)
    figure = blank(int(rows * _ROW_PIXELS) + 60)
    _outlines(figure, places)
    for name in (*services, REST):
        _service(figure, name, services, places, marked)
    _names(figure, places)
    if tray:
        first = next(bottom for box, _, bottom in places if box.gone)
        gone = count(sum(box.nodes for box in tray), "node")
        top = first + max(box.size for box in tray) + _GAP * 0.2
        figure.add_annotation(
            x=-0.5,
            y=top,
            text=_("✕ Failed: {nodes}", nodes=gone)
            if tray[0].failed
            else _("○ Freed: {nodes}", nodes=gone),
            showarrow=False,
            xanchor="left",
            font={"size": 13, "color": BARE_INK},
        )
    figure.update_xaxes(
        range=[-0.6, min(_IN_A_ROW, max(len(stay), len(tray), 8)) - 0.4],
        visible=False,
        fixedrange=True,
    )
    bottom = min(place[2] for place in places) - _GAP if places else 0.0
    figure.update_yaxes(range=[bottom, 1.0 + _GAP * 0.6], visible=False, fixedrange=True)
    figure.update_layout(
        barmode="overlay",
        bargap=0,
        legend={"y": 1.0, "traceorder": "normal", "font": {"color": BARE_INK}},
        uniformtext={"minsize": 9, "mode": "hide"},
        clickmode="event+select",
        dragmode=False,
    )
    return figure


_Place = tuple[Box, float, float]


def _places(stay: Sequence[Box], tray: Sequence[Box]) -> tuple[list[_Place], float]:
    """Where each box stands: its column and the bottom of its row, and the number of rows."""
    places: list[_Place] = []
    row = 0
    for members, title in ((stay, 0.0), (tray, _TITLE)):
        for start in range(0, len(members), _IN_A_ROW):
            bottom = -row * (1 + _GAP) - title
            row += 1
            places += [
                (box, float(column), bottom)
                for column, box in enumerate(members[start : start + _IN_A_ROW])
            ]
    return places, (max(row, 1) * (1 + _GAP) + bool(tray) * _TITLE) / 1.15


def _outlines(figure: go.Figure, places: Sequence[_Place]) -> None:
    """The boxes themselves, dashed where a node comes free."""
    for gone in (False, True):
        those = [place for place in places if place[0].gone is gone]
        if not those:
            continue
        figure.add_trace(
            go.Bar(
                x=[column for _box, column, _bottom in those],
                y=[box.size for box, _column, _bottom in those],
                base=[bottom for _box, _column, bottom in those],
                width=0.86,
                marker={
                    "color": "rgba(127,140,153,0.10)",
                    "line": {"color": BARE_INK, "width": 1},
                    "opacity": 0.7 if gone else 1.0,
                },
                customdata=[[box.node] for box, _column, _bottom in those],
                hovertext=[
                    _("<b>{name}</b><br>{under}", name=safe(box.name), under=box.under)
                    for box, _column, _bottom in those
                ],
                hovertemplate="%{hovertext}<extra></extra>",
                showlegend=False,
                name=_("node") if not gone else _("failed") if those[0][0].failed else _("freed"),
                selected={"marker": {"opacity": 1}},
                unselected={"marker": {"opacity": 1}},
            )
        )


def _service(
    figure: go.Figure,
    name: str,
    services: Sequence[str],
    places: Sequence[_Place],
    marked: str | None,
) -> None:
    """The blocks of one service, in its colour and with its name where there is room."""
    bars: list[tuple[float, float, float, str, str, float]] = []
    for box, column, bottom in places:
        base = bottom
        scale = box.size / max(1.0, box.fill)
        for block in box.blocks:
            height = block.share * scale
            if (block.service if block.service in services else REST) == name:
                shown = marked is None or marked in (block.service, box.node)
                opacity = (_FADED if box.gone else 1.0) if shown else _DIMMED
                bars.append((column, base, height, block.hover, box.node, opacity))
            base += height
    if not bars:
        return
    colour, ink = COLOURS[services.index(name)] if name in services else REST_COLOUR
    label = name.rsplit("/", 1)[-1]
    figure.add_trace(
        go.Bar(
            x=[bar[0] for bar in bars],
            base=[bar[1] for bar in bars],
            y=[bar[2] for bar in bars],
            width=0.82,
            marker={
                "color": colour,
                "opacity": [bar[5] for bar in bars],
                "line": {"color": "white", "width": 0.6},
            },
            text=[label if name != REST and bar[5] == 1.0 else "" for bar in bars],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            textfont={"color": ink, "size": 10},
            customdata=[[bar[4]] for bar in bars],
            hovertext=[bar[3] for bar in bars],
            hovertemplate="%{hovertext}<extra></extra>",
            name=safe(middle(_(REST) if name == REST else label, 24)),
        )
    )


def _names(figure: go.Figure, places: Sequence[_Place]) -> None:
    """What stands under each box: its fill, or the price that goes with it.

    Written into bars that are not seen: on a telephone a word that is wider than its box turns
    upright, and one that does not fit then either is left to the hover, instead of running into
    its neighbour.
    """
    figure.add_trace(
        go.Bar(
            x=[column for _, column, _ in places],
            base=[bottom - _UNDER - 0.01 for _, _, bottom in places],
            y=[_UNDER] * len(places),
            width=0.98,
            marker={"color": "rgba(0,0,0,0)", "line": {"width": 0}},
            text=[box.under for box, _, _ in places],
            textposition="inside",
            insidetextanchor="end",
            textfont={"color": BARE_INK, "size": 11},
            hoverinfo="skip",
            showlegend=False,
            cliponaxis=False,
            name="under",
        )
    )
