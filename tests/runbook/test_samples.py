"""The samples' plans, as they were found: a drain is expected to keep what they promise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kytos.contract.runbook import Runbook, RunbookRequest
from kytos.runbook.changes import Change, Kind, Plan
from kytos.runbook.kubectl import shell_script
from kytos.runbook.making import make_runbook
from kytos.sources.manifests import read_cluster

ROOT = Path(__file__).parents[2]
PLANS = ROOT / "tests" / "data" / "runbook"


def plan_of_sample(name: str) -> tuple[Plan, dict[str, Any]]:
    path = ROOT / "sample_clusters" / f"{name}.json"
    cluster = read_cluster([(path.name, path.read_bytes())])
    kept = json.loads((PLANS / f"{name}.json").read_text(encoding="utf-8"))
    plan = Plan(
        cluster=cluster,
        changes=tuple(Change(pod, Kind.MOVED, a, b) for pod, a, b in kept["moves"]),
        bought=(),
        frees=True,
        held_open=frozenset(),
        nodes_in_use=kept["promised"],
        price_per_hour=None,
        planned_energy=0.0,
        energy=lambda _: 0.0,
    )
    return plan, kept


@pytest.fixture(scope="module")
def runbooks() -> dict[str, tuple[Runbook, dict[str, Any]]]:
    """Each sample's runbook, beside what its plan was."""
    made = {}
    for name in ("web-shop", "hot-spots", "lab", "openb-200"):
        plan, kept = plan_of_sample(name)
        made[name] = make_runbook(plan, RunbookRequest()), kept
    return made


@pytest.mark.parametrize("name", ["web-shop", "hot-spots", "lab", "openb-200"])
def test_a_drain_keeps_the_promise(
    runbooks: dict[str, tuple[Runbook, dict[str, Any]]], name: str
) -> None:
    """The promised node count is reached and no pod that ran waits, in the worst of the draws."""
    runbook, kept = runbooks[name]
    assert runbook.falls_short is None
    assert runbook.left_out == ()
    for way in (runbook.forecast.drain, runbook.forecast.steer):
        assert way.nodes_in_use <= kept["promised"] < kept["before"]
        assert way.pods_pending == 0
        assert way.moves == len(kept["moves"])
    assert runbook.forecast.steer.landed_as_planned == len(kept["moves"])


def test_evictions_alone_do_not(runbooks: dict[str, tuple[Runbook, dict[str, Any]]]) -> None:
    """What is not cordoned fills again: the shop keeps its 20 nodes, the hot spots their 12."""
    assert runbooks["web-shop"][0].forecast.plain.nodes_in_use == 20
    assert runbooks["hot-spots"][0].forecast.plain.nodes_in_use == 12


def test_each_pod_is_evicted_once_and_freed_nodes_stay_cordoned(
    runbooks: dict[str, tuple[Runbook, dict[str, Any]]],
) -> None:
    """Also where nodes are closed for a while, as on 200 nodes, which are all opened again."""
    for runbook, kept in runbooks.values():
        evicted = [step.pod for step in runbook.steps if step.action == "evict"]
        assert sorted(evicted) == sorted(pod for pod, _, _ in kept["moves"])
        closed: set[str] = set()
        for step in runbook.steps:
            if step.action == "cordon":
                closed.add(step.node or "")
            elif step.action == "uncordon":
                closed.remove(step.node or "")
        assert closed == set(runbook.remove_nodes)
        assert len(shell_script(runbook).splitlines()) > len(runbook.steps)
