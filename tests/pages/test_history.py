"""Uploads and answers outlive the session that has them, and nobody else finds them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from kytos.ui.session import kept
from kytos.ui.store import is_name
from tests.pages.conftest import ROOT, button, page, wait_for_result, words

SMALL = {
    "nodes": [
        {"id": name, "cpu_capacity": 4000, "mem_capacity": 8000, "price_per_hour": price}
        for name, price in (("cheap", 1.0), ("dear", 3.0))
    ],
    "pods": [
        {"id": f"p-{name}", "cpu_request": 500, "mem_request": 500, "current_node": name}
        for name in ("cheap", "dear")
    ],
}


def fresh(**link: str) -> AppTest:
    """A new session, which nothing but its link ties to another."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    for name, value in link.items():
        app.query_params[name] = value
    return app


def said(app: AppTest) -> str:
    return words(app).replace("\\", "")


@pytest.fixture(scope="module")
def asked() -> Iterator[AppTest]:
    """A session that uploaded a cluster, freed a node of it, and then asked for no move at all."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KYTOS_BACKGROUND", "false")
        app = fresh().run()
        uploader = app.file_uploader(key="cluster files")
        app = uploader.set_value(
            [("small.json", json.dumps(SMALL).encode(), "application/json")]
        ).run()
        app = page(app, "1_Rebalance")
        button(app, "Rebalance").click().run()
        app = wait_for_result(app)
        assert "1 node comes free" in said(app)
        app.number_input(key="max_moves").set_value(0).run()
        button(app, "Rebalance").click().run()
        app = wait_for_result(app)
        assert "1 node comes free" not in said(app)
        yield app


def name_in_link(app: AppTest) -> str:
    """The history that a page's own address names."""
    names = app.query_params[kept.LINK]
    return str(names[0] if isinstance(names, list) else names)


def test_link_restores_upload_and_answer(asked: AppTest) -> None:
    """A session with the history's link has the cluster and the last answer without a run."""
    name = name_in_link(asked)
    assert is_name(name)
    app = page(fresh(kept=name).run(), "1_Rebalance")
    assert not app.exception
    assert "small" in app.selectbox(key="cluster").options[0]
    assert app.session_state["cluster"] == "upload"
    assert "Already best found" in said(app) or "No change" in said(app)


def test_without_the_link_nothing_is_there(asked: AppTest) -> None:
    """Another session sees the samples alone, and an invented link says nothing of others."""
    for app in (fresh().run(), fresh(kept="A" * 22).run(), fresh(kept="../../x").run()):
        assert not app.exception
        assert "upload" not in app.session_state["cluster"]
        assert "No answer yet" in said(page(app, "7_History"))


def test_undo_and_redo(asked: AppTest) -> None:
    """Undo shows the answer before with its controls; redo comes back."""
    button(asked, "Undo").click().run()
    assert "1 node comes free" in said(asked)
    assert asked.number_input(key="max_moves").value is None
    assert "The controls have changed" not in said(asked)
    button(asked, "Redo").click().run()
    assert "1 node comes free" not in said(asked)
    assert asked.number_input(key="max_moves").value == 0


def test_an_answers_own_link_opens_it(asked: AppTest) -> None:
    """It shows that answer and its cluster with its settings, and not the rest of the history."""
    link = next(code.value for code in asked.code if kept.ANSWER in code.value)
    (name,) = parse_qs(urlsplit(link).query)[kept.ANSWER]
    app = AppTest.from_file(str(ROOT / "pages/1_Rebalance.py"), default_timeout=60)
    app.query_params[kept.ANSWER] = name
    app.run()
    assert not app.exception
    assert app.session_state["cluster"] == "upload"
    assert app.number_input(key="max_moves").value == 0
    assert name_in_link(app) != name_in_link(asked)


def test_a_link_to_nothing_says_so() -> None:
    """One forgotten, or made up, ends in a sentence."""
    for name in ("B" * 22, "'; drop table answers"):
        app = fresh(answer=name).run()
        assert not app.exception
        assert "is not kept here" in said(app)


def test_two_answers_side_by_side_then_forgotten(asked: AppTest) -> None:
    """The page tells what differs; forgetting takes all of it away."""
    name = name_in_link(asked)
    app = page(fresh(kept=name).run(), "7_History")
    assert not app.exception
    figures, settings = (frame.value for frame in app.dataframe[:2])
    assert set(figures[figures[""] == "Nodes in use"].iloc[0, 1:3]) == {"1", "2"}
    assert list(settings[""]) == ["max moves"]
    button(app, "Forget everything").click().run()
    assert not app.exception
    assert "No answer yet" in said(app)
    assert kept.store().answers(name) == []


def teardown_module() -> None:
    """The store is the process's."""
    kept.store.clear()
