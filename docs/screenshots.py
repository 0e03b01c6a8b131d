"""Make the dashboard's pictures: every page and state, both languages and themes, three widths.

``just shots`` starts a dashboard of its own and leaves the pictures in ``docs/shots/``, which git
does not keep. A regular expression of names makes a part: ``just shots 'rebalance-.*-ja-dark'``.
With ``--readme`` it makes docs/images/rebalance.png alone.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import product, starmap
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

ROOT = Path(__file__).parent.parent
IMAGES, SHOTS = ROOT / "docs" / "images", ROOT / "docs" / "shots"
LANGUAGES = ("en", "ja")
THEMES = ("light", "dark")
WIDTHS = (1440, 1024, 390)
HEIGHT, TALLEST = 1180, 6000
PATIENCE_MS = 180_000
"""The first page of a new checkout compiles its kernels."""
PAGES = (
    *("", "Rebalance", "Recovery", "Placement", "Autoscale", "Compare"),
    *("Fleet", "History", "Demo"),
)
BUTTONS = {
    "Rebalance": "Rebalance",
    "Recovery": "Recover",
    "Placement": "Place",
    "Autoscale": "Autoscale",
    "Compare": "Compare",
    "Fleet": "Choose nodes",
}
"""Main buttons, by the path of their page."""
TABS, STEPS = 9, 6
"""At most so many tabs under an answer; steps of a story."""


@dataclass(frozen=True)
class Look:
    """How a page is looked at."""

    language: str
    theme: str
    width: int

    def name(self, state: str) -> str:
        """Return the name of a state's picture."""
        return f"{state}-{self.language}-{self.theme}-{self.width}"


@dataclass
class Histories:
    """What was asked once, found again by its link at every look.

    Attributes
    ----------
    links
        From a state of the dashboard to the query of its link, of those that were needed so far.
    """

    browser: Browser
    address: str
    links: dict[str, str] = field(default_factory=dict)

    def link(self, state: str, ask: Callable[[Page, str], None]) -> str:
        """Return the query that leads to a state, which `ask` makes where nobody did before."""
        if state not in self.links:
            page = self.browser.new_page(viewport={"width": 1440, "height": HEIGHT})
            page.set_default_timeout(PATIENCE_MS)
            ask(page, self.address)
            self.links[state] = page.url.partition("?")[2]
            page.context.close()
        return self.links[state]


def main() -> None:
    """Photograph the README's picture, or all there is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="?", default="", help="regular expression of names")
    parser.add_argument("--out", type=Path, default=SHOTS, help="folder for the pictures")
    parser.add_argument("--readme", action="store_true", help="the README's picture alone")
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright, dashboard() as address:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        if options.readme:
            page = _opened(browser, Look("en", "light", 1440))
            _answered(page, address, "Rebalance")
            page.screenshot(path=IMAGES / "rebalance.png")
        else:
            options.out.mkdir(parents=True, exist_ok=True)
            histories = Histories(browser, address)
            missed = [
                name
                for look in starmap(Look, product(LANGUAGES, THEMES, WIDTHS))
                for name in _everything(histories, look, re.compile(options.only), options.out)
            ]
            if missed:
                sys.exit(f"not photographed: {', '.join(missed)}")
        browser.close()


@contextmanager
def dashboard() -> Iterator[str]:
    """Serve this checkout's dashboard on a free port until the block ends."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    arguments = ["--server.port", str(port), "--server.headless", "true"]
    with tempfile.TemporaryDirectory() as store:  # its history is of these pictures alone
        server = subprocess.Popen(  # noqa: S603  (its own program and port)
            [sys.executable, "-m", "streamlit", "run", "app.py", *arguments],
            cwd=ROOT,
            env=os.environ | {"KYTOS_STORE": f"{store}/kept"},
            stdout=subprocess.DEVNULL,
        )
        address = f"http://localhost:{port}"
        try:
            for _ in range(300):
                with suppress(OSError), socket.create_connection(("localhost", port), timeout=2):
                    break
                time.sleep(0.2)
            yield address
        finally:
            server.kill()  # with pages open it takes its time to end
            server.wait()


