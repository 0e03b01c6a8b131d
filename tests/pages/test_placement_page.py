"""The Placement page takes new pods, and shows a node for each with what others would cost."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from kytos.calls.scenario import Scenario, digest_of, read_scenario
from kytos.contract.params import SolverParams
from kytos.questions.outcome import Question
from kytos.questions.placement.new_objects import NewPod
from kytos.questions.placement.placement import place
from kytos.questions.placement.request import PlacementRequest
from kytos.sources.manifests import read_cluster
from kytos.sources.prices import with_prices
from kytos.ui.shipped import SAMPLES
from tests.pages.conftest import button, metric, page, tab, wait_for_result, words

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: reports, namespace: web}
spec:
  replicas: 2
  template:
    spec:
      containers:
      - {name: main, image: reports:1, resources: {requests: {cpu: 100m, memory: 64Mi}}}
"""


@pytest.fixture
def placement_page(app: AppTest) -> AppTest:
    """The Placement page on the short sample: two readable lists."""
    app.session_state["cluster"] = "two-lists"
    return page(app, "3_Placement")


def press(app: AppTest) -> AppTest:
    """Press Place and wait for the end of the run."""
    button(app, "Place").click().run()
    return wait_for_result(app)


def fill(app: AppTest, table: str, rows: list[dict[str, object]]) -> AppTest:
    """Fill an editable table as an opened scenario does."""
    app.session_state[f"{table} given"] = rows
    return app.run()


def test_first_visit_can_be_answered(placement_page: AppTest) -> None:
    """The page opens with pods to place; pressing gives each a node and names the runners-up."""
    assert not placement_page.exception
    assert "As it is now" in words(placement_page)
    app = press(placement_page)
    assert not app.exception
    assert not app.error
    assert metric(app, "Placed").value == "3"
    assert "default scheduler" in words(app)
    placements = next(t.value for t in app.dataframe if "Default scheduler" in t.value)
    assert list(placements["Pod"]) == ["new-1", "new-2", "new-3"]
    tab(app, "placement", "Runners-up")
    heads = [(list(t.value.columns[:2]), t.value) for t in app.dataframe]
    options = next(table for head, table in heads if head == ["Node", "Energy"])
    assert len(options) > 1
    assert options["Node"][0] == placements["Node"][0]


def test_pasted_deployment_is_placed(placement_page: AppTest) -> None:
    """Every replica of pasted YAML gets a node beside the pods of the form."""
    assert "placed together" not in words(placement_page)
    placement_page.text_area(key="manifests").set_value(DEPLOYMENT).run()
    assert "They are placed together with the 3 pods" in words(placement_page)
    app = press(fill(placement_page, "new pods", []))
    assert not app.error
    placements = next(t.value for t in app.dataframe if "Default scheduler" in t.value)
    assert list(placements["Pod"]) == ["web/reports-0", "web/reports-1"]


@pytest.mark.parametrize(
    ("table", "rows", "expected"),
    [
        ("new pods", [{"id": "a", "cpu_request": -5, "mem_request": 1}], "new_pods[0].cpu_request"),
        ("new pods", [{"id": "a", "cpu_request": 5}], "new_pods[0].mem_request: is missing"),
        ("traffic", [{"from": "new"}], "traffic[0].to: is missing"),
        ("growth", [{"service": "new"}], "growth[0]: needs a service and a factor"),
        ("node shapes", [{"id": "big", "cpu_capacity": 0, "mem_capacity": 1}], "node_shapes[0]"),
    ],
)
def test_bad_row_is_named(
    placement_page: AppTest, table: str, rows: list[dict[str, object]], expected: str
) -> None:
    """A sentence names row and column; what was typed stays."""
    app = fill(placement_page, table, rows)
    assert not app.exception
    assert expected in app.error[0].value.replace("\\", "")
    assert app.session_state[f"{table} kept"] == rows


def test_bad_yaml_is_a_sentence(placement_page: AppTest) -> None:
    """What makes no pods is named."""
    placement_page.text_area(key="manifests").set_value("kind: ConfigMap\nmetadata: {name: x}")
    app = placement_page.run()
    assert "a ConfigMap makes no pods" in app.error[0].value.replace("\\", "")


def test_pod_larger_than_any_node_is_explained(placement_page: AppTest) -> None:
    """A partial answer: it has no node, and why; the other has one."""
    rows = [
        {"id": "giant", "cpu_request": 900_000, "mem_request": 1},
        {"id": "small", "cpu_request": 10, "mem_request": 1},
    ]
    app = press(fill(placement_page, "new pods", rows))
    assert "1 of 2 new pods get a node, 1 do not" in words(app).replace("\\", "")
    tab(app, "placement", "No node")
    lost = next(t.value for t in app.dataframe if "Why" in t.value)
    assert list(lost["Pod"]) == ["giant"]
    assert "insufficient cpu" in lost["Why"][0]


@pytest.mark.parametrize(
    "title", ["A burst of functions", "A heavy batch job", "What waits in a real cluster"]
)
def test_ready_scenario_in_two_clicks(placement_page: AppTest, title: str) -> None:
    """One click fills the page, the second answers."""
    app = press(button(placement_page, title).click().run())
    assert not app.exception
    assert not app.error
    assert not app.warning
    assert int(metric(app, "Placed").value) > 0


@pytest.fixture
def with_yaml() -> Scenario[PlacementRequest]:
    """Pasted manifests of a class of the cluster, and a pod with more than the table's columns."""
    sample = read_cluster([("web-shop.json", (SAMPLES / "web-shop.json").read_bytes())])
    priority = "      priorityClassName: critical\n      containers:"
    pod = NewPod(id="a", cpu_request=10, mem_request=10, node_selector={"no-node": "has-it"})
    return Scenario(
        question=Question.PLACEMENT,
        digest=digest_of(with_prices(sample)),
        sample="web-shop",
        request=PlacementRequest(
            new_pods=(pod,), manifest_text=DEPLOYMENT.replace("      containers:", priority)
        ),
        params=SolverParams(seed=3),
    )


def test_scenario_holds_the_manifests(app: AppTest, with_yaml: Scenario[PlacementRequest]) -> None:
    """Saved and opened again, pasted YAML is there to read and the answer is the same."""
    saved = with_yaml.to_json()
    opened = page(app, "3_Placement").file_uploader(key="scenario file")
    app = opened.set_value([("s.json", saved, "application/json")]).run()
    assert not app.error
    assert "priorityClassName: critical" in str(app.text_area(key="manifests").value)
    assert "a also has node" in words(app)
    app = press(app)
    assert not app.error
    scenario = read_scenario(saved)
    cluster = read_cluster([("web-shop.json", (SAMPLES / "web-shop.json").read_bytes())])
    outcome = place(cluster, scenario.request, solver=scenario.solver, params=scenario.params)
    placements = next(t.value for t in app.dataframe if "Default scheduler" in t.value)
    shown = dict(zip(placements["Pod"], placements["Node"], strict=True))
    assert shown == {placed.pod: placed.node for placed in outcome.placements}
    assert set(shown) == {"web/reports-0", "web/reports-1"}
    assert [pod.pod for pod in outcome.unplaced] == ["a"]


def test_unknown_class_is_said_while_it_is_typed(placement_page: AppTest) -> None:
    """A class the cluster lacks is refused as admission would, before anything runs."""
    text = DEPLOYMENT.replace(
        "      containers:", "      priorityClassName: gone\n      containers:"
    )
    app = placement_page.text_area(key="manifests").set_value(text).run()
    assert "no PriorityClass" in app.error[0].value
