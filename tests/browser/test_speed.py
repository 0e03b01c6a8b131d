"""How fast pages open, and how much they jump about meanwhile.

The figures stand in the report (`pytest --junitxml`, or `-s`). The time is told and not judged:
machines that run tests do other work beside.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

WATCH = """(() => {
  window.shifted = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
  }).observe({type: "layout-shift", buffered: true});
})()"""
_VISITS = 3
"""The stillest counts: a style that a busy browser fetches late moves what it finds."""


def test_pages_stand_still_while_they_open(
    chromium: Browser, dashboard: str, record_property: Callable[[str, object], None]
) -> None:
    """The start page and a question's page shift less than 0.1 in all."""
    page = chromium.new_page(base_url=dashboard, viewport={"width": 1440, "height": 1000})
    page.set_default_timeout(120_000)
    page.add_init_script(WATCH)
    sent: list[int] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda f: sent.append(len(f))))
    for path in ("/", "/Rebalance"):
        visits = []
        sent.clear()
        for _ in range(_VISITS):
            visits.append(_visit(page, path))
            if visits[-1][1] < 0.1:
                break
        record_property(f"{path} WebSocket payload a visit, KB", sum(sent) // 1000 // len(visits))
        record_property(f"{path} opens in, s", round(min(took for took, _ in visits), 2))
        record_property(f"{path} layout shift", round(min(moved for _, moved in visits), 3))
        assert min(moved for _, moved in visits) < 0.1, path
    page.close()


def _visit(page: Page, path: str) -> tuple[float, float]:
    """Open a page: the seconds until its title, and what was moved until it stands."""
    started = time.perf_counter()
    page.goto(path)
    page.get_by_role("heading", level=1).wait_for()
    took = time.perf_counter() - started
    page.wait_for_timeout(1500)
    return took, float(page.evaluate("window.shifted"))
