"""POST /optimize/placement as the contract words it."""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

DATA = Path(__file__).parents[1] / "data"
PATH = "/optimize/placement"
QUICK = '{"solver": {"num_reads": 1, "num_sweeps": 20, "refine_proposals": 1000}}'

Body = dict[str, Any]


@pytest.fixture
def two_new(two_lists: Body) -> Body:
    """Two replicas of one new pod that talk to pod-0, which is on node-0."""
    new = {"id": "new", "cpu_request": 250, "mem_request": 512, "count": 2}
    traffic = [{"from": "new", "to": "pod-0", "weight": 1}]
    return two_lists | {"new_pods": [new], "traffic": traffic}


def test_answer_has_the_contracts_fields(client: TestClient, two_new: Body) -> None:
    """Each new pod has a node, seconds and milliseconds, under the contract's names."""
    answer = client.post(PATH, json=two_new).json()
    placed = {entry["pod"]: entry for entry in answer["placements"]}
    assert set(placed) == {"new-1", "new-2"}
    assert all(
        set(entry) == {"pod", "node", "startup_s", "latency_ms"} for entry in placed.values()
    )
    assert {"energy", "metrics", "solver", "certificate", "alternatives"} <= set(answer)
    assert answer["energy"]["before"]["total"] >= 0


def test_traffic_pulls_a_new_pod_to_its_peer(client: TestClient, two_new: Body) -> None:
    """When only waiting counts, both land on the node of the pod they talk to."""
    between = {"same_node": 0, "same_zone": 50, "other_zone": 100}
    body = two_new | {"weights": {"B": 0, "D": 0}, "latency_ms": between}
    answer = client.post(PATH, json=body).json()
    assert {entry["node"] for entry in answer["placements"]} == {"node-0"}
    assert {entry["latency_ms"] for entry in answer["placements"]} == {0}


def test_the_body_alone_places_what_waits(client: TestClient, two_lists: Body) -> None:
    """Without new pods the two-list body is answered: who has no node gets one, none moves."""
    bare = {name: two_lists[name] for name in ("nodes", "pods")}
    assert client.post(PATH, json=bare).json()["placements"] == []
    bare["pods"][0] = {"id": "pod-0", "cpu_request": 500, "mem_request": 1024}
    placed = client.post(PATH, json=bare).json()["placements"]
    assert [entry["pod"] for entry in placed] == ["pod-0"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"new_pods": [{"id": "pod-1", "cpu_request": 1, "mem_request": 1}]}, "new_pods[0].id"),
        ({"new_pods": [{"id": "n", "cpu_request": -1, "mem_request": 1}]}, "new_pods[0].cpu"),
        (
            {
                "new_pods": [
                    {"id": "n", "cpu_request": 1, "mem_request": 1, "current_node": "node-1"}
                ]
            },
            "new_pods[0].current_node",
        ),
        ({"traffic": [{"from": "new", "to": "nobody"}]}, "traffic[0].to"),
        ({"latency_ms": {"same_planet": 1}}, "latency_ms.same_planet"),
        ({"manifests": []}, "manifests"),
        (
            {
                "new_pods": [
                    {"id": str(i), "cpu_request": 1, "mem_request": 1, "count": 5000}
                    for i in range(11)
                ]
            },
            "pods",
        ),
    ],
)
def test_the_field_is_named(client: TestClient, two_new: Body, change: Body, field: str) -> None:
    """What cannot be placed is a 422 on its field, also where only the worker finds out."""
    response = client.post(PATH, json=two_new | change)
    assert response.status_code == 422, response.text
    assert response.json()["errors"][0]["field"].startswith(field)


def test_new_pods_come_as_manifests(client: TestClient) -> None:
    """A recorded scheduler's candidates beside its cluster each land where it would allow them."""
    recorded = json.loads(lzma.decompress((DATA / "oracle" / "cluster-1.json.xz").read_bytes()))
    candidates = recorded["candidates"][:3]
    pods = {"apiVersion": "v1", "kind": "List", "items": [found["pod"] for found in candidates]}
    response = client.post(
        f"/manifests{PATH}",
        files={
            "cluster": ("cluster.json", json.dumps(recorded["cluster"])),
            "pods": ("pods.json", json.dumps(pods)),
        },
        data={"options": QUICK},
    )
    assert response.status_code == 200, response.text
    answer = response.json()
    allowed = {
        "{namespace}/{name}".format(**found["pod"]["metadata"]): found["feasible"]
        for found in candidates
    }
    assert set(answer["placement"]) == set(allowed)
    for entry in answer["placements"]:
        assert entry["node"] in allowed[entry["pod"]]


def test_a_bad_file_of_pods_is_named(client: TestClient, two_lists: Body) -> None:
    """The part that cannot be read is the field to blame."""
    cluster = json.dumps({name: two_lists[name] for name in ("nodes", "pods")})
    response = client.post(
        f"/manifests{PATH}", files={"cluster": ("c.json", cluster), "pods": ("p.json", "[1")}
    )
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "pods"
    assert "p.json" in response.json()["detail"]
