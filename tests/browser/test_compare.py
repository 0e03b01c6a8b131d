"""The Compare page in a browser: the frontier, and a plan a click away."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_a_click_on_the_frontier_shows_its_plan(page: Page, dashboard: str) -> None:
    """From the sample to the frontier; clicking its first point shows that nothing moves."""
    page.goto(f"{dashboard}/Compare?refine=20000")
    expect(page.get_by_role("heading", level=1)).to_have_text("Compare")
    page.get_by_text("Gain against moves").click()
    page.get_by_role("button", name="Draw frontier").click()
    expect(page.get_by_text("nodes freed, for")).to_be_visible(timeout=180_000)

    # A redraw under the mouse would swallow the click.
    page.locator("[data-test-script-state=notRunning]").wait_for()
    figure = page.locator(".js-plotly-plot").first
    start = figure.locator(".scatterlayer .trace .points path").first
    expect(start).to_be_visible()
    box = start.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.get_by_text("No pod moves.")).to_be_visible()
    expect(page.get_by_text("Moves (0)")).to_be_visible()
