"""Nothing is cut off on a small window, and no page jumps about while it loads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.paths import PATHS

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

CUT = """() => [...document.querySelectorAll(
  "[data-testid=stMain] :is(p, button, label, h1, h2, h3, span, div, code)")]
  .filter((element) => {
    const style = getComputedStyle(element);
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.offsetParent || element.closest(".js-plotly-plot, [role=tablist]"))
      return false;
    if (element.closest("[data-testid=stDataFrame], [data-testid=stTooltipContent], pre"))
      return false;
    const hides = ["hidden", "clip"].includes(style.overflowX);
    return hides && element.scrollWidth > element.clientWidth + 1;
  })
  .map((element) => element.textContent.trim().slice(0, 60))"""
"""Text of the page that does not fit its box and is hidden; tables and pictures have ways of their
own, and tabs scroll."""
WIDER = "() => document.documentElement.scrollWidth - innerWidth"


@pytest.fixture(params=[1024, 390])
def narrow(request: pytest.FixtureRequest, chromium: Browser, dashboard: str) -> Iterator[Page]:
    """A page as wide as a small laptop, or a telephone."""
    context = chromium.new_context(
        base_url=dashboard, viewport={"width": request.param, "height": 900}
    )
    page = context.new_page()
    page.set_default_timeout(120_000)
    yield page
    context.close()


def test_nothing_is_cut_off(narrow: Page) -> None:
    """Every page as it opens, and Rebalance with its answer, at two widths."""
    for path in PATHS:
        narrow.goto(f"/{path}")
        narrow.get_by_role("heading", level=1).wait_for()
        if path == "Rebalance":
            button = narrow.get_by_test_id("stMain").get_by_role("button", name="Rebalance")
            box = button.bounding_box()
            assert box is not None
            assert box["height"] < 50, "its one word is broken in two lines"
            button.click()
            expect(narrow.get_by_text("free by moving")).to_be_visible(timeout=200_000)
        narrow.wait_for_timeout(1500)
        assert narrow.evaluate(CUT) == [], path
        assert narrow.evaluate(WIDER) <= 0, path


def test_nothing_is_cut_off_in_japanese(narrow: Page) -> None:
    """Japanese breaks lines anywhere, and has longer words for some things: nothing is lost."""
    for path in ("", "Rebalance", "Autoscale", "Fleet"):
        narrow.goto(f"/{path}?lang=ja")
        narrow.get_by_role("heading", level=1).wait_for()
        expect(narrow.locator("html")).to_have_attribute("lang", "ja")
        narrow.wait_for_timeout(1500)
        assert narrow.evaluate(CUT) == [], path
        assert narrow.evaluate(WIDER) <= 0, path
