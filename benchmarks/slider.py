"""How long a page with an answer takes to follow a slider.

``uv run python -m benchmarks.slider`` opens Rebalance in a Chromium on a sample and on a generated
cluster of 1,000 nodes, answers it, and then moves the weight C by one step at a time. It prints
medians: the seconds by the clock from the key press until the page says that its run has ended, how
long that run took in them (before it, Streamlit waits 0.2 s for a further step), the CPU seconds of
the server, and what came over the WebSocket. Exit code 1 where the run takes longer than 0.3 s on
the sample or 1 s on the large cluster; that is for an idle machine.
"""

from __future__ import annotations

import argparse
import io
import shutil
import statistics
import sys
from dataclasses import dataclass

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.dashboard import STANDS, cpu_seconds, dashboard
from benchmarks.scale import Asked, services_of, write_body
from kytos.problem import LoadMode

SAMPLE = "web-shop"
SAMPLE_S, LARGE_S = 0.3, 1.0
PODS_PER_NODE = 8
PATIENCE_MS = 300_000
CLOCK = """() => {
  const app = document.querySelector("[data-testid=stApp]");
  window.tookMs = null;
  let pressed = null, left = null;
  const watch = new MutationObserver(() => {
    if (pressed === null) return;
    const now = performance.now();
    if (app.dataset.testScriptState !== "notRunning") left ??= now;
    else if (left !== null) {
      window.tookMs = [now - pressed, now - left];
      watch.disconnect();
    }
  });
  watch.observe(app, {attributeFilter: ["data-test-script-state"]});
  addEventListener("keydown", () => { pressed = performance.now(); }, {once: true, capture: true});
}"""
"""By the browser's own clock: asking it from outside takes as long as a short rerun."""


@dataclass(frozen=True)
class Rerun:
    """What one step of a slider took.

    Attributes
    ----------
    seconds
        By the clock, from the key press until the page's run has ended.
    run_s
        Of these, since the page asked for the run.
    cpu_s
        Of the server's process, in seconds.
    kilobytes
        That came over the WebSocket, in 1,000 bytes.
    """

    seconds: float
    run_s: float
    cpu_s: float
    kilobytes: float


def main() -> None:
    """Measure both clusters and print a row for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=1_000, help="of the generated cluster")
    parser.add_argument("--steps", type=int, default=5, help="of the slider, on each cluster")
    asked = parser.parse_args()
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    with (
        dashboard(1) as (address, server),
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=path, args=["--no-sandbox"]) as browser,
    ):
        print("| cluster | clock | run | CPU of the server | WebSocket |\n" + "| --- " * 5 + "|")
        came: list[int] = []
        page = opened(browser, f"{address}/Rebalance?cluster={SAMPLE}", came)
        sample = told(SAMPLE, steps(page, server.pid, came, asked.steps))
        page.context.close()
        page = opened(browser, address, came)
        upload(page, asked.nodes)
        page.get_by_test_id("stSidebar").get_by_role("link", name="Rebalance").click()
        large = told(f"{asked.nodes:,} nodes", steps(page, server.pid, came, asked.steps))
    sys.exit(0 if sample <= SAMPLE_S and large <= LARGE_S else 1)


def opened(browser: Browser, address: str, came: list[int]) -> Page:
    """Return a page in a browser of its own, once it stands.

    Parameters
    ----------
    came
        Takes the bytes of each message of its WebSocket.
    """
    page = browser.new_context(viewport={"width": 1440, "height": 1000}).new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.on("websocket", lambda socket: socket.on("framereceived", lambda f: came.append(len(f))))
    page.goto(address)
    page.get_by_role("heading", level=1).wait_for()
    page.locator(STANDS).wait_for()
    return page


def upload(page: Page, nodes: int) -> None:
    """Give the Cluster page a generated cluster of so many nodes."""
    size = Asked(nodes * PODS_PER_NODE, nodes, "body", LoadMode.CONSOLIDATE, 0.0, seed=1)
    file = io.StringIO()
    write_body(file, nodes, services_of(size))
    page.locator("input[type=file]").first.set_input_files(
        {"name": "large.json", "mimeType": "application/json", "buffer": file.getvalue().encode()}
    )
    page.get_by_text(f"{nodes:,} nodes").first.wait_for()
    page.locator(STANDS).wait_for()


def steps(page: Page, server: int, came: list[int], count: int) -> list[Rerun]:
    """Answer Rebalance, move a weight so many times, and tell what each took.

    Parameters
    ----------
    server
        Id of the process that serves the page.
    came
        Bytes of each message of its WebSocket, as `opened` fills it.
    """
    main = page.get_by_test_id("stMain")
    main.get_by_role("button", name="Rebalance", exact=True).click()
    main.get_by_role("tab", name="Moves").wait_for()
    slider = page.get_by_role("slider", name="C ·")
    took = []
    for _ in range(count + 1):
        page.locator(STANDS).wait_for()
        page.wait_for_timeout(2_000)  # pictures are drawn, and the server is at rest
        page.evaluate(CLOCK)
        slider.focus()
        before = cpu_seconds(server)
        came.clear()
        page.keyboard.press("ArrowRight")
        page.wait_for_function("() => window.tookMs !== null")
        whole_ms, run_ms = page.evaluate("() => window.tookMs")
        cpu_s = cpu_seconds(server) - before
        took.append(Rerun(whole_ms / 1000, run_ms / 1000, cpu_s, sum(came) / 1000))
    return took[1:]  # the first also says that the answer is of other weights


def told(cluster: str, took: list[Rerun]) -> float:
    """Print a row of medians; return that of the seconds that a run took."""
    seconds = statistics.median(rerun.seconds for rerun in took)
    run_s = statistics.median(rerun.run_s for rerun in took)
    cpu_s = statistics.median(rerun.cpu_s for rerun in took)
    kilobytes = statistics.median(rerun.kilobytes for rerun in took)
    print(
        f"| {cluster} | {seconds:.2f} s | {run_s:.2f} s | {cpu_s:.2f} s | {kilobytes:,.0f} kB |",
        flush=True,
    )
    return run_s


if __name__ == "__main__":
    main()
