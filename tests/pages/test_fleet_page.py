"""The Fleet page asks for nodes and shows what to buy, keep and release."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import button, page, wait_for_result, words

TYPES = [
    {"name": "small", "cpu_capacity": 2000, "mem_capacity": 8000, "price_per_hour": 0.05},
    {"name": "large", "cpu_capacity": 8000, "mem_capacity": 32000, "price_per_hour": 0.15},
]

POOL = """
kind: NodePool
metadata: {name: ours}
spec:
  template:
    spec:
      requirements:
        - {key: node.kubernetes.io/instance-type, operator: In, values: [large]}
---
kind: EC2NodeClass
metadata: {name: default}
spec:
  kubelet: {maxPods: 20}
"""


@pytest.fixture
def fleet(app: AppTest) -> AppTest:
    """The page on a small sample, which is answered in little time."""
    app.session_state["cluster"] = "two-lists"
    return page(app, "6_Fleet")


def test_choosing_nodes_shows_what_to_buy(fleet: AppTest) -> None:
    """With types of one's own the answer tells their number and the price now and then."""
    assert not fleet.exception
    fleet.text_area(key="fleet types").set_value(json.dumps(TYPES)).run()
    button(fleet, "Choose nodes").click().run()
    wait_for_result(fleet)
    assert not fleet.exception
    told = words(fleet)
    assert "Proposed" in told
    assert "release" in told
    assert "instead of" in told


def test_types_that_are_no_json_are_refused_in_words(fleet: AppTest) -> None:
    """A slip in the types is told where it is typed, and nothing breaks."""
    fleet.text_area(key="fleet types").set_value("[{").run()
    assert not fleet.exception
    assert any("types" in error.value for error in fleet.error)


def test_karpenters_objects_are_taken(fleet: AppTest) -> None:
    """A slip in the YAML is told; a NodePool and an EC2NodeClass are taken and answered by."""
    fleet.text_area(key="fleet types").set_value(json.dumps(TYPES)).run()
    fleet.text_area(key="fleet pools").set_value("kind: [").run()
    assert any("pools" in error.value for error in fleet.error)
    fleet.text_area(key="fleet pools").set_value(POOL).run()
    assert not fleet.error
    button(fleet, "Choose nodes").click().run()
    wait_for_result(fleet)
    assert not fleet.exception
    assert "instead of" in words(fleet)
