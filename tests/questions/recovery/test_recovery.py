"""Recovery: the promise by class, what is not evacuated, who may give way, and what comes next."""

from __future__ import annotations

import pytest

from kytos.cluster import (
    ZONE,
    Claim,
    Cluster,
    DisruptionBudget,
    LabelSelector,
    NodeTerm,
    Owner,
    Phase,
    Requirement,
    Volume,
)
from kytos.contract.params import SolverName
from kytos.contract.watch import StopReason, Watch
from kytos.contract.weights import Weights
from kytos.errors import RequestRefused
from kytos.questions.parts.most_placed import place_quickly
from kytos.questions.recovery.failure import HowNodesFail, fail
from kytos.questions.recovery.recovery import (
    RecoveryOutcome,
    RecoveryRequest,
    recover,
    recovery_problem,
)
from kytos.solvers.cpsat import MostPlaced
from kytos.sources.body import ClusterBody, cluster_from_body
from tests.questions.recovery.random_failures import (
    first_fit,
    most_by_class,
    placed_by_class,
    tight_failure,
)
from tests.questions.small import QUICK, cluster, node, pod

LOST = RecoveryRequest(failed_nodes=("lost",), cascade=False)


def where(outcome: RecoveryOutcome) -> dict[str, str]:
    return {placed.pod: placed.node for placed in outcome.placements}


@pytest.fixture(scope="module")
def tight() -> dict[int, tuple[int, ...]]:
    """By seed, the counts of 200 instances on which first-fit by priority falls short."""
    found: dict[int, tuple[int, ...]] = {}
    seed = 0
    while len(found) < 200:
        best = most_by_class(tight_failure(seed))
        if first_fit(tight_failure(seed)) < best:
            found[seed] = best
        seed += 1
    return found


@pytest.mark.parametrize(
    ("solver", "instances"), [(SolverName.FIRST_FIT_DECREASING, 200), (SolverName.OPENJIJ_SA, 25)]
)
def test_the_promise_is_kept_to_the_optimum(
    tight: dict[int, tuple[int, ...]], solver: SolverName, instances: int
) -> None:
    """Counts placed, class by class, equal mixed-integer programming's on at least 95 %."""
    exact = 0
    for seed, best in list(tight.items())[:instances]:
        lost = tight_failure(seed)
        outcome = recover(lost, LOST, solver=solver, params=QUICK)
        placed = placed_by_class(lost, [found.pod for found in outcome.placements])
        assert len(lost.pods) >= 8
        assert first_fit(lost) <= placed <= best, f"seed {seed}"
        exact += placed == best
    assert exact >= 0.95 * instances


@pytest.fixture
def two_for_one() -> Cluster:
    """Room for one pod of two: the important one, or the redundant replica beside it."""
    return cluster(
        [node("lost"), node("left", 300)],
        [
            pod("a", "lost", 300, priority=1),
            pod("b", "lost", 300, priority=10),
            pod("c", "left", 0, priority=0),
        ],
    )


def test_the_higher_priority_is_placed(two_for_one: Cluster) -> None:
    """With room for one, the higher one gets it and the other is explained by the rules."""
    outcome = recover(two_for_one, LOST, params=QUICK)
    assert where(outcome) == {"b": "left"}
    (unplaced,) = outcome.unplaced
    assert (unplaced.pod, unplaced.priority) == ("a", 1)
    assert unplaced.reason == "0 of 1 nodes: 1 insufficient cpu"


def test_no_weight_pays_for_leaving_a_pod_out(two_for_one: Cluster) -> None:
    """Load at a thousand and constraints at nothing: a pod that fits is still placed."""
    outcome = recover(two_for_one, LOST, weights=Weights(A=0, B=1000), params=QUICK)
    assert where(outcome) == {"b": "left"}


def test_a_sole_instance_comes_before_a_redundant_replica() -> None:
    """At equal priority the service that would drop to nothing gets the room."""
    lost = cluster(
        [node("lost"), node("left", 200)],
        [
            pod("a-1", "lost", 200, service="a"),
            pod("a-2", "left", 0, service="a"),
            pod("b-1", "lost", 200, service="b"),
        ],
    )
    assert where(recover(lost, LOST, params=QUICK)) == {"b-1": "left"}


