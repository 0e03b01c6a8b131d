"""Which pods must stay, and how many may go."""

from __future__ import annotations

import pytest

from kytos.cluster import Cluster, DisruptionBudget, LabelSelector, Owner, Phase, Pod
from kytos.rules.eviction import movability, move_limits
from kytos.rules.keep_marks import (
    DO_NOT_DISRUPT,
    DO_NOT_EVICT,
    PREFER_NO_EVICTION,
    SAFE_TO_EVICT,
)
from tests.rules.small import labelled, node, pod

DAEMON = Owner(kind="DaemonSet", name="agent")
JOB = Owner(kind="Job", name="batch")


def reason(**fields: object) -> str | None:
    """Why a bound pod with these fields must stay, None if it may move."""
    found = Cluster(nodes=(node("n"),), pods=(pod("p", **({"at": "n"} | fields)),))
    return movability(found)["default/p"]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, None),
        ({"owner": JOB}, None),
        ({"at": None}, "not bound"),
        ({"phase": Phase.SUCCEEDED}, "finished"),
        ({"terminating": True}, "being deleted"),
        ({"mirror": True}, "static pod"),
        ({"owner": DAEMON}, "DaemonSet agent"),
        ({"owner": None}, "no controller"),
        ({"local_storage": True}, "local storage"),
        ({"annotations": {SAFE_TO_EVICT: "false"}}, "safe-to-evict is false"),
        ({"annotations": {DO_NOT_DISRUPT: "true"}}, "do-not-disrupt"),
        ({"annotations": {DO_NOT_DISRUPT: "false"}}, None),
        ({"annotations": {DO_NOT_EVICT: "true"}}, "do-not-evict is true"),
        ({"annotations": {DO_NOT_DISRUPT: "720h"}}, "asks for 720h"),
        ({"annotations": {PREFER_NO_EVICTION: ""}}, "asks the descheduler"),
        ({"priority": 2_000_001_000}, "system-critical"),
        ({"priority": 1_000_000_000}, None),
        ({"annotations": {SAFE_TO_EVICT: "true"}, "owner": None, "local_storage": True}, None),
        ({"movable": False}, "set to stay"),
    ],
)
def test_each_reason_is_told(fields: dict[str, object], why: str | None) -> None:
    """One sentence that says what is in the way, or None."""
    found = reason(**fields)
    assert (found is None) if why is None else (found is not None and why in found)


@pytest.mark.parametrize(
    ("fields", "movable"),
    [
        ({"owner": None}, True),
        ({"local_storage": True}, True),
        ({"annotations": {SAFE_TO_EVICT: "false"}}, True),
        ({"priority": 2_000_001_000}, True),
        ({"owner": DAEMON}, False),
        ({"mirror": True}, False),
        ({"terminating": True}, False),
    ],
)
def test_the_user_s_word_wins_over_care_alone(fields: dict[str, object], movable: bool) -> None:
    """Not over what would not work."""
    assert (reason(movable=True, **fields) is None) is movable


@pytest.mark.parametrize(("movable", "stays"), [(None, True), (True, False)])
def test_a_node_not_to_be_disrupted_keeps_its_pods(movable: bool | None, stays: bool) -> None:
    """Unless the user says otherwise of a pod."""
    quiet = node("n", annotations={DO_NOT_DISRUPT: "true"})
    cluster = Cluster(nodes=(quiet,), pods=(pod("p", "n", movable=movable),))
    assert (movability(cluster)["default/p"] is not None) is stays


def budget(name: str, left: int, selector: LabelSelector | None) -> DisruptionBudget:
    return DisruptionBudget(
        name=name, namespace="default", selector=selector, disruptions_allowed=left
    )


def replicas(count: int, **fields: object) -> tuple[Pod, ...]:
    return tuple(
        pod(f"web-{number}", "n", labels={"app": "web"}, **fields) for number in range(count)
    )


def with_budgets(*budgets: DisruptionBudget, pods: tuple[Pod, ...]) -> Cluster:
    return Cluster(nodes=(node("n"),), pods=pods, budgets=budgets)


def test_a_budget_with_nothing_left_pins() -> None:
    """Whatever the user says: the Eviction API would refuse."""
    cluster = with_budgets(budget("web", 0, labelled(app="web")), pods=replicas(1, movable=True))
    assert movability(cluster)["default/web-0"] == (
        "disruption budget default/web allows no disruption now"
    )


def test_a_budget_that_nobody_counted_pins_and_says_so() -> None:
    """From a file without statuses it is the status that lacks, not the replicas."""
    uncounted = budget("web", 0, labelled(app="web")).model_copy(update={"counted": False})
    cluster = with_budgets(uncounted, pods=replicas(1))
    assert movability(cluster)["default/web-0"] == (
        "disruption budget default/web allows none: its status was never counted"
    )


def test_several_budgets_pin() -> None:
    """The Eviction API answers 500 for a pod that two budgets match."""
    both = (budget("web", 5, labelled(app="web")), budget("all", 5, LabelSelector()))
    why = movability(with_budgets(*both, pods=replicas(1)))["default/web-0"]
    assert why is not None
    assert "default/web, default/all" in why


@pytest.mark.parametrize(
    ("selector", "fields", "limits"),
    [
        pytest.param(labelled(app="web"), {}, [2], id="matches"),
        pytest.param(LabelSelector(), {}, [2], id="an empty selector matches the namespace"),
        pytest.param(None, {}, [], id="no selector matches nothing"),
        pytest.param(labelled(app="db"), {}, [], id="others"),
        pytest.param(labelled(app="web"), {"phase": Phase.PENDING}, [], id="pending pods"),
        pytest.param(labelled(app="web"), {"namespace": "other"}, [], id="another namespace"),
    ],
)
def test_a_budget_limits_all_moves_together(
    selector: LabelSelector | None, fields: dict[str, object], limits: list[int]
) -> None:
    """Three replicas of which two may go."""
    cluster = with_budgets(budget("web", 2, selector), pods=replicas(3, **fields))
    found = move_limits(cluster, cluster.pods)
    assert [limit.limit for limit in found] == limits
    assert [limit.members.tolist() for limit in found] == [[True] * 3 for _ in limits]


def test_a_budget_that_allows_all_limits_nothing() -> None:
    """Nor does one whose pods are not decided on."""
    cluster = with_budgets(budget("web", 3, labelled(app="web")), pods=replicas(3))
    assert move_limits(cluster, cluster.pods) == ()
    tight = with_budgets(budget("web", 0, labelled(app="web")), pods=replicas(3))
    assert move_limits(tight, ()) == ()


@pytest.mark.parametrize(
    ("freely", "ready", "movable"),
    [(True, False, True), (True, True, False), (False, False, False)],
)
def test_a_pod_that_is_not_ready_may_leave_freely(freely: bool, ready: bool, movable: bool) -> None:
    """Where the budget lets unready pods go, one of them needs nothing of what is left."""
    empty = budget("web", 0, labelled(app="web")).model_copy(
        update={"unready_leave_freely": freely}
    )
    cluster = with_budgets(empty, pods=replicas(2, ready=ready))
    assert (movability(cluster)["default/web-0"] is None) is movable
    limits = move_limits(cluster, cluster.pods)
    assert [limit.members.tolist() for limit in limits] == ([] if movable else [[True, True]])
