"""The Autoscale page takes rates, and shows what the cluster can carry and who is held back."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import button, metric, page, tab, wait_for_result, words
from tests.pages.test_cluster_page import upload


@pytest.fixture
def one_free_core(app: AppTest) -> AppTest:
    """The Autoscale page on one node of two cores; service web has two replicas of half a core."""
    nodes = [{"id": "n1", "cpu_capacity": 2000, "mem_capacity": 8000}]
    pods = [
        {
            "id": f"web-{number}",
            "cpu_request": 500,
            "mem_request": 500,
            "current_node": "n1",
            "service": "web",
        }
        for number in (1, 2)
    ]
    upload(app, "one.json", json.dumps({"nodes": nodes, "pods": pods}).encode())
    return page(app, "4_Autoscale")


def press(app: AppTest) -> AppTest:
    """Press Autoscale and wait for the answer and the curve."""
    button(app, "Autoscale").click().run()
    return wait_for_result(app)


def actions(app: AppTest) -> list[tuple[int, int, int, str]]:
    """Current, desired, recommended and held back of each service."""
    table = next(shown.value for shown in app.dataframe if "Held back" in shown.value)
    columns = ["Current", "Desired", "Recommended", "Held back"]
    return [tuple(row) for row in table[columns].to_numpy().tolist()]


def test_prefilled_rates_change_nothing(one_free_core: AppTest) -> None:
    """The table begins with the cluster's services at what their replicas serve."""
    app = press(one_free_core)
    assert not app.exception
    assert "Every service has the replicas its rate calls for" in words(app)
    assert actions(app) == [(2, 2, 2, "")]


def test_traffic_slider_scales_until_capacity_holds_back(one_free_core: AppTest) -> None:
    """Three times the rate wants six replicas; four fill the node; the curve is drawn."""
    one_free_core.slider(key="free").set_value(0)
    one_free_core.slider(key="traffic_factor").set_value(3.0)
    app = press(one_free_core.run())
    assert actions(app) == [(2, 6, 4, "yes")]
    assert metric(app, "Replicas").value == "4"
    assert "Held back: **web**" in words(app)
    tab(app, "auto_scale", "Traffic")
    curve = next(shown.value for shown in app.dataframe if "Traffic" in shown.value)
    by_factor = dict(zip(curve["Traffic"], curve["Recommended"], strict=True))
    assert (by_factor[0.5], by_factor[1.0], by_factor[2.0], by_factor[3.0]) == (1, 2, 4, 4)


def test_margin_stays_free(one_free_core: AppTest) -> None:
    """With a quarter of CPU to stay free only one more replica is granted."""
    one_free_core.slider(key="traffic_factor").set_value(3.0)
    one_free_core.slider(key="cpu_margin").set_value(25)
    app = press(one_free_core.run())
    assert actions(app) == [(2, 6, 3, "yes")]
    assert metric(app, "CPU free").value == "25%"


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"id": "nope", "request_rate": 5, "target_rate": 1}, "no pod belongs to service"),
        ({"id": "web", "request_rate": -5, "target_rate": 1}, "services[0].request_rate"),
        ({"id": "web", "request_rate": 5, "target_rate": 0}, "services[0].target_rate"),
        (
            {
                "id": "web",
                "request_rate": 5,
                "target_rate": 1,
                "min_replicas": 5,
                "max_replicas": 2,
            },
            "min_replicas 5 above max_replicas 2",
        ),
    ],
)
def test_bad_row_is_named(one_free_core: AppTest, row: dict[str, object], expected: str) -> None:
    """A sentence says what is wrong with which service; what was typed stays."""
    one_free_core.session_state["services given"] = [row]
    app = one_free_core.run()
    assert not app.exception
    assert expected in app.error[0].value.replace("\\", "")
    assert app.session_state["services kept"] == [row]


@pytest.mark.parametrize("title", ["The sale begins", "A real cluster under load"])
def test_ready_scenario_in_two_clicks(app: AppTest, title: str) -> None:
    """One click fills the table, the second shows who is held back."""
    app = page(app, "4_Autoscale")
    app = press(button(app, title).click().run())
    assert not app.exception
    assert not app.error
    assert not app.warning
    assert "Held back" in words(app)