def test_one_replica_of_each_rather_than_two_of_one() -> None:
    """Of two services lost whole, both get one back before either gets its second."""
    lost = cluster(
        [node("lost"), node("left", 200)],
        [pod(f"{s}-{n}", "lost", 100, service=s) for s in "ab" for n in (1, 2)],
    )
    outcome = recover(lost, LOST, params=QUICK)
    assert sorted(name[0] for name in where(outcome)) == ["a", "b"]


def test_any_replica_brings_its_service_back() -> None:
    """Of b only one replica may run anywhere: it comes before a second of a, which levels more."""
    lost = cluster(
        [node("lost"), node("left", 400)],
        [
            pod("a-1", "lost", 200, service="a"),
            pod("a-2", "lost", 200, service="a"),
            pod("b-1", "lost", 100, service="b", node_selector={"disk": "none"}),
            pod("b-2", "lost", 150, service="b"),
        ],
    )
    outcome = recover(lost, LOST, weights=Weights(D=0), params=QUICK)
    assert sorted(name[0] for name in where(outcome)) == ["a", "b"]


def test_survivors_are_filled_to_the_limit_at_most() -> None:
    """At 50 % utilisation a survivor of 1000 takes five pods of 100, and the reason says so."""
    lost = cluster([node("lost"), node("left")], [pod(f"p{n}", "lost", 100) for n in range(6)])
    outcome = recover(lost, LOST.model_copy(update={"max_utilization": 0.5}), params=QUICK)
    assert len(outcome.placements) == 5
    assert "insufficient cpu" in outcome.unplaced[0].reason
    assert "(filled to 50% at most)" in outcome.unplaced[0].reason
    assert outcome.survivors[0].cpu_after == pytest.approx(0.5)


def test_survivors_are_levelled() -> None:
    """Four equal pods on two empty survivors go two and two."""
    lost = cluster(
        [node("lost"), node("x"), node("y")], [pod(f"p{n}", "lost", 200) for n in range(4)]
    )
    outcome = recover(lost, LOST, params=QUICK)
    assert sorted(where(outcome).values()) == ["x", "x", "y", "y"]


def test_what_belongs_to_the_node_stays_with_it() -> None:
    """DaemonSet, mirror, bare and finished pods are not evacuated, each with its reason."""
    lost = cluster(
        [node("lost"), node("left")],
        [
            pod("agent", "lost", owner=Owner(kind="DaemonSet", name="agent")),
            pod("static", "lost", mirror=True),
            pod("bare", "lost", owner=None),
            pod("done", "lost", phase=Phase.SUCCEEDED),
            pod("wanted", "lost", owner=None, movable=True),
        ],
    )
    outcome = recover(lost, LOST, params=QUICK)
    assert where(outcome) == {"wanted": "left"}
    reasons = {found.pod: found.reason for found in outcome.left_behind}
    assert sorted(reasons) == ["agent", "bare", "static"]
    assert "would not create it again" in reasons["bare"]
    assert "DaemonSet agent" in reasons["agent"]
    assert outcome.placement == {"agent": None, "static": None, "bare": None, "wanted": "left"}


def test_a_pod_whose_volume_is_in_the_lost_zone_is_stuck() -> None:
    """There is room, but its volume cannot be reached: named as stuck, with the volume."""
    here = NodeTerm(expressions=(Requirement(key=ZONE, operator="In", values=("a",)),))
    lost = cluster(
        [node("lost", zone="a"), node("left", zone="b")],
        [pod("db", "lost", claims=("data",)), pod("web", "lost")],
        claims=(Claim(name="data", namespace="default", volume="disk"),),
        volumes=(Volume(name="disk", required_node_terms=(here,)),),
    )
    outcome = recover(lost, RecoveryRequest(failed_zones=("a",), cascade=False), params=QUICK)
    assert where(outcome) == {"web": "left"}
    (unplaced,) = outcome.unplaced
    assert unplaced.stuck
    assert "volume disk of claim data" in unplaced.reason


@pytest.fixture
def full_survivor() -> Cluster:
    """The only survivor is full of pods of priorities 5 and 20; one of 10 loses its node."""
    return cluster(
        [node("lost"), node("left", 400)],
        [
            pod("evacuee", "lost", 200, priority=10),
            pod("lower", "left", 200, priority=5),
            pod("higher", "left", 200, priority=20),
        ],
    )


