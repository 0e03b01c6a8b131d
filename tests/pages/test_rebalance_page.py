"""The Rebalance page asks, runs, and shows what would change."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from kytos.bounds import CertificateStatus
from kytos.contract.watch import StopReason
from kytos.jobs import Pool
from kytos.questions.rebalance import RebalanceRequest, moves_worth_a_node
from kytos.sources.manifests import read_cluster
from kytos.ui.parts.rebalance_controls import WISHES, rebalance_values
from kytos.ui.parts.solver_controls import BY_SIZE
from kytos.ui.session import runs
from kytos.ui.session.pool import workers
from tests.jobs.jobs_to_run import report_then_wait, wait_for_mark
from tests.pages.conftest import (
    button,
    metric,
    page,
    tab,
    wait_for_result,
    wait_for_turn,
    words,
)
from tests.pages.test_cluster_page import upload

SAMPLE = Path(__file__).parents[2] / "sample_clusters/web-shop.json"


@pytest.fixture
def rebalance_page(app: AppTest) -> AppTest:
    """The Rebalance page on the default sample."""
    return page(app, "1_Rebalance")


@pytest.fixture
def half_full(app: AppTest) -> AppTest:
    """The Rebalance page on two nodes whose pods fit on one."""
    nodes = [{"id": f"n{i}", "cpu_capacity": 4000, "mem_capacity": 8000} for i in (1, 2)]
    pods = [
        {"id": f"p{i}", "cpu_request": 500, "mem_request": 500, "current_node": f"n{i}"}
        for i in (1, 2)
    ]
    upload(app, "half-full.json", json.dumps({"nodes": nodes, "pods": pods}).encode())
    return page(app, "1_Rebalance")


def press(app: AppTest) -> AppTest:
    """Press Rebalance and wait for the end of the run."""
    button(app, "Rebalance").click().run()
    return wait_for_result(app)


def test_shows_the_cluster_before_the_first_run(rebalance_page: AppTest) -> None:
    """There is something to see before anything was asked."""
    assert not rebalance_page.exception
    assert "As it is now" in words(rebalance_page)


def test_pressing_shows_what_would_change(rebalance_page: AppTest) -> None:
    """On the shop nodes come free, with the money saved and the pods to move."""
    app = press(rebalance_page)
    assert not app.exception
    assert not app.error
    assert int(metric(app, "Nodes in use").value) <= 16
    assert metric(app, "Price per hour").delta.startswith("-$")
    said = words(app).replace("\\", "")
    assert "come free by moving" in said
    assert "saving $" in said
    assert "Freed: " in said
    tables = [table.value for table in app.dataframe if "Why" in table.value]
    assert len(tables[0]) == int(metric(app, "Pods that restart").value) > 0
    assert {"Moves as CSV", "Moves as JSON"} <= {
        shown.label for shown in app.get("download_button")
    }


def test_moved_slider_keeps_the_result_and_marks_it(half_full: AppTest) -> None:
    """The last result stays while sliders move, and says that it is of other controls."""
    app = press(half_full)
    assert "1 node comes free by moving 1 pod" in words(app).replace("\\", "")
    assert not app.warning
    app.slider(key="C").set_value(2.0).run()
    assert "The controls have changed" in app.warning[0].value
    assert "1 node comes free" in words(app).replace("\\", "")
    app.slider(key="C").set_value(1.0).run()
    assert not app.warning


def test_nothing_to_gain_is_an_answer(half_full: AppTest) -> None:
    """With moves dearer than what a node brings, staying is best."""
    half_full.slider(key="C").set_value(5.0)
    half_full.slider(key="B").set_value(0.1)
    app = press(half_full.run())
    assert "Already best found: no move pays" in app.success[0].value.replace("\\", "")
    assert metric(app, "Pods that restart").value == "0"


def test_nothing_found_before_the_stop_is_not_called_best(half_full: AppTest) -> None:
    """Who stops a run early learns nothing about what it would have found."""
    half_full.number_input(key="max_moves").set_value(0)
    app = press(half_full.run())
    answer = app.session_state["answer rebalance"]
    stopped = answer.outcome.solver.model_copy(update={"stopped_by": StopReason.USER})
    loose = answer.outcome.certificate.model_copy(update={"status": CertificateStatus.BOUNDED})
    outcome = answer.outcome.model_copy(update={"solver": stopped, "certificate": loose})
    app.session_state["answer rebalance"] = replace(answer, outcome=outcome)
    app.run()
    assert not app.success
    assert "No move that pays was found" in words(app)
    assert "it was stopped" in words(app)


def test_result_of_another_cluster_is_not_shown(half_full: AppTest) -> None:
    """Choosing another cluster puts the result away."""
    app = press(half_full)
    app.selectbox(key="cluster").select_index(1).run()
    assert "As it is now" in words(app)


@pytest.mark.parametrize(
    ("preset", "mode", "move_cost"),
    [
        ("Cut cost", "consolidate", 0.2),
        ("Spread out", "spread", 1.0),
        ("Don't touch", "consolidate", 5.0),
    ],
)
def test_presets_set_the_controls(
    rebalance_page: AppTest, preset: str, mode: str, move_cost: float
) -> None:
    """A preset moves the sliders where its name says."""
    app = button(rebalance_page, preset).click().run()
    assert not app.exception
    assert app.session_state["mode"] == mode
    assert app.slider(key="C").value == pytest.approx(move_cost)


def test_sliders_say_what_they_mean(rebalance_page: AppTest) -> None:
    """The exchange rate under a slider follows it and its neighbours."""
    told = "A move must pay back within {}: freeing a node is worth {} ordinary moves."
    worth = moves_worth_a_node(
        read_cluster([(SAMPLE.name, SAMPLE.read_bytes())]), RebalanceRequest()
    )
    assert told.format("3 days", f"{worth:.3g}") in words(rebalance_page)
    app = rebalance_page.slider(key="C").set_value(2.0).run()
    assert told.format("1.5 days", f"{worth / 2:.3g}") in words(app)


def test_the_size_decides_on_the_solver(half_full: AppTest) -> None:
    """One QUBO holds two pods; with room for one variable only, hybrid answers; or who is named."""
    assert half_full.selectbox(key="solver").value == BY_SIZE

    def answered_by() -> str:
        press(half_full)
        return str(half_full.session_state["answer rebalance"].outcome.solver.name)

    assert answered_by() == "openjij-sa"
    half_full.number_input(key="qubo").set_value(1).run()
    assert answered_by() == "hybrid"
    half_full.selectbox(key="solver").set_value("first-fit-decreasing").run()
    assert answered_by() == "first-fit-decreasing"


def test_stop_ends_a_run_with_the_best_so_far(rebalance_page: AppTest) -> None:
    """Stop is not cancel: the result is shown, and says that it was stopped."""
    app = rebalance_page
    app.number_input(key="refine").set_value(1_000_000_000).run()
    button(app, "Rebalance").click().run()
    wait_for_turn(app)
    button(app, "Stop").click().run()
    wait_for_result(app)
    assert not app.error
    assert metric(app, "Ended by").value == "You"
    assert "it was stopped" in words(tab(app, "rebalance", "Solver"))


def test_stop_before_its_turn_leaves_the_queue(rebalance_page: AppTest) -> None:
    """There is nothing to show then, and nothing is wrong."""
    app = rebalance_page
    pool = workers()
    before = [pool.submit(report_then_wait) for _ in range(pool.workers)]
    try:
        button(app, "Rebalance").click().run()
        button(app, "Stop").click().run()
        wait_for_result(app, timeout_s=10.0)
    finally:
        for job in before:
            job.cancel()
    assert not app.error
    assert "Press *Rebalance* to see what would change." in words(app)


def test_a_worker_that_warms_up_is_said_to(
    rebalance_page: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first click after a start waits for it; the page says for what."""
    app = rebalance_page
    with Pool(workers=1, warm_up=partial(wait_for_mark, tmp_path)) as cold:
        monkeypatch.setattr(runs, "workers", lambda: cold)
        button(app, "Rebalance").click().run()
        wait_for_turn(app)
        (bar,) = app.get("progress")
        assert "Warming up" in bar.proto.text
        (tmp_path / "go").touch()
        wait_for_result(app)
    assert not app.error
    assert metric(app, "Pods that restart").value != "0"


