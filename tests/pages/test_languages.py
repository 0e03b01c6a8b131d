"""Every page in Japanese: whole, kept from page to page, and with choices that have no language."""

from __future__ import annotations

import re
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from kytos.calls.catalogue import REBALANCE, RebalanceOptions
from kytos.calls.handout import handout, scenario_of
from kytos.contract.watch import Watch
from kytos.language import use
from tests.pages.conftest import ROOT, page, words
from tests.ui.small import two_half_empty_nodes

PAGES = (
    *("", "1_Rebalance", "2_Recovery", "3_Placement", "4_Autoscale", "5_Compare"),
    *("6_Fleet", "7_History", "8_Demo"),
)
JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")
SAME = {"Web shop", "English", "QUBO", "CPU", "YAML", "pool=web:3, pool=db:2"}
"""What reads the same in both: names, and what a control expects to be typed."""
KINDS = (
    *("markdown", "caption", "title", "info", "warning", "error", "metric", "button", "expander"),
    *("selectbox", "slider", "toggle", "number_input", "multiselect", "segmented_control"),
    *("text_input", "text_area", "radio", "pills", "download_button", "file_uploader"),
)


def opened(name: str = "", *, expert: bool = False, **link: str) -> AppTest:
    """A page as a link opens it, with everything behind *Expert* drawn where asked.

    `AppTest` calls a control's `format_func` in the test's own thread, which speaks English: who
    goes on with a Japanese page draws no selector that is translated.
    """
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.session_state["expert on"] = expert
    if name:
        app.switch_page(f"pages/{name}.py")
    for key, value in link.items():
        app.query_params[key] = value
    return app.run()


def english(app: AppTest) -> set[str]:
    """Texts of a page that hold words and nothing Japanese."""
    told: set[str] = set()
    for kind in KINDS:
        for element in app.get(kind):
            proto: Any = getattr(element, "proto", element)
            shown = [getattr(proto, name, "") for name in ("label", "help", "placeholder")]
            if kind in ("markdown", "caption", "title", "info", "warning", "error"):
                shown.append(getattr(element, "value", ""))
            told.update(str(text) for text in shown if text)
    return {
        text
        for text in told - SAME
        if re.search(r"[A-Za-z]{3}", re.sub(r":material/\w+:", "", text))
        and not JAPANESE.search(text)
        and not text.startswith(("[", "{", "<", "apiVersion", "m*=", "http"))
    }


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_in_japanese(name: str) -> None:
    """It runs, its title is Japanese (or a cluster's name), and no English text stands on it."""
    app = opened(name, expert=True, lang="ja")
    assert not app.exception
    assert JAPANESE.search(words(app))
    assert english(app) == set()


def test_the_language_is_chosen_on_any_page_and_stays() -> None:
    """The switch, the next page and the link all say it; the controls keep their values."""
    app = opened("1_Rebalance")
    assert "Which running pods to move" in words(app)
    app.segmented_control(key="mode").set_value("spread").run()
    app.slider(key="A").set_value(2.0).run()
    app.segmented_control(key="language").set_value("ja").run()
    assert "どこへ移すか" in words(app)
    assert app.query_params["lang"] in ("ja", ["ja"])
    assert app.segmented_control(key="mode").value == "spread"
    assert app.slider(key="A").value == 2.0
    app = page(app, "2_Recovery")
    assert "障害ノードの Pod を" in words(app)
    app.segmented_control(key="language").set_value("en").run()
    assert "Where the pods of failed nodes go" in words(app)


@pytest.mark.parametrize("asked", ["spread", "Even load", "負荷を均等に"])
@pytest.mark.parametrize("code", ["en", "ja"])
def test_a_link_opens_in_any_language(code: str, asked: str) -> None:
    """A link holds what its writer's control was called."""
    app = opened("1_Rebalance", lang=code, mode=asked)
    assert app.segmented_control(key="mode").value == "spread"
    assert not app.warning


def test_an_answer_and_its_handout_are_japanese_and_kept_in_no_language() -> None:
    """What was answered in one language reads in the other, on the page and as one file."""
    cluster = two_half_empty_nodes()
    options: Any = RebalanceOptions.model_validate(
        {"solver": {"seed": 42, "num_reads": 2, "num_sweeps": 50, "refine_proposals": 500}}
    )
    outcome = REBALANCE.answer(cluster, options, Watch())
    scenario = scenario_of(outcome, cluster)
    with use("ja"):
        made = handout(scenario, outcome)
    assert '<html lang="ja">' in made
    assert "Pod 1 個の移動でノード 1 台が空きます" in made
    app = opened(lang="ja")
    upload = app.file_uploader(key="cluster files")
    app = upload.set_value([("plan.html", made.encode(), "text/html")]).run()
    app = page(app, "1_Rebalance")
    assert not app.exception
    assert "Pod 1 個の移動でノード 1 台が空きます" in words(app).replace("\\", "")
    assert "Proven optimal" not in words(app)
    app = page(app, "7_History")
    assert "1 node comes free" not in words(app)
    app.segmented_control(key="language").set_value("en").run()
    assert "1 node comes free by moving 1 pod" in words(app).replace("\\", "")
