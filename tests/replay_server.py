"""A real API server's recorded answers, served on loopback, with faults on request."""

from __future__ import annotations

import json
import lzma
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import yaml

RECORDED = Path(__file__).parent / "data" / "replay"

TOKENS = {"admin": "admin-token-5ecret", "viewer": "viewer-token-5ecret"}
"""What each user's Authorization carries; any other is answered as a bad token was."""

EXPIRED = json.dumps(
    {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "message": "The provided continue parameter is too old to display a consistent list result",
        "reason": "Expired",
        "code": 410,
    }
)


@dataclass(frozen=True)
class Answer:
    """What is answered instead of what was recorded; `delay_s` before the first byte."""

    status: int = 200
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0


@dataclass(frozen=True)
class Asked:
    """A request that arrived."""

    method: str
    target: str
    token: str | None

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return {key: values[0] for key, values in parse_qs(urlsplit(self.target).query).items()}


class ReplayServer:
    """Answers as recorded.

    Attributes
    ----------
    url
        Where it listens.
    asked
        All requests so far, in order.
    instead
        Answers by path, or path and query, that come before the recorded ones: each is used up
        by one request, the last one stays.
    """

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.asked: list[Asked] = []
        self.instead: dict[str, list[Answer]] = {}
        self._index = json.loads((RECORDED / "index.json").read_text())

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        for key in (asked.target, asked.path):
            if found := self.instead.get(key):
                return found.pop(0) if len(found) > 1 else found[0]
        user = next((name for name, token in TOKENS.items() if token == asked.token), None)
        if user is None:
            return self._recorded("/api/v1/nodes", "bad-token")
        # A page that was not recorded is answered by the whole list, as for a short one.
        whole = None if "continue" in asked.query else asked.path
        for path in (asked.target, whole):
            for name in (user, "admin"):
                if path and self._knows(path, name):
                    return self._recorded(path, name)
        if asked.query.get("continue"):
            return self._recorded("/api/v1/pods?limit=50&continue=not-a-token", "admin")
        return self._recorded("/apis/example.com/v1/things", "admin")

    def forbid(self, *paths: str) -> None:
        """Answer as the server answered the viewer on runtimeclasses, in their names."""
        recorded = self._recorded("/apis/node.k8s.io/v1/runtimeclasses", "viewer")
        for path in paths:
            body = recorded.body.replace("runtimeclasses", path.rsplit("/", 1)[1])
            self.instead[path] = [Answer(403, body)]

    def forget(self, *paths: str) -> None:
        """Answer as for an unknown API group."""
        for path in paths:
            self.instead[path] = [self._recorded("/apis/example.com/v1/things", "admin")]

    def _knows(self, path: str, user: str) -> bool:
        return any(entry["path"] == path and entry["user"] == user for entry in self._index)

    def _recorded(self, path: str, user: str) -> Answer:
        entry = next(e for e in self._index if e["path"] == path and e["user"] == user)
        return Answer(entry["status"], recorded_text(entry["file"]))


@lru_cache(maxsize=64)
def recorded_text(name: str) -> str:
    """The text of one recorded answer."""
    return lzma.open(RECORDED / f"{name}.xz", "rt", encoding="utf-8").read()


@contextmanager
def replay_server() -> Iterator[ReplayServer]:
    """Listen on a free loopback port until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _reply(self) -> None:
            scheme, _, token = (self.headers.get("Authorization") or "").partition(" ")
            asked = Asked(self.command, self.path, token if scheme.lower() == "bearer" else None)
            answer = server.answer(asked)
            time.sleep(answer.delay_s)
            body = answer.body.encode()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _reply  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            pass

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    server = ReplayServer(listener.server_address[1])
    thread = threading.Thread(target=listener.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()


def write_kubeconfig(path: Path, url: str) -> Path:
    """Write a kubeconfig with the contexts ``lab`` (current), ``viewer`` and ``stranger``."""
    users = {"lab": TOKENS["admin"], "viewer": TOKENS["viewer"], "stranger": "expired-5ecret"}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "lab", "cluster": {"server": url}}],
        "users": [{"name": name, "user": {"token": token}} for name, token in users.items()],
        "contexts": [
            {"name": name, "context": {"cluster": "lab", "user": name}}
            for name in ("viewer", "lab", "stranger")
        ],
        "current-context": "lab",
    }
    path.write_text(yaml.safe_dump(config))
    return path
