"""A SIGTERM ends the service within its grace: solves are told, and answer with what they have."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
import uvicorn

from kytos.api import Settings, create_app
from kytos.jobs import Pool
from tests.api.test_faults import wait_for


@pytest.fixture
def no_loop_runs() -> Iterator[None]:
    """Playwright leaves its event loop running in the thread in which browser tests ran before."""
    running = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(running)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The signal is sent to this process, whose own end it is not to be."""
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("heard", "no_loop_runs")
def test_sigterm_ends_solves_with_their_best(endless: dict[str, Any]) -> None:
    """The one that runs answers, the one that waits is told, no other is begun, and all ends."""
    pool = Pool(1, 4)
    app = create_app(Settings(shutdown_seconds=20), make_pool=lambda: pool)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    answers: list[httpx2.Response] = []
    took: list[float] = []

    def ask() -> None:
        wait_for(lambda: server.started and bool(pool.pids))
        address = "http://{}:{}".format(*server.servers[0].sockets[0].getsockname())

        def post(_: int) -> httpx2.Response:
            body = json.dumps(endless).encode()
            headers = {"Content-Type": "application/json"}
            path = f"{address}/optimize/rebalance"
            return httpx2.post(path, content=body, headers=headers, timeout=60)

        with ThreadPoolExecutor() as threads:
            asked = [threads.submit(post, number) for number in range(2)]
            wait_for(lambda: pool.busy == 2)
            wait_for(lambda: any(job.progress.stage for job in app.state.service._under_way))
            began = time.monotonic()
            os.kill(os.getpid(), signal.SIGTERM)
            answers.extend(one.result() for one in asked)
            took.append(time.monotonic() - began)

    asking = threading.Thread(target=ask)
    asking.start()
    server.run()
    asking.join(60)
    assert sorted(answer.status_code for answer in answers) == [200, 503]
    for answer in answers:
        if answer.status_code == 200:
            assert answer.json()["solver"]["stopped_by"] == "user"
        else:
            assert "shut down" in answer.json()["detail"]
    assert took[0] < 20
    assert not app.state.service.warm
