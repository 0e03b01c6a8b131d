"""Middleware that gives up on a body that comes too slowly."""

from __future__ import annotations

import asyncio
import time

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LEAST_BYTES_PER_SECOND = 64 * 2**10
"""A body that keeps up with this may take as long as it is long."""


class SlowBody:
    """Refuses a body that is slower than a slow line: the server itself waits for ever.

    Parameters
    ----------
    app
        What is guarded; it reads bodies through `Request`, which lets an HTTP exception pass.
    seconds
        What a body may take beside the time that its bytes need at `LEAST_BYTES_PER_SECOND`.
    """

    def __init__(self, app: ASGIApp, *, seconds: float) -> None:
        """Guard `app`."""
        self.app = app
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with a clock on its body."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        deadline: float | None = None
        read, is_whole = 0, False

        async def receive_in_time() -> Message:
            nonlocal deadline, read, is_whole
            if is_whole:  # what follows is the client's leaving, whenever that is
                return await receive()
            if deadline is None:
                deadline = time.monotonic() + self.seconds
            left = deadline + read / LEAST_BYTES_PER_SECOND - time.monotonic()
            try:
                async with asyncio.timeout(max(0.0, left)):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(
                    408,
                    f"only {read} bytes of the body came within {self.seconds:g} s and the time "
                    f"they need at {LEAST_BYTES_PER_SECOND // 2**10} KiB/s; send it faster",
                    {"Connection": "close"},
                ) from None
            read += len(message.get("body", b""))
            is_whole = not message.get("more_body", False)
            return message

        await self.app(scope, receive_in_time, send)
