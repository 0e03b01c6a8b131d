"""A scenario saved on one page opens in another session to the same question."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from kytos.calls.scenario import Scenario, digest_of
from kytos.contract.params import SolverParams
from kytos.contract.watch import StopReason
from kytos.contract.weights import Weights
from kytos.problem import LoadMode
from kytos.questions.rebalance import RebalanceRequest
from kytos.sources.manifests import read_cluster
from kytos.sources.prices import with_prices
from kytos.ui.shipped import SAMPLES
from tests.pages.conftest import page, words


@pytest.fixture
def hot_spots() -> Scenario:
    """Spread the hot spots with a seed and a budget of its own."""
    content = (SAMPLES / "hot-spots.json").read_bytes()
    cluster = with_prices(read_cluster([("hot-spots.json", content)]))
    return Scenario(
        digest=digest_of(cluster),
        sample="hot-spots",
        request=RebalanceRequest(mode=LoadMode.SPREAD, max_moves=7),
        weights=Weights(C=0.5),
        params=SolverParams(seed=11, num_reads=2),
    )


def open_scenario(app: AppTest, content: bytes) -> AppTest:
    """Open a scenario on the Rebalance page."""
    uploader = page(app, "1_Rebalance").file_uploader(key="scenario file")
    return uploader.set_value([("scenario.json", content, "application/json")]).run()


def test_opened_scenario_sets_cluster_and_controls(app: AppTest, hot_spots: Scenario) -> None:
    """Cluster, mode, weights, seed and budget are as they were saved."""
    app = open_scenario(app, hot_spots.to_json())
    assert not app.exception
    assert not app.error
    assert app.session_state["cluster"] == "hot-spots"
    assert app.session_state["mode"] == "spread"
    assert app.slider(key="C").value == 0.5
    assert app.number_input(key="max_moves").value == 7
    assert app.number_input(key="seed").value == 11
    assert app.number_input(key="reads").value == 2


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"digest": "0" * 64}, "has changed since"),
        ({"sample": "../../etc/passwd"}, "there is no sample cluster named"),
        ({"sample": None}, "either a sample's name or a cluster"),
        ({"colour": "blue"}, "there is no such field"),
    ],
)
def test_wrong_scenario_changes_nothing(
    app: AppTest, hot_spots: Scenario, change: dict[str, object], expected: str
) -> None:
    """The message says what is wrong; cluster and controls stay."""
    content = json.loads(hot_spots.to_json()) | change
    app = open_scenario(app, json.dumps(content).encode())
    assert not app.exception
    assert expected in words(app).replace("\\", "")
    assert app.session_state["cluster"] == "web-shop"
    assert app.slider(key="C").value == 1.0


def test_what_the_clock_ended_is_said_again(app: AppTest, hot_spots: Scenario) -> None:
    """A scenario saved with such an answer does not promise the same one."""
    ended = hot_spots.model_copy(update={"ended": StopReason.CLOCK})
    app = open_scenario(app, ended.to_json())
    said = [note.value for note in app.info if "When this scenario was saved" in note.value]
    assert len(said) == 1
    assert "may come to another answer" in said[0]
    app.file_uploader(key="scenario file").set_value(
        [("scenario.json", hot_spots.to_json(), "application/json")]
    ).run()
    assert not [note for note in app.info if "When this scenario was saved" in note.value]


def test_what_a_control_cannot_show_is_held_and_told(app: AppTest, hot_spots: Scenario) -> None:
    """A scenario may ask for more than sliders go to: the nearest is taken, and that is said."""
    beyond = hot_spots.model_copy(
        update={
            "request": RebalanceRequest(max_moves=2_000_000, max_utilization=0.05),
            "weights": Weights(B=50.0, C=900.0),
            "params": SolverParams(num_reads=9_000, time_limit_s=0.1, proof_work=0),
        }
    )
    app = open_scenario(app, beyond.to_json())
    assert not app.exception
    assert app.slider(key="C").value == app.slider(key="B").value == 5.0
    assert app.slider(key="free").value == 90
    assert app.number_input(key="max_moves").value == 100_000
    said = [caption.value for caption in app.caption if "was asked for" in caption.value]
    assert len(said) == 6
    assert any("2,000,000" in sentence for sentence in said)
    app = app.slider(key="C").set_value(1.0).run()
    said = [caption.value for caption in app.caption if "was asked for" in caption.value]
    assert len(said) == 5
