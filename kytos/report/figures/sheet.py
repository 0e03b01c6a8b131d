"""Cells on a grid with headings by zone: what the heatmaps of a cluster are drawn on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from kytos.cluster import Cluster
from kytos.language import N_, _
from kytos.report.figures.style import BARE_INK, blank, inks_on, safe
from kytos.report.units import count

_NO_ZONE = N_("no zone")
_ROWS = "rows"
_NUMBERED_TILES = 16
"""Tiles in a row up to which a number fits in each."""


@dataclass(frozen=True)
class Cell:
    """Where one number of a node is drawn, and what is said about it."""

    row: int
    column: int
    share: float
    hover: str
    text: str
    node: str


@dataclass(frozen=True)
class Sheet:
    """Cells on a grid with zone headings between the rows."""

    rows: int
    columns: int
    cells: tuple[Cell, ...]
    headings: tuple[tuple[int, str], ...]
    row_names: tuple[tuple[int, str], ...] = ()
    column_names: tuple[str, ...] = ()
    row_height: float = 24.0


@dataclass(frozen=True)
class Grid:
    """One tile a node, grouped by zone.

    Attributes
    ----------
    places
        Row and column of each node, in the cluster's order.
    """

    rows: int
    columns: int
    places: tuple[tuple[int, int], ...]
    headings: tuple[tuple[int, str], ...]

    @property
    def numbered(self) -> bool:
        """Whether a tile is large enough for a number."""
        return self.columns <= _NUMBERED_TILES

    def sheet(
        self, cells: tuple[Cell, ...], headings: tuple[tuple[int, str], ...] | None = None
    ) -> Sheet:
        """Return a sheet of these tiles, under headings of its own if given."""
        height = float(np.clip(560 / self.columns, 14, 34))
        return Sheet(self.rows, self.columns, cells, headings or self.headings, row_height=height)


def tile_grid(cluster: Cluster) -> Grid:
    """Return where each node's tile goes."""
    zones = by_zone(cluster)
    total = len(cluster.nodes)
    # Wider than high; the largest zone in rows of equal length, so that no tile is left over.
    largest = max(len(members) for _, members in zones)
    rows = max(1, round(largest / min(40, math.sqrt(2.2 * total))))
    columns = max(4, math.ceil(largest / rows))
    places = [(0, 0)] * total
    headings: list[tuple[int, str]] = []
    row = 0
    for zone, positions in zones:
        headings.append((row, heading(zone, cluster, positions)))
        row += 1
        for place, position in enumerate(positions):
            places[position] = row + place // columns, place % columns
        row += math.ceil(len(positions) / columns)
    return Grid(row, columns, tuple(places), tuple(headings))


def by_zone(cluster: Cluster) -> list[tuple[str, list[int]]]:
    """Return the zones by name, each with the positions of its nodes; those without one last."""
    zones: dict[str, list[int]] = {}
    for position, node in enumerate(cluster.nodes):
        zones.setdefault(node.zone or _(_NO_ZONE), []).append(position)
    return sorted(zones.items(), key=lambda item: (item[0] == _(_NO_ZONE), item[0]))


def heading(zone: str, cluster: Cluster, positions: list[int]) -> str:
    """Return what stands above a zone."""
    if len(positions) == len(cluster.nodes) and zone == _(_NO_ZONE):
        return count(len(positions), "node")
    return f"{zone} · {count(len(positions), 'node')}"


def draw(
    sheet: Sheet, scale: str | list[tuple[float, str]], bounds: tuple[float, float]
) -> go.Figure:
    """Draw a sheet's cells, coloured on a scale over `bounds`, with its headings and names."""
    shares = np.full((sheet.rows, sheet.columns), np.nan)
    hovers: npt.NDArray[np.object_] = np.full(shares.shape, "", dtype=object)
    nodes: npt.NDArray[np.object_] = np.full(shares.shape, "", dtype=object)
    for cell in sheet.cells:
        nodes[cell.row, cell.column] = cell.node
        shares[cell.row, cell.column] = cell.share
        hovers[cell.row, cell.column] = cell.hover
    above = 32 if sheet.column_names else 8
    figure = blank(int(sheet.rows * sheet.row_height) + above + 8)
    figure.update_layout(margin_t=above)  # Plotly makes no room above a figure of one row
    by_row = bool(sheet.row_names)
    figure.add_trace(
        go.Heatmap(
            z=shares,
            customdata=None if by_row else hovers,
            text=None if by_row else nodes,
            hovertemplate=None if by_row else "%{customdata}<extra></extra>",
            hoverinfo="skip" if by_row else None,
            hoverongaps=False,
            zmin=bounds[0],
            zmax=bounds[1],
            colorscale=scale,
            showscale=False,
            xgap=2,
            ygap=2,
        )
    )
    if by_row:
        figure.add_trace(_rows(sheet))
    figure.add_trace(_labels(sheet, scale, bounds))
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


