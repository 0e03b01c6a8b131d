"""A large body is read in a process of its own; a slow one is given up on."""

from __future__ import annotations

import errno
import json
import os
import resource
import signal
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient

from kytos.api import Settings, create_app
from kytos.api.bodies import SMALL_BYTES
from kytos.jobs import Pool
from tests.api.test_faults import wait_for
from tests.jobs.jobs_to_run import die

Body = dict[str, Any]
JSON = {"Content-Type": "application/json"}


def padded(body: Body, length: int = 2 * SMALL_BYTES) -> bytes:
    """The same body, made large by spaces."""
    return json.dumps(body).encode().ljust(length)


@pytest.fixture(scope="module")
def reading(service_app: FastAPI, client: TestClient) -> Iterator[TestClient]:
    """The service of this folder, its reader started."""
    yield client
    assert not kept(service_app)


def kept(app: FastAPI) -> list[Path]:
    """The files of bodies that are still there."""
    folder = app.state.service.bodies._folder
    return [] if folder is None else list(Path(folder.name).iterdir())


def test_small_or_large_the_answer_is_the_same(reading: TestClient, two_lists: Body) -> None:
    """Where a body is read changes nothing of its answer, and not of its refusal."""
    for body in (two_lists, two_lists | {"mode": "sideways"}, two_lists | {"nodes": []}):
        small, large = (
            reading.post("/optimize/rebalance", content=content, headers=JSON)
            for content in (json.dumps(body), padded(body))
        )
        assert large.status_code == small.status_code
        if small.status_code == 200:
            assert large.json()["placement"] == small.json()["placement"]
        else:
            assert large.json()["errors"] == small.json()["errors"]


def test_uploaded_files_are_read_there_too(reading: TestClient, two_lists: Body) -> None:
    """Large files of a cluster are answered like small ones, and refused by name."""
    cluster = {name: two_lists[name] for name in ("nodes", "pods")}
    options = {"options": json.dumps({"solver": two_lists["solver"]})}
    path = "/manifests/optimize/rebalance"
    answer = reading.post(path, files={"cluster": ("c.json", padded(cluster))}, data=options)
    assert answer.status_code == 200, answer.text
    refused = reading.post(path, files={"cluster": ("c.json", b"{".ljust(2 * SMALL_BYTES))})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "cluster"


def test_a_reader_that_is_killed_costs_no_answer(two_lists: Body) -> None:
    """The body is read again by the next one."""
    readers = Pool(1, 4)
    app = create_app(Settings(), make_pool=lambda: Pool(1, 1), make_readers=lambda: readers)
    with TestClient(app) as client, ThreadPoolExecutor() as threads:
        wait_for(lambda: bool(readers.pids))
        (first,) = readers.pids
        os.kill(first, signal.SIGSTOP)  # so that it has the body, and has not read it
        asked = threads.submit(
            client.post, "/optimize/rebalance", content=padded(two_lists), headers=JSON
        )
        wait_for(lambda: readers.busy == 1)
        os.kill(first, signal.SIGKILL)
        assert asked.result(60).status_code == 200
        assert readers.pids != (first,)
        wait_for(lambda: not kept(app))


def test_a_body_whose_reader_always_dies_is_a_503(two_lists: Body) -> None:
    """Its sender is told what happened, and the service lives on."""

    class DyingReaders(Pool):
        def submit(self, *_: Any, **__: Any) -> Any:
            return super().submit(die)

    app = create_app(
        Settings(), make_pool=lambda: Pool(1, 1), make_readers=lambda: DyingReaders(1, 4)
    )
    with TestClient(app) as client:
        told = client.post("/optimize/rebalance", content=padded(two_lists), headers=JSON)
        assert told.status_code == 503
        assert "smaller body" in told.json()["detail"]
        assert told.headers["Retry-After"]
        assert not kept(app)
        assert client.post("/optimize/rebalance", json=two_lists).status_code == 200


def test_more_than_there_is_room_for_is_a_429(two_lists: Body) -> None:
    """Bodies on their way are bounded together, not each alone."""
    app = create_app(Settings(max_body_mib=1), make_pool=lambda: Pool(1, 1))
    app.state.service.bodies._kept_bytes = 8 * 2**20 - SMALL_BYTES
    client = TestClient(app)
    refused = client.post("/optimize/rebalance", content=padded(two_lists), headers=JSON)
    assert refused.status_code == 429
    assert refused.headers["Retry-After"]
    assert not kept(app)
    assert app.state.service.bodies._kept_bytes == 8 * 2**20 - SMALL_BYTES


def test_a_full_disk_is_a_503(two_lists: Body, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that cannot be kept is refused with the reason."""

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    app = create_app(Settings(), make_pool=lambda: Pool(1, 1))
    monkeypatch.setattr("kytos.api.bodies._append", fail)
    refused = TestClient(app).post("/optimize/rebalance", content=padded(two_lists), headers=JSON)
    assert refused.status_code == 503
    assert "No space left" in refused.json()["detail"]


def test_the_service_answers_while_a_large_body_is_read(
    reading: TestClient, service_app: FastAPI
) -> None:
    """Reading 6 MiB of pods takes the main process no time of its own, and no memory."""
    pods = [
        {"id": f"pod-{i}", "cpu_request": 1, "mem_request": 1, "labels": {}} for i in range(90_000)
    ]
    node = {"id": "n", "cpu_capacity": 1000, "mem_capacity": 1000}
    body = json.dumps({"nodes": [node], "pods": pods}).encode()
    del pods
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    refused = reading.post("/optimize/rebalance", content=body, headers=JSON)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "pods[0].labels"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - before < 0.5


def test_a_body_that_comes_too_slowly_is_a_408(two_lists: Body) -> None:
    """Who sends a byte now and then is told so; who has sent all may wait."""
    app = create_app(Settings(body_seconds=0.3), make_pool=lambda: Pool(1, 1))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_for(lambda: server.started)
    address = server.servers[0].sockets[0].getsockname()
    try:
        slow = asked(address, b"{", length=1000)
        whole = asked(address, json.dumps(two_lists).encode())
    finally:
        server.should_exit = True
        thread.join(30)
    assert slow.startswith(b"HTTP/1.1 408 ")
    assert b"send it faster" in slow
    assert whole.startswith(b"HTTP/1.1 200 ")


def asked(address: tuple[str, int], content: bytes, length: int | None = None) -> bytes:
    """Return what is answered to a body, or to the part of one that is sent."""
    head = (
        "POST /optimize/rebalance HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {length or len(content)}\r\n\r\n"
    )
    with socket.create_connection(address, timeout=60) as connection:
        connection.sendall(head.encode() + content)
        return b"".join(iter(lambda: connection.recv(65_536), b""))
