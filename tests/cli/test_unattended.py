"""``--every … --apply``: what is carried out without being asked, and what is not."""

from __future__ import annotations

import json
from datetime import datetime, time
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from kytos.cli import app
from kytos.cli.unattended import Unattended, unattended_of
from kytos.contract.runbook import Runbook, Way
from kytos.errors import InputError
from tests.execution.conftest import Live, live
from tests.execution.harness import moving_out, shop_cluster

__all__ = ["live"]

NIGHT = datetime(2026, 11, 30, 3)


def outcome(price: float | None, later: float | None, nodes: tuple[int, int] = (6, 4)) -> Any:
    """An answer whose runbook takes five evictions."""
    runbook = moving_out(shop_cluster())
    drain = runbook.forecast.drain.model_copy(
        update={"price_per_hour": later, "nodes_in_use": nodes[1]}
    )
    forecast = runbook.forecast.model_copy(update={"drain": drain})
    made: Runbook = runbook.model_copy(update={"forecast": forecast})
    before = SimpleNamespace(price_per_hour=price, nodes_in_use=nodes[0])
    return SimpleNamespace(runbook=made, metrics=SimpleNamespace(before=before))


@pytest.mark.parametrize(
    ("orders", "answer", "said"),
    [
        (Unattended(Way.DRAIN), outcome(10, 8), None),
        (Unattended(Way.DRAIN, min_saving=0.2), outcome(10, 8), None),
        (Unattended(Way.DRAIN, min_saving=0.3), outcome(10, 8), "saves 20.0%, less than 30.0%"),
        (Unattended(Way.DRAIN), outcome(10, 10), "saves 0.0%"),
        (Unattended(Way.DRAIN, min_saving=0.3), outcome(None, None), None),
        (Unattended(Way.DRAIN, min_saving=0.4), outcome(None, None), "saves 33.3%"),
        (Unattended(Way.DRAIN, max_evictions=4), outcome(10, 8), "5 evictions, more than 4"),
        (Unattended(Way.DRAIN, window=(time(2), time(4))), outcome(10, 8), None),
        (Unattended(Way.DRAIN, window=(time(4), time(2))), outcome(10, 8), "not within"),
        (Unattended(Way.DRAIN, window=(time(22), time(4))), outcome(10, 8), None),
    ],
)
def test_an_answer_has_to_be_worth_it(orders: Unattended, answer: Any, said: str | None) -> None:
    """It saves enough, is small enough, and it is time."""
    why = orders.why_not(answer, NIGHT)
    assert (why is None) if said is None else (said in (why or ""))


def test_what_falls_short_is_not_carried_out() -> None:
    """A forecast that misses the promise wants a person's eye."""
    answer = outcome(10, 8)
    answer.runbook = answer.runbook.model_copy(update={"falls_short": "a pod would wait"})
    assert "a pod would wait" in str(Unattended(Way.DRAIN).why_not(answer, NIGHT))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((None, "10%", None, None, "c"), "--min-saving goes with --apply"),
        ((None, None, None, 3, "c"), "--max-evictions goes with --apply"),
        ((Way.DRAIN, None, None, None, None), "name it with --context"),
        ((Way.DRAIN, "ten", None, None, "c"), "give a percentage such as 10%"),
        ((Way.DRAIN, None, "25:00-26:00", None, "c"), "give hours such as 02:00-04:00"),
        ((Way.DRAIN, None, "02:00-02:00", None, "c"), "no time at all"),
    ],
)
def test_orders_that_will_not_do(given: tuple[Any, ...], said: str) -> None:
    """Each is refused by name."""
    with pytest.raises(InputError, match=said):
        unattended_of(*given)


def periodic(*words: str) -> dict[str, Any]:
    asked = ("rebalance", "--context", "admin", "--every", "1s", "--times", "1")
    few = ("--reads", "1", "--sweeps", "50", "--settle-s", "0", "--runbook")
    result = CliRunner().invoke(app, [*asked, *few, *words])
    read: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return read


def test_nothing_is_carried_out_unless_told(live: Live) -> None:
    """By default a run asks and tells."""
    assert "apply" not in periodic()
    assert live.api.writes == []


def test_a_run_is_carried_out(live: Live) -> None:
    """Its line says what came of it; another without enough to gain does nothing."""
    before = len({n for nodes in live.cluster.nodes_by_owner().values() for n in nodes})
    news = periodic("--apply", "drain", "--min-saving", "10%", "--max-evictions", "6")
    assert news["apply"]["ending"] == "done", news
    assert 0 < news["apply"]["evictions"] <= 6
    assert news["apply"]["nodes_in_use"] < before
    news = periodic("--apply", "drain", "--min-saving", "90%")
    assert news["apply"]["skipped"]
