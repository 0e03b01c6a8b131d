"""Routes whose body of JSON is read apart from the framework, and documented as what it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema
from starlette.requests import ClientDisconnect

from kytos.api.problems import Refusal
from kytos.api.reading import Asked, Said
from kytos.api.service import Service
from kytos.calls.catalogue import Call


@dataclass(frozen=True)
class Arrived:
    """A call that was received and read."""

    asked: Asked
    due: float
    """When its answer must be there, in `time.monotonic` seconds."""


@dataclass(frozen=True)
class BodyOf:
    """In a signature: the body is that of a call, of which what was read of it comes in."""

    call: Call

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Let in what was read elsewhere, and document the body itself."""
        return core_schema.json_or_python_schema(
            json_schema=handler.generate_schema(self.call.body),
            python_schema=core_schema.is_instance_schema(Arrived),
        )


class _Read(Request):
    """A request whose body was read already."""

    arrived: Arrived | None

    async def body(self) -> bytes:
        return b"" if self.arrived is None else b"read"

    async def json(self) -> Arrived | None:
        return self.arrived


class JsonRoute(APIRoute):
    """A route whose body, where a signature says `BodyOf`, is received and read as that."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Receive and read the body before the framework would."""
        handler = super().get_route_handler()
        field = self.body_field
        marks = () if field is None else field.field_info.metadata
        call = next((mark.call for mark in marks if isinstance(mark, BodyOf)), None)
        if call is None:
            return handler

        async def handle(request: Request) -> Response:
            _refuse_what_is_no_json(request)
            read = _Read(request.scope, request.receive)
            try:
                read.arrived = await _arrived(call, request)
            except ClientDisconnect:
                return Response(status_code=499)
            return await handler(read)

        return handle


async def _arrived(call: Call, request: Request) -> Arrived | None:
    """Receive and read a body; None for an empty one."""
    service: Service = request.app.state.service
    async with service.bodies.keeping() as kept:
        content = await service.bodies.receive(request, kept)
        if not content:
            return None
        limits = service.limits(is_job=is_job(request.headers.get("prefer")))
        due = time.monotonic() + limits.seconds
        asked = await service.bodies.read(call.name, Said(content), kept, limits, request)
        return Arrived(asked, due)


def is_job(prefer: str | None) -> bool:
    """Whether a `Prefer` header lets the answer come later (RFC 7240)."""
    return prefer is not None and "respond-async" in prefer.lower()


def _refuse_what_is_no_json(request: Request) -> None:
    told = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if told != "application/json" and not (told.startswith("application/") and "+json" in told):
        raise Refusal(
            415, f"expected the header Content-Type: application/json; found {told[:100]!r}"
        )
    coding = request.headers.get("content-encoding", "identity")
    if coding != "identity":
        raise Refusal(415, f"expected a body that is not compressed; found {coding[:100]!r}")
