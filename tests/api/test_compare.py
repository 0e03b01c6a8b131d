"""POST /compare: the rebalance of the contract, through several solvers."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from kytos.api import Settings, create_app
from kytos.compare import Comparison

Body = dict[str, Any]


def test_a_row_for_each_solver(client: TestClient, two_lists: Body) -> None:
    """Each solver's plan in the order asked for, none better than the proven bound."""
    body = two_lists | {"solvers": ["cp-sat", "descheduler"], "weights": {"C": 0, "D": 0}}
    response = client.post("/compare", json=body)
    assert response.status_code == 200, response.text
    found = Comparison.model_validate_json(response.content)
    assert [row.solver for row in found.rows] == ["cp-sat", "descheduler"]
    plans = [row.plan for row in found.rows if row.plan is not None]
    assert len(plans) == 2
    assert all(plan.energy.total >= found.bound - 1e-9 for plan in plans)
    assert plans[0].metrics.nodes_in_use == 1


def test_a_comparison_as_a_job(client: TestClient, two_lists: Body) -> None:
    """It is a job like any other where that is asked for."""
    body = two_lists | {"solvers": ["first-fit-decreasing"]}
    accepted = client.post("/compare", json=body, headers={"Prefer": "respond-async"})
    assert accepted.status_code == 202
    assert accepted.json()["question"] == "compare"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"solvers": []}, "solvers"),
        ({"solvers": ["oracle"]}, "solvers[0]"),
        ({"solvers": ["cp-sat", "cp-sat"]}, "solvers"),
        ({"solvers": "cp-sat"}, "solvers"),
        ({"max_moves": -1}, "max_moves"),
        ({"failed_nodes": []}, "failed_nodes"),
    ],
)
def test_the_field_is_named(client: TestClient, two_lists: Body, change: Body, field: str) -> None:
    """What cannot be compared is a 422 on its field."""
    response = client.post("/compare", json=two_lists | change)
    assert response.status_code == 422, response.text
    assert [error["field"] for error in response.json()["errors"]] == [field]


def test_one_solver_is_no_comparison(client: TestClient, two_lists: Body) -> None:
    """solver.name says which solver a single solve takes; here that is refused, not ignored."""
    response = client.post("/compare", json=two_lists | {"solver": {"name": "cp-sat"}})
    assert response.status_code == 422
    assert "takes a list, solvers" in response.json()["detail"]


def test_solvers_share_the_time_of_the_call(two_lists: Body) -> None:
    """Two solvers and their proof get a third each of what a call may take."""
    client = TestClient(create_app(Settings(request_seconds=30)))
    body = two_lists | {"solvers": ["cp-sat", "hybrid"], "solver": {"time_limit_s": 11}}
    response = client.post("/compare", json=body)
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "solver.time_limit_s"
    assert "11 s is more than the 10 s a solve may take here" in response.json()["detail"]
