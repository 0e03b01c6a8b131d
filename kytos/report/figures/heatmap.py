"""Utilisation of a cluster's nodes as a heatmap, grouped by zone.

Few nodes are drawn as a table (a row per node, a column per resource) or as large tiles with
their number in them; a thousand become small tiles, one trace in all, so that the figure stays
light.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from textwrap import wrap

import plotly.graph_objects as go

from kytos.cluster import Cluster, Node, Pod
from kytos.language import N_, _
from kytos.problem import Floats
from kytos.report.figures.sheet import Cell, Sheet, by_zone, draw, heading, tile_grid
from kytos.report.figures.style import DIFFERENCE, MARK, UTILISATION, safe, safe_lines
from kytos.report.units import amount_of, middle, percent, price, resource_name, shortened
from kytos.report.usage import Usage, usage
from kytos.report.use import requested_like, used

TABLE_LIMIT = 40
"""More nodes than this do not fit a table of rows one can read without scrolling."""

_OVER = 1.0 + 1e-9
_HOVER_LETTERS = 64
"""In a line of a hover's pods."""

Measure = Callable[[Cluster], Usage]
"""What a cluster's nodes hold: what pods request, or what they use."""


@dataclass(frozen=True)
class Mark:
    """What is said of some of the nodes.

    Attributes
    ----------
    word
        Stands instead of the number.
    sign
        Stands for the word where tiles are too small for it.
    gone
        Whether the node is there no more, and so has no utilisation: 0 % would look like room.
    """

    word: str
    sign: str
    gone: bool = False


FREED = Mark(N_("freed"), "○")
FAILED = Mark(N_("failed"), "✕", gone=True)
FAILS = Mark(N_("fails"), "✕")


def utilisation_tiles(
    cluster: Cluster,
    resource: str,
    marked: frozenset[str] = frozenset(),
    mark: Mark = FREED,
    measure: Measure = usage,
) -> go.Figure:
    """Draw one tile per node, coloured by its utilisation of `resource` on 0..1.

    A node over capacity carries a mark, and a `marked` one says so; colour alone never does.
    """
    levels = measure(cluster)
    sheet = _tiles(cluster, levels, levels.share, resource, signed=False, marked=marked, mark=mark)
    return _mark_over(draw(sheet, UTILISATION, (0.0, 1.0)), sheet)


def utilisation_table(
    cluster: Cluster,
    marked: frozenset[str] = frozenset(),
    mark: Mark = FREED,
    measure: Measure = usage,
) -> go.Figure:
    """Draw a row per node and a column per resource, coloured by utilisation on 0..1.

    A node among the `marked` says so.
    """
    levels = measure(cluster)
    sheet = _table(cluster, levels, levels.share, signed=False, marked=marked, mark=mark)
    return _mark_over(draw(sheet, UTILISATION, (0.0, 1.0)), sheet)


def difference_tiles(
    before: Cluster, after: Cluster, resource: str, measure: Measure = usage
) -> go.Figure:
    """Draw one tile per node, coloured by how much its utilisation changes, on -1..1."""
    start, end = measure(before), measure(after)
    sheet = _tiles(after, end, end.share - start.share, resource, signed=True)
    return draw(sheet, DIFFERENCE, (-1.0, 1.0))


def difference_table(before: Cluster, after: Cluster, measure: Measure = usage) -> go.Figure:
    """Draw a row per node and a column per resource, coloured by the change, on -1..1."""
    start, end = measure(before), measure(after)
    sheet = _table(after, end, end.share - start.share, signed=True)
    return draw(sheet, DIFFERENCE, (-1.0, 1.0))


def use_gap_tiles(cluster: Cluster, resource: str) -> go.Figure:
    """Draw one tile per node, coloured by use less requests, on -1..1: blue asks too much."""
    levels = used(cluster)
    gap = levels.share - requested_like(cluster, levels).share
    return draw(_tiles(cluster, levels, gap, resource, signed=True), DIFFERENCE, (-1.0, 1.0))


def use_gap_table(cluster: Cluster) -> go.Figure:
    """Draw a row per node and a column per resource, coloured by use less requests, on -1..1."""
    levels = used(cluster)
    gap = levels.share - requested_like(cluster, levels).share
    return draw(_table(cluster, levels, gap, signed=True), DIFFERENCE, (-1.0, 1.0))


def _tiles(
    cluster: Cluster,
    levels: Usage,
    shares: Floats,
    resource: str,
    *,
    signed: bool,
    marked: frozenset[str] = frozenset(),
    mark: Mark = FREED,
) -> Sheet:
    grid = tile_grid(cluster)
    column = levels.resources.index(resource)
    listed = _pods_listed(len(cluster.nodes))
    cells: list[Cell] = []
    for position, (row, place) in enumerate(grid.places):
        said = mark if cluster.nodes[position].name in marked else None
        share = _share(shares, position, column, said)
        text = _(said.word) if said else _number(share, signed=signed)
        if not grid.numbered:
            text = said.sign if said else ""
        hover = _hover(cluster, levels, position, listed, said)
        cells.append(Cell(row, place, share, hover, text, cluster.nodes[position].name))
    return grid.sheet(tuple(cells))


