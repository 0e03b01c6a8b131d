"""The other questions in a browser: a ready scenario of the real cluster, answered, taken away."""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
expect.set_options(timeout=30_000)


@pytest.mark.parametrize(
    ("title", "scenario", "said", "tab", "download"),
    [
        ("Recovery", "A real cluster's zone", "evacuated pod", "Placed", "Placements"),
        (
            "Placement",
            "What waits in a real cluster",
            "The default scheduler",
            "Placements",
            "Placements",
        ),
        (
            "Autoscale",
            "A real cluster under load",
            "Held back",
            "New replicas",
            "New replicas",
        ),
    ],
)
def test_ready_scenario_answered_and_downloaded(
    page: Page, title: str, scenario: str, said: str, tab: str, download: str
) -> None:
    """One click from the page to its answer; heatmaps are drawn and the table can be kept."""
    page.get_by_role("link", name=title).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    page.get_by_role("button", name=scenario).click()
    expect(page.get_by_text("20 nodes · 165 running pods")).to_be_visible()
    expect(page.get_by_text(said).first).to_be_visible(timeout=120_000)
    expect(page.locator(".js-plotly-plot .heatmaplayer .hm").first).to_be_visible()
    page.get_by_role("tab", name=tab).click()
    with page.expect_download() as kept:
        page.get_by_role("button", name=f"{download} as CSV").click()
    table = Path(kept.value.path()).read_text(encoding="utf-8")
    assert len(list(csv.DictReader(io.StringIO(table)))) > 0


def test_nodes_fail_by_a_click(page: Page) -> None:
    """A click on a node of the heatmap lets it fail, and another one takes that back."""
    page.get_by_role("link", name="Recovery", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery")
    chosen = page.get_by_test_id("stMultiSelect").first
    click_first_node(page)
    expect(chosen).to_contain_text("shop-00")
    expect(page.get_by_text("1 node of 20 fails")).to_be_visible()
    click_first_node(page)
    expect(chosen).not_to_contain_text("shop-00")


def click_first_node(page: Page) -> None:
    """Point at the heatmap's first node until it says its name, and click there.

    Streamlit may draw the chart anew between scrolling and pointing: then it is pointed at again.
    """
    cell = page.locator(".js-plotly-plot .scatterlayer .point").first
    name = page.locator(".hoverlayer").get_by_text("shop-00")
    for _ in range(20):
        cell.wait_for(state="attached")
        with suppress(PlaywrightError):  # it is gone again
            cell.scroll_into_view_if_needed(timeout=2_000)
        place = cell.bounding_box()
        if place is None:
            continue
        x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
        page.mouse.move(x - 3, y)
        page.mouse.move(x, y)
        with suppress(PlaywrightError):
            name.wait_for(timeout=2_000)
            page.mouse.click(x, y)
            return
    raise AssertionError("the heatmap's first node does not say its name")
