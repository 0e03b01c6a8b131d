"""The atlas: every node and zone in turn, within seconds, and told how far it came."""

from __future__ import annotations

import lzma
import time
from pathlib import Path

import pytest

from benchmarks.rules import made_up_cluster
from kytos.cluster import Cluster, Phase
from kytos.contract.watch import Watch
from kytos.questions.parts import most_placed
from kytos.questions.recovery.atlas import AtlasRequest, atlas
from kytos.questions.recovery.compiled_cluster import CompiledCluster
from kytos.questions.recovery.recovery import RecoveryRequest, recover
from kytos.questions.recovery.survey import survey
from kytos.sources.manifests import read_cluster
from tests.questions.small import QUICK, cluster, node, pod

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture
def lopsided() -> Cluster:
    """The big node's pods fit nowhere else; the small ones' do. Zone b is the small ones."""
    return cluster(
        [node("big", 1000, zone="a"), node("s-1", 300, zone="b"), node("s-2", 300, zone="b")],
        [
            pod("high", "big", 400, priority=9),
            pod("low", "big", 200, priority=1),
            pod("bare", "s-1", 100, owner=None),
            pod("web", "s-2", 100),
        ],
    )


def test_each_failure_is_taken_alone(lopsided: Cluster) -> None:
    """What is lost is told by priority and by name; pods without a controller are counted apart."""
    outcome = atlas(lopsided)
    big, first, second = outcome.nodes
    assert (big.unplaced, big.lost_pods) == ({9: 1}, ("high",))
    assert not big.survivable
    assert (first.survivable, first.not_recreated) == (True, 1)
    assert second.survivable
    assert second.evacuated == 1
    assert [zone.name for zone in outcome.zones] == ["a", "b"]
    assert [zone.survivable for zone in outcome.zones] == [False, True]
    assert outcome.worst is not None
    assert outcome.worst.name == "big"


def test_a_zone_that_loses_more_is_the_worst() -> None:
    """Either node of zone a may fail, both may not."""
    outcome = atlas(
        cluster(
            [node("a-1", 300, zone="a"), node("a-2", 300, zone="a"), node("b", 300, zone="b")],
            [pod("one", "a-1", 250), pod("two", "a-2", 250)],
        )
    )
    assert all(report.survivable for report in outcome.nodes)
    assert outcome.worst is not None
    assert (outcome.worst.kind, outcome.worst.name) == ("zone", "a")


def test_nothing_lost_has_no_worst() -> None:
    """Two roomy nodes: either may fail."""
    outcome = atlas(cluster([node("x"), node("y")], [pod("p", "x")]))
    assert outcome.worst is None
    assert outcome.zones == ()


def test_a_failure_of_everything_is_not_checked() -> None:
    """With one zone nothing survives it: said, not raised."""
    outcome = atlas(cluster([node("x", zone="a"), node("y", zone="a")], [pod("p", "x")]))
    assert [zone.checked for zone in outcome.zones] == [False]
    assert not outcome.zones[0].survivable


def test_it_agrees_with_recovery(lopsided: Cluster) -> None:
    """What the atlas says is lost is what a recovery of that node gives up."""
    for report in atlas(lopsided).nodes:
        request = RecoveryRequest(failed_nodes=(report.name,), cascade=False)
        outcome = recover(lopsided, request, params=QUICK)
        assert tuple(pod.pod for pod in outcome.unplaced) == report.lost_pods


def test_it_stops_when_told_and_reports_progress(lopsided: Cluster) -> None:
    """Stopped at once, every failure is there and none is claimed to be checked."""
    seen: list[tuple[str, float]] = []
    atlas(lopsided, watch=Watch(report=lambda stage, share, _: seen.append((stage, share))))
    assert seen[0] == ("zones", 0.0)
    assert seen[-1] == ("nodes", 1.0)
    stopped = atlas(lopsided, watch=Watch(stopped=lambda: True))
    assert not any(report.checked for report in (*stopped.nodes, *stopped.zones))


def test_twenty_nodes_in_twenty_seconds() -> None:
    """The lab cluster, every node and zone: a second or two on a free core.

    Counted in processor time, which other work on the machine does not lengthen.
    """
    lab = read_cluster([("lab.json", lzma.decompress((DATA / "lab.json.xz").read_bytes()))])
    began = time.process_time()
    outcome = atlas(lab, AtlasRequest(time_limit_s=300))
    assert time.process_time() - began < 20
    assert len(outcome.nodes) == 20
    assert all(report.checked for report in (*outcome.nodes, *outcome.zones))


def test_hundreds_of_nodes_in_seconds() -> None:
    """Rules are compiled once for all failures: 206 failures of 4,000 pods, all of them checked.

    Counted in processor time, about two seconds of it; compiling for each would take minutes.
    """
    large = made_up_cluster(nodes=200, pods=4000, seed=0)
    pods = tuple(
        pod.model_copy(
            update={
                "phase": Phase.PENDING if pod.node is None else Phase.RUNNING,
                "requests": {name: amount // 2 for name, amount in pod.requests.items()},
            }
        )
        for pod in large.pods
    )
    began = time.process_time()
    outcome = atlas(large.replace(pods=pods))
    assert time.process_time() - began < 20
    assert len(outcome.nodes) == 200
    assert all(report.checked for report in (*outcome.nodes, *outcome.zones))


def test_the_failure_with_most_to_lose_is_checked_first(lopsided: Cluster) -> None:
    """Stopped once one is done: it is the fullest that was checked, wherever it is listed."""
    done: list[float] = []
    reports = survey(
        CompiledCluster(lopsided),
        "node",
        [(name, (name,)) for name in ("s-1", "s-2", "big")],
        watch=Watch(
            report=lambda _stage, share, _energy: done.append(share),
            stopped=lambda: any(share > 0 for share in done),
        ),
        stage="nodes",
    )
    assert [report.name for report in reports] == ["s-1", "s-2", "big"]
    assert [report.checked for report in reports] == [False, False, True]


def test_what_fits_nowhere_is_proven_lost_without_the_exact_solver(
    lopsided: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its request against the rooms there are is proof enough; the others were all placed."""
    monkeypatch.setattr(most_placed, "place_most", None)
    big = atlas(lopsided).nodes[0]
    assert (big.lost_pods, big.proven) == (("high",), True)
