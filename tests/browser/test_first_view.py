"""What a new user sees without asking: findings, the card and the picture of the plan."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_a_finding_opens_its_page_with_the_answer_there(page: Page) -> None:
    """The start page says what could go, and a click shows the plan, card and picture."""
    page.get_by_role("button", name="Open in Rebalance").click(timeout=120_000)
    expect(page.get_by_role("heading", level=1)).to_have_text("Rebalance")
    main = page.get_by_test_id("stMain")
    expect(main.get_by_text("come free by moving")).to_be_visible()
    expect(main.get_by_text("The controls have changed")).to_have_count(0)
    card = main.get_by_test_id("stMetric")
    for label in ("Price per hour", "Pods that restart", "Fullest node", "Ended by"):
        expect(card.filter(has_text=label)).to_be_visible()

    boxes = main.locator(".js-plotly-plot").first
    expect(boxes.get_by_text("Freed: 6 nodes")).to_be_visible()
