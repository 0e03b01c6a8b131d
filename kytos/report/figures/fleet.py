"""Fleets as boxes to scale: nodes as wide as their CPU and as high as their memory, with prices."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import accumulate

import plotly.graph_objects as go

from kytos.cluster import CPU, INSTANCE_TYPE, MEMORY, Cluster, Node
from kytos.language import _
from kytos.report.figures.style import AFTER, BARE_INK, BEFORE, FREED, MARK, blank, safe_lines
from kytos.report.units import price as price_text

MOST_BOXES = 120
"""More could not be told apart."""

_GAP = 0.6
"""Between boxes beside one another, in cores."""

ROW_CORES = 160.0
"""Cores in a row, at the least as wide as the widest node."""


def boxes(
    cluster: Cluster, bought: Collection[str] = (), released: Collection[str] = ()
) -> go.Figure:
    """Draw the nodes, the largest first; what is bought and released has its own colour and word.

    The filled part of a box is the share of its CPU that pods request.
    """
    nodes = sorted(cluster.nodes, key=lambda node: (-_cores(node), node.name))[:MOST_BOXES]
    placed, width, height = _in_rows(nodes)
    figure = blank(max(180, min(640, int(40 + 420 * height / max(width, 1e-9)))))
    for kind, colour in ((_("kept"), BEFORE), (_("bought"), AFTER), (_("released"), MARK)):
        members = [
            (node, x, y) for node, x, y in placed if _kind(node.name, bought, released) == kind
        ]
        if members:
            figure.add_trace(_outlines(cluster, members, kind, colour))
    figure.add_trace(_filled(cluster, placed))
    # Half a gap around all: an axis that ends at a box cuts its line in two.
    figure.update_xaxes(visible=False, fixedrange=True, range=[-_GAP / 2, width - _GAP / 2])
    figure.update_yaxes(visible=False, fixedrange=True, range=[height + _GAP / 2, -_GAP / 2])
    return figure


def _kind(name: str, bought: Collection[str], released: Collection[str]) -> str:
    if name in bought:
        return _("bought")
    return _("released") if name in released else _("kept")


def _cores(node: Node) -> float:
    return node.allocatable.get(CPU, 0) / 1000


def _gib(node: Node) -> float:
    return node.allocatable.get(MEMORY, 0) / 2**30


def _high(node: Node) -> float:
    """Memory in the unit of width: 4 GiB, the usual share of a core, are as high as it is wide."""
    return max(0.4, _gib(node) / 4)


def _in_rows(
    nodes: Sequence[Node],
) -> tuple[list[tuple[Node, float, float]], float, float]:
    """Left to right, row by row; where each begins, and how wide and high all are."""
    placed: list[tuple[Node, float, float]] = []
    widest = max((_cores(node) for node in nodes), default=1.0)
    limit = max(widest, min(ROW_CORES, sum(map(_cores, nodes)) / 2 + widest))
    x = y = row = width = 0.0
    for node in nodes:
        cores = max(0.4, _cores(node))
        if x and x + cores > limit:
            x, y, row = 0.0, y + row + 1.0, 0.0
        placed.append((node, x, y))
        x += cores + _GAP
        width, row = max(width, x), max(row, _high(node))
    return placed, width, y + row


def _outlines(
    cluster: Cluster, members: Sequence[tuple[Node, float, float]], kind: str, colour: str
) -> go.Scatter:
    xs: list[float | None] = []
    ys: list[float | None] = []
    hover: list[str | None] = []
    for node, x, y in members:
        right, low = x + max(0.4, _cores(node)), y + _high(node)
        xs += [x, right, right, x, x, None]
        ys += [y, y, low, low, y, None]
        pods = len(cluster.pods_by_node[node.name])
        told = safe_lines(
            [
                f"{node.name} ({kind})",
                node.labels.get(INSTANCE_TYPE, _("type unknown")),
                _(
                    "{cores:g} cores, {gib:.1f} GiB, {pods} pods",
                    cores=_cores(node),
                    gib=_gib(node),
                    pods=pods,
                ),
                price_text(node.price_per_hour),
            ]
        )
        hover += [told] * 5 + [None]
    return go.Scatter(
        x=xs,
        y=ys,
        mode="lines",
        fill="toself",
        name=f"{kind} ({len(members)})",
        line={"color": colour, "width": 2, "dash": "dot" if kind == "released" else "solid"},
        fillcolor="rgba(0,0,0,0)",
        text=hover,
        hovertemplate="%{text}<extra></extra>",
    )


def _filled(cluster: Cluster, placed: Sequence[tuple[Node, float, float]]) -> go.Scatter:
    xs: list[float | None] = []
    ys: list[float | None] = []
    for node, x, y in placed:
        held = sum(pod.footprint.get(CPU, 0) for pod in cluster.pods_by_node[node.name])
        share = min(1.0, held / max(1, node.allocatable.get(CPU, 0)))
        right, low = x + max(0.4, _cores(node)) * share, y + _high(node)
        xs += [x, right, right, x, x, None]
        ys += [y, y, low, low, y, None]
    return go.Scatter(
        x=xs,
        y=ys,
        mode="none",
        fill="toself",
        name=_("CPU requested"),
        fillcolor=FREED,
        opacity=0.35,
        hoverinfo="skip",
    )


def curve(points: Sequence[tuple[str, float]], title: str) -> go.Figure:
    """Draw what the fleet costs for each value of one limit."""
    figure = blank(260)
    figure.add_trace(
        go.Scatter(
            x=[name for name, _ in points],
            y=[cost for _, cost in points],
            mode="lines+markers+text",
            line={"color": AFTER},
            text=[f"${cost:,.2f}" for _, cost in points],
            textposition="top center",
            textfont={"color": BARE_INK},
            hovertemplate="%{x}: $%{y:.4f}/h<extra></extra>",
        )
    )
    figure.update_xaxes(title=title, type="category", fixedrange=True)
    # Room for the words above the highest point.
    top = 1.2 * max((one[1] for one in points), default=0.0) or 1.0
    figure.update_yaxes(title=_("$ an hour"), range=[0, top], fixedrange=True)
    return figure


def loosened(points: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    """Return the points of a limit that loosens, none dearer than one before it.

    What a tighter limit allows a looser one does too: where the search, which has its seconds for
    each, did worse there, the fleet known already is the cheaper.
    """
    least = accumulate((one[1] for one in points), min)
    return [(name, cost) for (name, _dearer), cost in zip(points, least, strict=True)]
