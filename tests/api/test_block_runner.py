"""Where blocks are annealed is the operator's to decide: dask workers may be other machines."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from kytos.api import Settings, create_app
from kytos.contract.params import BlockRunner
from kytos.contract.watch import Watch
from tests.api.test_consent import PoolOfNone, options_of

Body = dict[str, Any]


def runner_of(*arguments: Any, request_id: str | None, due: float, watch: Watch) -> bytes:
    """Stands for a worker: answers with where it was told to anneal blocks."""
    return f'{{"runner": "{options_of(arguments).solver.hybrid.block_runner.value}"}}'.encode()


def asked(monkeypatch: pytest.MonkeyPatch, operators: BlockRunner, body: Body) -> Any:
    """Ask a service whose operator has chosen a runner."""
    monkeypatch.setattr("kytos.api.service.answer_call", runner_of)
    settings = Settings(block_runner=operators)
    client = TestClient(create_app(settings, make_pool=PoolOfNone))  # type: ignore[arg-type]
    return client.post("/optimize/rebalance", json=body)


def test_a_request_may_not_choose_dask(monkeypatch: pytest.MonkeyPatch, two_lists: Body) -> None:
    """It is refused by the field's name, and told which setting decides."""
    body = two_lists | {"solver": {"name": "hybrid", "hybrid": {"block_runner": "dask"}}}
    response = asked(monkeypatch, BlockRunner.THREADS, body)
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == ["solver.hybrid.block_runner"]
    assert "KYTOS_BLOCK_RUNNER" in response.json()["detail"]


@pytest.mark.parametrize("operators", list(BlockRunner))
def test_blocks_run_where_the_operator_says(
    monkeypatch: pytest.MonkeyPatch, two_lists: Body, operators: BlockRunner
) -> None:
    """A request that says nothing of it is answered on the operator's runner."""
    response = asked(monkeypatch, operators, two_lists | {"solver": {"name": "hybrid"}})
    assert (response.status_code, response.json()) == (200, {"runner": operators.value})
