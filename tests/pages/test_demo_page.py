"""Each story of the demo runs to its handout with a sentence of its own on every step."""

from __future__ import annotations

import pytest

from kytos.ui.pages.demo import STEPS, STORIES, Story
from tests.pages.conftest import button, page, wait_for_result, words


@pytest.mark.parametrize(
    ("story", "first"),
    [
        (Story.COST, "runs 20 nodes for"),
        (Story.ZONE, "Zone eu-1a goes dark"),
        (Story.SALE, "The sale begins"),
    ],
)
def test_a_story_from_start_to_handout(plain_app, story: Story, first: str) -> None:  # type: ignore[no-untyped-def]
    """No step repeats another, none is empty, and the last has the handout."""
    app = page(plain_app, "8_Demo")
    button(app, f"Start: {STORIES[story].title}").click().run()
    said = [app.title[0].value]
    assert first in said[0].replace("\\", "")
    app = wait_for_result(app)
    for _ in range(STEPS - 1):
        button(app, "Next").click().run()
        assert not app.exception
        said.append(app.title[0].value)
    assert len(set(said)) == STEPS
    assert "Kytos works it out now" not in said
    assert [one.label for one in app.get("download_button")] == ["Handout"]
    assert button(app, "Next").disabled
    button(app, "Leave").click().run()
    assert app.title[0].value == "Guided demo"


def test_the_page_behind_a_story_opens_with_its_answer(plain_app) -> None:  # type: ignore[no-untyped-def]
    """The last step leads to the question's page; its answer and its controls are there."""
    app = page(plain_app, "8_Demo")
    button(app, "Start: Cut cost").click().run()
    app = wait_for_result(app)
    app.session_state["demo step"] = STEPS - 1
    app.run()
    button(app, "Open in Rebalance").click().run()
    assert not app.exception
    assert app.title[0].value == "Rebalance"
    assert "free by moving" in words(app)
    assert "The controls have changed" not in words(app)
