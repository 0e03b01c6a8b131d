"""Middleware that refuses a request's body once it is longer than allowed."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kytos.api.problems import answer_problem

LINGER_SECONDS = 20.0
"""Longest a client that was refused is heard out."""


class BodyLimit:
    """Refuses an announced length at once, and an unannounced one as soon as it is exceeded.

    What the client sends after its refusal is read and thrown away: to close a connection with
    bytes unread resets it, and many a client then reports that instead of the 413 it was sent.
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
        read = 0
        ended = False

        async def send_and_linger(message: Message) -> None:
            if (
                read > self.most_bytes
                and not ended
                and message["type"] == "http.response.body"
                and not message.get("more_body", False)
            ):
                await send({**message, "more_body": True})
                await _read_on(receive)
                message = {"type": "http.response.body"}
            await send(message)

        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdecimal() and int(announced[:20]) > self.most_bytes:
            read = int(announced[:20])
            await answer_problem(413, too_long)(scope, receive, send_and_linger)
            return

        async def receive_counted() -> Message:
            nonlocal read, ended
            message = await receive()
            read += len(message.get("body", b""))
            ended = not message.get("more_body", False)
            if read > self.most_bytes:
                raise HTTPException(413, too_long)
            return message

        await self.app(scope, receive_counted, send_and_linger)


async def _read_on(receive: Receive) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            while (await receive()).get("more_body", False):
                pass
