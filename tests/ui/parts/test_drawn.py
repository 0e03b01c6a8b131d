"""A picture is made once for what it shows, and anew where that is another."""

from __future__ import annotations

import plotly.graph_objects as go
import pytest

from kytos.cluster import Cluster
from kytos.language import use
from kytos.ui.parts import drawn as module
from kytos.ui.parts.drawn import drawn
from tests.ui.small import two_half_empty_nodes


@pytest.fixture(autouse=True)
def session(monkeypatch: pytest.MonkeyPatch) -> None:
    """A session of its own for each test."""
    monkeypatch.setattr(module.st, "session_state", {})


def test_what_is_drawn_again_is_the_same_and_what_differs_is_not() -> None:
    """Per cluster, value and language; alike clusters that are not the same are drawn each."""
    calls: list[str] = []

    def draw(cluster: Cluster, resource: str) -> go.Figure:
        calls.append(resource)
        return go.Figure()

    one, other = two_half_empty_nodes(), two_half_empty_nodes()
    assert drawn(draw, one, "cpu") is drawn(draw, one, "cpu")
    assert calls == ["cpu"]
    drawn(draw, one, "memory")
    drawn(draw, other, "cpu")
    with use("ja"):
        drawn(draw, one, "cpu")
    assert calls == ["cpu", "memory", "cpu", "cpu"]


def test_a_session_keeps_no_more_than_a_few() -> None:
    """The one that was used longest ago is drawn anew."""
    calls: list[int] = []

    def draw(number: int) -> go.Figure:
        calls.append(number)
        return go.Figure()

    for number in range(30):
        drawn(draw, 0)
        drawn(draw, number)
    assert calls == list(range(30))
    drawn(draw, 1)
    assert calls[-1] == 1
