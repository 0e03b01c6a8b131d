"""Long solves as jobs: accepted, polled, cancelled, remembered for a while."""

from __future__ import annotations

import json
import pickle
import time
from typing import Any

from fastapi.testclient import TestClient

from kytos.api import Settings, create_app
from kytos.calls.catalogue import REBALANCE, RebalanceBody
from kytos.calls.in_worker import answer_call
from kytos.contract.watch import Watch
from kytos.jobs import Pool
from kytos.jobs.pool import LARGE_SECONDS
from tests.api.test_faults import wait_for

AS_JOB = {"Prefer": "respond-async"}


def wait_until_ended(client: TestClient, place: str) -> dict[str, Any]:
    for _ in range(600):
        status: dict[str, Any] = client.get(place).json()
        if status["status"] not in ("queued", "running"):
            return status
        time.sleep(0.1)
    raise AssertionError("the job did not end")


def test_a_jobs_result_is_the_calls_answer(client: TestClient, two_lists: dict[str, Any]) -> None:
    """Asked for as a job, the same body comes to the same placement."""
    accepted = client.post("/optimize/rebalance", json=two_lists, headers=AS_JOB)
    assert accepted.status_code == 202
    status = wait_until_ended(client, accepted.headers["Location"])
    assert status["status"] == "done"
    answer = client.get(status["result"]).json()
    direct = client.post("/optimize/rebalance", json=two_lists).json()
    assert answer["placement"] == direct["placement"]


def test_a_running_jobs_result_is_not_there_yet(
    client: TestClient, endless: dict[str, Any]
) -> None:
    """While a job runs its result is a 202; deleted, it is forgotten and its worker is free."""
    place = client.post("/optimize/rebalance", json=endless, headers=AS_JOB).headers["Location"]
    assert client.get(f"{place}/result").status_code == 202
    assert client.delete(place).status_code == 204
    assert client.get(place).status_code == 404
    assert client.get(f"{place}/result").status_code == 404
    free = client.post("/optimize/rebalance", json=endless | {"solver": {"num_sweeps": 10}})
    assert free.status_code == 200


def test_results_are_kept_for_a_while_only(two_lists: dict[str, Any]) -> None:
    """After the time it is kept, a result is gone."""
    settings = Settings(workers=1, queue=1, job_kept_seconds=0.5)
    with TestClient(create_app(settings, make_pool=lambda: Pool(1, 1))) as client:
        place = client.post("/optimize/rebalance", json=two_lists, headers=AS_JOB).headers[
            "Location"
        ]
        assert wait_until_ended(client, place)["status"] == "done"
        time.sleep(0.6)
        assert client.get(place).status_code == 404


def test_a_job_that_cannot_be_remembered_is_not_run(endless: dict[str, Any]) -> None:
    """Past the most jobs kept it is a 429, counted as one, and takes no worker."""
    settings = Settings(workers=1, queue=1, jobs_kept=1)
    app = create_app(settings, make_pool=lambda: Pool(1, 3))
    with TestClient(app) as client:
        place = client.post("/optimize/rebalance", json=endless, headers=AS_JOB).headers["Location"]
        refused = client.post("/optimize/rebalance", json=endless, headers=AS_JOB)
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "5")
        counted = 'kytos_refusals_total{reason="too many jobs"} 1.0'
        assert counted in client.get("/metrics").text
        client.delete(place)
        wait_for(lambda: app.state.service.pool.busy == 0, seconds=30)


def test_much_work_on_few_pods_is_no_small_solve(two_lists: dict[str, Any]) -> None:
    """What is asked for by the thousand reads does not pass for small, and the usual does."""
    expected: list[float] = []

    class Noting(Pool):
        def submit(
            self, function: Any, /, *words: Any, expected_s: float = 0.0, **named: Any
        ) -> Any:
            expected.append(expected_s)
            return super().submit(function, *words, **named)

    asked = ({}, {"num_reads": 200}, {"refine_proposals": 10**8}, {"time_limit_s": 3.0})
    much = {"num_reads": 10_000, "num_sweeps": 100_000}
    with TestClient(create_app(Settings(), make_pool=lambda: Noting(1, 9))) as client:
        for solver in (*asked, much | asked[-1]):
            body = two_lists | {"solver": solver}
            place = client.post("/optimize/rebalance", json=body, headers=AS_JOB).headers
            client.delete(place["Location"])
    usual, reads, proposals, short, most = expected
    assert usual == short < LARGE_SECONDS < reads < most == 3.0
    assert proposals > 10 * usual


def test_unknown_job_is_a_404(client: TestClient) -> None:
    """An id nobody was given is not found, and may not be deleted."""
    assert client.get("/jobs/nobody").status_code == 404
    assert client.delete("/jobs/nobody").status_code == 404


def test_a_solve_that_has_waited_takes_less_time(two_lists: dict[str, Any]) -> None:
    """Work without end is ended by what is left of the call's time, with a plan, not a 504."""
    work = {"num_reads": 10_000, "num_sweeps": 1_000_000, "refine_proposals": 10_000_000_000}
    body = RebalanceBody.model_validate(two_lists | {"solver": work})
    packed = pickle.dumps((REBALANCE.cluster(body), REBALANCE.options_of(body)))
    began = time.monotonic()
    answer = json.loads(
        answer_call("rebalance", packed, request_id=None, due=began + 0.5, watch=Watch())
    )
    assert answer["solver"]["stopped_by"] == "clock"
    assert time.monotonic() - began < 20
