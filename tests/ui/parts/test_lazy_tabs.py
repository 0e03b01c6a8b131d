"""Tabs keep which one was opened, whatever they count."""

from __future__ import annotations

import pytest

from kytos.ui.parts.lazy_tabs import _name


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Moves (1,016)", "Moves"),
        ("移動(16)", "移動"),
        ("Solver", "Solver"),
        ("不可の理由", "不可の理由"),
    ],
)
def test_a_count_is_no_part_of_a_tabs_name(label: str, name: str) -> None:
    """In Japanese no blank stands before it."""
    assert _name(label) == name