def _everything(histories: Histories, look: Look, only: re.Pattern[str], folder: Path) -> list[str]:
    """Photograph, at one look, every state whose name is asked for; return what took too long."""
    wanted = [
        (state, path, ask, then)
        for state, path, ask, then in _states()
        if only.search(look.name(state))
    ]
    if not wanted:
        return []
    page = _opened(histories.browser, look)
    missed = []
    for state, path, ask, then in wanted:
        name = look.name(state)
        try:
            kept = "" if ask is None else histories.link(ask.__name__, ask)
            page.goto(f"{histories.address}/{path}?lang={look.language}&{kept}")
            page.get_by_role("heading", level=1).wait_for()
            _still(page)
            if then is None or then(page):
                _photograph(page, folder / f"{name}.png")
                print(name, flush=True)
        except PlaywrightTimeout as error:  # one page that hangs costs its own picture alone
            missed.append(name)
            print(f"{name}: {error.message.splitlines()[0]}", flush=True)
    page.context.close()
    return missed


Asked = Callable[[Page, str], None]
Then = Callable[[Page], bool]


def _states() -> Iterator[tuple[str, str, Asked | None, Then | None]]:
    """Each state: its name, the page, what is asked once, and what is done on the page.

    What is done says whether the state exists.
    """
    for path in PAGES:
        yield f"{path or 'cluster'}-opened".lower(), path, None, None
    for path in BUTTONS:
        yield f"{path}-answered".lower(), path, sample, None
    for path in BUTTONS:
        if path != "Compare":
            for tab in range(1, TABS):
                yield f"{path}-tab{tab}".lower(), path, sample, _tab(tab)
    yield "compare-frontier", "Compare", sample, _frontier
    yield "history-answered", "History", sample, None
    yield "cluster-refused", "", None, lambda page: _uploaded(page, "broken.json", b"{no json}")
    for path in ("", "Rebalance", "Autoscale"):
        yield f"{path or 'cluster'}-empty".lower(), path, empty, None
        yield f"{path or 'cluster'}-uploaded".lower(), path, uploaded, None
        yield f"{path or 'cluster'}-large".lower(), path, large, None
    yield "recovery-large", "Recovery", large, None
    yield "rebalance-error", "Rebalance", None, _error
    for step in range(1, STEPS + 1):
        yield f"demo-step{step}", "Demo", sample, _story(step)


def sample(page: Page, address: str) -> None:
    """Ask every question of the first sample."""
    for path in BUTTONS:
        _answered(page, address, path)
        print(f"asked {path}", flush=True)
    page.goto(f"{address}/Compare?{page.url.partition('?')[2]}")
    _still(page)
    _frontier(page)
    _pressed(page, "Draw frontier")


def uploaded(page: Page, address: str) -> None:
    """Ask for what could go of an uploaded cluster with trouble in it."""
    page.goto(address)
    _uploaded(page, "small.json", large_cluster(12, 9, waiting=3))
    _answered(page, address, "Rebalance")


def empty(page: Page, address: str) -> None:
    """Upload nodes without a pod."""
    page.goto(address)
    _uploaded(page, "empty.json", large_cluster(6, 0))
    _answered(page, address, "Rebalance")


def large(page: Page, address: str) -> None:
    """Upload 1,000 nodes, and ask what could go and what if one fails."""
    page.goto(address)
    _uploaded(page, "large.json", large_cluster(1000, 8))
    _answered(page, address, "Rebalance")