def test_preemption_takes_only_lower_ones(full_survivor: Cluster) -> None:
    """As in Kubernetes the lower one gives way, never the higher; asked not to, nobody does."""
    forbidden = LOST.model_copy(update={"allow_preemption": False})
    assert where(recover(full_survivor, forbidden, params=QUICK)) == {}
    outcome = recover(full_survivor, LOST, params=QUICK)
    assert where(outcome) == {"evacuee": "left"}
    assert outcome.preempted == ("lower",)
    assert outcome.placement["lower"] is None


def test_equals_do_not_drive_each_other_out() -> None:
    """Two small evacuees would fit where one running pod of their priority is: it stays."""
    lost = cluster(
        [node("lost"), node("left", 200)],
        [
            pod("one", "lost", 100, priority=5),
            pod("two", "lost", 100, priority=5),
            pod("top", "lost", 900, priority=9),
            pod("runs", "left", 200, priority=5),
        ],
    )
    outcome = recover(lost, LOST.model_copy(update={"allow_preemption": True}), params=QUICK)
    assert outcome.preempted == ()
    assert outcome.placement["runs"] == "left"


def test_what_care_would_keep_gives_way_all_the_same(full_survivor: Cluster) -> None:
    """The scheduler preempts by priority: no controller and no mark is asked."""
    bare = full_survivor.replace(
        pods=tuple(
            p.model_copy(update={"owner": None, "local_storage": True, "movable": None})
            if p.id == "lower"
            else p
            for p in full_survivor.pods
        )
    )
    assert recover(bare, LOST, params=QUICK).preempted == ("lower",)


def test_a_patient_pod_waits_while_another_preempts(full_survivor: Cluster) -> None:
    """Of two that need the room the one that may preempt gets it, though it is less important."""
    patient = pod("patient", "lost", 200, priority=15).model_copy(update={"preempts": False})
    both = full_survivor.replace(pods=(*full_survivor.pods, patient))
    outcome = recover(both, LOST, params=QUICK)
    assert where(outcome) == {"evacuee": "left"}
    assert outcome.preempted == ("lower",)
    alone = full_survivor.replace(pods=tuple(p for p in both.pods if p.id != "evacuee"))
    waits = recover(alone, LOST, params=QUICK)
    assert (waits.preempted, where(waits)) == ((), {})


def test_nobody_gives_way_where_there_is_room() -> None:
    """Preempting would level better, but the scheduler does it only for what fits nowhere."""
    roomy = cluster(
        [node("lost"), node("left", 400)],
        [pod("evacuee", "lost", 100, priority=10), pod("lower", "left", 200, priority=5)],
    )
    outcome = recover(roomy, LOST, params=QUICK)
    assert (outcome.preempted, where(outcome)) == ((), {"evacuee": "left"})


def test_a_stateful_pod_stays_with_a_node_that_is_only_not_ready() -> None:
    """It stays Terminating; a Deployment's is replaced, and of a deleted node both are."""
    lost = cluster(
        [node("lost"), node("left", 400)],
        [
            pod("db-0", "lost", 100).model_copy(
                update={"owner": Owner(kind="StatefulSet", name="db")}
            ),
            pod("web-1", "lost", 100),
        ],
    )
    assert where(recover(lost, LOST, params=QUICK)) == {"db-0": "left", "web-1": "left"}
    not_ready = LOST.model_copy(update={"how": HowNodesFail.NOT_READY})
    outcome = recover(lost, not_ready, params=QUICK)
    assert where(outcome) == {"web-1": "left"}
    (left,) = outcome.left_behind
    assert left.pod == "db-0"
    assert "StatefulSet db" in left.reason


def test_another_scheduler_s_pod_is_that_one_s_to_place() -> None:
    """Unless the caller names that scheduler."""
    lost = cluster(
        [node("lost"), node("left", 400)],
        [pod("v", "lost", 100).model_copy(update={"scheduler": "volcano"})],
    )
    outcome = recover(lost, LOST, params=QUICK)
    assert where(outcome) == {}
    assert "volcano" in outcome.left_behind[0].reason
    ours = LOST.model_copy(update={"schedulers": ("volcano",)})
    assert where(recover(lost, ours, params=QUICK)) == {"v": "left"}


@pytest.fixture
def in_the_way() -> Cluster:
    """A large pod needs a whole survivor, which a small one stands on; both survivors have one."""
    return cluster(
        [node("lost"), node("x", 400), node("y", 400)],
        [pod("large", "lost", 400), pod("s-1", "x", 100), pod("s-2", "y", 100)],
    )