def test_a_result_says_what_was_checked(half_full: AppTest) -> None:
    """Beside how near to the best it is; what that rests on stands under Solver."""
    app = press(half_full)
    said = words(app).replace("\\", "")
    assert "Proven optimal: at these weights" in said
    assert "Checked: every moved pod fits" in said
    said = words(tab(app, "rebalance", "Solver"))
    assert "No placement that keeps the rules has an energy below" in said


def test_freed_nodes_are_listed_with_what_they_cost(rebalance_page: AppTest) -> None:
    """All of them, also where the line above counts the rest."""
    app = press(rebalance_page)
    freed = app.session_state["answer rebalance"].outcome.freed_nodes
    tab(app, "rebalance", "Freed")
    (table,) = [table.value for table in app.dataframe if "Pods that leave" in table.value]
    assert tuple(table["Node"]) == freed
    assert (table["Pods that leave"] > 0).all()
    assert (table["Price per hour"] > 0).all()


def test_second_click_replaces_the_run(rebalance_page: AppTest) -> None:
    """Pressing again while it runs starts anew; only the second run answers."""
    app = rebalance_page
    app.number_input(key="refine").set_value(1_000_000_000).run()
    button(app, "Rebalance").click().run()
    app.number_input(key="refine").set_value(1000).run()
    app = press(app)
    assert not app.error
    assert not app.warning
    assert "Pods that restart" in {shown.label for shown in app.metric}


