"""How soon the dashboard shows its first page and its first answer, in seconds by the clock.

``python -m benchmarks.opening`` starts the dashboard and a Chromium, and prints both from the
start of the server: the first page with its title, and the first finding of the sample that it
opens with. Kernels are taken from this machine's cache, so run it twice. Exit code 1 where the page
takes longer than 5 s or the answer longer than 10 s; that is for an idle machine.
"""

from __future__ import annotations

import shutil
import sys
import time

from playwright.sync_api import Browser, sync_playwright

from benchmarks.dashboard import dashboard

PAGE_S, ANSWER_S = 5.0, 10.0
PATIENCE_MS = 300_000


def main() -> None:
    """Measure and print a row."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=path, args=["--no-sandbox"]) as browser,
    ):
        started = time.perf_counter()
        with dashboard(2) as (address, _):
            page_s, answer_s = opened(browser, address, started)
    print("| first page | first answer |\n| --- | --- |")
    print(f"| {page_s:.1f} s | {answer_s:.1f} s |", flush=True)
    sys.exit(0 if page_s <= PAGE_S and answer_s <= ANSWER_S else 1)


def opened(browser: Browser, address: str, started: float) -> tuple[float, float]:
    """Open the first page and wait for its first answer; return when each was there.

    Parameters
    ----------
    started
        By the clock of `time.perf_counter`: when the server was started.
    """
    page = browser.new_page(viewport={"width": 1440, "height": 1000})
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address)
    page.get_by_role("heading", level=1).wait_for()
    page_s = time.perf_counter() - started
    page.get_by_role("button", name="Open in Rebalance").wait_for()
    return page_s, time.perf_counter() - started


if __name__ == "__main__":
    main()
