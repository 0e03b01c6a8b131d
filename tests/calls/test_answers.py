"""The four questions as they are asked from outside, with and without a runbook."""

from __future__ import annotations

import pickle

import pytest

from kytos.calls.answers import autoscale, place, rebalance, recover
from kytos.calls.catalogue import CALLS, RebalanceOptions
from kytos.cluster import Cluster
from kytos.contract.params import SolverName
from kytos.contract.runbook import Runbook, RunbookRequest, Way
from kytos.contract.watch import BUILDING, CHECKING, Watch
from kytos.questions.autoscale.request import AutoscaleRequest
from kytos.questions.outcome import Outcome, Question
from kytos.questions.placement.request import PlacementRequest
from kytos.questions.rebalance import RebalanceRequest
from kytos.questions.recovery.recovery import RecoveryRequest
from tests.runbook.small import node, pod

QUICK = SolverName.FIRST_FIT_DECREASING

SHOP = Cluster(
    nodes=(node("a"), node("b"), node("c")),
    pods=(pod("web-0", "a"), pod("web-1", "b"), pod("api-0", "c", 0.5, app="api")),
)


def runbook_of(outcome: Outcome) -> Runbook:
    assert outcome.runbook is not None
    return outcome.runbook


def acts(runbook: Runbook) -> list[tuple[str, str | None, str | None]]:
    return [(step.action.value, step.pod, step.to) for step in runbook.steps]


def test_without_being_asked_there_is_none() -> None:
    """An answer is as it was."""
    assert rebalance(SHOP, RebalanceRequest(), solver=QUICK).runbook is None
    assert rebalance(SHOP, solver=QUICK).runbook is None


def test_a_rebalance() -> None:
    """Every move is a step, and the nodes it frees end cordoned and named."""
    outcome = rebalance(SHOP, RebalanceRequest(runbook=True), solver=QUICK)
    runbook = runbook_of(outcome)
    evicted = {(one, to) for action, one, to in acts(runbook) if action == "evict"}
    assert evicted == {(move.pod, move.target) for move in outcome.moves}
    assert set(runbook.remove_nodes) == set(outcome.freed_nodes) != set()
    assert runbook.forecast.drain.nodes_in_use == outcome.metrics.after.nodes_in_use
    assert runbook.promised.energy == outcome.energy.after.total
    assert runbook.forecast.steer.energy == outcome.energy.after.total


def test_a_recovery() -> None:
    """Who lost a node waits for one already; nothing but a wait need be done."""
    request = RecoveryRequest(failed_nodes=("a",), cascade=False, runbook=True)
    runbook = runbook_of(recover(SHOP, request, solver=QUICK))
    assert [(action, one) for action, one, _ in acts(runbook)] == [
        ("wait", "shop/web-0"),
        ("wait", None),
    ]
    assert runbook.forecast.drain.pods_pending == 0
    assert runbook.forecast.drain.moves == 1


def test_a_recovery_that_gives_pods_up() -> None:
    """What fits nowhere waits in every forecast, and is counted: it ran before."""
    full = SHOP.replace(pods=(*SHOP.pods, pod("big-b", "b", 3), pod("big-c", "c", 3.5, app="c")))
    request = RecoveryRequest(failed_nodes=("a",), cascade=False, runbook=True)
    outcome = recover(full, request, solver=QUICK)
    assert [one.pod for one in outcome.unplaced] == ["shop/web-0"]
    runbook = runbook_of(outcome)
    assert runbook.forecast.drain.pods_pending == 1
    assert runbook.falls_short is None
    assert runbook.steps == ()


def test_a_placement() -> None:
    """New pods are created, and steered to their nodes where that is asked for."""
    new = ({"id": "new", "cpu_request": 250, "mem_request": 64, "count": 2},)
    asked = {"new_pods": new, "runbook": RunbookRequest(way=Way.STEER)}
    outcome = place(SHOP, PlacementRequest.model_validate(asked), solver=QUICK)
    runbook = runbook_of(outcome)
    planned = {placed.pod: placed.node for placed in outcome.placements}
    assert {one: to for action, one, to in acts(runbook) if action == "create"} == planned
    assert {one: to for action, one, to in acts(runbook) if action == "nominate"} == planned
    assert runbook.forecast.steer.landings == planned


def test_an_autoscale() -> None:
    """Each new replica is one scale step, and so is each that goes."""
    services = (
        {"id": "shop/web", "request_rate": 10, "target_rate": 10},
        {"id": "shop/api", "request_rate": 30, "target_rate": 10},
    )
    asked = {"services": services, "runbook": True}
    outcome = autoscale(SHOP, AutoscaleRequest.model_validate(asked), solver=QUICK)
    runbook = runbook_of(outcome)
    gone = [step for step in runbook.steps if step.action == "scale" and step.to is None]
    more = [step for step in runbook.steps if step.action == "scale" and step.to is not None]
    assert [step.pod for step in gone] == [one.pod for one in outcome.removed]
    assert {step.pod: step.to for step in more} == {one.pod: one.node for one in outcome.placements}
    assert len(gone) == 1
    assert len(more) == 2
    assert runbook.forecast.plain.pods_pending == 0


def test_a_runbook_has_time_of_the_call() -> None:
    """The solver leaves a fifth of what a call may take to what is made of its answer."""
    asked = RebalanceOptions.model_validate({"runbook": True, "solver": {"time_limit_s": 60}})
    assert asked.within(10).solver.time_limit_s == 8
    alone = RebalanceOptions.model_validate({"solver": {"time_limit_s": 60}})
    assert alone.within(10).solver.time_limit_s == 10


@pytest.mark.parametrize("question", list(CALLS))
def test_a_worker_is_told_the_question_by_its_name(question: Question) -> None:
    """Each is found again in another process, where the samplers are compared and charges made."""
    asked = CALLS[question].function
    assert pickle.loads(pickle.dumps(asked)) is asked


def test_what_comes_before_and_after_the_search_is_told() -> None:
    """On a large cluster either takes longer than a solve: the problem's building, the checks."""
    told: list[str] = []
    watch = Watch(report=lambda stage, *_: told.append(stage))
    rebalance(SHOP, RebalanceRequest(), solver=QUICK, watch=watch)
    assert told[0] == BUILDING
    assert told[-1] == CHECKING
    told.clear()
    place(SHOP, PlacementRequest(), solver=QUICK, watch=watch)
    assert told[0] == BUILDING