def test_what_is_kept_in_place_does_not_move(half_full: AppTest) -> None:
    """With the namespace kept, nothing may move and the plan says so."""
    half_full.multiselect(key="must_stay").select("default").run()
    app = press(half_full)
    assert not app.exception
    assert "No pod may move. 2 pods: it is set to stay." in words(app).replace("\\", "")
    assert metric(app, "Pods that restart").value == "0"


def test_room_that_should_stay_free_is_asked_for(half_full: AppTest) -> None:
    """A safety line as JSON holds both pods on their nodes; a slip is told, and nothing breaks."""
    lines = half_full.text_area(key="wishes")
    lines.set_value('{"safety_lines": {"cpu": 3}}').run()
    told = [warning.value.replace("\\", "") for warning in half_full.warning]
    assert any("safety_lines.cpu" in warning for warning in told), told
    lines = half_full.text_area(key="wishes")
    lines.set_value('{"safety_lines": {"cpu": 0.13}, "safety_weight": 100}').run()
    assert not half_full.warning
    app = press(half_full)
    assert not app.exception
    assert metric(app, "Pods that restart").value == "0"


def test_every_wish_is_in_its_control() -> None:
    """A request that is opened again asks the same: what has no control of its own is typed."""
    asked = RebalanceRequest.model_validate(
        {"safety_lines": {"cpu": 0.8}, "least_zones": {"web": 2}, "zone_move_cost": 2.0}
    )
    typed = rebalance_values(asked)[WISHES]
    assert RebalanceRequest.model_validate_json(typed) == asked
    assert rebalance_values(RebalanceRequest())[WISHES] == ""


def test_pods_count_for_what_they_use(app: AppTest) -> None:
    """By requests two busy pods fit on one node; once they count for their use they stay apart."""
    nodes = [{"id": f"n{i}", "cpu_capacity": 2000, "mem_capacity": 8000} for i in (1, 2)]
    pods = [
        {
            "id": f"p{i}",
            "cpu_request": 200,
            "mem_request": 256,
            "current_node": f"n{i}",
            "expected_cpu": 1800,
        }
        for i in (1, 2)
    ]
    upload(app, "busy.json", json.dumps({"nodes": nodes, "pods": pods}).encode())
    here = press(page(app, "1_Rebalance"))
    assert "1 node comes free" in words(here)
    here.session_state["load_from"] = "usage"
    here.run()
    here = press(here)
    assert "comes free" not in words(here)
    here = tab(here, "rebalance", "Use")
    assert "throttled" in words(here)
    here.session_state["load_from"] = "requests"
    here.session_state["right_sized"] = True
    here = press(here.run())
    assert "As if right-sized" in words(here)
    # each is to request what it uses, so they no longer fit on one node
    assert [cell.value for cell in here.metric if cell.label == "CPU requested"] == [
        "0.4 cores",
        "3.6 cores",
        "3.6 cores",
    ]
    assert "comes free" not in words(here)


def test_a_sample_comes_with_a_week_of_use(rebalance_page: AppTest) -> None:
    """The switch loads it, and only then do pages offer what goes by use."""
    assert not [toggle for toggle in rebalance_page.toggle if toggle.key == "right_sized"]
    here = rebalance_page.toggle(key="use").set_value(True).run()
    assert not here.exception
    assert here.toggle(key="right_sized").label == "As if right-sized"
