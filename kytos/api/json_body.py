"""Reads a request's JSON strictly: a number is a number, a key is said once, all text is text."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from fastapi import Request, Response, params
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError

from kytos.api.problems import FieldError, Refusal, refusal_of

Model = TypeVar("Model", bound=BaseModel)


def read_json(kind: type[Model], text: str | bytes, place: str = "") -> Model:
    """Read a model from JSON text.

    Not from Python values, as FastAPI does: there ``"5"`` and ``true`` pass for numbers.

    Raises
    ------
    Refusal
        A 422 that names the fields; where none is to blame, `place` or the body.
    """
    try:
        found = kind.model_validate_json(text, strict=True)
    except ValidationError as error:
        raise refusal_of(error, place) from error
    try:
        json.loads(text, object_pairs_hook=_each_once)
    except _SaidTwiceError as error:
        sentence = f"the key {str(error)[:100]!r} is there twice in one object; say it once"
        raise Refusal(422, sentence, FieldError(field=place or "body", message=sentence)) from error
    return found


class _SaidTwiceError(ValueError):
    """A key that an object has twice."""


def _each_once(pairs: list[tuple[str, Any]]) -> None:
    keys = {key for key, _ in pairs}
    if len(keys) < len(pairs):
        for key, _ in pairs:
            if key not in keys:
                raise _SaidTwiceError(key)
            keys.remove(key)


class _JsonRequest(Request):
    """A request whose JSON is read as a model, beside the event loop: it may be of many MiB."""

    kind: type[BaseModel]

    async def json(self) -> Any:
        return await run_in_threadpool(read_json, self.kind, await self.body())


def _refuse_what_is_no_json(request: Request) -> None:
    told = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if told != "application/json" and not (told.startswith("application/") and "+json" in told):
        raise Refusal(
            415, f"expected the header Content-Type: application/json; found {told[:100]!r}"
        )
    coding = request.headers.get("content-encoding", "identity")
    if coding != "identity":
        raise Refusal(415, f"expected a body that is not compressed; found {coding[:100]!r}")


class JsonRoute(APIRoute):
    """A route whose body, if it is JSON, is read by `read_json`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the request before FastAPI reads it."""
        handler = super().get_route_handler()
        field = self.body_field
        if field is None or isinstance(field.field_info, params.Form):
            return handler
        kind = field.field_info.annotation
        assert isinstance(kind, type)
        assert issubclass(kind, BaseModel)

        async def handle(request: Request) -> Response:
            _refuse_what_is_no_json(request)
            strict = _JsonRequest(request.scope, request.receive)
            strict.kind = kind
            return await handler(strict)

        return handle
