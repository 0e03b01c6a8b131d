"""POST /optimize/rebalance as the contract words it."""

from __future__ import annotations

import lzma
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

DATA = Path(__file__).parents[1] / "data"


def test_answer_has_the_contracts_fields(client: TestClient, two_lists: dict[str, Any]) -> None:
    """The answer's names are those of the contract, and they agree with each other."""
    answer = client.post("/optimize/rebalance", json=two_lists).json()
    terms = {"constraint", "load", "cost", "affinity", "total"}
    assert set(answer["energy"]["before"]) == set(answer["energy"]["after"]) == terms
    assert {"metrics", "solver", "certificate", "moves", "placement"} <= set(answer)
    assert set(answer["placement"]) == {pod["id"] for pod in two_lists["pods"]}
    current = {pod["id"]: pod["current_node"] for pod in two_lists["pods"]}
    moved = {move["pod"]: (move["from"], move["to"]) for move in answer["moves"]}
    changed = {
        pod: (current[pod], node)
        for pod, node in answer["placement"].items()
        if node != current[pod]
    }
    assert moved == changed


def test_consolidate_empties_nodes_one_could_hold(
    client: TestClient, two_lists: dict[str, Any]
) -> None:
    """Six pods that fit on one node end on one node when nothing speaks against it."""
    body = two_lists | {"mode": "consolidate", "weights": {"C": 0, "D": 0}}
    metrics = client.post("/optimize/rebalance", json=body).json()["metrics"]
    assert (metrics["before"]["nodes_in_use"], metrics["after"]["nodes_in_use"]) == (3, 1)


def test_a_safety_line_is_counted_and_told(client: TestClient, two_lists: dict[str, Any]) -> None:
    """What no QUBO holds is in the energy, and the solver's messages say that none was annealed."""
    body = two_lists | {"safety_lines": {"cpu": 0.0}, "safety_weight": 2}
    answer = client.post("/optimize/rebalance", json=body).json()
    plain = client.post("/optimize/rebalance", json=two_lists).json()
    assert answer["energy"]["before"]["load"] > plain["energy"]["before"]["load"]
    assert any("QUBO" in told for told in answer["solver"]["messages"])


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"safety_lines": {"gpu": 0.5}}, "safety_lines.gpu"),
        ({"safety_lines": {"cpu": 1.5}}, "safety_lines.cpu"),
        ({"least_zones": {"nobody": 2}}, "least_zones.nobody"),
        ({"run_near": [{"service": "a"}]}, "run_near[0].near"),
        ({"balance": [{"first": "cpu", "second": "cpu"}]}, "balance"),
    ],
)
def test_a_wish_that_means_nothing_is_refused_by_its_field(
    client: TestClient, two_lists: dict[str, Any], wish: dict[str, Any], field: str
) -> None:
    """Neither a 500 nor silence."""
    refused = client.post("/optimize/rebalance", json=two_lists | wish)
    assert 400 <= refused.status_code < 500
    assert field in refused.text


def test_same_seed_same_answer(client: TestClient, two_lists: dict[str, Any]) -> None:
    """Two calls with one seed give one placement."""
    answers = [client.post("/optimize/rebalance", json=two_lists).json() for _ in range(2)]
    assert answers[0]["placement"] == answers[1]["placement"]
    assert answers[0]["energy"] == answers[1]["energy"]


def test_uploaded_kubectl_list_is_answered(client: TestClient) -> None:
    """A real API server's List, with options beside it, gives a plan over its own pod names."""
    content = lzma.decompress((DATA / "lab.json.xz").read_bytes())
    options = (
        '{"mode": "spread", "solver": {"num_reads": 1, "num_sweeps": 20, "refine_proposals": 1000}}'
    )
    response = client.post(
        "/manifests/optimize/rebalance",
        files={"cluster": ("lab.json", content)},
        data={"options": options},
    )
    assert response.status_code == 200, response.text
    assert response.json()["mode"] == "spread"
    assert all("/" in pod for pod in response.json()["placement"])


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ("{", "options"),
        ('{"mode": "sideways"}', "options.mode"),
        ('{"solver": {"num_read": 1}}', "options.solver.num_read"),
        ('{"weights": {"A": NaN}}', "options"),
    ],
)
def test_bad_options_beside_manifests_name_the_field(
    client: TestClient, options: str, field: str
) -> None:
    """Options that cannot be read are refused by the option's name."""
    response = client.post(
        "/manifests/optimize/rebalance",
        files={"cluster": ("cluster.json", b"{}")},
        data={"options": options},
    )
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"].startswith(field)


def test_upload_that_is_no_cluster_is_refused(client: TestClient) -> None:
    """A file without nodes is a 422 that says so."""
    response = client.post("/manifests/optimize/rebalance", files={"cluster": ("x.json", b"[1]")})
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "cluster"
