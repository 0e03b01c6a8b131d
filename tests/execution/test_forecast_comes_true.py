"""What was forecast of steering beside what comes of it under a scheduler of another make."""

from __future__ import annotations

import pytest

from kytos.contract.runbook import Way
from kytos.execution.endings import Ending
from tests.execution.harness import planned, run, sample


@pytest.mark.parametrize("name", ["hot-spots", "web-shop"])
def test_steered_pods_land_as_forecast(name: str) -> None:
    """At least 95 of 100 moves land where the forecast has them, on as many nodes."""
    cluster = sample(name)
    runbook = planned(cluster, Way.STEER)
    forecast = runbook.forecast.steer
    report = run(cluster, runbook)
    assert (report.ending, report.why) == (Ending.DONE, "")
    assert report.moves == forecast.moves > 5
    true = sum(one.node == forecast.landings[one.pod] for one in report.landings)
    assert true >= 0.95 * report.moves
    assert report.nodes_in_use == forecast.nodes_in_use == runbook.promised.nodes_in_use
    assert (cluster.gated(), cluster.steered()) == ([], {})
    assert not any("-" in nodes for nodes in cluster.nodes_by_owner().values())
