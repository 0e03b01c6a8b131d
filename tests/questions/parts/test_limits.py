"""Headroom in every question and for every solver, and nodes that are never freed."""

from __future__ import annotations

import pytest

import kytos
from kytos.cluster import CPU, Cluster
from kytos.contract.params import SolverName
from kytos.errors import RequestRefused
from kytos.questions.autoscale.autoscale import autoscale
from kytos.questions.autoscale.request import AutoscaleRequest
from kytos.questions.placement.placement import place
from kytos.questions.placement.request import PlacementRequest
from kytos.questions.rebalance import RebalanceRequest, rebalance
from kytos.questions.recovery.recovery import RecoveryRequest, recover
from tests.questions.small import QUICK, cluster, node, pod

LOCAL = [
    SolverName.OPENJIJ_SA,
    SolverName.DWAVE_TABU,
    SolverName.HYBRID,
    SolverName.CP_SAT,
    SolverName.KUBE_SCHEDULER_MOST_ALLOCATED,
    SolverName.FIRST_FIT_DECREASING,
    SolverName.DESCHEDULER,
]
LIMIT = 0.8


@pytest.fixture
def thirds() -> Cluster:
    """Three nodes at a third each: one node holds all of them, but not at 80%."""
    nodes = [node(name, labels={"pool": "web"} if name != "c" else {}) for name in "abc"]
    return cluster(
        nodes, [pod(f"{name}-{at}", name, 110, 110) for name in "abc" for at in range(3)]
    )


@pytest.fixture
def full_already() -> Cluster:
    """Node a is at 90%, b and c have a little each."""
    nodes = [node(name) for name in "abc"]
    pods = [pod(f"a-{at}", "a", 150, 150) for at in range(6)]
    return cluster(nodes, [*pods, pod("b-0", "b"), pod("c-0", "c")])


def held(planned: Cluster, name: str) -> int:
    return sum(each.requests[CPU] for each in planned.pods_by_node[name])


@pytest.mark.parametrize("solver", LOCAL)
def test_no_solver_fills_a_node_past_the_limit(
    thirds: Cluster, full_already: Cluster, solver: SolverName
) -> None:
    """Whatever solver is asked, nodes stay within it, and one above it never grows."""
    for given, bound in ((thirds, {}), (full_already, {"a": 900})):
        request = RebalanceRequest(max_utilization=LIMIT)
        outcome = rebalance(given, request, solver=solver, params=QUICK)
        planned = given.with_placement(outcome.placement)
        for each in "abc":
            assert held(planned, each) <= bound.get(each, 800)


def test_headroom_costs_a_node(thirds: Cluster) -> None:
    """At 100% one node holds everything (990 of 1000), at 80% it takes two."""
    full = rebalance(thirds, params=QUICK)
    kept = rebalance(thirds, RebalanceRequest(max_utilization=LIMIT), params=QUICK)
    assert (full.metrics.after.nodes_in_use, kept.metrics.after.nodes_in_use) == (1, 2)


def test_placement_leaves_the_headroom(full_already: Cluster) -> None:
    """Of 16 new pods of 100 only those get a node that leave a fifth of b and c free."""
    new = {"id": "new", "cpu_request": 100, "mem_request": 0, "count": 16}
    request = PlacementRequest.model_validate({"new_pods": [new], "max_utilization": LIMIT})
    outcome = place(full_already, request, params=QUICK)
    assert len(outcome.placements) == 14
    assert all("filled to 80% at most" in each.reason for each in outcome.unplaced)


def test_autoscale_leaves_the_headroom(full_already: Cluster) -> None:
    """A service is granted what leaves a fifth of b and c free."""
    service = {"id": "new", "replicas": 0, "request_rate": 160, "target_rate": 10}
    service |= {"cpu_request": 100, "mem_request": 0, "max_replicas": 100}
    request = AutoscaleRequest.model_validate({"services": [service], "max_utilization": LIMIT})
    outcome = autoscale(full_already, request, params=QUICK)
    assert outcome.actions[0].recommended_replicas == 14
    assert all(new.node != "a" for new in outcome.placements)


def test_kept_nodes_are_never_freed(thirds: Cluster) -> None:
    """By name or by label; all that is not kept still comes free."""
    by_label = rebalance(thirds, RebalanceRequest(keep_nodes=("pool=web",)), params=QUICK)
    assert by_label.freed_nodes == ("c",)
    assert by_label.kept_nodes == {"a": "keep_nodes names it", "b": "keep_nodes names it"}
    by_name = rebalance(thirds, RebalanceRequest(keep_nodes=("c",)), params=QUICK)
    assert set(by_name.freed_nodes) == {"a", "b"}


@pytest.mark.parametrize("name", ["d", "pool=db", "pool", "=web"])
@pytest.mark.parametrize("question", ["rebalance", "recover", "place", "autoscale"])
def test_a_kept_node_that_is_not_there_is_refused(
    thirds: Cluster, name: str, question: str
) -> None:
    """The field is named, in every question."""
    answer, request = {
        "rebalance": (rebalance, RebalanceRequest),
        "recover": (recover, RecoveryRequest),
        "place": (place, PlacementRequest),
        "autoscale": (autoscale, AutoscaleRequest),
    }[question]
    with pytest.raises(RequestRefused, match=r"keep_nodes\[1\]"):
        answer(thirds, request(keep_nodes=("a", name)), params=QUICK)  # type: ignore[operator]


def test_risk_is_told_of_the_plan_without_what_it_frees() -> None:
    """Two nodes half full free one of them; what is left has nowhere to go when it fails."""
    pair = cluster(
        [node("a", zone="z1"), node("b", zone="z2")],
        [pod("a-0", "a", 400, 100), pod("b-0", "b", 400, 100)],
    )
    before = rebalance(pair, RebalanceRequest(risk=True, max_moves=0), params=QUICK).risk
    after = rebalance(pair, RebalanceRequest(risk=True), params=QUICK).risk
    assert before is not None
    assert after is not None
    assert (before.node.survivable, before.node.of, before.node.fatal) == (2, 2, ())
    assert (after.node.survivable, after.node.of) == (0, 1)
    assert after.zone.fatal in (("z1",), ("z2",))
    assert (before.peak_cpu, after.peak_cpu) == (0.4, 0.8)


@pytest.mark.parametrize("question", ["recover", "place", "autoscale"])
def test_every_question_tells_its_risk(thirds: Cluster, question: str) -> None:
    """Where it is asked, and not otherwise."""
    answer, request = {
        "recover": (recover, RecoveryRequest(failed_nodes=("a",), risk=True)),
        "place": (place, PlacementRequest(risk=True)),
        "autoscale": (autoscale, AutoscaleRequest(risk=True)),
    }[question]
    asked = answer(thirds, request, params=QUICK).risk  # type: ignore[operator]
    assert isinstance(asked, kytos.questions.recovery.risk.Risk)
    assert asked.node.of == (2 if question == "recover" else 3)
    assert asked.node.survivable == asked.node.of
    assert asked.zone.of == 0
    silent = request.model_copy(update={"risk": False})
    assert answer(thirds, silent, params=QUICK).risk is None  # type: ignore[operator]
