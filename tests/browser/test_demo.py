"""The guided demo, by keyboard alone: started, turned, and ended at a handout that is saved."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

expect.set_options(timeout=60_000)

WHOLE_S = 300
"""A story's length at most, on a machine whose workers are still warming up."""


def test_a_story_by_keyboard_alone(page: Page, dashboard: str, tmp_path: Path) -> None:
    """1 starts it, right turns it to the handout, which holds the answer; Escape leaves."""
    started = time.monotonic()
    page.goto(f"{dashboard}/Demo")
    title = page.get_by_role("heading", level=1)
    expect(title).to_contain_text("Guided demo")
    page.get_by_role("button", name="Start: Sale day").wait_for()
    page.wait_for_timeout(500)  # until its keys are listened to
    page.keyboard.press("1")
    expect(title).to_contain_text("20 nodes")
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    said = [title.inner_text()]
    for step in range(2, 7):
        expect(page.get_by_role("button", name="Next")).to_be_enabled(timeout=WHOLE_S * 1000)
        page.keyboard.press("ArrowRight")
        expect(page.get_by_text(f"{step} of 6")).to_be_visible()
        expect(title).not_to_have_text("Kytos works it out now", timeout=WHOLE_S * 1000)
        expect(title).not_to_have_text(said[-1])
        said.append(title.inner_text())
    assert "free by moving" in said[1]
    assert "a year less" in said[2]
    assert said[5].startswith("Take it with you")
    page.keyboard.press("ArrowLeft")
    expect(title).to_have_text(said[4])
    expect(page.get_by_role("button", name="Next")).to_be_enabled()  # the last step has none after
    page.keyboard.press("ArrowRight")
    expect(title).to_have_text(said[5])
    handout = page.get_by_role("button", name="Handout")
    page.evaluate("document.activeElement.blur()")  # it is reached from the page's top
    for _ in range(12):
        page.keyboard.press("Tab")
        if handout.evaluate("element => element === document.activeElement"):
            break
    expect(handout).to_be_focused()
    expect(handout).to_have_css("outline-style", "solid")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    saved = tmp_path / "plan.html"
    download.value.save_as(saved)
    assert said[1] in saved.read_text(encoding="utf-8")
    assert time.monotonic() - started < WHOLE_S
    page.keyboard.press("Escape")
    expect(title).to_contain_text("Guided demo")
