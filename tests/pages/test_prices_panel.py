"""Prices on the cluster page: editing one is another cluster, for every page."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from kytos.calls.scenario import digest_of
from kytos.cluster import INSTANCE_TYPE
from tests.pages.conftest import button, metric, page, words
from tests.pages.test_cluster_page import body, node, upload
from tests.pages.test_live_source import app as live_app
from tests.pages.test_live_source import read, server

__all__ = ["live_app", "server"]

COSTS = "Price per hour"


@pytest.fixture
def half_priced(app: AppTest) -> AppTest:
    """Three nodes: two of a type no table knows, one of a type Kytos comes with."""
    nodes = [
        node(name) | {"labels": {INSTANCE_TYPE: kind}}
        for name, kind in (("n1", "metal-64"), ("n2", "metal-64"), ("n3", "m5.large"))
    ]
    return upload(app, "mine.json", body(nodes=nodes))


def editor(app: AppTest):  # type: ignore[no-untyped-def]
    """The table of prices."""
    return next(table for table in app.dataframe if COSTS in table.value and "Nodes" in table.value)


def give(app: AppTest, row: int, price: float | None) -> AppTest:
    """Type a price into the table, as the browser tells it."""
    states = app._tree.get_widget_states()
    changes = {"edited_rows": {row: {COSTS: price}}, "added_rows": [], "deleted_rows": []}
    states.widgets.add(id=editor(app).proto.id, string_value=json.dumps(changes))
    return app._run(states)


def test_what_is_not_known_comes_first_and_is_empty(half_priced: AppTest) -> None:
    """A row for each kind of node; no price is no zero."""
    assert metric(half_priced, "Price").delta.endswith(", 2 assumed")
    assert "Prices (1 kind unknown)" in [box.label for box in half_priced.expander]
    table = editor(half_priced).value
    assert list(table["Instance type"]) == ["metal-64", "m5.large"]
    assert list(table["Nodes"]) == [2, 1]
    assert table[COSTS].isna().tolist() == [True, False]


def test_a_price_given_holds_on_every_page(half_priced: AppTest) -> None:
    """The state line has it at once; a page switch later it is what a scenario would save."""
    give(half_priced, 0, 2.0)
    assert not half_priced.exception
    assert metric(half_priced, "Price").value == "$4.10/h"
    page(half_priced, "1_Rebalance")
    assert half_priced.selectbox(key="cluster").value == "upload"
    loaded = half_priced.session_state["uploaded_cluster"]
    assert [n.price_per_hour for n in loaded.cluster.nodes] == [2.0, 2.0, 0.096]
    assert (loaded.name, loaded.digest) == ("mine", digest_of(loaded.cluster))
    half_priced.switch_page("app.py").run()
    assert metric(half_priced, "Price").value == "$4.10/h"


def test_a_price_can_be_taken_away(half_priced: AppTest) -> None:
    """An emptied cell is not known again, and what else was given stays."""
    give(half_priced, 0, 2.0)
    rows = list(editor(half_priced).value["Instance type"])
    give(half_priced, rows.index("m5.large"), None)
    assert metric(half_priced, "Price").delta.endswith(", 1 assumed")
    table = editor(half_priced).value
    assert dict(zip(table["Instance type"], table[COSTS].fillna(-1), strict=True)) == {
        "metal-64": 2.0,
        "m5.large": -1,
    }


def test_a_sample_edited_is_ones_own(app: AppTest) -> None:
    """The sample stays what it is, one choice away."""
    before = metric(app, "Price").value
    give(app, 0, 99.0)
    assert app.selectbox(key="cluster").value == "upload"
    assert metric(app, "Price").value != before
    app.selectbox(key="cluster").select("Web shop").run()
    assert metric(app, "Price").value == before
    assert "in place of **Web shop**" in words(app)


def test_a_refresh_keeps_what_was_given(live_app: AppTest) -> None:
    """Reading the same context anew finds the prices of this session again, edited twice or not."""
    read(live_app, "lab")
    give(live_app, 0, 50.0)
    row = list(editor(live_app).value[COSTS]).index(50.0)
    give(live_app, row, 60.0)
    before = metric(live_app, "Price").value
    button(live_app, "Refresh").click().run()
    assert not live_app.exception
    assert metric(live_app, "Price").value == before
    assert 60.0 in list(editor(live_app).value[COSTS])
