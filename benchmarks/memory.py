"""Whether memory stays flat while one process answers for many different small clusters.

``uv run python -m benchmarks.memory --clusters 2000`` asks one worker, one ``--every`` process of
the command line, and a dashboard through one browser session (Chromium) about that many clusters of
different shapes, and prints what each holds (resident MiB) along the way. The growth from the first
tenth on is to be at most 50 MiB. ``--seconds`` ends each of them early; ``--only`` runs one.
"""

from __future__ import annotations

import argparse
import json
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks.dashboard import STANDS, dashboard, resident_mib
from kytos.calls.catalogue import AUTOSCALE, REBALANCE, AutoscaleBody, Call, RebalanceBody
from kytos.calls.in_worker import answer_call
from kytos.jobs import Pool

MOST_GROWTH_MIB = 50.0
LOOKS = 10
"""How often memory is looked at."""

SOLVER = {"num_reads": 2, "num_sweeps": 50, "refine_proposals": 5_000}


def main() -> None:
    """Run each and print what it held; exit code 1 where one grows too much."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clusters", type=int, default=2_000)
    parser.add_argument("--seconds", type=float, default=3_600.0, help="longest for each of them")
    parser.add_argument("--only", choices=tuple(RUNS))
    asked = parser.parse_args()
    flat = True
    for name in (asked.only,) if asked.only else RUNS:
        looks = RUNS[name](asked.clusters, time.monotonic() + asked.seconds)
        # The first tenth fills what is filled once: caches, arenas, compiled kernels.
        growth = looks[-1][1] - looks[min(1, len(looks) - 1)][1]
        flat = flat and growth <= MOST_GROWTH_MIB
        held = ", ".join(f"{count}: {mib:.0f}" for count, mib in looks)
        print(f"{name}: {looks[-1][0]} clusters, grew by {growth:.1f} MiB ({held})", flush=True)
    sys.exit(0 if flat else 1)


def body(random: Random) -> dict[str, Any]:
    """Return a rebalance of a cluster of a shape of its own: 3 to 7 nodes, 4 to 32 pods."""
    nodes, pods = random.randint(3, 7), random.randint(4, 32)
    return {
        "nodes": [
            {"id": f"n{node}", "cpu_capacity": random.choice((4000, 8000)), "mem_capacity": 16000}
            for node in range(nodes)
        ],
        "pods": [
            {
                "id": f"p{pod}",
                "cpu_request": random.randint(50, 400),
                "mem_request": random.randint(64, 900),
                "current_node": f"n{random.randrange(nodes)}",
                "service": f"s{random.randrange(6)}",
            }
            for pod in range(pods)
        ],
        "solver": SOLVER,
    }


def scaled(asked: dict[str, Any], random: Random) -> dict[str, Any]:
    """Return an autoscale of the same cluster: its QUBO is another."""
    services = sorted({pod["service"] for pod in asked["pods"]})
    return asked | {
        "services": [
            {"id": name, "request_rate": random.randint(1, 60), "target_rate": 5}
            for name in services
        ]
    }


def in_worker(clusters: int, end: float) -> list[tuple[int, float]]:
    """Ask one worker, which is never replaced, three rebalances to each autoscale."""
    random = Random(0)
    looks = []
    with Pool(1, 1, tasks_per_worker=0) as pool:
        for count in range(1, clusters + 1):
            asked = body(random)
            call: Call = REBALANCE
            options: type[Any] = RebalanceBody
            if count % 4 == 0:
                asked, call, options = scaled(asked, random), AUTOSCALE, AutoscaleBody
            read = options.model_validate(asked)
            pool.submit(
                answer_call,
                call.name,
                pickle.dumps((call.cluster(read), call.options_of(read))),
                request_id=None,
                due=time.monotonic() + 60,
            ).result(120)
            if count % max(1, clusters // LOOKS) == 0:
                looks.append((count, resident_mib(pool.pids[0])))
            if time.monotonic() > end:
                break
        looks.append((count, resident_mib(pool.pids[0])))
    return looks


def on_the_command_line(clusters: int, end: float) -> list[tuple[int, float]]:
    """Let ``kytos rebalance FILE --every`` read a file that holds another cluster each time."""
    random = Random(1)
    looks: list[tuple[int, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cluster.json"
        write(file, body(random))
        options = Path(folder) / "options.json"
        options.write_text(json.dumps({"solver": SOLVER}))
        begin = "from kytos.cli import app; app()"
        command = [sys.executable, "-c", begin, "rebalance", str(file), "--every", "0.2s", "--json"]
        command += ["--options", str(options)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            assert process.stdout is not None
            for count, _ in enumerate(process.stdout, 1):
                write(file, body(random))
                if count % max(1, clusters // LOOKS) == 0:
                    looks.append((count, resident_mib(process.pid)))
                if count >= clusters or time.monotonic() > end:
                    break
            looks.append((count, resident_mib(process.pid)))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
    return looks


def write(file: Path, asked: dict[str, Any]) -> None:
    """Replace the file at once: it is read at any moment."""
    beside = file.with_suffix(".new")
    beside.write_text(json.dumps({name: asked[name] for name in ("nodes", "pods")}))
    beside.replace(file)


def in_a_browser(clusters: int, end: float) -> list[tuple[int, float]]:
    """Let one browser session upload another cluster each time and rebalance it.

    What is looked at is the dashboard's own process; its workers are those of `in_worker`.
    """
    random = Random(2)
    looks: list[tuple[int, float]] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        dashboard(workers=1) as (address, server),
        sync_playwright() as playwright,
    ):
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        with playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"]) as browser:
            page = browser.new_page(viewport={"width": 1440, "height": 1000})
            page.set_default_timeout(180_000)
            page.goto(address)
            for count in range(1, clusters + 1):
                file = Path(folder) / f"c{count}.json"
                write(file, body(random))
                rebalance(page, file)
                file.unlink()
                if count % max(1, clusters // LOOKS) == 0:
                    looks.append((count, resident_mib(server.pid)))
                if time.monotonic() > end:
                    break
            looks.append((count, resident_mib(server.pid)))
    return looks


def rebalance(page: Page, file: Path) -> None:
    """Upload a cluster on the first page, ask Rebalance about it, and go back with the answer."""
    page.locator(STANDS).wait_for()  # until then another page's box for files may still be there
    page.locator("input[type=file]").set_input_files(file)
    title = page.get_by_role("heading", level=1)
    title.get_by_text(file.stem, exact=True).wait_for()
    page.get_by_role("link", name="Rebalance").click()
    title.get_by_text("Rebalance", exact=True).wait_for()
    page.get_by_test_id("stMain").get_by_role("button", name="Rebalance").click()
    page.get_by_text("free by moving").wait_for()
    page.get_by_role("link", name="Cluster", exact=True).click()
    title.get_by_text(file.stem, exact=True).wait_for()


RUNS = {"worker": in_worker, "--every": on_the_command_line, "page": in_a_browser}


if __name__ == "__main__":
    main()
