"""Heatmaps say what the cluster holds, safely and lightly."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest
from plotly.colors import sample_colorscale

from kytos.cluster import CPU, MEMORY, Cluster
from kytos.report.figures.heatmap import (
    difference_table,
    difference_tiles,
    utilisation_table,
    utilisation_tiles,
)
from kytos.report.figures.sheet import pickable
from kytos.report.figures.style import DIFFERENCE, LIGHT_INK, LOSSES, UTILISATION, inks_on


def shares(figure: go.Figure) -> list[float]:
    """The numbers drawn, row by row."""
    drawn = np.array(figure.data[0].z, dtype=float).ravel()
    return [float(value) for value in drawn if not np.isnan(value)]


def labels(figure: go.Figure) -> list[str]:
    """What is written in the cells."""
    return [text for trace in figure.data if trace.name == "labels" for text in trace.text]


def over_capacity(figure: go.Figure) -> int:
    """How many cells carry the mark."""
    (marks,) = [trace for trace in figure.data if trace.name == "over capacity"]
    return len(marks.x)


def words(figure: go.Figure) -> str:
    """Everything the figure shows as text."""
    return figure.to_json()


def test_tiles_show_requested_of_allocatable(three_nodes: Cluster) -> None:
    """One tile per node with its share, zones in order of name and those without one last."""
    assert shares(utilisation_tiles(three_nodes, CPU)) == [0.5, 1.25, 0.0]
    assert shares(utilisation_tiles(three_nodes, MEMORY)) == [0.5, 0.25, 0.0]


def test_table_has_a_row_per_node_and_a_column_per_resource(three_nodes: Cluster) -> None:
    """cpu, memory and pods of each node, by zone."""
    drawn = shares(utilisation_table(three_nodes))
    assert drawn == [0.5, 0.5, 0.1, 1.25, 0.25, 0.2, 0.0, 0.0, 0.0]
    figure = utilisation_table(three_nodes)
    assert list(figure.layout.yaxis.ticktext) == ["half", "full", "idle"]
    assert list(figure.layout.xaxis.ticktext) == ["CPU", "Memory", "Pods"]


def test_zones_head_their_nodes(three_nodes: Cluster) -> None:
    """Each zone is named with its number of nodes."""
    figure = utilisation_tiles(three_nodes, CPU)
    assert [note.text for note in figure.layout.annotations] == [
        "zone-a · 1 node",
        "zone-b · 1 node",
        "no zone · 1 node",
    ]


def test_scale_is_fixed(three_nodes: Cluster) -> None:
    """The colours run over 0..1 whatever the cluster holds, so that two figures compare."""
    for figure in (utilisation_tiles(three_nodes, CPU), utilisation_table(three_nodes)):
        assert (figure.data[0].zmin, figure.data[0].zmax) == (0.0, 1.0)
        assert figure.data[0].colorscale[0][1] == "#00224e"  # Cividis, named on the trace


def test_over_capacity_is_marked_not_only_coloured(three_nodes: Cluster) -> None:
    """The one overfull node carries a mark and its per cent; full or less carries none."""
    figure = utilisation_tiles(three_nodes, CPU)
    assert over_capacity(figure) == 1
    assert "125%" in words(figure)
    assert over_capacity(utilisation_tiles(three_nodes, MEMORY)) == 0


def test_freed_nodes_are_named(three_nodes: Cluster) -> None:
    """A freed node says so in its row, in its tile and in its hover."""
    freed = frozenset({"half"})
    table = utilisation_table(three_nodes, freed)
    assert list(table.layout.yaxis.ticktext) == ["half freed", "full", "idle"]
    tiles = utilisation_tiles(three_nodes, CPU, freed)
    assert sorted(labels(tiles)) == ["0%", "125%", "freed"]
    assert str(tiles.data[0].customdata).count("freed") == 1


def test_hover_lists_pods_and_amounts(three_nodes: Cluster) -> None:
    """The hover names the pods and says what is held, with units."""
    figure = utilisation_table(three_nodes)
    (rows,) = [trace for trace in figure.data if trace.name == "rows"]
    hover = str(rows.customdata)
    expected = ("shop: ", "web-1", "5 of 4 cores (125%)", "4 of 8 GiB (50%)", "$0.20/h", "cordoned")
    assert [words for words in expected if words not in hover] == []
    assert hover.count("5 of 4 cores") == 1, "a node's hover is sent once, for all of its row"
    assert (rows.x0, rows.dx) == (1, 3), "which is as wide as the table"


def test_difference_is_signed_and_centred(three_nodes: Cluster) -> None:
    """Moving `web-2` to the idle node lowers one tile and raises the other by 50 points."""
    after = three_nodes.with_placement({"shop/web-2": "idle"})
    figure = difference_tiles(three_nodes, after, CPU)
    assert shares(figure) == [0.0, -0.5, 0.5]
    assert (figure.data[0].zmin, figure.data[0].zmax) == (-1.0, 1.0)
    assert {"-50", "+50"} <= set(labels(figure))
    assert shares(difference_table(three_nodes, after))[3] == -0.5


@pytest.mark.parametrize("draw", [utilisation_table, lambda c: utilisation_tiles(c, CPU)])
def test_names_are_escaped(hostile_names: Cluster, draw) -> None:  # type: ignore[no-untyped-def]
    """Plotly would draw markup in names; none reaches it."""
    drawn = draw(hostile_names).to_plotly_json()
    texts = str([trace.get("customdata") for trace in drawn["data"]]) + str(drawn["layout"])
    assert "<img" not in texts
    assert "<a href" not in texts
    assert "<b>z" not in texts
    assert "&lt;img" in texts


def test_thousand_nodes_stay_light(thousand_nodes: Cluster) -> None:
    """A thousand nodes with 20,000 pods are one trace of less than a megabyte, on one screen."""
    figure = utilisation_tiles(thousand_nodes, CPU)
    assert len(shares(figure)) == 1000
    assert len(words(figure)) < 1_000_000
    assert figure.layout.height < 900
    assert "and 14 more" in words(figure)


def test_template_is_named(three_nodes: Cluster) -> None:
    """The figure does not lean on Plotly's default template, which Streamlit replaces."""
    assert utilisation_table(three_nodes).layout.template.layout.colorway is not None


