"""What pods use together is a limit like any other: told, kept in failures, keeping nodes."""

from __future__ import annotations

from typing import Any

import pytest

import kytos
from kytos.calls.catalogue import RECOVERY, RecoveryBody
from kytos.cluster import Cluster
from kytos.contract.params import SolverName
from kytos.questions.parts.known_use import judged_by
from kytos.questions.parts.limits import LoadFrom
from kytos.questions.rebalance import RebalanceRequest
from kytos.questions.recovery.atlas import AtlasRequest, atlas
from kytos.questions.recovery.recovery import RecoveryRequest
from kytos.questions.why_not_freed import Keeper
from kytos.rules.why_not import WhyNot, as_json, why_not

BY_USE: dict[str, Any] = {"load_from": LoadFrom.USAGE}


@pytest.fixture
def busy() -> Cluster:
    """Two nodes of 2 cores, a pod on each that requests 0.2 cores and uses 1.2."""
    body = {
        "nodes": [{"id": f"n{i}", "cpu_capacity": 2000, "mem_capacity": 8000} for i in (1, 2)],
        "pods": [
            {
                "id": f"p{i}",
                "cpu_request": 200,
                "mem_request": 256,
                "current_node": f"n{i}",
                "expected_cpu": 1200,
            }
            for i in (1, 2)
        ],
    }
    return RECOVERY.cluster(RecoveryBody.model_validate(body))


def test_why_not_names_the_limit(busy: Cluster) -> None:
    """Beyond the scheduler, which would bind the pod; where it runs there is room for it."""
    request = RecoveryRequest(**BY_USE, max_used=0.9)
    (answer,) = why_not(judged_by(busy, request), ["p1"])
    assert answer.verdicts == (None, None)
    (refusal,) = answer.beyond
    assert (refusal.rule, refusal.node) == ("max_used", "n2")
    assert refusal.reason == "cpu in use: the pod uses 1200m, 600m left below max_used 90%"
    assert (
        answer.summary == "2 of 2 nodes available; of those available 1 too much in use (max_used)"
    )
    assert as_json([answer], ["n1", "n2"])["p1"] == {"n1": None, "n2": refusal.reason}
    assert answer.remedies == ()  # both together use more than the node has
    (plain,) = why_not(busy, ["p1"])
    assert plain.beyond == ()


def test_why_not_names_the_share_that_would_let_it_in(busy: Cluster) -> None:
    """At the share it names the pod fits, and at less it does not."""
    gentle = tuple(pod.model_copy(update={"expected": {"cpu": 700}}) for pod in busy.pods)
    calm = busy.replace(pods=gentle)

    def asked(max_used: float) -> WhyNot:
        return why_not(judged_by(calm, RecoveryRequest(**BY_USE, max_used=max_used)), ["p1"])[0]

    (remedy,) = asked(0.5).remedies
    assert (remedy.node, remedy.change) == ("n2", "ask for a max_used of at least 0.7")
    assert asked(0.7).beyond == ()
    assert asked(0.699).beyond


def test_a_pod_given_up_for_its_use_says_so(busy: Cluster) -> None:
    """A recovery that would fit by requests names what keeps the pod off the survivor."""
    request = RecoveryRequest(failed_nodes=("n1",))
    assert not kytos.recover(busy, request, solver=SolverName.CP_SAT).unplaced
    by_use = request.model_copy(update=BY_USE)
    (given_up,) = kytos.recover(busy, by_use, solver=SolverName.CP_SAT).unplaced
    assert given_up.reason == "0 of 1 nodes: 1 too much in use (max_used)"


def test_a_node_kept_by_use_says_so(busy: Cluster) -> None:
    """What keeps the node is told apart from headroom."""
    request = RebalanceRequest(**BY_USE, why_not_freed=True)
    outcome = kytos.rebalance(busy, request, solver=SolverName.CP_SAT)
    assert {told.keeper for told in outcome.why_not_freed or ()} == {Keeper.USE}


def test_failures_are_judged_by_use_too(busy: Cluster) -> None:
    """A node's pods find no node where together they would use more than it has."""
    for counted, survivable in (({}, 2), (BY_USE, 0)):
        request = RebalanceRequest(**counted, risk=True, must_stay=("p1", "p2"))
        outcome = kytos.rebalance(busy, request, solver=SolverName.CP_SAT)
        assert outcome.risk is not None
        assert (outcome.risk.node.survivable, outcome.risk.node.of) == (survivable, 2)
        reports = atlas(busy, AtlasRequest(**counted)).nodes
        assert sum(report.survivable for report in reports) == survivable
        held = RebalanceRequest(**counted, survive=("node",))
        # By requests one node is enough, but then its failure would be fatal.
        assert kytos.rebalance(busy, held).metrics.after.nodes_in_use == 2
