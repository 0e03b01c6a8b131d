"""How the service says no: the problems of RFC 9457, each naming the field to blame."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError
from starlette.exceptions import HTTPException
from structlog.contextvars import get_contextvars

from kytos.errors import field_path, sentence

MOST_ERRORS = 20
"""Errors listed in one answer; a body of 20,000 bad pods needs no 20,000 sentences."""

LONGEST_PATH = 200
"""Characters of a field's path; an unknown field's name may be of any length."""


PROBLEM_JSON = "application/problem+json"
"""The media type of every refusal (RFC 9457, section 3)."""

FAULT = (
    "this is a fault of the service, not of the request; its log has the details under the "
    "request's id"
)


class FieldError(BaseModel):
    """One field that was not accepted."""

    field: str = Field(description="where, for example pods[3].cpu_request")
    message: str


class Problem(BaseModel):
    """Why a request was not answered: a problem as in RFC 9457, with the fields to blame."""

    type: str = Field("about:blank", description="always this: the status says which problem it is")
    title: str = Field(description="the status in words")
    status: int = Field(description="the HTTP status")
    detail: str = Field(description="what was wrong and what to do, in a sentence")
    errors: list[FieldError] = []
    request_id: str | None = None


class Refusal(HTTPException):
    """A request that will not be answered; becomes a `Problem`."""

    def __init__(
        self,
        status: int,
        detail: str,
        *errors: FieldError,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Refuse with an HTTP status, a sentence and, if any is to blame, the fields."""
        super().__init__(status, detail, dict(headers or {}))
        self.errors = errors


def answer_problem(
    status: int,
    detail: str,
    errors: Iterable[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a problem as a response, with the request's id."""
    content = {
        "type": "about:blank",
        "title": _title(status),
        "status": status,
        "detail": detail,
        "errors": [error.model_dump() for error in errors],
        "request_id": get_contextvars().get("request_id"),
    }
    # ASCII, because a refused field may be named by half a surrogate pair.
    return Response(
        json.dumps(content), status_code=status, headers=headers, media_type=PROBLEM_JSON
    )


def _title(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:  # none that HTTP knows
        return "Refused"


def as_problems(document: dict[str, Any]) -> dict[str, Any]:
    """Return an OpenAPI document whose refusals are said to be what they are, not plain JSON."""
    for methods in document["paths"].values():
        for operation in methods.values():
            for response in operation["responses"].values():
                content = response.get("content", {})
                told = content.get("application/json", {}).get("schema", {}).get("$ref", "")
                if told.endswith("/Problem"):
                    content[PROBLEM_JSON] = content.pop("application/json")
    return document


async def on_http_exception(_: Request, error: Exception) -> Response:
    """Answer a refusal, or an error of the framework (no such path, body too large)."""
    assert isinstance(error, HTTPException)
    errors = error.errors if isinstance(error, Refusal) else ()
    return answer_problem(error.status_code, str(error.detail), errors, error.headers)


async def on_invalid(_: Request, error: Exception) -> Response:
    """Answer what FastAPI could not validate."""
    assert isinstance(error, RequestValidationError)
    return invalid(error.errors())


def invalid(faults: Iterable[Mapping[str, Any]]) -> Response:
    """Return a 422 from pydantic's errors."""
    errors = field_errors(faults)
    return answer_problem(422, _summary(errors), errors[:MOST_ERRORS])


def refusal_of(error: ValidationError, place: str = "") -> Refusal:
    """Return a 422 from what a model refused; `place` is said before each field."""
    errors = field_errors(error.errors(include_url=False), place)
    return Refusal(422, _summary(errors), *errors[:MOST_ERRORS])


def _summary(errors: Sequence[FieldError]) -> str:
    said = "; ".join(f"{error.field}: {error.message}" for error in errors[:3])
    more = f"; and {len(errors) - 3} more" if len(errors) > 3 else ""
    return f"the request is not valid: {said}{more}"


def field_errors(errors: Iterable[Mapping[str, Any]], place: str = "") -> list[FieldError]:
    """Return pydantic's errors by field; without one, they are about `place` or the body."""
    entries = list(errors)
    return [
        FieldError(field=_field(entry["loc"], place), message=sentence(entry))
        for entry in entries
        if not _is_echo(entry, entries)
    ]


def _is_echo(entry: Mapping[str, Any], entries: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a list counts as too short only because items of it were refused."""
    place = entry["loc"]
    return entry["type"] == "too_short" and any(
        len(other["loc"]) > len(place) and other["loc"][: len(place)] == place for other in entries
    )


def _field(location: Sequence[str | int], place: str) -> str:
    named = location[1:] if location[:1] == ("body",) else location
    return field_path([place, *named] if place else named)[:LONGEST_PATH] or "body"
