"""Whether browsers that are closed under their runs leave the dashboard's workers free.

``uv run python -m benchmarks.abandoned --browsers 10`` opens so many browsers, has each start a run
of minutes, closes them all, and prints after how many seconds no worker was at any of their runs
any more, and after how many a browser that stayed, and asked as they went, was answered. Exit code
1 where the first took more than 10 s.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.dashboard import dashboard, forked

FREE_S = 10.0
"""Longest that a run may go on whose browser is gone."""
WATCHED_S = 120.0
PATIENCE_MS = 180_000
LONG = "cluster=Hot+spots&effort=the+whole+time+cap&cap=300"


def main() -> None:
    """Open the browsers, close them, and print how long their runs went on."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--browsers", type=int, default=10)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    with (
        dashboard(asked.workers) as (address, server),
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=path, args=["--no-sandbox"]) as browser,
    ):
        stays = opened(browser, f"{address}/Rebalance")
        press(stays)  # a first run: the workers are warm from here on
        stays.get_by_text("free by moving").wait_for()
        leave = [opened(browser, f"{address}/Rebalance?{LONG}") for _ in range(asked.browsers)]
        for page in leave:
            press(page)
        for page in leave:
            page.get_by_role("button", name="Stop", exact=True).wait_for()
        at_work = set(forked(server.pid))
        closed = time.monotonic()
        for page in leave:
            page.context.close()
        began = time.monotonic()
        press(stays)
        # A worker is ended under a run that is cancelled, and another takes its place.
        while at_work & set(forked(server.pid)) and time.monotonic() - began < WATCHED_S:
            time.sleep(0.05)
        freed = time.monotonic() - began
        stays.get_by_role("button", name="Stop", exact=True).wait_for(state="hidden")
        answered = time.monotonic() - began
    print(f"{asked.browsers} browsers closed within {began - closed:.1f} s, {len(at_work)} workers")
    print(
        f"no worker at their runs after {freed:.1f} s; another browser answered in {answered:.1f} s"
    )
    sys.exit(0 if freed <= FREE_S else 1)


def opened(browser: Browser, address: str) -> Page:
    """Return Rebalance in a browser of its own."""
    page = browser.new_context(viewport={"width": 1440, "height": 1000}).new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address)
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    return page


def press(page: Page) -> None:
    """Ask the page's question."""
    page.get_by_test_id("stMain").get_by_role("button", name="Rebalance").click()


if __name__ == "__main__":
    main()
