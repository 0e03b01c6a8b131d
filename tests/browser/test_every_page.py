"""Every page, opened once: no serious barrier in either theme, and nothing cut off when narrow."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.paths import PATHS

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

NARROW = (1024, 390)
"""As wide as a small laptop, and a telephone."""
IN_JAPANESE = ("", "Rebalance", "Autoscale", "Fleet")

CUT = """() => [...document.querySelectorAll(
  "[data-testid=stMain] :is(p, button, label, h1, h2, h3, span, div, code)")]
  .filter((element) => {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.offsetParent || element.closest(".js-plotly-plot, [role=tablist]"))
      return false;
    if (element.closest("[data-testid=stDataFrame], [data-testid=stTooltipContent], pre"))
      return false;
    const range = document.createRange();
    range.selectNodeContents(element);
    const right = range.getBoundingClientRect().right;
    for (let box = element; box && box.dataset.testid !== "stMain"; box = box.parentElement)
      if (["hidden", "clip"].includes(getComputedStyle(box).overflowX)
          && (right > box.getBoundingClientRect().right + 1
            || (box === element && box.scrollWidth > box.clientWidth + 1))) return true;
    return false;
  })
  .map((element) => element.textContent.trim().slice(0, 60))"""
"""Text that does not fit its box, or one around it, and is hidden; tables and pictures have ways
of their own, and tabs scroll."""
WIDER = "() => document.documentElement.scrollWidth - innerWidth"


@pytest.mark.parametrize("path", PATHS)
def test_can_be_read_by_everyone(chromium: Browser, dashboard: str, path: str) -> None:
    """The page as it opens, Rebalance with its answer: by axe in both themes, then narrow."""
    page = chromium.new_page(base_url=dashboard, viewport={"width": 1440, "height": 1000})
    page.set_default_timeout(120_000)
    _open(page, f"/{path}")
    if path == "Rebalance":
        _main_button(page).click()
        expect(page.get_by_text("free by moving")).to_be_visible(timeout=200_000)
    _settle(page)
    assert _barriers(page) == [], "light"
    page.emulate_media(color_scheme="dark")
    page.reload()
    if path == "Rebalance":
        expect(page.get_by_text("free by moving")).to_be_visible()
    _wait(page)
    _settle(page)
    assert _barriers(page) == [], "dark"
    _nothing_is_cut_off(page)
    page.close()


@pytest.mark.parametrize("path", IN_JAPANESE)
def test_nothing_is_cut_off_in_japanese(chromium: Browser, dashboard: str, path: str) -> None:
    """Japanese breaks lines anywhere, and has longer words for some things: nothing is lost."""
    page = chromium.new_page(base_url=dashboard)
    page.set_default_timeout(120_000)
    _open(page, f"/{path}?lang=ja")
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    _nothing_is_cut_off(page)
    page.close()


def test_the_main_button_is_within_six_stops(page: Page) -> None:
    """A page is tabbed through from its title, not from the navigation; its word is one line."""
    page.goto("/Rebalance")
    button = _main_button(page)
    expect(button).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    for _ in range(6):
        page.keyboard.press("Tab")
        if button.evaluate("element => element === document.activeElement"):
            break
    else:
        pytest.fail("six presses of Tab did not reach the main button")
    for width in NARROW:
        page.set_viewport_size({"width": width, "height": 900})
        _settle(page)
        box = button.bounding_box()
        assert box is not None
        assert box["height"] < 50, f"its one word is broken in two lines at {width}"


def _main_button(page: Page) -> Locator:
    return page.get_by_test_id("stMain").get_by_role("button", name="Rebalance", exact=True)


def _open(page: Page, path: str) -> None:
    page.goto(path)
    _wait(page)


def _wait(page: Page) -> None:
    page.get_by_role("heading", level=1).wait_for()
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()


def _settle(page: Page) -> None:
    """Wait for what a browser draws in its own time: Plotly's pictures, a change of width."""
    page.wait_for_timeout(1_000)


def _barriers(page: Page) -> list[str]:
    """What axe-core calls serious or critical, each with where it is."""
    return [
        f"{rule['id']}: {node['html'][:120]}"
        for rule in Axe().run(page).response["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


def _nothing_is_cut_off(page: Page) -> None:
    for width in NARROW:
        page.set_viewport_size({"width": width, "height": 900})
        _settle(page)
        assert page.evaluate(CUT) == [], width
        assert page.evaluate(WIDER) <= 0, width
