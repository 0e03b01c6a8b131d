"""Runbooks carried out on a control plane that keeps state."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kytos.contract.runbook import Action, RunbookStep, Way
from kytos.execution.endings import Ending
from kytos.execution.means import How
from kytos.kube.api import Pace
from tests.execution.harness import (
    Wireless,
    budget,
    end_of,
    moving_out,
    pod,
    run,
    runbook_of,
    shop_cluster,
)
from tests.stand_in.cluster import StandIn
from tests.stand_in.server import Api, Fault


@pytest.fixture
def shop() -> StandIn:
    return shop_cluster()


WAYS = pytest.mark.parametrize("way", list(Way))


class TestAllOfIt:
    @WAYS
    def test_nodes_come_free_and_every_pod_runs(self, shop: StandIn, way: Way) -> None:
        """The freed nodes are cordoned and empty, each pod was evicted once, nobody is gated."""
        runbook = moving_out(shop, way)
        before = {owner: len(nodes) for owner, nodes in shop.nodes_by_owner().items()}
        report = run(shop, runbook)
        assert (report.ending, report.why) == (Ending.DONE, "")
        assert len(shop.evicted) == len(set(shop.evicted)) == report.evictions == 5
        after = shop.nodes_by_owner()
        assert {owner: len(nodes) for owner, nodes in after.items()} == before
        used = {node for nodes in after.values() for node in nodes}
        assert not used & {"n1", "n6", "-"}
        assert shop.cordoned() == {"n1", "n6"} == set(report.cordoned)
        assert (shop.gated(), shop.steered()) == ([], {})
        assert report.nodes_in_use == len(used)

    def test_steered_pods_land_as_planned(self, shop: StandIn) -> None:
        """Each replacement is on the node the plan has it, which a drain does not reach."""
        drained = run(shop_cluster(), moving_out(shop_cluster()))
        report = run(shop, moving_out(shop, Way.STEER))
        assert report.landed_as_planned == report.moves == 5
        assert drained.landed_as_planned < 5

    def test_a_runbook_to_drain_can_be_steered(self, shop: StandIn) -> None:
        """The way is the operator's; that the forecast was another's is said."""
        report = run(shop, moving_out(shop), how=How(way=Way.STEER))
        assert report.landed_as_planned == 5
        assert any("made to drain" in note for note in report.notes)

    def test_it_is_told_step_by_step(self, shop: StandIn) -> None:
        """A line for each."""
        told: list[str] = []
        runbook = moving_out(shop)
        run(shop, runbook, how=How(tell=told.append))
        assert sum(line[0].isdigit() for line in told) == len(runbook.steps)

    def test_only_a_drains_requests_are_made(self, shop: StandIn) -> None:
        """Draining patches nodes and creates evictions, and reads pods and nodes."""
        api = Api(shop)
        run(api, moving_out(shop))
        written = {
            (method, path.split("/")[3], path.rsplit("/", 1)[1] == "eviction")
            for method, path in (write.split() for write in api.writes)
        }
        assert written == {("PATCH", "nodes", False), ("POST", "namespaces", True)}

    def test_what_was_cordoned_before_stays_so(self, shop: StandIn) -> None:
        """An uncordon step opens no node that others had closed."""
        shop.objects["Node", "", "n2"]["spec"]["unschedulable"] = True
        steps = (
            RunbookStep(wave=2, action=Action.UNCORDON, node="n2"),
            RunbookStep(wave=2, action=Action.UNCORDON, node="n1"),
        )
        runbook = runbook_of(shop, {"shop/web-abc-1": "n3"}, freed=("n1", "n2"), steps=steps)
        report = run(shop, runbook)
        assert report.ending is Ending.DONE
        assert shop.cordoned() == {"n2"}
        assert report.cordoned == ()

    def test_a_pod_of_nobody_is_not_evicted(self, shop: StandIn) -> None:
        """Nothing would start it again."""
        del shop.pod("shop/web-abc-1")["metadata"]["ownerReferences"]
        report = run(shop, runbook_of(shop, {"shop/web-abc-1": "n3"}))
        assert report.ending is Ending.REFUSED
        assert "no controller" in report.why
        assert shop.evicted == []


class TestDryRun:
    @WAYS
    def test_nothing_changes(self, shop: StandIn, way: Way) -> None:
        """Each write carries dryRun=All, and all of them are sent."""
        before, api = end_of(shop), Api(shop)
        runbook = moving_out(shop, way)
        report = run(api, runbook, dry_run=True)
        assert (report.ending, report.dry_run) == (Ending.DONE, True)
        assert end_of(shop) == before
        assert api.writes == []
        assert sum("eviction" in one for one in api.dry) == 5
        assert sum("/nodes/" in one for one in api.dry) == 2
        assert shop.get("MutatingAdmissionPolicy", "kytos-steer") is None

    def test_what_a_budget_would_refuse_is_said(self, shop: StandIn) -> None:
        """It is no error: earlier waves would have made room."""
        moves = {"shop/web-abc-1": "n3", "shop/web-abc-2": "n3"}
        runbook = runbook_of(shop, moves)
        shop.pod("shop/web-abc-4")["status"]["conditions"] = []
        shop.holds_back = lambda pod: True
        shop.tick()
        budget = {
            "shop/web": runbook.seen.budgets["shop/web"].model_copy(
                update={"disruptions_allowed": 0}
            )
        }
        seen = runbook.seen.model_copy(update={"budgets": runbook.seen.budgets | budget})
        report = run(shop, runbook.model_copy(update={"seen": seen}), dry_run=True)
        assert report.ending is Ending.DONE
        assert "needs 3 healthy pods and has 3" in report.notes[0]


def _gone(shop: StandIn) -> None:
    del shop.objects["Pod", "shop", "lone-abc-1"]


def _another(shop: StandIn) -> None:
    shop.pod("shop/web-abc-1")["metadata"]["uid"] = "another"


def _elsewhere(shop: StandIn) -> None:
    shop.pod("shop/web-abc-1")["spec"]["nodeName"] = "n2"


def _cordoned(shop: StandIn) -> None:
    shop.objects["Node", "", "n3"]["spec"]["unschedulable"] = True


def _tainted(shop: StandIn) -> None:
    taint = {"key": "dedicated", "value": "x", "effect": "NoSchedule"}
    shop.objects["Node", "", "n3"]["spec"]["taints"] = [taint]


def _smaller(shop: StandIn) -> None:
    shop.objects["Node", "", "n3"]["status"]["allocatable"]["cpu"] = "3"


def _node_gone(shop: StandIn) -> None:
    del shop.objects["Node", "", "n3"]


def _budget_changed(shop: StandIn) -> None:
    shop.objects["PodDisruptionBudget", "shop", "web"]["spec"]["maxUnavailable"] = 2


def _budget_gone(shop: StandIn) -> None:
    del shop.objects["PodDisruptionBudget", "shop", "web"]


def _budget_new(shop: StandIn) -> None:
    shop.put(budget("api", minAvailable=0))


def _budget_spent(shop: StandIn) -> None:
    shop.pod("shop/web-abc-4")["status"]["conditions"] = []
    shop.holds_back = lambda pod: True


DRIFTS: list[tuple[Callable[[StandIn], None], str]] = [
    (_gone, "pod shop/lone-abc-1 ran on node n2"),
    (_another, "pod shop/web-abc-1 is another one now"),
    (_elsewhere, "pod shop/web-abc-1 was on node n1 when this was planned and is on node n2"),
    (_cordoned, "node n3 should be schedulable by now and is cordoned"),
    (_tainted, "node n3 has the new taint dedicated=x:NoSchedule"),
    (_smaller, "node n3 offers 3000 of cpu"),
    (_node_gone, "node n3 is gone"),
    (_budget_changed, "disruption budget shop/web was changed: maxUnavailable 2"),
    (_budget_gone, "disruption budget shop/web is gone"),
    (_budget_new, "disruption budget shop/api is new"),
    (_budget_spent, "disruption budget shop/web allows 0 evictions, not 1"),
]


@WAYS
@pytest.mark.parametrize(("change", "said"), DRIFTS, ids=lambda one: getattr(one, "__name__", ""))
def test_drift_is_named_before_anything_is_done(
    shop: StandIn, change: Callable[[StandIn], None], said: str, way: Way
) -> None:
    """Whatever differs from what the plan saw stops it before the first write."""
    runbook, api = moving_out(shop, way), Api(shop)
    change(shop)
    report = run(api, runbook)
    assert report.ending is Ending.DRIFT
    assert said in report.why
    assert api.writes == []


def test_drift_on_the_way_stops_before_the_next_eviction(shop: StandIn) -> None:
    """A node that somebody cordons between waves is seen."""
    runbook = moving_out(shop, Way.STEER)

    def meddle(cluster: StandIn) -> None:
        if len(cluster.evicted) == 3:
            cluster.objects["Node", "", "n3"]["spec"]["unschedulable"] = True

    shop.before_tick.append(meddle)
    report = run(shop, runbook)
    assert report.ending is Ending.DRIFT
    assert "node n3 should be schedulable by now and is cordoned" in report.why
    assert len(shop.evicted) == 3
    assert (shop.gated(), shop.steered()) == ([], {})


class TestFaults:
    @WAYS
    @pytest.mark.parametrize("status", [409, 429, 500, 503, 504])
    @pytest.mark.parametrize("after", [False, True], ids=["refused", "answer-lost"])
    def test_passing_faults_change_nothing(
        self, shop: StandIn, way: Way, status: int, after: bool
    ) -> None:
        """Each kind of write is answered badly at first, done or not; the end is the same."""
        if status == 409 and after:
            pytest.skip("a conflict is an answer: nothing was done")
        wanted = shop_cluster()
        run(wanted, moving_out(wanted, way))
        api = Api(shop)
        headers = {"Retry-After": "0.001"}
        for method, path in (
            ("PATCH", "/api/v1/nodes/.*"),
            ("POST", ".*/eviction"),
            ("PATCH", ".*/status"),
            ("PATCH", ".*/pods/[^/]*"),
            ("PATCH", ".*/configmaps/.*"),
            ("GET", ".*/pods"),
        ):
            fault = Fault(method, path, status, times=2, after=after, headers=headers)
            if method != "GET" or status != 409:
                api.faults.append(fault)
        report = run(api, moving_out(shop, way))
        assert report.ending is Ending.DONE, report.why
        assert len(shop.evicted) == len(set(shop.evicted)) == 5
        assert end_of(shop)["cordoned"] == end_of(wanted)["cordoned"]
        assert (shop.gated(), shop.steered()) == ([], {})
        if way is Way.STEER:
            assert end_of(shop) == end_of(wanted)

    def test_a_server_that_stays_away_ends_it(self, shop: StandIn) -> None:
        """It is incomplete, and says where."""
        api = Api(shop)
        api.faults.append(Fault("POST", ".*/eviction", 503, times=10**6))
        pace = Pace(poll_s=0.001, longest_pause_s=0.001, request_patience_s=0.05)
        report = run(api, moving_out(shop), server=Wireless(api, pace=pace))
        assert report.ending is Ending.INCOMPLETE
        assert "answers 503" in report.why

    def test_a_budget_that_never_allows_it_ends_it(self, shop: StandIn) -> None:
        """Another eviction beside ours keeps the budget spent."""
        api = Api(shop)
        runbook = moving_out(shop)
        shop.before_tick.append(
            lambda cluster: setattr(
                cluster, "holds_back", lambda pod: "web" in str(pod["metadata"])
            )
        )
        pace = Pace(poll_s=0.0, longest_pause_s=0.0, patience_s=0.2)
        report = run(api, runbook, server=Wireless(api, pace=pace))
        assert report.ending is Ending.INCOMPLETE
        assert "is not ready on node" in report.why

    def test_a_pod_that_finds_no_node_is_named(self, shop: StandIn) -> None:
        """With what the scheduler said."""
        runbook = runbook_of(shop, {"shop/web-abc-1": "n3"})
        for name in ("n2", "n3", "n4", "n5", "n6"):
            shop.put(pod("big", int(name[1]), name, cpu="2800m", kind="Job"))
        shop.put(pod("big", 1, "n1", cpu="3500m", kind="Job"))
        pace = Pace(poll_s=0.0, longest_pause_s=0.0, patience_s=0.2)
        api = Api(shop)
        report = run(api, runbook, server=Wireless(api, pace=pace))
        assert report.ending is Ending.INCOMPLETE
        assert "waits for a node (0/6 nodes are available)" in report.why

    def test_two_budgets_on_a_pod_are_refused(self, shop: StandIn) -> None:
        """The Eviction API answers 500 to them, for good."""
        shop.put(budget("web", minAvailable=0) | {"metadata": {"name": "b", "namespace": "shop"}})
        shop.tick()
        report = run(shop, moving_out(shop))
        assert report.ending is Ending.REFUSED
        assert "several disruption budgets" in report.why

    @WAYS
    def test_other_pods_of_the_same_controller_do_not_confuse_it(
        self, shop: StandIn, way: Way
    ) -> None:
        """Somebody scales the Deployment while its pod is moved."""
        runbook = moving_out(shop, way)

        def scale(cluster: StandIn) -> None:
            if len(cluster.evicted) == 1:
                cluster.get("Deployment", "web", "shop")["spec"]["replicas"] = 6  # type: ignore[index]

        shop.before_tick.append(scale)
        report = run(shop, runbook)
        assert report.ending is Ending.DONE, report.why
        assert len(shop.nodes_by_owner()["uid-of-ReplicaSet-web-abc"]) == 6
        assert (shop.gated(), shop.steered()) == ([], {})
        if way is Way.STEER:
            assert report.landed_as_planned == 5

    def test_a_nomination_that_is_passed_over_is_told(self, shop: StandIn) -> None:
        """The scheduler does not say so; the node a pod is bound to does."""
        runbook = runbook_of(shop, {"shop/web-abc-1": "n3"}, way=Way.STEER)

        def take(cluster: StandIn) -> None:
            if len(cluster.evicted) == 1 and cluster.get("Pod", "big-abc-9", "shop") is None:
                cluster.put(pod("big", 9, "n3", cpu="2500m"))

        shop.before_tick.append(take)
        told: list[str] = []
        report = run(shop, runbook, how=How(tell=told.append))
        assert report.ending is Ending.DONE
        assert (report.moves, report.landed_as_planned) == (1, 0)
        assert any("landed on" in line for line in told)


class TestStopping:
    def test_between_steps(self, shop: StandIn) -> None:
        """What was begun is finished, nothing more is begun, and nothing is left gated."""
        api = Api(shop)
        runbook = moving_out(shop, Way.STEER)
        report = run(api, runbook, how=How(stopped=lambda: len(shop.evicted) == 2))
        assert report.ending is Ending.STOPPED
        assert len(shop.evicted) == 2
        assert (shop.gated(), shop.steered()) == ([], {})
        shop.settle()
        assert not any("-" in nodes for nodes in shop.nodes_by_owner().values())

    def test_and_goes_on_by_its_journal(self, shop: StandIn, tmp_path: Path) -> None:
        """The same command again ends where one that was not stopped does."""
        wanted = shop_cluster()
        run(wanted, moving_out(wanted, Way.STEER))
        runbook, journal = moving_out(shop, Way.STEER), tmp_path / "journal"
        for evictions in (1, 3, 4):
            how = How(stopped=lambda most=evictions: len(shop.evicted) >= most)  # type: ignore[misc]
            assert run(shop, runbook, how=how, journal=journal).ending is Ending.STOPPED
        report = run(shop, runbook, journal=journal)
        assert report.ending is Ending.DONE
        assert (report.evictions, report.moves) == (5, 5)
        assert len(shop.evicted) == 5
        assert end_of(shop)["cordoned"] == end_of(wanted)["cordoned"]
