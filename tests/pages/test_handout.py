"""Every answer can be handed out, and a handout that is uploaded opens its answer."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from kytos.calls.catalogue import REBALANCE, RebalanceOptions
from kytos.calls.handout import handout, scenario_of
from kytos.contract.watch import Watch
from tests.pages.conftest import page, words
from tests.ui.small import two_half_empty_nodes


@pytest.fixture(scope="module")
def plan() -> bytes:
    """The handout of a rebalance that frees one of two nodes, asked with a seed of its own."""
    cluster = two_half_empty_nodes()
    options: Any = RebalanceOptions.model_validate(
        {"solver": {"seed": 42, "num_reads": 2, "num_sweeps": 50, "refine_proposals": 500}}
    )
    outcome = REBALANCE.answer(cluster, options, Watch())
    return handout(scenario_of(outcome, cluster), outcome).encode()


def test_uploaded_handout_opens_its_answer(app: AppTest, plan: bytes) -> None:
    """Cluster, controls and answer are there without a run, and it can be handed out again."""
    uploader = app.file_uploader(key="cluster files")
    app = uploader.set_value([("plan.html", plan, "text/html")]).run()
    assert not app.exception
    app = page(app, "1_Rebalance")
    assert not app.exception
    assert "1 node comes free by moving 1 pod" in words(app).replace("\\", "")
    assert app.number_input(key="seed").value == 42
    assert "The controls have changed" not in words(app)
    assert [one.label for one in app.get("download_button")].count("Handout") == 1


def test_a_page_that_is_no_handout_changes_nothing(app: AppTest) -> None:
    """It is refused by name, and the cluster stays."""
    uploader = app.file_uploader(key="cluster files")
    app = uploader.set_value([("x.html", b"<!doctype html><p>hello", "text/html")]).run()
    assert not app.exception
    assert "is a web page without a Kytos scenario" in words(app).replace("\\", "")
    assert app.session_state["cluster"] == "web-shop"