def _table(
    cluster: Cluster,
    levels: Usage,
    shares: Floats,
    *,
    signed: bool,
    marked: frozenset[str] = frozenset(),
    mark: Mark = FREED,
) -> Sheet:
    listed = _pods_listed(len(cluster.nodes))
    offered = [column for column in range(len(levels.resources)) if levels.offered[:, column].any()]
    cells: list[Cell] = []
    headings: list[tuple[int, str]] = []
    names: list[tuple[int, str]] = []
    row = 0
    short = shortened([node.name for node in cluster.nodes], 24)
    for zone, positions in by_zone(cluster):
        headings.append((row, heading(zone, cluster, positions)))
        row += 1
        for position in positions:
            name = cluster.nodes[position].name
            said = mark if name in marked else None
            named = short[position]
            names.append((row, f"{named} {_(said.word)}" if said else named))
            hover = _hover(cluster, levels, position, listed, said)
            for place, column in enumerate(offered):
                share = _share(shares, position, column, said)
                text = said.sign if said and said.gone else _number(share, signed=signed)
                cells.append(Cell(row, place, share, hover, text, name))
            row += 1
    columns = tuple(middle(resource_name(levels.resources[column]), 14) for column in offered)
    return Sheet(row, len(offered), tuple(cells), tuple(headings), tuple(names), columns, 22.0)


def _share(shares: Floats, position: int, column: int, said: Mark | None) -> float:
    """What colours a cell; NaN leaves it without a colour."""
    return math.nan if said and said.gone else float(shares[position, column])


def _pods_listed(nodes: int) -> int:
    """How many pods a hover names; a thousand nodes must not make a figure of megabytes."""
    return 14 if nodes <= 100 else 6


def _number(share: float, *, signed: bool) -> str:
    if math.isnan(share):
        return "n/a"
    if not signed:
        return percent(share)
    points = round(100 * share)
    return f"{points:+d}" if points else ""


def _hover(cluster: Cluster, levels: Usage, position: int, listed: int, said: Mark | None) -> str:
    node = cluster.nodes[position]
    lines = [f"<b>{safe(node.name)}</b>"]
    remarks = [_(said.word), *_remarks(node)] if said else _remarks(node)
    if remarks:
        lines.append(safe(" · ".join(remarks)))
    if levels.told:
        lines.append(safe(levels.told))
    for column, resource in enumerate(levels.resources):
        offered = int(levels.offered[position, column])
        held = int(levels.held[position, column])
        if offered:
            of = amount_of(resource, held, offered)
            lines.append(f"{safe(resource_name(resource))}: {of} ({percent(held / offered)})")
    pods = cluster.pods_by_node[node.name]
    if not pods:
        lines.append(_("no pods"))
    shown = _by_namespace(pods[:listed])
    if len(pods) > listed:
        shown.append(_("and {more:,} more", more=len(pods) - listed))
    return "<br>".join([*lines, safe_lines(shown)] if shown else lines)


def _by_namespace(pods: Sequence[Pod]) -> list[str]:
    """Pods as lines of a hover, the namespace said once: it is sent for every node."""
    names: dict[str, list[str]] = {}
    for pod in pods:
        namespace, _slash, name = pod.id.rpartition("/")
        names.setdefault(namespace, []).append(middle(name, 40))
    return [
        line
        for namespace, those in names.items()
        for line in wrap(
            f"{namespace}: {', '.join(those)}" if namespace else ", ".join(those), _HOVER_LETTERS
        )
    ]


def _remarks(node: Node) -> list[str]:
    remarks = [node.zone] if node.zone else []
    if node.price_per_hour is not None:
        remarks.append(price(node.price_per_hour))
    if node.unschedulable:
        remarks.append(_("cordoned"))
    if not node.ready:
        remarks.append(_("not ready"))
    if not node.provisioned:
        remarks.append(_("not bought yet"))
    return remarks


def _mark_over(figure: go.Figure, sheet: Sheet) -> go.Figure:
    over = [cell for cell in sheet.cells if cell.share > _OVER]
    figure.add_trace(
        go.Scatter(
            x=[cell.column + 0.36 for cell in over],
            y=[cell.row - 0.24 for cell in over],
            mode="markers",
            marker={
                "symbol": "triangle-up",
                "size": 9,
                "color": MARK,
                "line": {"color": "white", "width": 1},
            },
            name=_("over capacity"),
            hoverinfo="skip",
            showlegend=False,
        )
    )
    return figure
