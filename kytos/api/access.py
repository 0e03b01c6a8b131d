"""Who may call: a bearer token, or nobody but this machine."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from kytos.api.problems import answer_problem
from kytos.api.settings import Settings

OPEN_PATHS = ("/healthz", "/readyz")
"""Probes carry no token and learn nothing."""

API_PATHS = (
    *("/optimize/", "/manifests/", "/compare", "/jobs/"),
    *("/solvers", "/version", "/metrics"),
)
"""How the service's own paths begin; with a dashboard beside it, all others are the dashboard's."""

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")


def routed_path(scope: Scope) -> str:
    """Return the path that routes are matched with: without the prefix the service stands behind.

    A server's ``--root-path`` and a mount both leave ``path`` whole and say the prefix in
    ``root_path`` (the ASGI specification, HTTP connection scope).
    """
    path: str = scope["path"]
    prefix: str = scope.get("root_path", "")
    if not prefix or not path.startswith(prefix):
        return path
    rest = path[len(prefix) :]
    # As Starlette does to the letter: "/kytosx" is not behind "/kytos".
    return rest if rest[:1] in ("", "/") else path


def is_api_path(path: str) -> bool:
    """Whether a routed path is the service's own rather than of the dashboard beside it."""
    return path in OPEN_PATHS or path == "/openapi.json" or path.startswith(API_PATHS)


class Access:
    """Middleware that turns away whoever may not call, before their body is read.

    With a token set, every path asks for it but the probes, and but a dashboard's that stands
    beside the service, which has a guard of its own. Without one, only connections that arrive at
    a loopback address are answered, unless anonymous access was allowed; and since any web page may
    make a browser call ``localhost``, such calls must name this machine in ``Host`` and must not
    come from a page that another site, or another port of this machine, served.

    Parameters
    ----------
    app
        What is guarded.
    settings
        Holds the token.
    refused
        Called with the reason of each refusal, to count them.
    dashboard
        Whether paths that are not the service's are answered by a dashboard.
    dashboard_login
        Whether that dashboard asks its visitors to log in.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        settings: Settings,
        refused: Callable[[str], None],
        dashboard: bool = False,
        dashboard_login: bool = False,
    ) -> None:
        """Guard `app`."""
        self.app = app
        self.settings = settings
        self.refused = refused
        self.dashboard = dashboard
        self.dashboard_login = dashboard_login

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through or refuse it."""
        if scope["type"] in ("http", "websocket"):
            verdict = self._verdict(scope)
            if verdict is not None:
                status, reason, detail = verdict
                self.refused(reason)
                await _refuse(scope, receive, send, status, detail)
                return
        await self.app(scope, receive, send)

    def _verdict(self, scope: Scope) -> tuple[int, str, str] | None:
        path, headers = routed_path(scope), Headers(scope=scope)
        if path in OPEN_PATHS:
            return None
        token = self.settings.api_token
        is_ours = not self.dashboard or is_api_path(path)
        if is_ours and token is not None:
            if _carries(headers, token.get_secret_value()):
                return None
            return 401, "token", "send the service's token as `Authorization: Bearer ...`"
        if self.settings.allow_anonymous or (not is_ours and self.dashboard_login):
            return None
        if not _arrived_locally(scope):
            return (
                403,
                "address",
                (
                    "this service answers only on its own machine: set KYTOS_API_TOKEN, or "
                    "KYTOS_ALLOW_ANONYMOUS=1 to let anyone who can reach it call it"
                ),
            )
        return _foreign_page(scope, headers)


def _carries(headers: Mapping[str, str], token: str) -> bool:
    scheme, _, given = headers.get("authorization", "").partition(" ")
    # Headers are read as Latin-1: this gives back the bytes that were sent.
    same = hmac.compare_digest(given.strip().encode("latin-1"), token.encode())
    return same and scheme.lower() == "bearer"


def _address(scope: Scope) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address the connection arrived at; None in-process or on a Unix socket."""
    server = scope.get("server")
    if server is None:
        return None
    try:
        address = ipaddress.ip_address(server[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def _arrived_locally(scope: Scope) -> bool:
    address = _address(scope)
    return address is None or address.is_loopback


def _foreign_page(scope: Scope, headers: Mapping[str, str]) -> tuple[int, str, str] | None:
    if _address(scope) is None:
        return None
    host = headers.get("host", "")
    if _host_name(host) not in LOCAL_NAMES:
        return (
            403,
            "host",
            (f"without a token this service answers to localhost only, not to {host[:100]!r}"),
        )
    # Not every browser sends Sec-Fetch-Site, above all with a WebSocket; all send Origin with one,
    # and with whatever else may change something. Another port of this machine is another origin.
    origin = headers.get("origin")
    told = headers.get("sec-fetch-site", "none")
    if told not in ("none", "same-origin", "same-site") or (
        origin is not None and origin.rpartition("//")[2].lower() != host.lower()
    ):
        return 403, "site", "calls from other web sites' pages are not answered"
    return None


def _host_name(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, detail: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": detail[:120]})
        return
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    await answer_problem(status, detail, headers=headers)(scope, receive, send)
