"""Jumps of the wall clock, as NTP or a suspended laptop makes them, change nothing."""

from __future__ import annotations

import time
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from kytos.contract.params import SolverParams
from kytos.contract.watch import StopReason
from kytos.questions.rebalance import rebalance
from kytos.sources.body import read_body
from tests.api.test_jobs import AS_JOB, wait_until_ended

DAY = 86_400.0


@pytest.fixture
def jumping_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wall clock that leaps a day ahead or back each time it is read."""
    real, leaps = time.time, iter(range(10**9))
    monkeypatch.setattr(time, "time", lambda: real() + DAY * (-1) ** next(leaps))


@pytest.mark.usefixtures("jumping_clock")
def test_a_jobs_answer_is_kept_and_its_time_counted(
    client: TestClient, service_app: FastAPI, two_lists: dict[str, Any]
) -> None:
    """A job neither ends early nor is forgotten because the clock leapt a day."""
    place = client.post("/optimize/rebalance", json=two_lists, headers=AS_JOB).headers["Location"]
    assert wait_until_ended(client, place)["status"] == "done"
    assert client.get(f"{place}/result").status_code == 200
    assert client.delete(place).status_code == 204


@pytest.mark.usefixtures("jumping_clock")
def test_a_solve_ends_by_its_work(two_lists: dict[str, Any]) -> None:
    """A solve with time enough does all its work, and its seconds are those it took."""
    cluster = read_body({name: two_lists[name] for name in ("nodes", "pods")})
    params = SolverParams(
        num_reads=1, num_sweeps=50, refine_proposals=1000, proof_work=0, time_limit_s=300
    )
    began = time.monotonic()
    report = rebalance(cluster, params=params).solver
    assert report.stopped_by is StopReason.WORK
    assert 0 < report.seconds <= time.monotonic() - began
