"""Which nodes to have, in a browser: a ready scenario answered, its families and its YAML."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_a_ready_scenario_says_what_to_buy(page: Page) -> None:
    """A click to what it costs, with both fleets to scale and NodePools to copy."""
    page.get_by_role("link", name="Fleet", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Fleet")
    page.get_by_role("button", name="Ten pods on nodes anew").click()
    main = page.get_by_test_id("stMain")
    expect(main.get_by_text("Proposed: $0.36/h")).to_be_visible(timeout=120_000)
    expect(main.get_by_text("Today: $0.77/h")).to_be_visible()
    expect(main.get_by_text("$0.77 → $0.36")).to_be_visible()
    page.get_by_role("tab", name="Families").click()
    expect(main.get_by_role("listitem").filter(has_text="m6i costs").first).to_be_visible()
    page.get_by_role("tab", name="YAML").click()
    expect(main.get_by_test_id("stCode").filter(has_text="NodePool").first).to_be_visible()
