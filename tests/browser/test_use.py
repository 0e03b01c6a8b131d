"""What pods really use, in a browser: uploaded, beside requests, right sizes to take away."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_rebalance import upload

pytestmark = pytest.mark.browser
expect.set_options(timeout=30_000)

USE = Path(__file__).parents[2] / "sample_clusters" / "usage" / "web-shop.json.gz"


def test_use_beside_requests_and_right_sizes(page: Page) -> None:
    """Dropped beside the sample: the heatmap by use, sizes as files, and the switch."""
    name = page.get_by_role("heading", level=1).inner_text()
    upload(page, USE)
    main = page.get_by_test_id("stMain")
    expect(main.get_by_text("CPU used (p95)")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("heading", level=1)).not_to_have_text(name)

    # The same nodes by what is used: other shares than what is requested.
    chart = page.locator(".js-plotly-plot:visible").first
    drawn = "plot => plot.calcdata[0][0].z.flatMap(row => [...row]).filter(Number.isFinite)"
    requested = chart.evaluate(drawn)
    main.get_by_role("radio", name="Use (p95)", exact=True).click()
    page.wait_for_function(
        "before => { const plot = document.querySelector('.js-plotly-plot');"
        " const now = plot?.calcdata?.[0]?.[0]?.z?.flatMap(row => [...row]);"
        " return now && JSON.stringify(now) !== JSON.stringify(before); }",
        arg=requested,
    )

    main.get_by_role("tab", name="Right sizes").click()
    with page.expect_download() as download:
        main.get_by_role("button", name="Patches as files").click()
    with zipfile.ZipFile(Path(download.value.path())) as archive:
        names = archive.namelist()
    assert "apply.sh" in names
    assert any("-deployment-" in name for name in names)

    page.get_by_role("link", name="Rebalance").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Rebalance")
    page.get_by_text("As if right-sized").first.click()
    main.get_by_role("button", name="Rebalance").click()
    expect(main.get_by_text("Right-sized and as planned")).to_be_visible(timeout=120_000)
    expect(main.get_by_text("requests set to what is needed")).to_be_visible()
