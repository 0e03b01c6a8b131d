"""Utilisation of a cluster's nodes as a heatmap, grouped by zone.

Few nodes are drawn as a table (a row per node, a column per resource) or as large tiles with
their number in them; a thousand become small tiles, one trace in all, so that the figure stays
light.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from kytos.cluster import Cluster, Node
from kytos.figures.style import DIFFERENCE, MARK, UTILISATION, blank, safe, safe_lines
from kytos.problem import Floats
from kytos.units import amount_of, count, middle, percent, price, resource_name
from kytos.usage import Usage, usage

TABLE_LIMIT = 40
"""More nodes than this do not fit a table of rows one can read without scrolling."""

_NO_ZONE = "no zone"
_NUMBERED_TILES = 16
"""Tiles in a row up to which a number fits in each."""
_OVER = 1.0 + 1e-9
_FREED = "freed"
_FREED_SIGN = "○"
"""Stands for the word where tiles are too small for it."""


@dataclass(frozen=True)
class _Cell:
    """Where one number is drawn, and what is said about it."""

    row: int
    column: int
    share: float
    hover: str
    text: str


@dataclass(frozen=True)
class _Sheet:
    """Cells on a grid with zone headings between the rows."""

    rows: int
    columns: int
    cells: tuple[_Cell, ...]
    headings: tuple[tuple[int, str], ...]
    row_names: tuple[tuple[int, str], ...] = ()
    column_names: tuple[str, ...] = ()
    row_height: float = 24.0


def utilisation_tiles(
    cluster: Cluster, resource: str, freed: frozenset[str] = frozenset()
) -> go.Figure:
    """Draw one tile per node, coloured by its utilisation of `resource` on 0..1.

    A node over capacity carries a mark, and one named in `freed` says so; colour alone never does.
    """
    found = usage(cluster)
    sheet = _tiles(cluster, found, found.share, resource, signed=False, freed=freed)
    return _draw(sheet, UTILISATION, (0.0, 1.0), signed=False)


def utilisation_table(cluster: Cluster, freed: frozenset[str] = frozenset()) -> go.Figure:
    """Draw a row per node and a column per resource, coloured by utilisation on 0..1.

    A node named in `freed` says so.
    """
    found = usage(cluster)
    sheet = _table(cluster, found, found.share, signed=False, freed=freed)
    return _draw(sheet, UTILISATION, (0.0, 1.0), signed=False)


def difference_tiles(before: Cluster, after: Cluster, resource: str) -> go.Figure:
    """Draw one tile per node, coloured by how much its utilisation changes, on -1..1."""
    start, end = usage(before), usage(after)
    sheet = _tiles(after, end, end.share - start.share, resource, signed=True)
    return _draw(sheet, DIFFERENCE, (-1.0, 1.0), signed=True)


def difference_table(before: Cluster, after: Cluster) -> go.Figure:
    """Draw a row per node and a column per resource, coloured by the change, on -1..1."""
    start, end = usage(before), usage(after)
    sheet = _table(after, end, end.share - start.share, signed=True)
    return _draw(sheet, DIFFERENCE, (-1.0, 1.0), signed=True)


def _by_zone(cluster: Cluster) -> list[tuple[str, list[int]]]:
    zones: dict[str, list[int]] = {}
    for position, node in enumerate(cluster.nodes):
        zones.setdefault(node.zone or _NO_ZONE, []).append(position)
    return sorted(zones.items(), key=lambda item: (item[0] == _NO_ZONE, item[0]))


def _tiles(
    cluster: Cluster,
    found: Usage,
    shares: Floats,
    resource: str,
    *,
    signed: bool,
    freed: frozenset[str] = frozenset(),
) -> _Sheet:
    zones = _by_zone(cluster)
    total = len(cluster.nodes)
    # Wider than high, and no row much longer than the largest zone needs.
    columns = max(4, min(40, math.ceil(math.sqrt(2.2 * total)), max(len(ns) for _, ns in zones)))
    column = found.resources.index(resource)
    listed = _pods_listed(total)
    cells: list[_Cell] = []
    headings: list[tuple[int, str]] = []
    row = 0
    for zone, positions in zones:
        headings.append((row, _heading(zone, cluster, positions)))
        row += 1
        for place, position in enumerate(positions):
            share = float(shares[position, column])
            free = cluster.nodes[position].name in freed
            text = _FREED if free else _number(share, signed=signed)
            if columns > _NUMBERED_TILES:
                text = _FREED_SIGN if free else ""
            hover = _hover(cluster, found, position, listed, free=free)
            cells.append(_Cell(row + place // columns, place % columns, share, hover, text))
        row += math.ceil(len(positions) / columns)
    height = float(np.clip(560 / columns, 14, 34))
    return _Sheet(row, columns, tuple(cells), tuple(headings), row_height=height)


def _table(
    cluster: Cluster,
    found: Usage,
    shares: Floats,
    *,
    signed: bool,
    freed: frozenset[str] = frozenset(),
) -> _Sheet:
    listed = _pods_listed(len(cluster.nodes))
    offered = [column for column in range(len(found.resources)) if found.offered[:, column].any()]
    cells: list[_Cell] = []
    headings: list[tuple[int, str]] = []
    names: list[tuple[int, str]] = []
    row = 0
    for zone, positions in _by_zone(cluster):
        headings.append((row, _heading(zone, cluster, positions)))
        row += 1
        for position in positions:
            name = cluster.nodes[position].name
            free = name in freed
            names.append((row, f"{middle(name, 24)} {_FREED}" if free else middle(name, 24)))
            hover = _hover(cluster, found, position, listed, free=free)
            for place, column in enumerate(offered):
                share = float(shares[position, column])
                cells.append(_Cell(row, place, share, hover, _number(share, signed=signed)))
            row += 1
    columns = tuple(middle(resource_name(found.resources[column]), 14) for column in offered)
    return _Sheet(row, len(offered), tuple(cells), tuple(headings), tuple(names), columns, 22.0)


def _pods_listed(nodes: int) -> int:
    """How many pods a hover names; a thousand nodes must not make a figure of megabytes."""
    return 14 if nodes <= 100 else 6


def _heading(zone: str, cluster: Cluster, positions: list[int]) -> str:
    if len(positions) == len(cluster.nodes) and zone == _NO_ZONE:
        return count(len(positions), "node")
    return f"{zone} · {count(len(positions), 'node')}"


def _number(share: float, *, signed: bool) -> str:
    if math.isnan(share):
        return "n/a"
    if not signed:
        return percent(share)
    points = round(100 * share)
    return f"{points:+d}" if points else ""


def _hover(cluster: Cluster, found: Usage, position: int, listed: int, *, free: bool) -> str:
    node = cluster.nodes[position]
    lines = [f"<b>{safe(node.name)}</b>"]
    remarks = [_FREED, *_remarks(node)] if free else _remarks(node)
    if remarks:
        lines.append(safe(" · ".join(remarks)))
    for column, resource in enumerate(found.resources):
        offered = int(found.offered[position, column])
        held = int(found.held[position, column])
        if offered:
            of = amount_of(resource, held, offered)
            lines.append(f"{safe(resource_name(resource))}: {of} ({percent(held / offered)})")
    pods = cluster.pods_by_node[node.name]
    if not pods:
        lines.append("no pods")
    shown = [middle(pod.id, 48) for pod in pods[:listed]]
    if len(pods) > listed:
        shown.append(f"and {len(pods) - listed} more")
    return "<br>".join([*lines, safe_lines(shown)] if shown else lines)


def _remarks(node: Node) -> list[str]:
    remarks = [node.zone] if node.zone else []
    if node.price_per_hour is not None:
        remarks.append(price(node.price_per_hour))
    if node.unschedulable:
        remarks.append("cordoned")
    if not node.ready:
        remarks.append("not ready")
    if not node.provisioned:
        remarks.append("not bought yet")
    return remarks


def _draw(sheet: _Sheet, scale: str, bounds: tuple[float, float], *, signed: bool) -> go.Figure:
    shares = np.full((sheet.rows, sheet.columns), np.nan)
    hovers: npt.NDArray[np.object_] = np.full(shares.shape, "", dtype=object)
    texts: npt.NDArray[np.object_] = np.full(shares.shape, "", dtype=object)
    for cell in sheet.cells:
        shares[cell.row, cell.column] = cell.share
        hovers[cell.row, cell.column] = cell.hover
        texts[cell.row, cell.column] = cell.text
    figure = blank(int(sheet.rows * sheet.row_height) + (40 if sheet.column_names else 16))
    figure.add_trace(
        go.Heatmap(
            z=shares,
            text=texts,
            texttemplate="%{text}",
            customdata=hovers,
            hovertemplate="%{customdata}<extra></extra>",
            hoverongaps=False,
            zmin=bounds[0],
            zmax=bounds[1],
            colorscale=scale,
            showscale=False,
            xgap=2,
            ygap=2,
        )
    )
    if not signed:
        _mark_over(figure, sheet)
    for row, heading in sheet.headings:
        figure.add_annotation(
            x=-0.5,
            y=row + 0.1,
            text=safe(heading),
            showarrow=False,
            xanchor="left",
            font={"size": 12},
            opacity=0.75,
        )
    figure.update_xaxes(
        range=[-0.5, sheet.columns - 0.5],
        visible=bool(sheet.column_names),
        side="top",
        tickvals=list(range(len(sheet.column_names))),
        ticktext=[safe(name) for name in sheet.column_names],
        showgrid=False,
        zeroline=False,
        fixedrange=True,
    )
    figure.update_yaxes(
        range=[sheet.rows - 0.5, -0.5],
        visible=bool(sheet.row_names),
        tickvals=[row for row, _ in sheet.row_names],
        ticktext=[safe(name) for _, name in sheet.row_names],
        showgrid=False,
        zeroline=False,
        fixedrange=True,
        automargin=True,
    )
    return figure


def _mark_over(figure: go.Figure, sheet: _Sheet) -> None:
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
            name="over capacity",
            hoverinfo="skip",
            showlegend=False,
        )
    )
