"""Fleets as boxes: all of every box is within the picture."""

from __future__ import annotations

from kytos.cluster import CPU, MEMORY, Cluster, Node
from kytos.report.figures.fleet import boxes


def test_no_box_ends_at_the_pictures_edge() -> None:
    """A line drawn on an axis' end would be cut in two."""
    nodes = tuple(
        Node(
            name=f"n{at}", allocatable={CPU: 1000 * cores, MEMORY: cores * 2**32}, price_per_hour=1
        )
        for at, cores in enumerate((64, 48, 32, 16, 2))
    )
    drawn = boxes(Cluster(nodes=nodes, pods=()))
    corners = [
        (x, y)
        for trace in drawn.data
        for x, y in zip(trace.x, trace.y, strict=True)
        if x is not None
    ]
    left, right = drawn.layout.xaxis.range
    low, high = drawn.layout.yaxis.range
    assert left < min(x for x, _ in corners)
    assert right > max(x for x, _ in corners)
    assert high < min(y for _, y in corners)
    assert low > max(y for _, y in corners)
