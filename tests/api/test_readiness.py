"""Until a worker has come up the service says so, and the first call waits for it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest
from fastapi.testclient import TestClient

from kytos.api import Settings, create_app
from kytos.jobs import Pool, QueueFull
from tests.api.test_faults import wait_for

Body = dict[str, Any]
COLD_SECONDS = 0.6


class SlowJob(Future[Any]):
    """A job that ends when told."""

    @property
    def done(self) -> bool:  # type: ignore[override]
        return super().done()


class ColdPool:
    """A pool whose worker comes up when told; then it answers at once."""

    workers, busy = 1, 0

    def __init__(self) -> None:
        self.greeting = SlowJob()

    @property
    def ready(self) -> bool:
        return self.greeting.done

    def wait_until_ready(self, timeout: float, unless: Callable[[], bool]) -> bool:
        if not unless():
            self.greeting.result(timeout)
        return self.ready

    def submit(self, *_: Any, **__: Any) -> Any:
        answer = SlowJob()
        # No answer before the worker is up, as in a queue behind the greeting.
        self.greeting.add_done_callback(lambda _: answer.set_result(b"{}"))
        return answer

    def close(self) -> None:
        pass


@pytest.fixture
def cold() -> ColdPool:
    return ColdPool()


def service(pool: ColdPool, **limits: float) -> TestClient:
    return TestClient(create_app(Settings(**limits), make_pool=lambda: pool))  # type: ignore[arg-type,return-value]


def test_ready_only_once_a_worker_is_up(cold: ColdPool) -> None:
    """503 with Retry-After while the worker compiles, 200 after."""
    with service(cold) as client:
        response = client.get("/readyz")
        assert (response.status_code, response.headers["Retry-After"]) == (503, "2")
        cold.greeting.set_result(None)
        assert client.get("/readyz").status_code == 200


def test_the_first_call_waits_for_the_worker(
    cold: ColdPool, two_lists: Body, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call that may take less time than the worker needs to come up is answered, not a 504."""
    monkeypatch.setattr("kytos.api.service.GRACE_SECONDS", 0.0)
    limit = COLD_SECONDS / 6
    with service(cold, request_seconds=limit) as client:
        timer = threading.Timer(COLD_SECONDS, cold.greeting.set_result, (None,))
        timer.start()
        assert client.post("/optimize/rebalance", json=two_lists).status_code == 200


def test_readiness_takes_no_place_in_the_queue(cold: ColdPool) -> None:
    """Where the dashboard's solves fill the pool, the service still tells what it is."""

    def full(*_: Any, **__: Any) -> Any:
        raise QueueFull("full")

    cold.submit = full  # type: ignore[method-assign]
    with service(cold) as client:
        assert client.get("/readyz").status_code == 503
        cold.greeting.set_result(None)
        assert client.get("/readyz").status_code == 200


def test_ready_is_told_anew_each_time() -> None:
    """A service whose workers are killed is not ready, and is again once others have come up."""
    pool = Pool(1, 1)
    with TestClient(create_app(Settings(), make_pool=lambda: pool)) as client:
        wait_for(lambda: client.get("/readyz").status_code == 200)
        os.kill(pool.pids[0], signal.SIGKILL)
        wait_for(lambda: client.get("/readyz").status_code == 503, seconds=5)
        wait_for(lambda: client.get("/readyz").status_code == 200)


def test_a_service_may_start_again(two_lists: Body) -> None:
    """After its end the service comes up anew, with other workers."""
    pools = [ColdPool(), ColdPool()]
    for pool in pools:
        pool.greeting.set_result(None)
    coming = iter(pools)
    app = create_app(Settings(), make_pool=lambda: next(coming))  # type: ignore[arg-type,return-value]
    for _ in pools:
        with TestClient(app) as client:
            assert client.post("/optimize/rebalance", json=two_lists).status_code == 200
    assert next(coming, None) is None
