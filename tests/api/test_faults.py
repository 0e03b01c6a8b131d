"""What goes wrong around a solve fails that request alone, and nothing is left behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient

from kytos.api import Settings, create_app
from kytos.jobs import Pool

Body = dict[str, Any]


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def gauge(client: TestClient, name: str) -> float:
    lines = client.get("/metrics").text.splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith(f"{name} ")))


@pytest.fixture
def idle(service_app: FastAPI, client: TestClient) -> Iterator[TestClient]:
    """The service with nothing under way, before and after."""
    pool = service_app.state.service.pool
    wait_for(lambda: pool.busy == 0)
    yield client
    wait_for(lambda: pool.busy == 0)


def test_a_killed_worker_costs_no_answer_but_a_second_does(endless: Body, two_lists: Body) -> None:
    """A request whose worker is killed gets another's, once; then a 503. The next is answered."""
    pool = Pool(1, 1)  # no warm-up: a worker is there as soon as it is forked
    with (
        TestClient(create_app(Settings(), make_pool=lambda: pool)) as client,
        ThreadPoolExecutor() as threads,
    ):
        asked = threads.submit(client.post, "/optimize/rebalance", json=endless)
        wait_for(lambda: pool.busy == 1 and bool(pool.pids))
        (first,) = pool.pids
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: bool(pool.pids) and pool.pids != (first,))
        assert not asked.done()
        os.kill(pool.pids[0], signal.SIGKILL)
        assert asked.result(60).status_code == 503
        assert client.post("/optimize/rebalance", json=two_lists).status_code == 200


def test_a_full_queue_is_a_429(idle: TestClient, endless: Body, two_lists: Body) -> None:
    """One solve runs, one waits, the third is told when to come again; then all is as before."""
    headers = {"Prefer": "respond-async"}
    places = [
        idle.post("/optimize/rebalance", json=endless, headers=headers).headers["Location"]
        for _ in range(2)
    ]
    assert gauge(idle, "kytos_queue_length") == 1
    refused = idle.post("/optimize/rebalance", json=two_lists)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) >= 1
    for place in places:
        idle.delete(place)
    wait_for(lambda: gauge(idle, "kytos_solves_running") == 0)
    assert idle.post("/optimize/rebalance", json=two_lists).status_code == 200


@pytest.fixture
def address(service_app: FastAPI) -> Iterator[tuple[str, int]]:
    """The service behind a real server on loopback."""
    config = uvicorn.Config(service_app, port=0, lifespan="off", log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_for(lambda: server.started)
    yield server.servers[0].sockets[0].getsockname()
    server.should_exit = True
    thread.join(30)


def test_a_client_that_goes_away_frees_its_worker(
    service_app: FastAPI, idle: TestClient, address: tuple[str, int], endless: Body
) -> None:
    """A connection closed during its solve ends the solve."""
    content = json.dumps(endless).encode()
    head = (
        "POST /optimize/rebalance HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    with socket.create_connection(address) as connection:
        connection.sendall(head.encode() + content)
        wait_for(lambda: service_app.state.service.pool.busy == 1)
    wait_for(lambda: service_app.state.service.pool.busy == 0, seconds=10)


def test_a_body_cut_short_leaves_nothing_behind(
    service_app: FastAPI, idle: TestClient, address: tuple[str, int]
) -> None:
    """A client that promises more than it sends and goes costs nothing."""
    head = (
        "POST /optimize/rebalance HTTP/1.1\r\nHost: localhost\r\n"
        "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
    )
    with socket.create_connection(address) as connection:
        connection.sendall(head.encode() + b'{"nodes": [')
    assert idle.get("/healthz").status_code == 200
    assert service_app.state.service.pool.busy == 0


@pytest.mark.parametrize("coding", ["Content-Length: 80000000", "Transfer-Encoding: chunked"])
def test_who_sends_too_much_reads_why(
    idle: TestClient, address: tuple[str, int], coding: str
) -> None:
    """The 413 is there to be read by a client that sends all it has before it listens."""
    chunk = b"0" * 2**20
    if "chunked" in coding:
        body = [b"100000\r\n" + chunk + b"\r\n"] * 80 + [b"0\r\n\r\n"]
    else:
        body = [chunk] * 76 + [b"0" * (80_000_000 - 76 * len(chunk))]
    head = (
        "POST /optimize/rebalance HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\n{coding}\r\n\r\n"
    )
    with socket.create_connection(address) as connection:
        connection.sendall(head.encode())
        for part in body:
            connection.sendall(part)
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"50 MiB" in answer


def test_who_asks_before_sending_is_refused_at_once(
    idle: TestClient, address: tuple[str, int]
) -> None:
    """A client that waits for `100 Continue` gets the 413 instead, and need not send anything."""
    head = (
        "POST /optimize/rebalance HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        "Expect: 100-continue\r\nContent-Length: 80000000\r\n\r\n"
    )
    with socket.create_connection(address, timeout=60) as connection:
        connection.sendall(head.encode())
        answer = b""
        while b"50 MiB" not in answer:
            part = connection.recv(65_536)
            assert part
            answer += part
    assert answer.startswith(b"HTTP/1.1 413 ")