def pickable(figure: go.Figure) -> go.Figure:
    """Return a drawn sheet whose cells can be clicked: the point that is picked names the node.

    Plotly selects points, not cells, so an unseen point in each cell takes the clicks, and the
    hovering with them.
    """
    figure = go.Figure(figure)
    told = next((trace for trace in figure.data if trace.name == _ROWS), figure.data[0])
    places = np.argwhere(np.asarray(told.text, dtype=object) != "")
    picked = [(told.text[row][column], told.customdata[row][column]) for row, column in places]
    across = float(told.x0 or 0.0)
    figure.data = [trace for trace in figure.data if trace.name != _ROWS]
    figure.data[0].update(hovertemplate=None, hoverinfo="skip", customdata=None, text=None)
    for trace in figure.data[1:]:  # else Plotly dims what is written once a point is picked
        seen = {"marker": {"opacity": 1}} if trace.mode == "markers" else None
        trace.update(selected={"textfont": {"color": BARE_INK}}, unselected=seen)
    figure.add_trace(
        go.Scatter(
            x=across + places[:, 1],
            y=places[:, 0],
            customdata=picked,
            mode="markers",
            marker={"opacity": 0},
            selected={"marker": {"opacity": 0}},
            unselected={"marker": {"opacity": 0}},
            hovertemplate="%{customdata[1]}<extra></extra>",
            hoverlabel={"bgcolor": "#44515e"},
            showlegend=False,
            name="nodes",
        )
    )
    # The nearest point, however wide the cell.
    return figure.update_layout(hoverdistance=-1, dragmode=False, clickmode="event+select")


def _rows(sheet: Sheet) -> go.Heatmap:
    """An unseen cell as wide as the table for each row, so that a node's hover is sent once."""
    told = {cell.row: cell for cell in sheet.cells}
    rows = [told.get(row) for row in range(sheet.rows)]
    return go.Heatmap(
        z=[[math.nan if cell is None else 0.0] for cell in rows],
        x0=(sheet.columns - 1) / 2,
        dx=sheet.columns,
        customdata=[["" if cell is None else cell.hover] for cell in rows],
        text=[["" if cell is None else cell.node] for cell in rows],
        hovertemplate="%{customdata}<extra></extra>",
        hoverlabel={"bgcolor": "#44515e"},
        hoverongaps=False,
        opacity=0,
        showscale=False,
        name=_ROWS,
    )


def _labels(
    sheet: Sheet, scale: str | list[tuple[float, str]], bounds: tuple[float, float]
) -> go.Scatter:
    """What is written in the cells, each in the ink that stands out best on its colour.

    Plotly's own choice for a heatmap is a mid-grey on every light cell.
    """
    written = [cell for cell in sheet.cells if cell.text]
    return go.Scatter(
        x=[cell.column for cell in written],
        y=[cell.row for cell in written],
        text=[cell.text for cell in written],
        mode="text",
        textfont={"color": _inks([cell.share for cell in written], scale, bounds), "size": 12},
        cliponaxis=False,
        hoverinfo="skip",
        showlegend=False,
        name="labels",
    )


def _inks(
    shares: list[float], scale: str | list[tuple[float, str]], bounds: tuple[float, float]
) -> list[str]:
    positions = np.clip((np.array(shares) - bounds[0]) / (bounds[1] - bounds[0]), 0.0, 1.0)
    inks = inks_on(scale, np.nan_to_num(positions).tolist())
    return [BARE_INK if math.isnan(share) else ink for share, ink in zip(shares, inks, strict=True)]
