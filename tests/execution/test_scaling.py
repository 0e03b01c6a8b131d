"""Replicas: autoscale's steps, and single replicas moved by one more for a while."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kytos.contract.runbook import Action, Runbook, RunbookStep, SeenPod, Way
from kytos.execution.endings import Ending
from kytos.execution.journal import Journal
from kytos.execution.means import How
from kytos.execution.undo import roll_back
from kytos.kube.control_plane import ControlPlane
from kytos.kube.steering import Steering
from tests.execution.harness import Killed, Wireless, end_of, run, runbook_of, shop_cluster
from tests.stand_in.cluster import StandIn, is_ready
from tests.stand_in.server import Api

WAYS = pytest.mark.parametrize("way", list(Way))
LONE = "uid-of-ReplicaSet-lone-abc"


@pytest.fixture
def shop() -> StandIn:
    return shop_cluster()


def step(action: Action, **told: Any) -> RunbookStep:
    return RunbookStep(wave=1, action=action, **told)


def autoscaled(shop: StandIn, way: Way) -> Runbook:
    """One replica more of api on n2, one less of web, the one on n1."""
    steps = (
        step(Action.SCALE, pod="shop/web-abc-1", node="n1"),
        step(Action.SCALE, pod="shop/api-new-1", to="n2"),
        *([step(Action.NOMINATE, pod="shop/api-new-1", to="n2")] if way is Way.STEER else []),
        step(Action.WAIT),
    )
    made = runbook_of(shop, way=way, steps=steps)
    new = SeenPod(owner_kind="Deployment", owner="api")
    seen = made.seen.model_copy(update={"pods": made.seen.pods | {"shop/api-new-1": new}})
    return made.model_copy(update={"seen": seen})


def autoscaler(name: str) -> dict[str, Any]:
    return {
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": f"{name}-hpa", "namespace": "shop"},
        "spec": {"scaleTargetRef": {"kind": "Deployment", "name": name}, "maxReplicas": 5},
    }


class TestAutoscale:
    @WAYS
    def test_counts_are_set_through_the_scale_subresource(self, shop: StandIn, way: Way) -> None:
        """The replica that was named goes, and no other; no pod is evicted."""
        api = Api(shop)
        report = run(api, autoscaled(shop, way))
        assert (report.ending, report.why) == (Ending.DONE, "")
        assert shop.get("Pod", "web-abc-1", "shop") is None
        placed = shop.nodes_by_owner()
        assert placed["uid-of-ReplicaSet-web-abc"] == ["n2", "n3", "n4"]
        assert len(placed["uid-of-ReplicaSet-api-abc"]) == 4
        if way is Way.STEER:
            assert "n2" in placed["uid-of-ReplicaSet-api-abc"]
            assert report.landed_as_planned == 1
        assert shop.evicted == []
        assert sum(one.endswith("/scale") for one in api.writes) == 2

    @WAYS
    def test_an_autoscaler_has_the_last_word(self, shop: StandIn, way: Way) -> None:
        """It is refused by name, before anything is done."""
        shop.put(autoscaler("web"))
        api, runbook = Api(shop), autoscaled(shop, way)
        report = run(api, runbook)
        assert report.ending is Ending.REFUSED
        assert "HorizontalPodAutoscaler shop/web-hpa sets the replicas" in report.why
        assert api.writes == []

    def test_a_stateful_set_gives_up_its_last(self, shop: StandIn) -> None:
        """Whatever pod was named: its controller takes them in order."""
        steps = (step(Action.SCALE, pod="shop/db-0", node="n4"), step(Action.WAIT))
        report = run(shop, runbook_of(shop, steps=steps))
        assert report.ending is Ending.DONE, report.why
        assert shop.get("Pod", "db-1", "shop") is None

    @WAYS
    def test_killed_at_every_write(self, tmp_path: Path, way: Way) -> None:
        """No replica too many and none too few once it is run again."""
        wanted = shop_cluster()
        server = Wireless(Api(wanted))
        run(wanted, autoscaled(wanted, way), server=server)
        for number in range(1, server.writes + 1):
            cluster = shop_cluster()
            runbook, journal = autoscaled(cluster, way), tmp_path / str(number)
            dying = Wireless(Api(cluster))
            dying.dies_at = number
            with pytest.raises(Killed):
                run(cluster, runbook, journal=journal, server=dying)
            report = run(cluster, runbook, journal=journal)
            assert report.ending is Ending.DONE, report.why
            assert {k: len(v) for k, v in cluster.nodes_by_owner().items()} == {
                k: len(v) for k, v in wanted.nodes_by_owner().items()
            }
            assert end_of(cluster)["gated"] == []


class TestSurge:
    @WAYS
    def test_an_only_replica_is_never_away(self, shop: StandIn, way: Way) -> None:
        """A second one is ready before the first goes; the count ends as it began."""
        fewest = [9]

        def watch(cluster: StandIn) -> None:
            ready = [
                one
                for one in cluster.of("Pod")
                if one["metadata"]["labels"]["app"] == "lone" and is_ready(one)
            ]
            fewest[0] = min(fewest[0], len(ready))

        shop.before_tick.append(watch)
        runbook = runbook_of(shop, {"shop/lone-abc-1": "n5"}, way=way)
        report = run(shop, runbook, how=How(surge=True))
        assert (report.ending, report.why) == (Ending.DONE, "")
        assert (fewest[0], shop.evicted, report.evictions) == (1, [], 0)
        (node,) = shop.nodes_by_owner()[LONE]
        assert report.moves == 1
        if way is Way.STEER:
            assert (node, report.landed_as_planned) == ("n5", 1)

    def test_others_are_evicted_as_ever(self, shop: StandIn) -> None:
        """Only what has one replica is surged."""
        moves = {"shop/web-abc-1": "n3", "shop/lone-abc-1": "n5"}
        report = run(shop, runbook_of(shop, moves), how=How(surge=True))
        assert report.ending is Ending.DONE, report.why
        assert (report.evictions, report.moves) == (1, 2)

    def test_an_autoscaler_has_the_last_word(self, shop: StandIn) -> None:
        """It would take the second replica away."""
        shop.put(autoscaler("lone"))
        api, runbook = Api(shop), runbook_of(shop, {"shop/lone-abc-1": "n5"})
        report = run(api, runbook, how=How(surge=True))
        assert report.ending is Ending.REFUSED
        assert api.writes == []

    @WAYS
    def test_killed_at_every_write_and_rolled_back_or_run_again(
        self, tmp_path: Path, way: Way
    ) -> None:
        """One replica in the end, either way."""
        cluster = shop_cluster()
        server = Wireless(Api(cluster))
        how = How(surge=True)
        run(
            cluster, runbook_of(cluster, {"shop/lone-abc-1": "n5"}, way=way), how=how, server=server
        )
        for number in range(1, server.writes + 1):
            for back in (False, True):
                cluster = shop_cluster()
                runbook = runbook_of(cluster, {"shop/lone-abc-1": "n5"}, way=way)
                path = tmp_path / f"{number}{back}"
                dying = Wireless(Api(cluster))
                dying.dies_at = number
                with pytest.raises(Killed):
                    run(cluster, runbook, how=how, journal=path, server=dying)
                if back:
                    server = Wireless(Api(cluster))
                    with Journal(path) as journal:
                        roll_back(journal, ControlPlane(server), Steering(server))
                else:
                    assert run(cluster, runbook, how=how, journal=path).ending is Ending.DONE
                cluster.settle()
                (node,) = cluster.nodes_by_owner()[LONE]
                assert node != "-"
                assert (cluster.gated(), cluster.steered()) == ([], {})