def test_moves_make_room_where_they_are_allowed(in_the_way: Cluster) -> None:
    """One small pod joins the other and the large one is placed; without leave it is not."""
    assert where(recover(in_the_way, LOST, params=QUICK)) == {}
    outcome = recover(in_the_way, LOST.model_copy(update={"allow_moves": True}), params=QUICK)
    assert len(outcome.moves) == 1
    assert where(outcome) == {"large": outcome.moves[0].origin}


def test_a_budget_used_up_by_the_failure_allows_no_move(in_the_way: Cluster) -> None:
    """A budget of one disruption is consumed by the replica that was lost with its node."""
    labelled = tuple(p.model_copy(update={"labels": {"app": "x"}}) for p in in_the_way.pods)
    budget = DisruptionBudget(
        name="b",
        namespace="default",
        selector=LabelSelector(
            requirements=(Requirement(key="app", operator="In", values=("x",)),)
        ),
        disruptions_allowed=1,
    )
    held = in_the_way.replace(pods=labelled, budgets=(budget,))
    outcome = recover(held, LOST.model_copy(update={"allow_moves": True}), params=QUICK)
    assert outcome.moves == ()


def test_the_weights_change_the_plan() -> None:
    """D keeps replicas apart against load, and C keeps running pods where they are."""
    uneven = cluster(
        [node("lost"), node("x"), node("y")],
        [
            pod("w-1", "x", 50, service="w"),
            pod("w-2", "lost", 50, service="w"),
            pod("other", "y", 300),
        ],
    )
    assert where(recover(uneven, LOST, weights=Weights(D=0), params=QUICK)) == {"w-2": "x"}
    assert where(recover(uneven, LOST, weights=Weights(D=50), params=QUICK)) == {"w-2": "y"}
    crowded = cluster(
        [node("lost"), node("x"), node("y")],
        [pod("e", "lost", 10), *(pod(f"p{n}", "x", 200) for n in range(4))],
    )
    moving = LOST.model_copy(update={"allow_moves": True})
    assert len(recover(crowded, moving, weights=Weights(C=0), params=QUICK).moves) == 2
    assert recover(crowded, moving, weights=Weights(C=1000), params=QUICK).moves == ()


def test_load_decides_where_it_has_weight() -> None:
    """With B at nothing a replica's own node is as good as the emptiest; with B it is not."""
    uneven = cluster(
        [node("lost"), node("x"), node("y")],
        [pod("e", "lost", 200), pod("r", "x", 600), pod("a-1", "y", 10, service="e")],
    )
    pulled = uneven.replace(
        pods=tuple(p.model_copy(update={"service": "e"}) if p.id == "e" else p for p in uneven.pods)
    )
    assert where(recover(pulled, LOST, weights=Weights(B=0), params=QUICK)) == {"e": "x"}
    assert where(recover(pulled, LOST, weights=Weights(B=10), params=QUICK)) == {"e": "y"}


def test_the_cascade_check_names_what_comes_next() -> None:
    """After the plan, the survivor that now holds all cannot fail; the empty one can."""
    lost = cluster(
        [node("lost", 900), node("big", 900), node("tiny", 100)],
        [pod("p", "lost", 500)],
    )
    outcome = recover(lost, LOST.model_copy(update={"cascade": True}), params=QUICK)
    assert {found.name: found.survivable for found in outcome.cascade} == {
        "big": False,
        "tiny": True,
    }
    assert outcome.cascade[0].lost_pods == ("p",)


def test_pods_of_a_body_on_unlisted_nodes_are_evacuated() -> None:
    """The nodes of a body are the survivors; a pod that waited before stays waiting."""
    body = ClusterBody.model_validate(
        {
            "nodes": [{"id": "left", "cpu_capacity": 1000, "mem_capacity": 1000}],
            "pods": [
                {"id": "a", "cpu_request": 100, "mem_request": 100, "current_node": "gone"},
                {"id": "b", "cpu_request": 100, "mem_request": 100},
            ],
        }
    )
    lost = cluster_from_body(body, evacuate_unknown=True)
    outcome = recover(lost, RecoveryRequest(cascade=False), params=QUICK)
    assert where(outcome) == {"a": "left"}
    assert outcome.placement == {"a": "left", "b": None}


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (RecoveryRequest(failed_nodes=("x", "x")), r"failed_nodes\[1\]: 'x' is named twice"),
        (RecoveryRequest(failed_nodes=("z",)), r"failed_nodes\[0\]: there is no node 'z'"),
        (RecoveryRequest(failed_zones=("mars",)), r"failed_zones\[0\]: no node is in zone 'mars'"),
        (RecoveryRequest(failed_nodes=("lost", "x", "y")), "no survivor"),
        (RecoveryRequest(failed_spot=True), "failed_spot: no node carries"),
    ],
)
def test_what_cannot_be_asked_is_said_in_a_sentence(
    in_the_way: Cluster, request_: RecoveryRequest, words: str
) -> None:
    """Unknown or repeated nodes, no survivors, no spot nodes: refused, the field named."""
    with pytest.raises(RequestRefused, match=words):
        recover(in_the_way, request_, params=QUICK)


