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
        ({"types": TYPES + TYPES[:1]}, "types[2]"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    client: TestClient, more: dict[str, object], field: str
) -> None:
    """A 422 that names the field, never a 500."""
    answer = client.post("/optimize/fleet", json={"pods": PODS} | more)
    assert answer.status_code == 422
    assert field in answer.text
