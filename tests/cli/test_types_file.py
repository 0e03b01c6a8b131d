"""What can be bought, read from a file of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kytos.cli.reading import read_types
from kytos.errors import SourceError

SMALL = {"name": "small", "cpu_capacity": 2000, "mem_capacity": 8000, "price_per_hour": 0.1}
KWOK = {"name": "k", "offerings": [], "resources": {"cpu": "2"}}


@pytest.mark.parametrize("written", [[SMALL], {"types": [SMALL]}, {"node_shapes": [SMALL]}, SMALL])
def test_a_list_of_types_is_read_in_each_of_its_forms(written: object, tmp_path: Path) -> None:
    """Bare, or as a request has it."""
    file = tmp_path / "types.json"
    file.write_text(json.dumps(written), encoding="utf-8")
    assert read_types(file) == {"types": [SMALL]}


def test_entries_of_kwok_are_told_by_their_offerings(tmp_path: Path) -> None:
    """Both kinds may stand in one list."""
    file = tmp_path / "types.json"
    file.write_text(json.dumps([SMALL, KWOK]), encoding="utf-8")
    assert read_types(file) == {"types": [SMALL], "kwok_types": [KWOK]}


def test_what_is_no_list_is_refused_with_the_files_name(tmp_path: Path) -> None:
    """Numbers are no types."""
    file = tmp_path / "types.json"
    file.write_text("[1, 2]", encoding="utf-8")
    with pytest.raises(SourceError) as refused:
        read_types(file)
    assert "types.json" in str(refused.value)
