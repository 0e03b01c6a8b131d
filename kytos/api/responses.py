"""What the paths answer beside their own answers: refusals and jobs, as OpenAPI tells them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from kytos.api.problems import Problem

REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The body cannot be read"},
    401: {"model": Problem, "description": "The token is missing or wrong"},
    403: {"model": Problem, "description": "Not from there, or a charge was not accepted"},
}
SOLVE_REFUSALS = REFUSALS | {
    408: {"model": Problem, "description": "The body came too slowly"},
    413: {"model": Problem, "description": "The body is too large"},
    415: {"model": Problem, "description": "The body is no JSON, or is compressed"},
    422: {"model": Problem, "description": "A field is not accepted; it is named"},
    429: {
        "model": Problem,
        "description": "The queue is full",
        "headers": {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds"}},
    },
    500: {"model": Problem, "description": "A fault of the service; its log has the details"},
    503: {
        "model": Problem,
        "description": "The solve's worker was killed or had no memory",
    },
    504: {"model": Problem, "description": "No answer within the time a call may take"},
}
JOB_REFUSALS = REFUSALS | {
    404: {"model": Problem, "description": "No job of that id, or no longer"},
    422: {"model": Problem, "description": "No id at all"},
}


class JobStatus(BaseModel):
    """A solve that was asked for as a job."""

    id: str
    question: str
    status: str = Field(description="queued, running, done, failed or cancelled")
    place: int = Field(description="its place in the queue, 1 being the next; 0 once it runs")
    stage: str = Field(description="what it is at")
    share: float = Field(description="progress of the stage, 0..1")
    energy: float | None = Field(description="best energy so far")
    result: str = Field(description="where the answer is once it is done")


ACCEPTED: dict[int | str, dict[str, Any]] = {
    202: {
        "model": JobStatus,
        "description": "Accepted as a job (`Prefer: respond-async`)",
        "headers": {"Location": {"schema": {"type": "string"}, "description": "The job"}},
    }
}
SOLVE_RESPONSES = ACCEPTED | SOLVE_REFUSALS
