"""``POST /optimize/fleet`` as the contract words it."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

TYPES = [
    {"name": "small", "cpu_capacity": 2000, "mem_capacity": 8000, "price_per_hour": 0.1},
    {"name": "large", "cpu_capacity": 8000, "mem_capacity": 32000, "price_per_hour": 0.35},
]
PODS = [{"id": f"p{n}", "cpu_request": 1000, "mem_request": 2000} for n in range(8)]


@pytest.mark.parametrize("nodes", [{"nodes": []}, {}])
def test_pods_alone_are_answered_with_what_to_buy(
    client: TestClient, nodes: dict[str, list[object]]
) -> None:
    """No node is needed; prices are JSON numbers and the names are the contract's."""
    answer = client.post("/optimize/fleet", json=nodes | {"pods": PODS, "types": TYPES})
    assert answer.status_code == 200
    told = answer.json()
    assert [(one["type"], one["count"]) for one in told["buy"]] == [("large", 1)]
    assert told["buy"][0]["capacity_type"] == "on-demand"
    assert told["buy"][0]["price_per_hour"] == 0.35
    assert told["price"] == {"before": 0.0, "after": 0.35}
    assert told["release"] == []
    assert set(told["placement"]) == {pod["id"] for pod in PODS}
    assert told["certificate"]["status"] == "optimal"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"types": [{"name": "x", "cpu_capacity": 1, "mem_capacity": 1}]}, "price_per_hour"),
        ({"types": TYPES, "spot_share": 2}, "spot_share"),
        ({"types": TYPES, "keep": ["nobody"]}, "keep"),
        ({"region": "nowhere"}, "region"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    client: TestClient, more: dict[str, object], field: str
) -> None:
    """A 422 that names the field, never a 500."""
    answer = client.post("/optimize/fleet", json={"pods": PODS} | more)
    assert answer.status_code == 422
    assert field in answer.text


def test_every_field_of_a_type_is_read_from_json(client: TestClient) -> None:
    """Zones, taints, labels, resources, spot and count arrive in a body as they do in Python."""
    kind = {
        "name": "gpu",
        "cpu_capacity": 4000,
        "mem_capacity": 16000,
        "price_per_hour": 0.5,
        "capacity_type": "spot",
        "zones": ["eu-1a", "eu-1b"],
        "max_pods": 5,
        "arch": "arm64",
        "resources": {"nvidia.com/gpu": 1},
        "labels": {"team": "ml"},
        "taints": [{"key": "only", "value": "ml", "effect": "NoSchedule"}],
        "count": 2,
    }
    asks = {
        "id": "a",
        "cpu_request": 500,
        "mem_request": 500,
        "resources": {"nvidia.com/gpu": 1},
        "node_selector": {"team": "ml", "topology.kubernetes.io/zone": "eu-1b"},
        "tolerations": [{"key": "only", "operator": "Exists"}],
    }
    answer = client.post(
        "/optimize/fleet", json={"nodes": [], "pods": [asks], "types": [kind, *TYPES]}
    )
    assert answer.status_code == 200
    told = answer.json()
    assert [(one["type"], one["capacity_type"], one["zone"]) for one in told["buy"]] == [
        ("gpu", "spot", "eu-1b")
    ]


def test_a_shape_of_a_placement_is_a_type(client: TestClient) -> None:
    """`id` is its name, and `provisioned: false` is what a type is anyway."""
    shape = {key: value for key, value in TYPES[0].items() if key != "name"}
    shape |= {"id": "shape", "provisioned": False, "zones": ["a"]}
    answer = client.post("/optimize/fleet", json={"nodes": [], "pods": PODS[:1], "types": [shape]})
    assert answer.status_code == 200
    assert [one["type"] for one in answer.json()["buy"]] == ["shape"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"types": [TYPES[0] | {"resources": {"cpu": 5}}]}, "resources.cpu has its own field"),
        ({"types": TYPES, "discounts": ["m=x"]}, "expected name=factor, such as m*=0.72"),
        ({"types": TYPES, "pools": [{"kind": "NodePool"}]}, "pools[0].metadata.name"),
        ({"kwok_types": [{}]}, "kwok_types[0].name"),
        ({"types": TYPES + TYPES[:1]}, "types[2].name"),
        ({"types": [TYPES[0] | {"count": 0}]}, "nothing to buy"),
    ],
)
def test_a_refusal_says_what_was_expected(
    client: TestClient, more: dict[str, object], words: str
) -> None:
    """In words about the field, not about a pattern or a type of the reader's."""
    answer = client.post("/optimize/fleet", json={"nodes": [], "pods": PODS} | more)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]


def test_what_bounds_the_purchase_is_named(client: TestClient) -> None:
    """Pods that fit what may not be bought any more are told why, not that no node is there."""
    scarce = TYPES[0] | {"count": 1}
    answer = client.post("/optimize/fleet", json={"nodes": [], "pods": PODS, "types": [scarce]})
    reasons = {one["reason"] for one in answer.json()["unplaced"]}
    assert reasons == {
        "a node that takes it could be bought, but not within the bounds given: types.count"
    }