def contrast(first: tuple[float, ...], second: tuple[float, ...]) -> float:
    """Contrast ratio of two colours (channels 0..1) by WCAG 2.2."""
    lightness = sorted(
        0.05
        + sum(
            share * (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4)
            for share, c in zip((0.2126, 0.7152, 0.0722), colour, strict=True)
        )
        for colour in (first, second)
    )
    return lightness[1] / lightness[0]


@pytest.mark.parametrize("scale", [UTILISATION, DIFFERENCE, LOSSES])
def test_labels_can_be_read_on_every_colour(scale: str) -> None:
    """At least 4.5 to 1, what WCAG asks of small text, between the ink and the colour under it."""
    positions = np.linspace(0, 1, 101).tolist()
    colours = sample_colorscale(scale, positions, colortype="tuple")
    for colour, found in zip(colours, inks_on(scale, positions), strict=True):
        ink = (1.0, 1.0, 1.0) if found == LIGHT_INK else (0.0, 0.0, 0.0)
        assert contrast(colour, ink) >= 4.5


@pytest.mark.parametrize(
    "draw", [utilisation_table, lambda cluster: utilisation_tiles(cluster, CPU)]
)
def test_every_cell_can_be_clicked(three_nodes: Cluster, draw) -> None:  # type: ignore[no-untyped-def]
    """A point in each cell names its node and says what hovering said; the cells stay silent."""
    figure = draw(three_nodes)
    clickable = pickable(figure)
    (nodes,) = [trace for trace in clickable.data if trace.name == "nodes"]
    told = {(x, y): data for x, y, data in zip(nodes.x, nodes.y, nodes.customdata, strict=True)}
    source = next((trace for trace in figure.data if trace.name == "rows"), figure.data[0])
    drawn = np.argwhere(np.asarray(source.customdata, dtype=object) != "")
    middle = source.x0 or 0
    assert set(told) == {(middle + column, row) for row, column in drawn}
    assert {name for name, _ in told.values()} == {"full", "half", "idle"}
    for (column, row), (name, hover) in told.items():
        assert hover == source.customdata[row][int(column - middle)]
        assert name in hover
    assert clickable.data[0].hoverinfo == "skip"
    assert source.customdata is not None, "the drawn figure itself is left as it was"


def test_one_node_leaves_room_for_the_names_above(three_nodes: Cluster) -> None:
    """The names of the columns are not cut off, however low the figure is."""
    one = three_nodes.replace(nodes=three_nodes.nodes[:1], pods=())
    assert utilisation_table(one).layout.margin.t >= 30
