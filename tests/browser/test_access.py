"""No page has a serious barrier, as axe-core finds them, in either theme; the button is near."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.paths import PATHS

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture(params=["light", "dark"])
def themed(request: pytest.FixtureRequest, chromium: Browser, dashboard: str) -> Iterator[Page]:
    """A page whose browser asks for one of the themes."""
    context = chromium.new_context(
        base_url=dashboard, color_scheme=request.param, viewport={"width": 1440, "height": 1000}
    )
    page = context.new_page()
    page.set_default_timeout(120_000)
    yield page
    context.close()


def barriers(page: Page) -> list[str]:
    """What axe-core calls serious or critical, each with where it is."""
    found = Axe().run(page).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:120]}"
        for rule in found
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


def test_no_serious_barrier_on_any_page(themed: Page) -> None:
    """Every page as it opens, and Rebalance with its answer."""
    for path in PATHS:
        themed.goto(f"/{path}")
        themed.get_by_role("heading", level=1).wait_for()
        if path == "Rebalance":
            themed.get_by_test_id("stMain").get_by_role("button", name="Rebalance").click()
            expect(themed.get_by_text("free by moving")).to_be_visible(timeout=120_000)
        themed.wait_for_timeout(1500)  # Plotly draws in its own time
        assert barriers(themed) == [], path


def test_the_main_button_is_within_six_stops(page: Page) -> None:
    """A page is tabbed through from its title, not from the navigation."""
    page.goto("/Rebalance")
    button = page.get_by_test_id("stMain").get_by_role("button", name="Rebalance")
    expect(button).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    for _ in range(6):
        page.keyboard.press("Tab")
        if button.evaluate("element => element === document.activeElement"):
            return
    pytest.fail("six presses of Tab did not reach the main button")
