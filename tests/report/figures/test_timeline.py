"""The runbook's line of time."""

from __future__ import annotations

from kytos.cluster import Cluster
from kytos.contract.runbook import RunbookRequest
from kytos.report.figures.timeline import timeline
from kytos.report.runbook import forecast_rows
from kytos.runbook.making import make_runbook
from tests.runbook.small import node, plan, pod


def test_what_leaves_and_comes_in_which_wave() -> None:
    """A chain over full nodes: a move is a mark at both ends, the freed node a bar to the end."""
    cluster = Cluster(
        nodes=(node("a", 2), node("<b>", 2), node("c", 2)),
        pods=(pod("one", "a", 2), pod("two", "<b>", 2)),
    )
    runbook = make_runbook(plan(cluster, {"one": "<b>", "two": "c"}), RunbookRequest())
    figure = timeline(runbook)
    traces = {trace.name: trace for trace in figure.data}
    bar = traces["cordoned, then removed"]
    assert (tuple(bar.y), tuple(bar.base), tuple(bar.x)) == (("a",), (0,), (2.5,))
    leaves, comes = traces["pods that leave"], traces["pods that come"]
    assert [(row, round(at)) for row, at in zip(leaves.y, leaves.x, strict=True)] == [
        ("&lt;b&gt;", 1),
        ("a", 2),
    ]
    assert tuple(comes.y) == ("c", "&lt;b&gt;")
    assert "shop/one" in comes.hovertext[1]


def test_promised_beside_forecast() -> None:
    """A row for the promise and one for each way."""
    cluster = Cluster(nodes=(node("a"), node("b")), pods=(pod("web-0", "a"), pod("web-1", "b")))
    runbook = make_runbook(plan(cluster, {"web-0": "b"}), RunbookRequest())
    rows = forecast_rows(runbook)
    assert [row[1] for row in rows] == ["1", "2", "1", "1"]
    assert [row[4] for row in rows] == ["1 of 1", "0 of 1", "1 of 1", "1 of 1"]
