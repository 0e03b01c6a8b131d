"""Whether browsers that are closed under their runs leave the dashboard's workers free.

``uv run python -m benchmarks.abandoned --browsers 10`` opens so many browsers, has each start a run
of minutes, closes them all, and lets one that stayed ask as they go. It prints how long that one
waited for its answer, and how long for the same when nobody else asked. Exit code 1 where the
abandoned runs cost it more than 10 s, or where not all had begun.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time

from playwright.sync_api import Browser, Locator, Page, sync_playwright

from benchmarks.dashboard import dashboard

FREE_S = 10.0
"""Longest that runs may hold workers whose browsers are gone."""
BEGIN_S = 30
"""Given to the browsers' runs to begin: with the server and the solvers they share the machine."""
PATIENCE_MS = 180_000
SHORT = "cluster=two-lists"
LONG = "cluster=hot-spots&effort=the+whole+time+cap&cap=300"


def main() -> None:
    """Open the browsers, close them, and print what their runs cost another."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--browsers", type=int, default=10)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    with (
        dashboard(asked.workers) as (address, _),
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=path, args=["--no-sandbox"]) as browser,
    ):
        stays = opened(browser, f"{address}/Rebalance?{SHORT}")
        answered(stays)  # the workers are warm from here on
        alone = answered(stays)
        leave = [opened(browser, f"{address}/Rebalance?{LONG}") for _ in range(asked.browsers)]
        for page in leave:
            press(page)
        leave[-1].wait_for_timeout(1_000 * BEGIN_S)
        begun = sum(stop(page).is_visible() for page in leave)
        for page in leave:
            page.context.close()
        beside = answered(stays)
    print(f"answered in {alone:.1f} s alone, in {beside:.1f} s as {asked.browsers} browsers went,")
    print(f"of which {begun} showed their runs {BEGIN_S} s after the press")
    sys.exit(0 if beside - alone <= FREE_S and begun == asked.browsers else 1)


def opened(browser: Browser, address: str) -> Page:
    """Return Rebalance in a browser of its own."""
    page = browser.new_context(viewport={"width": 1440, "height": 1000}).new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address)
    page.get_by_role("heading", level=1).wait_for()
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    return page


def press(page: Page) -> None:
    """Ask the page's question."""
    page.get_by_test_id("stMain").get_by_role("button", name="Rebalance", exact=True).click()


def stop(page: Page) -> Locator:
    """Return the button that is there while a run waits or is under way."""
    return page.get_by_role("button", name="Stop", exact=True)


def answered(page: Page) -> float:
    """Return the seconds from a press of the button to the answer."""
    began = time.perf_counter()
    press(page)
    stop(page).wait_for()
    stop(page).wait_for(state="hidden")
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
