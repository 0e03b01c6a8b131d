"""How fast the pages are: first page, first answer, a slider's rerun, and how much they jump about.

The figures stand in the report (`pytest --junitxml`, or `-s`); the bounds are for machines that do
other work beside.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

WATCH = """() => {
  window.shifted = 0; window.received = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
  }).observe({type: "layout-shift", buffered: true});
}"""


def seconds(of: Callable[[], None]) -> float:
    """How long something took."""
    started = time.perf_counter()
    of()
    return time.perf_counter() - started


def test_pages_are_fast_and_stand_still(
    chromium: Browser, dashboard: str, record_property: Callable[[str, object], None]
) -> None:
    """First page within 15 s, a slider within 5 s, a layout that shifts less than 0.1."""
    page = chromium.new_page(base_url=dashboard, viewport={"width": 1440, "height": 1000})
    page.set_default_timeout(120_000)
    page.add_init_script(f"({WATCH})()")
    told: dict[str, float] = {}
    told["first page, s"] = seconds(lambda: _opened(page, "/"))
    page.wait_for_timeout(1500)
    told["layout shift, first page"] = page.evaluate("window.shifted")
    told["question's page, s"] = seconds(lambda: _opened(page, "/Rebalance"))
    page.wait_for_timeout(1500)
    told["layout shift, question's page"] = page.evaluate("window.shifted")
    told["first answer, s"] = seconds(lambda: _answered(page))
    page.wait_for_timeout(1500)
    told["slider, s"] = seconds(lambda: _slid(page))
    page.close()
    for name, value in told.items():
        record_property(name, round(value, 3))
    print("\n" + "\n".join(f"{name}: {value:.2f}" for name, value in told.items()))
    assert told["first page, s"] < 15
    assert told["slider, s"] < 5
    assert told["layout shift, first page"] < 0.1
    assert told["layout shift, question's page"] < 0.1


def _opened(page: Page, path: str) -> None:
    page.goto(path)
    page.get_by_role("heading", level=1).wait_for()


def _answered(page: Page) -> None:
    page.get_by_test_id("stMain").get_by_role("button", name="Rebalance").click()
    expect(page.get_by_text("free by moving")).to_be_visible(timeout=200_000)


def _slid(page: Page) -> None:
    slider = page.get_by_role("slider", name="B ·").first
    slider.focus()
    slider.press("ArrowRight")
    expect(page.get_by_text("The controls have changed")).to_be_visible()
