"""Refusals are problems of RFC 9457, and a fault of ours is never told as the caller's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from structlog.testing import capture_logs

from kytos.api import Settings, create_app
from kytos.errors import RequestRefused

PROBLEM = "application/problem+json"
INNER = "inner words of a library"


class _Failing:
    """A pool whose every job ends in an error, and the job itself."""

    workers, busy, place, done, ready = 1, 0, 0, True, True

    def __init__(self) -> None:
        self.error: Exception | None = None

    def wait_until_ready(self, *_: object, **__: object) -> bool:
        return True

    def submit(self, *_: object, **__: object) -> _Failing:
        return self

    def result(self, _: float | None = None) -> None:
        if self.error is not None:
            raise self.error

    def cancel(self) -> None:
        """It has ended."""

    close = cancel


@pytest.fixture(scope="module")
def failing() -> _Failing:
    return _Failing()


@pytest.fixture(scope="module")
def failing_app(failing: _Failing) -> FastAPI:
    return create_app(Settings(), make_pool=lambda: failing)  # type: ignore[arg-type,return-value]


@pytest.fixture(scope="module")
def caller(failing_app: FastAPI) -> Iterator[TestClient]:
    with TestClient(failing_app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(autouse=True)
def log(caller: TestClient) -> Iterator[Any]:
    """What is logged meanwhile, an entry a line."""
    with capture_logs() as entries:
        yield entries


def logged(log: Any, event: str) -> bool:
    """Whether an event was logged with its traceback."""
    return any(entry["event"] == event and entry.get("exc_info") for entry in log)


def told(response: Any) -> dict[str, Any]:
    """The problem, held to RFC 9457 and to what the service adds."""
    problem: dict[str, Any] = response.json()
    assert response.headers["content-type"] == PROBLEM
    assert set(problem) == {"type", "title", "status", "detail", "errors", "request_id"}
    assert problem["type"] == "about:blank"
    assert problem["status"] == response.status_code
    assert problem["request_id"] == response.headers["x-request-id"]
    return problem


@pytest.mark.parametrize(
    "error",
    [ValueError(INNER), KeyError(INNER), AssertionError(INNER), IndexError(INNER)],
    ids=lambda error: type(error).__name__,
)
def test_a_fault_in_a_solve_is_a_500(
    caller: TestClient,
    failing: _Failing,
    two_lists: dict[str, Any],
    error: Exception,
    log: Any,
) -> None:
    """Not a 422: nothing was wrong with the request. What it was stands in the log alone."""
    failing.error = error
    response = caller.post("/optimize/rebalance", json=two_lists)
    assert response.status_code == 500
    problem = told(response)
    assert problem["title"] == "Internal Server Error"
    assert problem["errors"] == []
    assert INNER not in response.text
    assert logged(log, "solve failed")


def test_memory_that_runs_out_is_a_503(
    caller: TestClient, failing: _Failing, two_lists: dict[str, Any]
) -> None:
    """Neither a fault nor a mistake: there was no room for it."""
    failing.error = MemoryError("Unable to allocate 9 TiB")
    response = caller.post("/optimize/rebalance", json=two_lists)
    assert response.status_code == 503
    assert "memory" in told(response)["detail"]


def test_a_callers_mistake_names_the_field(
    caller: TestClient, failing: _Failing, two_lists: dict[str, Any]
) -> None:
    """A request that does not agree with its cluster stays a 422 at its field."""
    failing.error = RequestRefused("is no node; name one of 3", "failed_nodes[0]")
    response = caller.post("/optimize/rebalance", json=two_lists)
    assert response.status_code == 422
    assert told(response)["errors"] == [
        {"field": "failed_nodes[0]", "message": "is no node; name one of 3"}
    ]


def test_a_fault_outside_a_solve_is_a_500_too(
    caller: TestClient, monkeypatch: pytest.MonkeyPatch, log: Any
) -> None:
    """The framework's own answer would be plain text without the request's id."""

    def fail(_: object) -> None:
        raise KeyError(INNER)

    monkeypatch.setattr("kytos.api.operation.availability", fail)
    response = caller.get("/solvers")
    assert response.status_code == 500
    told(response)
    assert INNER not in response.text
    assert logged(log, "request failed")


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("GET", "/no-such-path", None, 404),
        ("GET", "/jobs/unknown", None, 404),
        ("PUT", "/healthz", None, 405),
        ("POST", "/optimize/rebalance", "{}", 422),
        ("POST", "/optimize/rebalance", "{", 422),
        ("POST", "/optimize/rebalance", "n" * (51 * 2**20), 413),
    ],
)
def test_every_refusal_is_a_problem(
    caller: TestClient, method: str, path: str, content: str | None, status: int
) -> None:
    """Whoever refuses: a route, a model, the router or a guard before them."""
    headers = {"Content-Type": "application/json"}
    response = caller.request(method, path, content=content, headers=headers)
    assert response.status_code == status
    assert told(response)["detail"]


def test_the_document_says_so(failing_app: FastAPI) -> None:
    """Each error in the OpenAPI document is documented as a problem, none as plain JSON."""
    document = failing_app.openapi()
    errors = [
        response["content"]
        for methods in document["paths"].values()
        for operation in methods.values()
        for status, response in operation["responses"].items()
        if status >= "400"
    ]
    assert errors
    assert all(list(content) == [PROBLEM] for content in errors)
    assert {"type", "title", "status", "detail"} <= set(
        document["components"]["schemas"]["Problem"]["properties"]
    )
