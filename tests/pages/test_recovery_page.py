"""The Recovery page takes what fails, and shows where pods go and what is lost."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from kytos.report import units
from tests.pages.conftest import button, metric, page, tab, wait_for_result, words
from tests.pages.test_cluster_page import upload


@pytest.fixture
def recovery_page(app: AppTest) -> AppTest:
    """The Recovery page on the default sample."""
    return page(app, "2_Recovery")


@pytest.fixture
def room_for_one(app: AppTest) -> AppTest:
    """The Recovery page on two nodes; when n1 fails, n2 has room for one of its two pods."""
    nodes = [
        {"id": f"n{i}", "cpu_capacity": 1000, "mem_capacity": 4000, "zone": f"z{i}"} for i in (1, 2)
    ]
    pods = [
        {"id": name, "cpu_request": 500, "mem_request": 500, "current_node": node, "priority": rank}
        for name, node, rank in (("high", "n1", 10), ("low", "n1", 1), ("stays", "n2", 5))
    ]
    upload(app, "room.json", json.dumps({"nodes": nodes, "pods": pods}).encode())
    return page(app, "2_Recovery")


def press(app: AppTest, label: str = "Recover") -> AppTest:
    """Press a button and wait for the end of the run."""
    button(app, label).click().run()
    return wait_for_result(app)


def placed(app: AppTest) -> tuple[str, str]:
    """How many got a node, of how many."""
    shown = metric(app, "Placed")
    return shown.value, shown.delta


def table(app: AppTest, column: str):  # type: ignore[no-untyped-def]
    """The table that has a column."""
    return next(shown.value for shown in app.dataframe if column in shown.value)


def test_shows_the_cluster_before_the_first_run(recovery_page: AppTest) -> None:
    """There is something to see before anything was asked."""
    assert not recovery_page.exception
    assert "As it is now" in words(recovery_page)


def test_with_nothing_chosen_the_fullest_node_fails(recovery_page: AppTest) -> None:
    """The main button always answers, and the controls show what it was asked."""
    app = press(recovery_page)
    assert app.multiselect(key="failed_nodes").value == ["shop-00"]
    assert "Failed: **shop\\-00**" in words(app)
    assert int(placed(app)[0]) > 0


def test_important_pods_come_first(room_for_one: AppTest) -> None:
    """With room for one, the higher priority gets it; the other is named with its reason."""
    room_for_one.multiselect(key="failed_nodes").set_value(["n1"]).run()
    assert "1 node of 2 fails: 2 pods to evacuate" in words(room_for_one)
    app = press(room_for_one)
    assert not app.exception
    assert not app.error
    assert placed(app) == ("1", "of 2")
    assert table(app, "To").to_dict("records")[0]["Pod"] == "high"
    lost = table(tab(app, "recovery", "Given up"), "Stuck").to_dict("records")
    assert [row["Pod"] for row in lost] == ["low"]
    assert "cpu" in lost[0]["Why"].lower()
    survivors = table(tab(app, "recovery", "Survivors"), "CPU after").to_dict("records")
    assert [(row["Node"], row["CPU before"], row["CPU after"]) for row in survivors] == [
        ("n2", 0.5, 1.0)
    ]


def test_energies_of_the_qubo_are_net_of_the_pods_given_up(room_for_one: AppTest) -> None:
    """What the lost pod costs is said, and taken off the answer, the reads and doing nothing."""
    room_for_one.multiselect(key="failed_nodes").set_value(["n1"]).run()
    room_for_one.selectbox(key="solver").set_value("openjij-sa")
    app = press(room_for_one)
    outcome = app.session_state["answer recovery"].outcome
    lost = outcome.energy.after.constraint
    assert lost >= 1
    tab(app, "recovery", "QUBO")
    assert f"net of {units.energy(lost)}, which the 1 pod" in words(app)
    assert metric(app, "Answer").value == units.energy(outcome.energy.after.total - lost)
    assert metric(app, "Sampler alone").value == units.energy(
        outcome.solver.qubo.sampler_objective - lost
    )


def test_lower_survivors_give_way_when_allowed(room_for_one: AppTest) -> None:
    """Preemption makes room for the higher of the evacuated, and says who pays."""
    room_for_one.multiselect(key="failed_nodes").set_value(["n1"])
    room_for_one.slider(key="free").set_value(50)
    room_for_one.toggle(key="allow_preemption").set_value(False)
    app = press(room_for_one.run())
    assert placed(app) == ("0", "of 2")
    app.toggle(key="allow_preemption").set_value(True).run()
    assert "The controls have changed" in app.warning[0].value
    app = press(app)
    assert placed(app) == ("1", "of 2")
    assert "1 pod of survivors give" in words(app).replace("\\", "")


def test_a_zone_fails_whole(room_for_one: AppTest) -> None:
    """Choosing a zone fails all its nodes."""
    room_for_one.toggle(key="allow_preemption").set_value(False)
    room_for_one.multiselect(key="failed_zones").set_value(["z2"]).run()
    app = press(room_for_one)
    assert "Survivable" not in words(app)
    assert placed(app) == ("0", "of 1")


def test_no_survivor_is_said_and_nothing_lost(room_for_one: AppTest) -> None:
    """Failing everything is a sentence; the choice stays as it was made."""
    room_for_one.multiselect(key="failed_nodes").set_value(["n1", "n2"]).run()
    assert "there is no survivor" in words(room_for_one).replace("\\", "")
    assert not room_for_one.exception
    assert room_for_one.multiselect(key="failed_nodes").value == ["n1", "n2"]


def test_any_one_node_chooses_the_fullest(room_for_one: AppTest) -> None:
    """The quick pick sets the nodes that fail."""
    button(room_for_one, "Any one node").click().run()
    assert room_for_one.multiselect(key="failed_nodes").value == ["n1"]


def test_atlas_shows_which_failures_lose_pods(room_for_one: AppTest) -> None:
    """Every node and zone is tried, in one picture and a table."""
    app = press(room_for_one, "Fail every node in turn")
    assert not app.exception
    assert "2 of 2 nodes would lose pods" in words(app)
    rows = table(app, "Fails").to_dict("records")
    lost = {(row["Kind"], row["Fails"]): row["Lost"] for row in rows}
    assert lost == {("node", "n1"): 1, ("node", "n2"): 1, ("zone", "z1"): 1, ("zone", "z2"): 1}


@pytest.mark.parametrize("title", ["Spot reclaimed", "A zone goes dark", "A real cluster's zone"])
def test_ready_scenario_in_two_clicks(recovery_page: AppTest, title: str) -> None:
    """One click sets cluster and failure, the second answers."""
    app = button(recovery_page, title).click().run()
    assert not app.error
    app = press(app)
    assert not app.exception
    assert not app.error
    assert not app.warning
    assert "evacuated pod" in words(app).replace("\\", "")
