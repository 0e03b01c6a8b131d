"""The OpenAPI document: its examples run, and generated requests find no fault."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, settings

from kytos.api import Settings, create_app
from kytos.jobs import Pool


def request_models(schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Path and body model of every call that takes JSON."""
    found = []
    for path, methods in schema["paths"].items():
        content = methods.get("post", {}).get("requestBody", {}).get("content", {})
        if "application/json" in content:
            name = content["application/json"]["schema"]["$ref"].rsplit("/", 1)[-1]
            found.append((path, schema["components"]["schemas"][name]))
    return found


def test_every_example_runs(service_app: FastAPI, client: TestClient) -> None:
    """Each call shows at least one example, and each is answered as it is written."""
    models = request_models(service_app.openapi())
    assert models
    for path, model in models:
        assert model["examples"], f"{path} shows no example"
        for example in model["examples"]:
            response = client.post(path, json=example)
            assert response.status_code == 200, f"{path}: {response.text}"


@pytest.fixture(scope="module")
def generated_schema() -> Any:
    """The document of a service that gives each generated request little time."""
    app = create_app(
        Settings(workers=1, queue=1, request_seconds=0.2, max_body_mib=1),
        make_pool=lambda: Pool(1, 1),
    )
    with TestClient(app):
        yield schemathesis.openapi.from_asgi("/openapi.json", app)


schema = schemathesis.pytest.from_fixture("generated_schema")


@schema.parametrize()
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)
def test_generated_requests_find_no_fault(case: Any) -> None:
    """No 5xx but the documented ones, no undocumented status, no answer unlike its schema."""
    response = case.call()
    assert response.status_code != 500
    case.validate_response(
        response,
        excluded_checks=[
            # 503 and 504 are documented and, with this little time, expected.
            schemathesis.checks.not_a_server_error,
            # A body that the schema allows may still name a pod twice.
            schemathesis.specs.openapi.checks.positive_data_acceptance,
        ],
    )
