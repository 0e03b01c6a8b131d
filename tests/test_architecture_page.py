"""docs/architecture.md says what is: its picture, its paths and the counts of its recipes."""

from __future__ import annotations

import re

import pytest

from tests.test_architecture import HOUSE, ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
RECIPES = re.findall(r"^### ([^\n]+): (\d+) files\n(.*?)(?=^##|\Z)", PAGE, re.DOTALL | re.MULTILINE)


def picture() -> str:
    """The house as a Mermaid chart, floor below floor."""
    boxes = [f'    floor{number}["{", ".join(rooms)}"]' for number, rooms in enumerate(HOUSE)]
    arrows = [f"    floor{number} --> floor{number + 1}" for number in range(len(HOUSE) - 1)]
    return "\n".join(["flowchart TD", *boxes, *arrows])


def test_the_picture_is_the_house() -> None:
    """The floors drawn are those that imports are held to."""
    (drawn,) = re.findall(r"^```mermaid\n(.*?)\n```$", PAGE, re.DOTALL | re.MULTILINE)
    assert drawn == picture()


def test_every_path_is_there() -> None:
    """No file or folder that the page names is gone."""
    named = re.findall(r"`((?:kytos|tests|docs|pages)/[^`]*|[A-Z]+\.md)`", PAGE)
    assert len(named) > 40
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_there_is_a_recipe_for_each() -> None:
    """What people add most has one."""
    titles = " ".join(title for title, *_ in RECIPES)
    assert [
        word for word in ["rule", "solver", "question", "page", "source"] if word not in titles
    ] == []


@pytest.mark.parametrize(
    ("title", "count", "recipe"), RECIPES, ids=[title for title, *_ in RECIPES]
)
def test_a_recipe_lists_as_many_files_as_it_says(title: str, count: str, recipe: str) -> None:
    """Each entry names the file it is about, and they are as many as the heading promises."""
    files = re.findall(r"^- `([^`]+)`: ", recipe, re.MULTILINE)
    assert len(files) == len(set(files)) == int(count), title
