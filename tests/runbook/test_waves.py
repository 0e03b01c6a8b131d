"""The order of the steps: room, budgets, cycles, who goes last, and surge."""

from __future__ import annotations

from kytos.cluster import Cluster, DisruptionBudget, LabelSelector, Owner, Requirement
from kytos.contract.runbook import Runbook, RunbookRequest, Way
from kytos.runbook.making import make_runbook
from tests.runbook.small import node, plan, pod


def steps(runbook: Runbook, action: str) -> list[tuple[int, str | None, str | None, str | None]]:
    return [(s.wave, s.pod, s.node, s.to) for s in runbook.steps if s.action == action]


def test_a_place_is_free_only_once_it_is_left() -> None:
    """On full nodes a chain goes one after the other, from its end."""
    cluster = Cluster(
        nodes=(node("a", 2), node("b", 2), node("c", 2)),
        pods=(pod("one", "a", 2), pod("two", "b", 2)),
    )
    runbook = make_runbook(plan(cluster, {"one": "b", "two": "c"}), RunbookRequest())
    assert steps(runbook, "evict") == [(1, "shop/two", "b", "c"), (2, "shop/one", "a", "b")]
    assert runbook.remove_nodes == ("a",)


def test_two_that_wait_for_each_other_are_left_out_and_named() -> None:
    """With no third node a swap of full nodes has no order."""
    cluster = Cluster(
        nodes=(node("a", 2), node("b", 2)), pods=(pod("one", "a", 2), pod("two", "b", 2))
    )
    runbook = make_runbook(plan(cluster, {"one": "b", "two": "a"}, frees=False), RunbookRequest())
    assert steps(runbook, "evict") == []
    assert {left.pod for left in runbook.left_out} == {"shop/one", "shop/two"}
    assert "shop/two" in runbook.left_out[0].reason
    assert "left out too" in runbook.left_out[1].reason


def test_a_pod_that_keeps_a_node_goes_elsewhere() -> None:
    """The node is still freed; the step says where the pod was to go."""
    cluster = Cluster(
        nodes=(node("a", 2), node("b", 2), node("c", 4)),
        pods=(
            pod("one", "a", 2),
            pod("two", "b", 2),
            pod("three", "c", 1, movable=False),
        ),
    )
    # b never has room for `one`, as `two` stays.
    planned = plan(cluster, {"one": "b"})
    runbook = make_runbook(planned, RunbookRequest())
    assert steps(runbook, "evict") == [(1, "shop/one", "a", "c")]
    assert runbook.remove_nodes == ("a",)
    assert "planned for b" in next(s.why for s in runbook.steps if s.action == "evict")


def test_a_node_kept_by_a_pod_left_out_is_opened_again_and_said() -> None:
    """Where nobody can take the pod, its node does not come free, and the answer says so."""
    cluster = Cluster(
        nodes=(node("a", 2), node("b", 2)), pods=(pod("one", "a", 2), pod("two", "b", 2))
    )
    runbook = make_runbook(plan(cluster, {"one": "b"}), RunbookRequest())
    assert [left.pod for left in runbook.left_out] == ["shop/one"]
    assert runbook.remove_nodes == ()
    assert runbook.falls_short is not None
    assert "a would not come free" in runbook.falls_short


def test_a_budget_refills_between_waves() -> None:
    """Three replicas of which one may be missing leave in three waves."""
    selector = LabelSelector(requirements=(Requirement(key="app", operator="In", values=("web",)),))
    budget = DisruptionBudget(
        name="web", namespace="shop", selector=selector, disruptions_allowed=1, max_unavailable="1"
    )
    cluster = Cluster(
        nodes=(node("a"), node("b"), node("c")),
        pods=(
            *(pod(f"web-{number}", "a") for number in range(3)),
            *(pod(f"api-{number}", "a", 0.1, app="api") for number in range(2)),
            pod("stays", "b", 0.1, app="log"),
        ),
        budgets=(budget,),
    )
    moves = {f"web-{number}": "b" for number in range(3)} | {"api-0": "c", "api-1": "c"}
    runbook = make_runbook(plan(cluster, moves), RunbookRequest())
    waves = [wave for wave, name, _, _ in steps(runbook, "evict") if "web" in (name or "")]
    assert waves == [1, 2, 3]
    assert runbook.seen.budgets["shop/web"].max_unavailable == "1"
    assert runbook.seen.pods["shop/web-0"].uid == "uid-web-0"


