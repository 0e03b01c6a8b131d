"""Repetition: its rhythm, its lock and its news."""

from __future__ import annotations

import contextlib
import itertools
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from random import Random
from typing import Any

import pytest

from kytos.cli.periodic import (
    JITTER_SHARE,
    WEBHOOK_PAUSES,
    notify,
    only_one,
    repeat,
    seconds_of,
    webhook_of,
)
from kytos.errors import InputError


class Clock:
    """A clock that waits by being set forward."""

    def __init__(self) -> None:
        self.now = 0.0
        self.starts: list[float] = []

    def wait(self, seconds: float) -> bool:
        self.now += seconds
        return False


def starts_of(takes: float, times: int) -> list[float]:
    clock = Clock()

    def run() -> None:
        clock.starts.append(clock.now)
        clock.now += takes

    repeat(run, 10.0, times=times, randomness=Random(1), wait=clock.wait, now=lambda: clock.now)
    return clock.starts


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("5m", 300), ("1h", 3600), ("1.5d", 129_600)]
)
def test_periods_are_read(text: str, seconds: float) -> None:
    """A number and a unit are a period."""
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "h", "0s", "-1m", "1h30m", "1w"])
def test_what_is_no_period_is_refused(text: str) -> None:
    """Everything else is refused, zero included."""
    with pytest.raises(InputError, match="not a period"):
        seconds_of(text)


def test_runs_keep_their_rhythm_within_the_jitter() -> None:
    """Run k starts at k periods, give or take the jitter: it does not add up."""
    starts = starts_of(takes=1.0, times=50)
    assert all(abs(start - 10 * k) <= 10 * JITTER_SHARE for k, start in enumerate(starts))
    assert len({round(start % 10, 6) for start in starts}) > 10


def test_long_runs_drop_those_they_cover() -> None:
    """Runs of 25 s every 10 s start every 30 s and never overlap."""
    starts = starts_of(takes=25.0, times=10)
    gaps = [later - earlier for earlier, later in itertools.pairwise(starts)]
    assert all(gap >= 25.0 for gap in gaps)
    assert sum(gaps) / len(gaps) == pytest.approx(30.0, rel=0.1)


def test_only_one_holds_the_lock(tmp_path: Path) -> None:
    """While one holds the lock another does not get it; afterwards it does."""
    lock = tmp_path / "lock"
    with only_one(lock) as first:
        assert first
        with only_one(lock) as second:
            assert not second
    with only_one(lock) as third:
        assert third


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[Any]]]:
    """A webhook on loopback and what it was sent."""
    received: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            codes = {"/hook": 204, "/gone": 410, "/once": 204 if len(received) > 1 else 503}
            self.send_response(codes.get(self.path, 500))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", received
    server.shutdown()
    server.server_close()


@pytest.fixture
def unused_address() -> str:
    """An address of this machine where nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{found.getsockname()[1]}"


def test_news_are_posted(receiver: tuple[str, list[Any]]) -> None:
    """The webhook gets the line; its failure is told without its address."""
    address, received = receiver
    assert notify(f"{address}/hook", {"exit": 0}) is None
    assert received == [{"exit": 0}]
    waited: list[float] = []
    trouble = notify(f"{address}/fail?token=hidden", {"exit": 0}, wait=waited.append)
    assert trouble is not None
    assert "500" in trouble
    assert "hidden" not in trouble
    assert waited == list(WEBHOOK_PAUSES)


def test_a_webhook_that_comes_back_gets_the_news(receiver: tuple[str, list[Any]]) -> None:
    """What fails once is posted again; what is refused for good is not."""
    address, received = receiver
    waited: list[float] = []
    assert notify(f"{address}/once", {"exit": 3}, wait=waited.append) is None
    assert received == [{"exit": 3}] * 2
    assert notify(f"{address}/gone", {"exit": 3}, wait=waited.append) == "the webhook answered 410"
    assert waited == [WEBHOOK_PAUSES[0]]


def test_a_redirect_is_not_followed() -> None:
    """What follows it asks with GET and without the news: told, not taken for success."""
    asked: list[str] = []

    class Redirects(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.command)
            self.send_response(int(self.path[1:]))
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        do_GET = do_POST  # noqa: N815  (the library calls it)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Redirects) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for code in (301, 302, 303, 307, 308):
            waited: list[float] = []
            address = f"http://127.0.0.1:{server.server_port}/{code}"
            trouble = notify(address, {"exit": 3}, wait=waited.append)
            assert trouble is not None
            assert trouble.startswith(f"the webhook answered {code}, a redirect")
            assert waited == []
        server.shutdown()
    assert asked == ["POST"] * 5


def test_a_webhook_nobody_listens_at_is_told(unused_address: str) -> None:
    """A connection that is refused is no traceback."""
    trouble = notify(unused_address, {"exit": 0}, wait=lambda _: None)
    assert trouble == "the webhook could not be reached: URLError"


@pytest.fixture
def no_http() -> Iterator[str]:
    """The address of a service that answers in another protocol."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            with contextlib.suppress(OSError):  # closed
                while True:
                    connection, _ = server.accept()
                    with connection:
                        connection.recv(65_536)
                        connection.sendall(b"+OK ready\r\n")

        threading.Thread(target=greet, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/hook"


def test_a_webhook_that_speaks_no_http_ends_no_runs(no_http: str) -> None:
    """What it says is trouble in a sentence, as when nobody listens."""
    trouble = notify(no_http, {"exit": 0}, wait=lambda _: None)
    assert trouble == "the webhook could not be reached: BadStatusLine"


@pytest.mark.parametrize(
    "address",
    [
        *("ftp://example.org", "example.org/hook", "https://", "http:///hook", "http://[::1/"),
        *("http://example.org:port/", "http://a..b/", f"http://{'a' * 70}.org/"),
        *("http://example.org/a b", "http://example.org/\n", "http://example.org/\u00e9"),
    ],
)
def test_what_is_no_webhook_is_refused_first(address: str) -> None:
    """Before the first run, not by an exception after it; a secret in it is not repeated."""
    with pytest.raises(InputError, match="webhook's address") as refused:
        webhook_of(address + "?token=hidden")
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize("address", ["https://example.org", "http://127.0.0.1:80/a?b=c%20d"])
def test_a_webhook_is_taken_as_it_is(address: str) -> None:
    """Nothing is changed about an address that will do."""
    assert webhook_of(address) == address
