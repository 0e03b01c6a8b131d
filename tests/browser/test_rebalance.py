"""The whole way in a browser: upload, rebalance, heatmap, download."""

from __future__ import annotations

import csv
import io
import json
import lzma
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
expect.set_options(timeout=30_000)

LAB = Path(__file__).parents[1] / "data" / "lab.json.xz"


def upload(page: Page, path: Path) -> None:
    """Drop a file on the cluster page."""
    page.locator("input[type=file]").set_input_files(path)


def test_upload_rebalance_heatmap_download(page: Page, tmp_path: Path) -> None:
    """A real API server's List, from the file to the moves in a CSV."""
    file = tmp_path / "lab.json"
    file.write_bytes(lzma.decompress(LAB.read_bytes()))
    upload(page, file)
    expect(page.get_by_role("heading", level=1)).to_have_text("lab")

    page.get_by_role("link", name="Rebalance").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Rebalance")
    page.get_by_test_id("stMain").get_by_role("button", name="Rebalance").click()
    expect(page.get_by_text("free by moving")).to_be_visible(timeout=90_000)

    # Before and after, drawn by Plotly; the matrix of the QUBO is in a closed tab.
    charts = page.locator(".js-plotly-plot:visible")
    heatmaps = charts.filter(has=page.locator(".heatmaplayer .hm"))  # the picture of boxes is above
    expect(heatmaps).to_have_count(2)
    drawn = heatmaps.first.evaluate(
        "plot => plot.calcdata[0][0].z.flatMap(row => [...row]).filter(Number.isFinite)"
    )
    assert len(drawn) >= 20

    with page.expect_download() as download:
        page.get_by_role("button", name="Moves as CSV").click()
    table = Path(download.value.path()).read_text(encoding="utf-8")
    moves = list(csv.DictReader(io.StringIO(table)))
    pods = {
        f"{item['metadata']['namespace']}/{item['metadata']['name']}": item["spec"]["nodeName"]
        for item in json.loads(file.read_bytes())["items"]
        if item["kind"] == "Pod" and item["spec"].get("nodeName")
    }
    assert moves
    assert [move for move in moves if pods.get(move["Pod"]) != move["From"]] == []


def test_file_over_the_limit_is_refused(page: Page, tmp_path: Path) -> None:
    """60 MB is more than a page takes: a message, and the cluster stays."""
    file = tmp_path / "huge.json"
    with file.open("wb") as out:
        out.truncate(60 * 2**20)
    upload(page, file)
    expect(page.get_by_text("50.0MB")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Web shop")


def test_markup_in_names_is_text(page: Page, tmp_path: Path) -> None:
    """Names that look like HTML or Markdown end up as text or as an error, never as elements."""
    node = {"cpu_capacity": 1000, "mem_capacity": 1000}
    file = tmp_path / "names.json"
    file.write_text(
        json.dumps(
            {
                "nodes": [
                    {"id": "![x](http://evil.test/a.png)", **node},
                    {"id": "![x](http://evil.test/a.png)", **node},
                ],
                "pods": [],
            }
        )
    )
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    upload(page, file)
    expect(page.get_by_text("the cluster stays as it was").first).to_be_visible()
    assert [url for url in asked if "evil" in url] == []
    assert page.locator("img[src*=evil]").count() == 0


def test_link_holds_the_controls(page: Page, dashboard: str) -> None:
    """A link with controls opens the page with them set, on its cluster."""
    page.goto(f"{dashboard}/Rebalance?C=2.0&mode=Even+load&cluster=Hot+spots")
    expect(page.get_by_text("12 nodes · 100 running pods")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("moves to even out more than 20 points")).to_be_visible()
    expect(page.get_by_text("Squared distance of each node")).to_be_visible()


def test_another_cluster_replaces_what_was_uploaded_before(page: Page, tmp_path: Path) -> None:
    """The uploader keeps the first file: read with it, the second would be merged or refused."""
    content = lzma.decompress(LAB.read_bytes())
    for day in ("monday", "tuesday"):
        (tmp_path / f"{day}.json").write_bytes(content)
    for name in ("mine", "yours"):
        node = {"id": f"{name}-node", "cpu_capacity": 1000, "mem_capacity": 1000}
        pod = {"id": f"{name}-pod", "cpu_request": 1, "mem_request": 1, "current_node": node["id"]}
        (tmp_path / f"{name}.json").write_text(json.dumps({"nodes": [node], "pods": [pod]}))
    uploader = page.locator("input[type=file]")
    upload(page, tmp_path / "monday.json")
    expect(page.get_by_role("heading", level=1)).to_have_text("monday")
    for name, size in (("tuesday", "20 nodes"), ("mine", "1 node"), ("yours", "1 node")):
        uploader.set_input_files(tmp_path / f"{name}.json")
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        expect(page.get_by_test_id("stSidebar").get_by_text(f"{size} ·")).to_be_visible()
        expect(page.get_by_test_id("stAlert")).to_have_count(0)
