"""The picture of nodes as boxes: to scale, fullest first, what comes free apart with its price."""

from __future__ import annotations

import json

import pytest

from kytos.cluster import Cluster
from kytos.report.boxes import MOST_BOXES, boxes, coloured_services, grouped
from kytos.report.figures.boxes import boxes_figure
from kytos.sources.manifests import read_cluster


def cluster_of(sizes: list[int]) -> Cluster:
    """Nodes of so many cores, each with a pod of one core of its own service."""
    nodes = [
        {"id": f"n{i}", "cpu_capacity": 1000 * size, "mem_capacity": 64000, "price_per_hour": 0.5}
        for i, size in enumerate(sizes)
    ]
    pods = [
        {
            "id": f"p{i}",
            "cpu_request": 1000,
            "mem_request": 1,
            "current_node": f"n{i}",
            "service": f"s{i % 3}",
        }
        for i in range(len(sizes))
    ]
    return read_cluster([("c.json", json.dumps({"nodes": nodes, "pods": pods}).encode())])


def test_boxes_are_to_scale_and_sorted_by_fill() -> None:
    """A node of half the cores is half as high; the fullest stands first."""
    drawn = boxes(cluster_of([8, 2, 4]))
    assert [(box.name, box.size) for box in drawn] == [("n1", 0.25), ("n2", 0.5), ("n0", 1.0)]
    assert [box.fill for box in drawn] == pytest.approx([0.5, 0.25, 0.125])


def test_freed_nodes_stand_apart_with_their_price() -> None:
    """They come last, say what they cost, and their row lies below the others'."""
    cluster = cluster_of([2, 4, 8])
    drawn = boxes(cluster, {"n0"})
    assert [box.name for box in drawn if box.freed] == ["n0"]
    assert drawn[-1].under == "$0.50/h"
    figure = boxes_figure(drawn, coloured_services(cluster))
    said = [note.text for note in figure.layout.annotations]
    assert said == ["○ Freed: 1 node"]
    outlines = {trace.name: trace for trace in figure.data if trace.name in ("node", "freed")}
    assert outlines["freed"].base[0] < min(outlines["node"].base)
    assert outlines["freed"].customdata[0][0] == "n0"


def test_words_under_boxes_keep_to_their_box() -> None:
    """On a telephone twenty prices of a row ran into each other: each has room of its own."""
    cluster = cluster_of([2] * 30)
    figure = boxes_figure(boxes(cluster, {f"n{at}" for at in range(20)}), [])
    under = next(trace for trace in figure.data if trace.name == "under")
    assert under.type == "bar"
    assert (under.textposition, under.width) == ("inside", pytest.approx(0.98))
    assert figure.layout.uniformtext.mode == "hide"
    others = [trace for trace in figure.data if trace.name in ("node", "freed")]
    tops = {round(base + high, 6) for base, high in zip(under.base, under.y, strict=True)}
    assert tops == {round(base - 0.01, 6) for trace in others for base in trace.base}


def test_blocks_are_by_service_and_name_their_node() -> None:
    """One trace for each service, whose blocks tell a click which node they are of."""
    cluster = cluster_of([2, 2, 2, 2])
    figure = boxes_figure(boxes(cluster), coloured_services(cluster), marked="n3")
    by_name = {trace.name: trace for trace in figure.data}
    assert {"s0", "s1", "s2"} <= by_name.keys()
    first = by_name["s0"]
    opacity = dict(zip((data[0] for data in first.customdata), first.marker.opacity, strict=True))
    assert opacity["n3"] == 1.0
    assert opacity["n0"] < 0.5


def test_failed_nodes_stand_apart_and_are_called_so() -> None:
    """An empty box among others would look like a node with room."""
    cluster = cluster_of([8, 2, 4])
    drawn = boxes(cluster, failed={"n1"})
    assert [(box.name, box.under) for box in drawn if box.gone] == [("n1", "failed")]
    figure = boxes_figure(drawn, coloured_services(cluster))
    assert [note.text for note in figure.layout.annotations] == ["✕ Failed: 1 node"]
    assert {trace.name for trace in figure.data} >= {"node", "failed"}


def test_a_thousand_nodes_are_groups() -> None:
    """Few enough boxes to look at; together they stand for every node."""
    cluster = cluster_of([2, 4, 8, 16] * 250)
    assert grouped(cluster)
    drawn = boxes(cluster)
    assert len(drawn) <= MOST_BOXES
    assert sum(box.nodes for box in drawn) == 1000
    gone = boxes(cluster, {f"n{at}" for at in range(391)})
    told = boxes_figure(gone, coloured_services(cluster)).layout.annotations
    assert [note.text for note in told] == ["○ Freed: 391 nodes"]  # not how many boxes
    assert sum(int(box.name.split(" ")[0]) for box in drawn) == 1000
