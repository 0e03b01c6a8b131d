"""Make the dashboard's pictures: every page and state, both themes, three widths.

Run ``streamlit run app.py`` and then, beside it, ``python docs/screenshots.py``; or ``just shots``
once it runs. Without ``--all`` it makes docs/images/rebalance.png alone.
"""

from __future__ import annotations

import argparse
import json
import shutil
from contextlib import suppress
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

IMAGES = Path(__file__).parent / "images"
THEMES = ("light", "dark")
WIDTHS = (1440, 1024, 390)
HEIGHT, TALLEST = 1180, 5000
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
                name = f"{path or 'cluster'}-{theme}-{width}".lower()
                page.goto(f"{address}/{path}")
                page.get_by_role("heading", level=1).wait_for()
                page.wait_for_timeout(2500)
                _photograph(page, folder / f"{name}-opened.png")
                if button:
                    _answered(page, address, path)
                    _photograph(page, folder / f"{name}-answered.png")
            _uploaded(page, address, "broken.json", b"{no json}")
            _photograph(page, folder / f"cluster-{theme}-{width}-refused.png")
            _uploaded(page, address, "large.json", large_cluster())
            _photograph(page, folder / f"cluster-{theme}-{width}-large.png")
            page.get_by_test_id("stSidebar").get_by_role("link", name="Rebalance").click()
            _pressed(page, "Rebalance")
            _photograph(page, folder / f"rebalance-{theme}-{width}-large.png")
            page.context.close()


def _photograph(page: Page, path: Path) -> None:
    """Photograph a page from its top to its end: the window grows, as the page has no scroll."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    for _ in range(100):  # what is not drawn yet keeps its place as a grey bar
        if not page.get_by_test_id("stSkeleton").count():
            break
        page.wait_for_timeout(200)
    size = page.viewport_size or {"width": 1440, "height": HEIGHT}
    page.set_viewport_size({"width": size["width"], "height": HEIGHT})
    told = "() => document.querySelector('[data-testid=stMain]').scrollHeight"
    height = min(max(page.evaluate(told), HEIGHT), TALLEST)
    page.set_viewport_size({"width": size["width"], "height": height})
    page.wait_for_timeout(800)
    page.screenshot(path=path)
    page.set_viewport_size({"width": size["width"], "height": HEIGHT})


def _uploaded(page: Page, address: str, name: str, content: bytes) -> None:
    """Give the Cluster page a file, and wait until it was read."""
    page.goto(address)
    main = page.get_by_test_id("stMain")
    main.get_by_role("button", name="Use your own cluster").click()
    page.wait_for_timeout(1500)
    page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "application/json", "buffer": content}
    )
    page.wait_for_timeout(8000)
    page.keyboard.press("Escape")
    page.wait_for_timeout(1500)


def large_cluster(nodes: int = 1000, pods_per_node: int = 8) -> bytes:
    """Return a cluster of many nodes that are half full, as the simplest file that is read."""
    return json.dumps(
        {
            "nodes": [
                {"id": f"node-{at:04d}", "cpu_capacity": 8000, "mem_capacity": 32 * 1024}
                for at in range(nodes)
            ],
            "pods": [
                {
                    "id": f"service-{at % 90:02d}-{at:05d}",
                    "cpu_request": 200 + 150 * (at % 5),
                    "mem_request": (1 + at % 3) * 1024,
                    "current_node": f"node-{(at * 7919 + at // nodes * 13) % nodes:04d}",
                }
                for at in range(nodes * pods_per_node)
            ],
        }
    ).encode()


def _opened(browser: Browser, address: str, theme: str, width: int) -> Page:
    page = browser.new_page(
        viewport={"width": width, "height": HEIGHT},
        color_scheme="dark" if theme == "dark" else "light",
    )
    page.set_default_timeout(180_000)
    page.goto(address)
    return page


def _answered(page: Page, address: str, path: str) -> None:
    """Press a page's main button and wait until the run is over."""
    page.goto(f"{address}/{path}")
    _pressed(page, PAGES[path])


def _pressed(page: Page, button: str) -> None:
    main = page.get_by_test_id("stMain")
    main.get_by_role("button", name=button).first.click()
    stop = main.get_by_role("button", name="Stop")
    with suppress(PlaywrightTimeout):  # a run may be over before it is seen
        stop.first.wait_for(timeout=5000)
    while stop.count():
        page.wait_for_timeout(300)
    page.wait_for_timeout(2500)  # Plotly draws in its own time and says nothing when done


if __name__ == "__main__":
    main()
