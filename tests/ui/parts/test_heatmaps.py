"""Which node a click on a heatmap means."""

from __future__ import annotations

from typing import Any

import pytest
import streamlit as st

from kytos.ui.parts import heatmaps
from tests.ui.small import two_half_empty_nodes


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A session's state without a browser."""
    state: dict[str, Any] = {}
    monkeypatch.setattr(st, "session_state", state)
    return state


def test_each_click_is_told_once(session: dict[str, Any]) -> None:
    """Plotly tells what is selected, not what was clicked: each click finds a figure of its own."""
    told: list[str] = []
    session["map clicks"] = 0
    for number, names in enumerate([["a"], ["a"], ["b"], ["a", "b", "a"], []]):
        points = [{"customdata": [name, "hover"]} for name in names]
        session[f"map {number}"] = {"selection": {"points": points}}
        heatmaps.picked("map", told.append)
    assert told == ["a", "a", "b", "a", "b"]


def test_a_second_click_on_a_figure_that_is_gone_is_no_fault(session: dict[str, Any]) -> None:
    """Two fast clicks: the second comes from the figure that the first replaced."""
    told: list[str] = []
    session["map clicks"] = 1
    heatmaps.picked("map", told.append)
    assert told == []
    assert session["map clicks"] == 1


def test_the_table_behind_the_heatmaps_says_what_they_show() -> None:
    """Each node with its zone and how full it is by resource, before and after."""
    before = two_half_empty_nodes()
    after = before.with_placement({"p-dear": "cheap"})
    cheap, dear = heatmaps.change_rows(before, after)
    assert cheap["Node"] == "cheap"
    assert (cheap["CPU before"], cheap["CPU after"]) == ("12%", "25%")
    assert (dear["Memory before"], dear["Memory after"]) == ("6%", "0%")
