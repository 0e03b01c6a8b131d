"""POST /optimize/auto_scale as the contract words it."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

PATH = "/optimize/auto_scale"

Body = dict[str, Any]


@pytest.fixture
def shop(two_lists: Body) -> Body:
    """Two replicas of one service, at 290 requests a second with 100 to each."""
    pods = [
        pod | {"service": "shop"} if index < 2 else pod
        for index, pod in enumerate(two_lists["pods"])
    ]
    service = {"id": "shop", "request_rate": 290, "target_rate": 100}
    return two_lists | {"pods": pods, "services": [service]}


def test_answer_has_the_contracts_fields(client: TestClient, shop: Body) -> None:
    """Replicas by the HPA's rule under the contract's names, and a node for each new one."""
    answer = client.post(PATH, json=shop).json()
    (action,) = answer["actions"]
    assert action.pop("reason")
    assert action == {
        "service": "shop",
        "current_replicas": 2,
        "desired_replicas": 3,
        "recommended_replicas": 3,
        "suppressed": False,
    }
    (placed,) = answer["placements"]
    assert placed["service"] == "shop"
    assert placed["node"] in {"node-0", "node-1", "node-2"}
    assert {"energy", "metrics", "solver", "certificate"} <= set(answer)


def test_a_margin_holds_back(client: TestClient, shop: Body) -> None:
    """When three quarters of the CPU must stay free, the third replica is suppressed."""
    (action,) = client.post(PATH, json=shop | {"cpu_margin": 0.75}).json()["actions"]
    assert (action["desired_replicas"], action["recommended_replicas"]) == (3, 2)
    assert action["suppressed"]


def test_the_body_alone_is_answered(client: TestClient, two_lists: Body) -> None:
    """Without services there is nothing to scale."""
    bare = {name: two_lists[name] for name in ("nodes", "pods")}
    answer = client.post(PATH, json=bare).json()
    assert (answer["actions"], answer["placements"], answer["nothing_to_do"]) == ([], [], True)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"target_rate": 0}, "services[0].target_rate"),
        ({"request_rate": -1}, "services[0].request_rate"),
        ({"replicas": 5}, "services[0].replicas"),
        ({"id": "nobody"}, "services[0].id"),
        ({"min_replicas": 5, "max_replicas": 4}, "services[0]"),
        ({"request_rate": 1e15}, "services[0]"),
        ({"rate": 1}, "services[0].rate"),
    ],
)
def test_the_field_is_named(client: TestClient, shop: Body, change: Body, field: str) -> None:
    """What cannot be scaled is a 422 on the service's field."""
    response = client.post(PATH, json=shop | {"services": [shop["services"][0] | change]})
    assert response.status_code == 422, response.text
    assert response.json()["errors"][0]["field"].startswith(field)


@pytest.mark.parametrize(("name", "value"), [("cpu_margin", 1.5), ("mem_margin", -0.1)])
def test_a_margin_is_a_share(client: TestClient, shop: Body, name: str, value: float) -> None:
    """A margin outside 0..1 is refused by name."""
    response = client.post(PATH, json=shop | {name: value})
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == name
