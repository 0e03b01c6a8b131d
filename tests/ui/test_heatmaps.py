"""Which node a click on a heatmap means."""

from __future__ import annotations

from typing import Any

import pytest
import streamlit as st

from kytos.ui import heatmaps


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A session's state without a browser."""
    state: dict[str, Any] = {}
    monkeypatch.setattr(st, "session_state", state)
    return state


@pytest.mark.parametrize(
    ("selections", "clicked"),
    [
        ([["a"], ["b"]], ["a", "b"]),  # a click leaves only its own point selected
        ([["a"], []], ["a", "a"]),  # and on the selected point none
        ([["a"], ["a", "b"], ["b"]], ["a", "b", "a"]),  # with shift
        ([["a"], ["a"]], ["a", "a"]),  # the figure was drawn anew in between
    ],
)
def test_each_click_is_told_once(
    session: dict[str, Any], selections: list[list[str]], clicked: list[str]
) -> None:
    """Plotly tells what is selected, not what was clicked."""
    told: list[str] = []
    for names in selections:
        points = [{"customdata": [name, "hover"]} for name in names]
        session["map"] = {"selection": {"points": points}}
        heatmaps.picked("map", told.append)
    assert told == clicked
