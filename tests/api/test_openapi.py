"""The OpenAPI document: its examples run, and generated requests find no fault."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from schemathesis import GenerationMode

from benchmarks.fuzz_api import fuzz, hasty_service


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


def test_the_documents_example_runs(client: TestClient) -> None:
    """The body shown in docs/api.md is answered as it is written."""
    text = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```json\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    response = client.post("/optimize/rebalance", json=json.loads(example))
    assert response.status_code == 200, response.text


EXAMPLES = 12
"""Generated requests for each operation and kind; ``benchmarks.fuzz_api`` sends thousands."""


@pytest.fixture(scope="module")
def hasty_app() -> Iterator[FastAPI]:
    with hasty_service() as app:
        yield app


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_generated_requests_find_no_fault(hasty_app: FastAPI, mode: GenerationMode) -> None:
    """No fault, no undocumented status, no answer unlike its schema, whatever is sent."""
    found = fuzz(hasty_app, mode, EXAMPLES)
    assert found.faults == ()
    sent: Counter[str] = Counter()
    for (operation, _), count in found.statuses.items():
        sent[operation] += count
    solves = [f"POST {path}" for path, _ in request_models(hasty_app.openapi())]
    assert solves
    assert {name for name in solves if sent[name] < EXAMPLES} == set()


def with_defaults(schema: dict[str, Any], model: dict[str, Any], depth: int = 3) -> dict[str, Any]:
    """Every default that a model's schema shows, those of the models in it too."""
    values: dict[str, Any] = {}
    for name, told in model["properties"].items():
        if "default" not in told:
            continue
        value = told["default"]
        refs = [one["$ref"] for one in (told, *told.get("anyOf", ())) if "$ref" in one]
        if refs and isinstance(value, dict) and depth:
            inner = schema["components"]["schemas"][refs[0].rsplit("/", 1)[-1]]
            value = with_defaults(schema, inner, depth - 1) | value
        values[name] = value
    return values


def test_every_call_accepts_its_own_defaults(service_app: FastAPI, client: TestClient) -> None:
    """What the document says is taken when nothing is said may be said."""
    schema = service_app.openapi()
    refused = []
    for path, model in request_models(schema):
        defaults = with_defaults(schema, model)
        assert {"weights", "solver"} <= set(defaults)
        for kept in (defaults, {name: defaults[name] for name in ("weights", "solver")}):
            response = client.post(path, json=kept | model["examples"][0])
            if response.status_code != 200:
                refused.append(f"{path}: {response.text}")
    assert refused == []
