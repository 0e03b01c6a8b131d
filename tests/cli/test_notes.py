"""Notes: what was not honoured stands in every answer, and nothing in it steers a terminal."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_commands import kytos, quick

__all__ = ["quick"]
"""A fixture of the other commands."""

CASES = Path(__file__).parents[1] / "data" / "cases"
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture
def other_scheduler(tmp_path: Path) -> Path:
    """Three nodes with a pod each, and an object of a kind nobody knows."""
    nodes: list[dict[str, Any]] = [
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name},
            "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"}},
        }
        for name in ("a", "b", "c")
    ]
    owner = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "web", "controller": True}
    pods = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"web-{at}", "namespace": "shop", "ownerReferences": [owner]},
            "spec": {
                "nodeName": at,
                "containers": [{"name": "c", "resources": {"requests": {"cpu": "100m"}}}],
            },
            "status": {"phase": "Running"},
        }
        for at in ("a", "b", "c")
    ]
    odd = {"apiVersion": "example.org/v1", "kind": "Gadget", "metadata": {"name": "g"}}
    file = tmp_path / "cluster.json"
    file.write_text(json.dumps({"kind": "List", "items": [*nodes, *pods, odd]}))
    return file


@pytest.mark.parametrize(
    "words",
    [
        ["rebalance"],
        ["recover", "--fail", "a"],
        ["place", "--waiting"],
        ["autoscale", "--service", "shop/web=30/10"],
        ["compare", "--solver", "first-fit-decreasing"],
        ["compare", "--frontier", "--points", "2"],
    ],
)
def test_notes_stand_in_every_answer(
    words: list[str], other_scheduler: Path, quick: list[str]
) -> None:
    """As text and as JSON, whatever was asked."""
    command, *more = words
    told = kytos(command, other_scheduler, *more, *quick)
    assert "Gadget" in told.stdout, told.output
    answer = json.loads(kytos(command, other_scheduler, *more, "--json", *quick).stdout)
    (note,) = [note for note in answer["notes"] if "Gadget" in note["message"]]
    assert note["count"] == 1
    assert note["subjects"] == ["g"]


@pytest.mark.parametrize(
    "words",
    [["inspect"], ["inspect", "--json"], ["why-not", "default/w"], ["rebalance"], ["fleet"]],
)
def test_no_control_character_reaches_the_terminal(words: list[str], quick: list[str]) -> None:
    """Names and kinds that would clear the screen or set its title are spelled out."""
    command, *more = words
    options = quick if command in ("rebalance", "fleet") else []
    result = kytos(command, CASES / "terminal-escapes.json", *more, *options)
    assert result.exit_code in (0, 3, 4), result.output
    assert CONTROL.search(result.output) is None


def test_a_refusal_steers_no_terminal(tmp_path: Path) -> None:
    """What is quoted from a file in a refusal is spelled out too."""
    bad = {"kind": "Node", "metadata": {"name": "a\x1b[2J\x9b31m"}}
    file = tmp_path / "bad.json"
    file.write_text(json.dumps(bad))
    result = kytos("inspect", file)
    assert result.exit_code == 2
    assert CONTROL.search(result.output) is None