def test_the_only_replica_goes_last_or_by_surge() -> None:
    """Last by default; asked for, a second replica is ready before the old one goes."""
    cluster = Cluster(
        nodes=(node("a"), node("b")),
        pods=(
            pod("db-0", "a", 2, app="db"),
            pod("web-0", "a", 0.5),
            pod("web-1", "b", 0.5),
        ),
    )
    planned = plan(cluster, {"db-0": "b", "web-0": "b"})
    last = make_runbook(planned, RunbookRequest(max_parallel=1))
    assert [name for _, name, _, _ in steps(last, "evict")] == ["shop/web-0", "shop/db-0"]
    surge = make_runbook(planned, RunbookRequest(surge=True))
    assert [name for _, name, _, _ in steps(surge, "evict")] == ["shop/web-0"]
    acted = [(s.action, s.node, s.to) for s in surge.steps if s.wave == 2]
    assert acted == [
        ("scale", None, "b"),
        ("wait", None, None),
        ("scale", "a", None),
        ("wait", None, None),
    ]
    assert surge.forecast.drain.nodes_in_use == 1


def test_a_job_alone_is_no_only_replica() -> None:
    """A pod that runs to its end serves nobody: it goes with the others."""
    owner = Owner(kind="Job", name="crunch")
    cluster = Cluster(
        nodes=(node("a"), node("b")),
        pods=(pod("crunch", "a", 2, app="crunch", owner=owner), pod("stays", "b", 0.5)),
    )
    runbook = make_runbook(plan(cluster, {"crunch": "b"}), RunbookRequest(surge=True))
    assert steps(runbook, "evict") == [(1, "shop/crunch", "a", "b")]


def test_steered_pods_are_nominated_after_their_eviction() -> None:
    """To steer nominates each replacement, and closes no node that stays."""
    cluster = Cluster(
        nodes=(node("a"), node("b"), node("c")),
        pods=(pod("web-0", "a"), pod("web-1", "b"), pod("web-2", "c")),
    )
    runbook = make_runbook(plan(cluster, {"web-0": "c"}), RunbookRequest(way=Way.STEER))
    assert [s.action for s in runbook.steps] == ["cordon", "evict", "nominate", "wait"]
    assert runbook.forecast.steer.landings == {"shop/web-0": "c"}


def test_what_stays_empty_is_closed_and_opened_again() -> None:
    """An empty node would draw the replacement: it is cordoned meanwhile."""
    cluster = Cluster(
        nodes=(node("a"), node("b"), node("idle", 16)),
        pods=(pod("web-0", "a"), pod("web-1", "b")),
    )
    runbook = make_runbook(plan(cluster, {"web-0": "b"}), RunbookRequest())
    assert steps(runbook, "uncordon") == [(2, None, "idle", None)]
    assert runbook.forecast.plain.nodes_in_use == 2
    assert runbook.forecast.drain.nodes_in_use == 1
    assert runbook.falls_short is None


def test_tight_pods_get_their_place() -> None:
    """Where the scheduler would fill the one place of a large pod, that node is kept closed."""
    cluster = Cluster(
        nodes=(node("a", 8), node("b", 4), node("c", 4)),
        pods=(
            pod("large", "a", 3, app="db", priority=5, preempts=False),
            pod("small-0", "a", 1, app="api"),
            pod("small-1", "a", 1, app="api"),
            pod("kept-b", "b", 1),
            pod("kept-c", "c", 2),
        ),
    )
    moves = {"large": "b", "small-0": "c", "small-1": "c"}
    runbook = make_runbook(plan(cluster, moves), RunbookRequest(max_parallel=1))
    assert runbook.forecast.drain.pods_pending == 0
    assert runbook.forecast.drain.nodes_in_use == 2
    assert runbook.falls_short is None
    assert any("closed for a while" in step.why for step in runbook.steps)


def test_who_waits_already_takes_room_by_priority() -> None:
    """A pod of higher priority that waits is given the room first, and the forecast tells."""
    cluster = Cluster(
        nodes=(node("a", 2), node("b", 2)),
        pods=(
            pod("web-0", "a", 2),
            pod("queen", None, 2, app="queen", priority=100, preempts=False),
            pod("small", "b", 0.1),
        ),
    )
    runbook = make_runbook(plan(cluster, {"web-0": "b"}, frees=False), RunbookRequest())
    assert runbook.left_out  # b holds `small`: no room for two cores
    cluster = cluster.replace(pods=cluster.pods[:2])
    runbook = make_runbook(plan(cluster, {"web-0": "b"}, frees=False), RunbookRequest())
    assert runbook.forecast.plain.pods_pending == 0
