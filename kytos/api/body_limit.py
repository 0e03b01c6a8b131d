"""Middleware that refuses a request's body once it is longer than allowed."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kytos.api.problems import answer_problem


class BodyLimit:
    """Refuses an announced length at once, and an unannounced one as soon as it is exceeded.

    FastAPI's own limit answers in plain text and without the request's id.

    Parameters
    ----------
    app
        What is guarded; it reads bodies through `Request`, which lets an HTTP exception pass.
    most_bytes
        Longest body.
    """

    def __init__(self, app: ASGIApp, *, most_bytes: int) -> None:
        """Guard `app`."""
        self.app = app
        self.most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        too_long = f"the body is longer than the {self.most_bytes // 2**20} MiB accepted here"
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdecimal() and int(announced[:20]) > self.most_bytes:
            await answer_problem(413, too_long)(scope, receive, send)
            return
        read = 0

        async def receive_counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self.most_bytes:
                raise HTTPException(413, too_long)
            return message

        await self.app(scope, receive_counted, send)
