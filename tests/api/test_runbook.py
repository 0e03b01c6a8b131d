"""The field `runbook` of the four calls."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient

WAY = {"nodes_in_use", "price_per_hour", "pods_pending", "landed_as_planned", "moves", "energy"}


def test_a_rebalance_with_its_runbook(client: TestClient, two_lists: dict[str, Any]) -> None:
    """The steps carry out the moves of the answer, the forecast is told for the three ways."""
    body = two_lists | {
        "mode": "consolidate",
        "weights": {"C": 0, "D": 0},
        "runbook": {"way": "steer", "max_parallel": 2, "settle_s": 0},
    }
    answer = client.post("/optimize/rebalance", json=body).json()
    runbook = answer["runbook"]
    assert runbook["way"] == "steer"
    step = {"wave", "action", "node", "pod", "to", "why"}
    assert all(set(one) == step for one in runbook["steps"])
    evicted = {
        (one["pod"], one["node"], one["to"]) for one in runbook["steps"] if one["action"] == "evict"
    }
    assert evicted == {(move["pod"], move["from"], move["to"]) for move in answer["moves"]}
    assert set(runbook["forecast"]) == {"plain", "drain", "steer"}
    assert all(set(way) > WAY for way in runbook["forecast"].values())
    steered = runbook["forecast"]["steer"]
    assert steered["nodes_in_use"] == answer["metrics"]["after"]["nodes_in_use"] == 1
    assert steered["landed_as_planned"] == steered["moves"] == len(answer["moves"])
    assert runbook["left_out"] == []


def test_nobody_asked_for_one(client: TestClient, two_lists: dict[str, Any]) -> None:
    """Without the field, or with false, there is none."""
    answer = client.post("/optimize/rebalance", json=two_lists | {"runbook": False}).json()
    assert answer["runbook"] is None


def test_what_cannot_be_is_named(client: TestClient, two_lists: dict[str, Any]) -> None:
    """A way, a number or a field that is none: 422 with the field; a comparison has no runbook."""
    for runbook in ({"way": "fly"}, {"max_parallel": 0}, {"settle_s": -1}, {"waves": 3}, "yes", 1):
        refused = client.post("/optimize/rebalance", json=two_lists | {"runbook": runbook})
        assert refused.status_code == 422, runbook
        assert "runbook" in refused.text
    refused = client.post("/compare", json=two_lists | {"runbook": True})
    assert refused.status_code == 422
    assert "ask a rebalance for a runbook" in refused.text
