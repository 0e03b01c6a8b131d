"""Make docs/images/rebalance.png: the Rebalance page's answer on the default sample.

Run ``streamlit run app.py`` and then, beside it, ``python docs/screenshots.py``.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

IMAGES = Path(__file__).parent / "images"


def main() -> None:
    """Press Rebalance and photograph what comes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", default="http://localhost:8501")
    parser.add_argument("--out", type=Path, default=IMAGES / "rebalance.png")
    parser.add_argument("--dark", action="store_true")
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(
            viewport={"width": 1440, "height": 1180},
            color_scheme="dark" if options.dark else "light",
        )
        page.set_default_timeout(90_000)
        page.goto(f"{options.address}/Rebalance")
        page.get_by_test_id("stMain").get_by_role("button", name="Rebalance").click()
        page.get_by_text("free by moving").wait_for()
        page.wait_for_timeout(2500)  # Plotly draws in its own time and says nothing when done
        page.screenshot(path=options.out)
        browser.close()


if __name__ == "__main__":
    main()
