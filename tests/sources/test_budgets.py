"""Disruption budgets as the Eviction API reads them."""

from __future__ import annotations

from typing import Any

import pytest

from kytos.cluster import DisruptionBudget
from kytos.sources.manifests import cluster_from_objects


def read(status: dict[str, Any], generation: int = 2, **spec: Any) -> DisruptionBudget:
    """The budget of a manifest."""
    manifest = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "web", "namespace": "shop", "generation": generation},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, **spec},
        "status": status,
    }
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}}
    (found,) = cluster_from_objects([node, manifest]).budgets
    return found


@pytest.mark.parametrize(
    ("observed", "allowed"),
    [
        pytest.param(2, 1, id="up to date"),
        pytest.param(1, 0, id="the spec changed since"),
        pytest.param(None, 0, id="never counted"),
    ],
)
def test_a_status_out_of_date_allows_nothing(observed: int | None, allowed: int) -> None:
    """The Eviction API refuses until the controller has seen the budget's latest spec."""
    status = {"disruptionsAllowed": 1}
    if observed is not None:
        status["observedGeneration"] = observed
    assert read(status).disruptions_allowed == allowed


@pytest.mark.parametrize(
    ("policy", "healthy", "desired", "freely"),
    [
        pytest.param(None, 2, 2, True, id="enough are healthy"),
        pytest.param("IfHealthyBudget", 1, 2, False, id="too few are healthy"),
        pytest.param(None, 0, 0, False, id="nothing is desired"),
        pytest.param("AlwaysAllow", 0, 2, True, id="always"),
    ],
)
def test_unready_pods_leave_as_the_policy_says(
    policy: str | None, healthy: int, desired: int, freely: bool
) -> None:
    """By default only while the budget's healthy pods are enough, with AlwaysAllow at any time."""
    spec = {} if policy is None else {"unhealthyPodEvictionPolicy": policy}
    status = {"observedGeneration": 2, "currentHealthy": healthy, "desiredHealthy": desired}
    assert read(status, **spec).unready_leave_freely is freely


@pytest.mark.parametrize(
    ("status", "counted"),
    [
        pytest.param({"observedGeneration": 2, "disruptionsAllowed": 0}, True, id="none allowed"),
        pytest.param({"observedGeneration": 1, "disruptionsAllowed": 1}, False, id="out of date"),
        pytest.param({}, False, id="no status"),
    ],
)
def test_a_budget_nobody_counted_is_told_from_one_used_up(
    status: dict[str, Any], counted: bool
) -> None:
    """A manifest from a file has no status; that, not its pods, is why it allows nothing."""
    assert read(status).counted is counted
