"""The tab *Carry out*: the steps of an answer, and what would come of them."""

from __future__ import annotations

import json

from streamlit.testing.v1 import AppTest

from tests.pages.conftest import button, page, tab, wait_for_result, words
from tests.pages.test_cluster_page import upload

NODES = [{"id": f"n{i}", "cpu_capacity": 4000, "mem_capacity": 8000} for i in (1, 2)]
PODS = [
    {"id": f"p{i}", "cpu_request": 500, "mem_request": 500, "current_node": f"n{i}"} for i in (1, 2)
]


def test_the_steps_of_a_rebalance(app: AppTest) -> None:
    """Promised beside forecast, the waves, and the script; steered, only `kytos apply` can."""
    upload(app, "half-full.json", json.dumps({"nodes": NODES, "pods": PODS}).encode())
    app = page(app, "1_Rebalance")
    button(app, "Rebalance").click().run()
    tab(wait_for_result(app), "rebalance", "Carry out")
    assert not app.exception
    assert "Expected to come true: 1 node in use, 1 promised" in words(app).replace("\\", "")
    tables = [table.value for table in app.dataframe]
    steps = next(table for table in tables if "Step" in table)
    assert steps["Step"].tolist() == ["cordon", "evict", "wait"]
    forecast = next(table for table in tables if "Carried out by" in table)
    assert forecast["Nodes in use"].tolist() == ["1", "2", "1", "1"]
    labels = {shown.label for shown in app.get("download_button")}
    assert {"Steps as CSV", "Runbook as JSON", "Shell script"} <= labels
    app.segmented_control(key="way rebalance").set_value("steer").run()
    assert not app.exception
    steered = next(table.value for table in app.dataframe if "Step" in table.value)
    assert "nominate" in steered["Step"].tolist()
    assert "Shell script" not in {shown.label for shown in app.get("download_button")}