def large_cluster(nodes: int, pods_per_node: int, waiting: int = 0) -> bytes:
    """Return a cluster of nodes that are half full, as the simplest file that is read."""
    return json.dumps(
        {
            "nodes": [
                {"id": f"node-{at:04d}", "cpu_capacity": 8000, "mem_capacity": 32 * 1024}
                for at in range(nodes)
            ],
            "pods": [
                {
                    "id": f"service-{at % 90:02d}-{at:05d}",
                    "cpu_request": 200 + 150 * (at % 5) if at >= waiting else 9000,
                    "mem_request": (1 + at % 3) * 1024,
                    "current_node": f"node-{(at * 7919 + at // nodes * 13) % nodes:04d}"
                    if at >= waiting
                    else None,
                }
                for at in range(nodes * pods_per_node)
            ],
        }
    ).encode()


def _opened(browser: Browser, look: Look) -> Page:
    page = browser.new_page(
        viewport={"width": look.width, "height": HEIGHT},
        color_scheme="dark" if look.theme == "dark" else "light",
    )
    page.set_default_timeout(PATIENCE_MS)
    return page


def _answered(page: Page, address: str, path: str) -> None:
    """Press a page's main button and wait until the run is over."""
    page.goto(f"{address}/{path}?{page.url.partition('?')[2]}")
    _pressed(page, BUTTONS[path])


def _pressed(page: Page, button: str) -> None:
    main = page.get_by_test_id("stMain")
    main.get_by_role("button", name=button, exact=True).first.click()
    stop = main.get_by_role("button", name="Stop")
    with suppress(PlaywrightTimeout):  # a run may be over before it is seen
        stop.first.wait_for(timeout=5000)
    while stop.count():
        page.wait_for_timeout(300)
    _still(page)


def _uploaded(page: Page, name: str, content: bytes) -> bool:
    """Give the Cluster page a file, and wait until it was read."""
    _still(page)
    page.locator("input[type=file]").first.set_input_files(
        {"name": name, "mimeType": "application/json", "buffer": content}
    )
    page.wait_for_timeout(1500)
    _still(page)
    return True


def _tab(number: int) -> Then:
    """Open a tab under an answer, where there is one of that number."""

    def opened(page: Page) -> bool:
        tabs = page.get_by_test_id("stMain").get_by_role("tab")
        if tabs.count() <= number:
            return False
        tabs.nth(number).click()
        _still(page)
        return True

    return opened


def _frontier(page: Page) -> bool:
    """Turn Compare to its second view."""
    page.get_by_test_id("stMain").get_by_role("radio").nth(1).click()
    _still(page)
    return True


def _error(page: Page) -> bool:
    """Say something of a weight that nobody can ask: the link is wrong."""
    language = page.url.partition("lang=")[2][:2] or "en"
    page.goto(page.url.partition("?")[0] + f"?lang={language}&A=-3&solver=abacus&max_moves=many")
    _still(page)
    return True


def _story(step: int) -> Then:
    """Turn the first story to a step."""

    def turned(page: Page) -> bool:
        page.keyboard.press("1")
        for _ in range(step - 1):
            _still(page)
            turn = page.locator(".st-key-demo-next button:enabled")
            turn.wait_for()
            turn.click()
        _still(page)
        return True

    return turned


def _still(page: Page) -> None:
    """Wait until a page's run is over and it stands."""
    page.wait_for_timeout(700)
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    for _ in range(100):  # what is not drawn yet keeps its place as a grey bar
        if not page.get_by_test_id("stSkeleton").count():
            break
        page.wait_for_timeout(200)
    page.wait_for_timeout(500)  # Plotly draws in its own time and says nothing when done


def _photograph(page: Page, path: Path) -> None:
    """Photograph a page from its top to its end: the window grows, as the page has no scroll."""
    size = page.viewport_size or {"width": 1440, "height": HEIGHT}
    told = "() => document.querySelector('[data-testid=stMain]').scrollHeight"
    height = min(max(page.evaluate(told), HEIGHT), TALLEST)
    page.set_viewport_size({"width": size["width"], "height": height})
    page.wait_for_timeout(600)
    page.screenshot(path=path)
    page.set_viewport_size({"width": size["width"], "height": HEIGHT})


if __name__ == "__main__":
    main()
