"""Middleware that gives each request an id, safe headers and one log line."""

from __future__ import annotations

import re
import time
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kytos.api.access import is_api_path, routed_path
from kytos.api.problems import FAULT, answer_problem

REQUEST_ID = "X-Request-ID"
_ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_log = structlog.get_logger("kytos.api")

SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}
API_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
"""The service answers with data only; the dashboard needs scripts and sets its own."""


class Trace:
    """Names a request, follows it through the log and answers with its name.

    A caller's own ``X-Request-ID`` is taken over when it is plain (letters, digits, ``._-``, at
    most 64), so that nothing can be smuggled into the log. Queries and headers are not logged.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Trace what reaches `app`."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Trace one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID, "")
        request_id = given if _ACCEPTED_ID.fullmatch(given) else uuid4().hex
        started = time.monotonic()
        status = 0

        async def send_traced(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID] = request_id
                ours = SAFE_HEADERS | (API_HEADERS if is_api_path(routed_path(scope)) else {})
                for name, value in ours.items():
                    headers.setdefault(name, value)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self.app(scope, receive, send_traced)
            except Exception:
                _log.exception("request failed", path=scope["path"])
                if status:  # the answer has begun: all that is left is to break it off
                    raise
                await answer_problem(500, FAULT)(scope, receive, send_traced)
            finally:
                _log.info(
                    "request",
                    method=scope["method"],
                    path=scope["path"],
                    status=status,
                    seconds=round(time.monotonic() - started, 4),
                )
