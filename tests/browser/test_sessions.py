"""Several people at once: each sees only their own cluster, and each is answered."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

SESSIONS = 4
PATIENCE_MS = 180_000
"""For one step of one session: all pages are drawn on as many cores as there are."""

NODES, PODS = 12, 110
"""About a second of work: with two workers or four, most sessions have to wait."""


def cluster_of(number: int) -> str:
    """A half-empty cluster whose every name begins with its session's mark."""
    mark = f"mark{number}"
    nodes = [
        {"id": f"{mark}-node-{i}", "cpu_capacity": 8000, "mem_capacity": 32000}
        for i in range(NODES)
    ]
    pods = [
        {
            "id": f"{mark}-pod-{i}",
            "cpu_request": 100 + 50 * ((7 * i + number) % 9),
            "mem_request": 256 + 128 * ((5 * i + number) % 7),
            "current_node": f"{mark}-node-{i % NODES}",
        }
        for i in range(PODS)
    ]
    return json.dumps({"nodes": nodes, "pods": pods})


def marks(text: str) -> set[str]:
    return set(re.findall(r"mark\d+", text))


@pytest.fixture
def sessions(chromium: Browser, dashboard: str, tmp_path: Path) -> Iterator[list[Page]]:
    """Browser contexts with nothing in common, each on Rebalance with its own upload."""
    contexts = [
        chromium.new_context(base_url=dashboard, accept_downloads=True) for _ in range(SESSIONS)
    ]
    pages = [context.new_page() for context in contexts]
    # Each step for all before the next, so that the server works on all of them meanwhile.
    for page in pages:
        page.set_default_timeout(PATIENCE_MS)
        page.goto("/?cluster=two-lists")  # a small one, quickly looked at
    for number, page in enumerate(pages):
        file = tmp_path / f"mark{number}.json"
        file.write_text(cluster_of(number))
        page.locator("input[type=file]").set_input_files(file)
    for number, page in enumerate(pages):
        title = page.get_by_role("heading", level=1)
        expect(title).to_have_text(f"mark{number}", timeout=PATIENCE_MS)
        page.get_by_role("link", name="Rebalance").click()
    for page in pages:
        title = page.get_by_role("heading", level=1)
        expect(title).to_have_text("Rebalance", timeout=PATIENCE_MS)
    yield pages
    for context in contexts:
        context.close()


def test_sessions_at_once_see_only_their_own(sessions: list[Page]) -> None:
    """All press Rebalance: all are answered, and nobody sees anything of another's."""
    for page in sessions:
        page.get_by_test_id("stMain").get_by_role("button", name="Rebalance").click()
    for number, page in enumerate(sessions):
        expect(page.get_by_text("free by moving")).to_be_visible(timeout=PATIENCE_MS)
        assert marks(page.locator("body").inner_text()) == {f"mark{number}"}
        drawn = page.evaluate(
            "[...document.querySelectorAll('.js-plotly-plot')]"
            ".map(plot => JSON.stringify([plot.data, plot.layout])).join()"
        )
        assert marks(drawn) == {f"mark{number}"}
        with page.expect_download() as download:
            page.get_by_role("button", name="Moves as CSV").click()
        table = Path(download.value.path()).read_text(encoding="utf-8")
        moves = list(csv.DictReader(io.StringIO(table)))
        assert moves
        assert all(marks(move["Pod"]) == {f"mark{number}"} for move in moves)