def test_spot_nodes_fail_together() -> None:
    """Every node with a provisioner's spot label fails, and no other."""
    spot = {"karpenter.sh/capacity-type": "spot"}
    lost = cluster(
        [node("s-1", labels=spot), node("s-2", labels=spot), node("left")], [pod("p", "s-2")]
    )
    outcome = recover(lost, RecoveryRequest(failed_spot=True, cascade=False), params=QUICK)
    assert outcome.failed_nodes == ("s-1", "s-2")
    assert where(outcome) == {"p": "left"}


def test_a_pod_larger_than_any_node_leaves_the_rest_alone() -> None:
    """It is given up with its reason; the others are placed and levelled as without it."""
    lost = cluster(
        [node("lost", 9000), node("x"), node("y")],
        [pod("huge", "lost", 8000), *(pod(f"p{n}", "lost", 200) for n in range(2))],
    )
    outcome = recover(lost, LOST, params=QUICK)
    assert sorted(where(outcome).values()) == ["x", "y"]
    assert outcome.unplaced[0].reason == "0 of 2 nodes: 2 insufficient cpu"


def test_small_pods_before_large_ones_where_not_all_fit() -> None:
    """Of one class, ten pods of 100 fit where one of 1000 would: the most are placed."""
    lost = cluster(
        [node("lost", 9000), node("left")],
        [pod("large", "lost", 1000), *(pod(f"p{n}", "lost", 100) for n in range(10))],
    )
    problem = recovery_problem(fail(lost, ["lost"]), LOST)
    placement, proven = place_quickly(problem, Watch())
    assert (placement >= 0).sum() == 10
    assert not proven  # `large` fits alone


@pytest.mark.parametrize(
    ("proven", "kept_proven", "told"),
    [
        (True, True, "proven the most possible."),
        (True, False, "proven the most possible; that no other choice keeps more services up is"),
        (False, False, "are the best found; that no more fit is not proven."),
    ],
)
def test_what_is_proven_of_the_counts_is_said_apart(
    monkeypatch: pytest.MonkeyPatch, proven: bool, kept_proven: bool, told: str
) -> None:
    """An open choice among pods that count alike does not take back that no more of them fit."""
    lost = cluster(
        [node("lost", 9000), node("left")], [pod("a", "lost", 700, 1), pod("b", "lost", 700, 1)]
    )
    monkeypatch.setattr(
        "kytos.questions.parts.most_placed.place_most",
        lambda *_, hint, **__: MostPlaced(hint, proven, kept_proven),
    )
    (said,) = [
        words for words in recover(lost, LOST, params=QUICK).solver.messages if "counts" in words
    ]
    assert told in said


def test_a_limit_is_the_decimal_number_it_was_given_as() -> None:
    """57 % of 100 is 57, though 100 times the float 0.57 is less."""
    lost = cluster([node("lost"), node("left", 100)], [pod("p", "lost", 57, 1)])
    outcome = recover(lost, LOST.model_copy(update={"max_utilization": 0.57}), params=QUICK)
    assert where(outcome) == {"p": "left"}


def test_when_the_clock_ends_it_the_rest_is_named() -> None:
    """With next to no time every pod with plain room still gets a node; no node was checked."""
    lost = cluster(
        [node("lost", 9000), *(node(f"n{n}") for n in range(30))],
        [pod(f"p{n}", "lost", 200) for n in range(40)],
    )
    outcome = recover(
        lost,
        RecoveryRequest(failed_nodes=("lost",)),
        params=QUICK.model_copy(update={"time_limit_s": 1e-6}),
    )
    assert len(outcome.placements) == 40
    assert outcome.solver.stopped_by is StopReason.CLOCK
    assert [report.checked for report in outcome.cascade] == [False] * 30
