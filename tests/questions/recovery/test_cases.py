"""Known situations of a failure, and what Kubernetes makes of them."""

from __future__ import annotations

import lzma

from kytos.questions.recovery.recovery import RecoveryRequest, recover
from kytos.sources.manifests import read_cluster
from tests.questions.cases import CASES, QUICK, case

FULL = CASES.parent / "full-before-failure.json.xz"


def test_a_pod_that_never_preempts_waits() -> None:
    """``hi-1`` has the higher priority and preemptionPolicy Never."""
    request = RecoveryRequest(failed_nodes=("a",), allow_preemption=True)
    outcome = recover(case("preemption-policy-never"), request, params=QUICK)
    assert outcome.preempted == ()
    assert [pod.pod for pod in outcome.unplaced] == ["default/hi-1"]


def test_four_unimportant_workers_give_way_for_what_a_full_cluster_lost() -> None:
    """As on the real control plane: checkout, kafka-0, api and web run again."""
    cluster = read_cluster([("full.json", lzma.decompress(FULL.read_bytes()))])
    request = RecoveryRequest(failed_nodes=("node-06",), cascade=False)
    outcome = recover(cluster, request, params=QUICK)
    gave_way = [cluster.pods[cluster.pod_index[pod]] for pod in outcome.preempted]
    assert [pod.priority for pod in gave_way] == [-10] * 4
    placed = {pod.pod.split("/")[1] for pod in outcome.placements}
    assert "kafka-0" in placed
    for service in ("checkout", "api", "web"):
        assert any(name.startswith(service) for name in placed)
    assert {pod.priority for pod in outcome.unplaced} <= {-10}


def test_without_preemption_the_unimportant_stay() -> None:
    """The caller's word; the important pods wait then."""
    cluster = read_cluster([("full.json", lzma.decompress(FULL.read_bytes()))])
    request = RecoveryRequest(failed_nodes=("node-06",), cascade=False, allow_preemption=False)
    outcome = recover(cluster, request, params=QUICK)
    assert outcome.preempted == ()
    assert max(pod.priority for pod in outcome.unplaced) > -10
