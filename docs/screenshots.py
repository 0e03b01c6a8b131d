"""Make the dashboard's pictures: every page and state, both themes, three widths.

Run ``streamlit run app.py`` and then, beside it, ``python docs/screenshots.py``; or ``just shots``
once it runs. Without ``--all`` it makes docs/images/rebalance.png alone.
"""

from __future__ import annotations

import argparse
import shutil
from contextlib import suppress
from pathlib import Path

from playwright.sync_api import Browser, Page, TimeoutError, sync_playwright

IMAGES = Path(__file__).parent / "images"
THEMES = ("light", "dark")
WIDTHS = (1440, 1024, 390)
PAGES = {
    "": "",
    "Rebalance": "Rebalance",
    "Recovery": "Recover",
    "Placement": "Place",
    "Autoscale": "Autoscale",
    "Compare": "Compare",
    "Fleet": "Choose nodes",
    "History": "",
    "Demo": "",
}
"""Each page's path, and its main button where it has one."""


def main() -> None:
    """Photograph the README's picture, or all there is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", default="http://localhost:8501")
    parser.add_argument("--out", type=Path, default=IMAGES / "rebalance.png")
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="every page, theme and width")
    parser.add_argument("--dark", action="store_true")
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        if options.all is not None:
            options.all.mkdir(parents=True, exist_ok=True)
            _everything(browser, options.address, options.all)
        else:
            page = _opened(browser, options.address, "dark" if options.dark else "light", 1440)
            _answered(page, options.address, "Rebalance")
            page.screenshot(path=options.out)
        browser.close()


def _everything(browser: Browser, address: str, folder: Path) -> None:
    for theme in THEMES:
        for width in WIDTHS:
            page = _opened(browser, address, theme, width)
            for path, button in PAGES.items():
                name = f"{path or 'Cluster'}-{theme}-{width}".lower()
                page.goto(f"{address}/{path}")
                page.get_by_role("heading", level=1).wait_for()
                page.wait_for_timeout(2500)
                page.screenshot(path=folder / f"{name}-opened.png")
                if button:
                    _answered(page, address, path)
                    page.screenshot(path=folder / f"{name}-answered.png", full_page=True)
            page.context.close()


def _opened(browser: Browser, address: str, theme: str, width: int) -> Page:
    page = browser.new_page(
        viewport={"width": width, "height": 1180},
        color_scheme="dark" if theme == "dark" else "light",
    )
    page.set_default_timeout(180_000)
    page.goto(address)
    return page


def _answered(page: Page, address: str, path: str) -> None:
    """Press a page's main button and wait until the run is over."""
    page.goto(f"{address}/{path}")
    main = page.get_by_test_id("stMain")
    main.get_by_role("button", name=PAGES[path], exact=False).first.click()
    stop = main.get_by_role("button", name="Stop")
    with suppress(TimeoutError):  # a run may be over before it is seen
        stop.wait_for(timeout=5000)
    stop.wait_for(state="detached")
    page.wait_for_timeout(2500)  # Plotly draws in its own time and says nothing when done


if __name__ == "__main__":
    main()
