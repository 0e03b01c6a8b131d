"""Whether the service asks for its token under every prefix and mount, however a path is written.

``uv run python -m benchmarks.guarded`` serves it with uvicorn, with each ``--root-path`` and within
another application, sends paths with slashes at the end, twice, encoded, with dots, and in absolute
form, by GET, HEAD, OPTIONS and POST without a token, and prints what was answered. Exit code 1
where anything but 401 was; where probes were not open; or where the token did not open.
"""

from __future__ import annotations

import http.client
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from kytos.api import Settings, create_app

TOKEN = "not-a-secret-of-anyone"  # noqa: S105  (of a service that lives for seconds)
PREFIXES = ("", "/kytos", "/kytos/", "/a/b", "/version", "/healthz")
MOUNTS = ("/kytos", "/a/b", "/healthz")
METHODS = ("GET", "HEAD", "OPTIONS", "POST")
PATHS = ("/version", "/metrics", "/jobs/x", "/optimize/rebalance", "/compare", "/openapi.json")

Answers = Counter[tuple[str, int]]
"""Method and path with status, and how often."""
OUTSIDE = ("", 0)
"""What the application around a mount answered itself: such a path is not the service's."""


def main() -> None:
    """Ask under each, print what was answered."""
    fine = True
    for kind, places in (("--root-path", PREFIXES), ("mounted at", MOUNTS)):
        for place in places:
            with served(place, mounted=kind == "mounted at") as port:
                answers = unasked(port, place)
                # uvicorn puts its --root-path before what it is sent.
                before = place if kind == "mounted at" else ""
                opened = [status(port, "GET", f"{before}/version", TOKEN)]
                probes = [status(port, method, f"{before}/healthz") for method in METHODS]
            outside = answers.pop(OUTSIDE, 0)
            wrong = {said: count for said, count in answers.items() if said[1] != 401}
            fine = fine and not wrong and opened == [200] and probes[:2] == [200, 200]
            print(
                f"{kind} {place or '(none)':10}: {answers.total()} requests without the token, "
                f"{answers.total() - sum(wrong.values())} of 401, others {wrong}, "
                f"{outside} never came to the service; with it {opened[0]}; "
                f"/healthz {dict(zip(METHODS, probes, strict=True))}",
                flush=True,
            )
    sys.exit(0 if fine else 1)


@contextmanager
def served(place: str, *, mounted: bool) -> Iterator[int]:
    """Serve the service behind a prefix, or in a mount, on a port of loopback."""
    app: ASGIApp = create_app(Settings(api_token=TOKEN, allow_anonymous=True))
    if mounted:
        app = Starlette(routes=[Mount(place, app)])
    config = uvicorn.Config(
        app, port=0, root_path="" if mounted else place, lifespan="off", log_level="error"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


def unasked(port: int, place: str) -> Answers:
    """Send every path in every way without the token."""
    answers: Answers = Counter()
    for target in sorted(targets(place)):
        for method in METHODS:
            told = status(port, method, target)
            answers[OUTSIDE if told == OUTSIDE[1] else (f"{method} {target}", told)] += 1
    return answers


def targets(place: str) -> set[str]:
    """Return the ways to write the paths behind a prefix, kept or taken off; none is a probe's."""
    kept = place.rstrip("/")
    written = set()
    for path in PATHS:
        name = path[1:]
        for tail in (
            path,
            f"{path}/",
            f"{path}//",
            f"/{path}",
            f"//{path}",
            path.replace("/", "//"),
            f"/%{ord(name[0]):02x}{name[1:]}",
            f"%2F{name}",
            f"/%2F{name}",
            f"/.{path}",
            f"/healthz/..{path}",
            f"/healthz%2F..%2F{name}",
            f"/healthz;{path}",
            f"/healthz%00{path}",
            f"/healthz/{path}",
            path.upper(),
            f"{path}?x=/healthz",
            f"{path}%3F/healthz",
        ):
            for before in {"", place, kept, f"{kept}/", f"/{kept}", kept.upper(), kept * 2}:
                target = before + tail
                if target.startswith(("/", "%")):
                    written |= {target, f"http://127.0.0.1{target}"}
    return {target for target in written if target.startswith(("/", "http"))}


def status(port: int, method: str, target: str, token: str | None = None) -> int:
    """Send one request, its path as it is, and return the status, 0 if not of the service."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", f"127.0.0.1:{port}")
        if token is not None:
            connection.putheader("Authorization", f"Bearer {token}")
        connection.putheader("Content-Length", "0")
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status if answer.headers["X-Request-ID"] else OUTSIDE[1]
    finally:
        connection.close()


if __name__ == "__main__":
    main()
