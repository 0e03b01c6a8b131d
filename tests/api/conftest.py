"""A service with one worker and a queue of one, shared by the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from kytos.api import Settings, create_app
from kytos.jobs import Pool
from kytos.questions.warm_up import warm_up


@pytest.fixture(scope="session")
def service_app() -> FastAPI:
    # Without the warm-up the first request would pay for compiling, in a clean clone a minute.
    return create_app(
        Settings(workers=1, queue=1),
        make_pool=lambda: Pool(1, 1, warm_up=warm_up, preload=(warm_up.__module__,)),
    )


@pytest.fixture(scope="session")
def client(service_app: FastAPI) -> Iterator[TestClient]:
    with TestClient(service_app) as client:
        yield client


@pytest.fixture
def two_lists() -> dict[str, Any]:
    """Three nodes with two small pods each: one node would hold them all."""
    return {
        "nodes": [
            {"id": f"node-{i}", "cpu_capacity": 4000, "mem_capacity": 16000} for i in range(3)
        ],
        "pods": [
            {
                "id": f"pod-{i}",
                "cpu_request": 500,
                "mem_request": 1024,
                "current_node": f"node-{i % 3}",
            }
            for i in range(6)
        ],
        "solver": {"num_reads": 1, "num_sweeps": 50, "refine_proposals": 20_000},
    }


@pytest.fixture
def endless(two_lists: dict[str, Any]) -> dict[str, Any]:
    """The same, asked with so much work that only the clock ends it."""
    work = {
        "num_reads": 10_000,
        "num_sweeps": 1_000_000,
        "refine_proposals": 10_000_000_000,
        "time_limit_s": 50,
    }
    return two_lists | {"solver": work}
