"""The Compare page runs solvers side by side, draws the frontier, and shows any of the plans."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import ROOT, button, metric, page, wait_for_result, wait_for_turn, words
from tests.pages.test_cluster_page import upload


@pytest.fixture
def compare_page(app: AppTest) -> AppTest:
    """The Compare page on three nodes whose six pods fit on one."""
    nodes = [{"id": f"n{i}", "cpu_capacity": 4000, "mem_capacity": 8000} for i in range(3)]
    pods = [
        {"id": f"p{i}", "cpu_request": 500, "mem_request": 500, "current_node": f"n{i % 3}"}
        for i in range(6)
    ]
    upload(app, "thirds.json", json.dumps({"nodes": nodes, "pods": pods}).encode())
    app = page(app, "5_Compare")
    app.number_input(key="refine").set_value(20_000)
    return app.number_input(key="sweeps").set_value(100).run()


def compare(app: AppTest, *solvers: str) -> AppTest:
    """Choose solvers, press Compare, and wait for the end of the run."""
    app.multiselect(key="compared").set_value(list(solvers)).run()
    button(app, "Compare").click().run()
    return wait_for_result(app)


def draw_frontier(app: AppTest) -> AppTest:
    """Switch to the frontier, draw it, and wait for the end of the run."""
    app.button_group(key="compare view").set_value("frontier").run()
    button(app, "Draw frontier").click().run()
    return wait_for_result(app)


def table(app: AppTest, column: str):  # type: ignore[no-untyped-def]
    """The table that has a column."""
    return next(shown.value for shown in app.dataframe if column in shown.value)


def test_opens_on_the_cluster_as_it_is(compare_page: AppTest) -> None:
    """Before the first run there is the cluster, and what to press."""
    assert not compare_page.exception
    assert "As it is now" in words(compare_page)
    assert "Press *Compare*" in words(compare_page)
    chosen = compare_page.multiselect(key="compared").value
    assert {"cp-sat", "kube-scheduler", "kube-scheduler-most-allocated", "descheduler"} <= set(
        chosen
    )


def test_solvers_stand_side_by_side(compare_page: AppTest) -> None:
    """A row for the start and for each solver, the best named, its plan below."""
    app = compare(compare_page, "openjij-sa", "cp-sat", "kube-scheduler")
    assert not app.exception
    assert not app.error
    rows = table(app, "Own proposal")
    assert list(rows["Solver"]) == ["as it is now", "openjij-sa", "cp-sat", "kube-scheduler"]
    assert list(rows["Nodes in use"])[:3] == [3, 1, 1]
    assert list(rows["Pods moved"])[:3] == [0, 4, 4]
    assert rows["Kind"][3] == "baseline"
    assert "proven that none is lower" in words(app)
    assert metric(app, "Nodes in use").value == "1"
    assert len(table(app, "Why")) == 4
    assert "Comparison as JSON" in {shown.label for shown in app.get("download_button")}


def test_any_rows_plan_can_be_looked_at(compare_page: AppTest) -> None:
    """Choosing another solver shows its metrics and moves."""
    app = compare(compare_page, "cp-sat", "descheduler")
    assert metric(app, "Nodes in use").value == "1"
    app.selectbox(key="plan of").set_value("descheduler").run()
    assert not app.exception
    assert metric(app, "Nodes in use").value == "3"
    assert "No pod moves" in words(app)


def test_moved_slider_keeps_the_comparison_and_marks_it(compare_page: AppTest) -> None:
    """The result stays, and says that it is of other controls."""
    app = compare(compare_page, "cp-sat")
    assert not app.warning
    app.slider(key="C").set_value(2.0).run()
    assert "The controls have changed" in app.warning[0].value
    assert list(table(app, "Own proposal")["Solver"]) == ["as it is now", "cp-sat"]


def test_no_solver_no_run(compare_page: AppTest) -> None:
    """Without a solver the button is off."""
    app = compare_page.multiselect(key="compared").set_value([]).run()
    assert button(app, "Compare").disabled


def test_frontier_runs_from_nothing_to_all(compare_page: AppTest) -> None:
    """The best is two nodes for four moves; the sliders' setting is shown first."""
    app = draw_frontier(compare_page)
    assert not app.exception
    assert not app.error
    assert "Up to 2 nodes freed, for 4 pods moved" in words(app)
    points = app.selectbox(key="frontier point")
    assert points.options[0].startswith("0 pods moved, 0 nodes freed")
    assert "4 pods moved, 2 nodes freed (the sliders' setting)" in points.options
    assert metric(app, "Pods moved").value == "4"
    assert list(table(app, "Remark")["Pods moved"])[:3] == [0, 2, 4]


def test_each_point_has_its_plan(compare_page: AppTest) -> None:
    """Choosing a point shows its metrics and its moves."""
    app = draw_frontier(compare_page)
    points = app.selectbox(key="frontier point")
    points.select("2 pods moved, 1 node freed").run()
    assert not app.exception
    assert metric(app, "Pods moved").value == "2"
    assert metric(app, "Nodes in use").value == "2"
    assert len(table(app, "Why")) == 2


def test_the_two_views_keep_their_results(compare_page: AppTest) -> None:
    """Going from one view to the other and back loses nothing, and neither does a reload."""
    app = compare(compare_page, "cp-sat")
    app = draw_frontier(app)
    app.button_group(key="compare view").set_value("compare solvers").run()
    assert not app.exception
    assert "Lowest energy" in words(app)
    app.button_group(key="compare view").set_value("frontier").run()
    assert "Up to 2 nodes freed" in words(app)
    again = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    again.query_params["kept"] = app.query_params["kept"]
    again = page(again.run(), "5_Compare")
    assert not again.exception
    assert "Lowest energy" in words(again)
    again.button_group(key="compare view").set_value("frontier").run()
    assert "Up to 2 nodes freed" in words(again)
    listed = page(again, "7_History")
    assert "Compare · thirds" in words(listed)
    button(listed, "Open").click().run()
    assert not listed.exception


def test_stop_ends_the_frontier_with_what_there_is(compare_page: AppTest) -> None:
    """Stopped early, the points found so far are shown."""
    app = compare_page
    app.number_input(key="refine").set_value(1_000_000_000).run()
    app.button_group(key="compare view").set_value("frontier").run()
    button(app, "Draw frontier").click().run()
    wait_for_turn(app)
    button(app, "Stop").click().run()
    wait_for_result(app)
    assert not app.error
    assert not app.exception
    assert len(app.selectbox(key="frontier point").options) >= 1
