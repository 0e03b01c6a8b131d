"""Taints and tolerations, case by case."""

from __future__ import annotations

import pytest

from kytos.cluster import Cluster, Effect, Taint, Toleration
from kytos.rules.taints import tolerates
from tests.rules.small import node, pod, said

GPU = Taint(key="gpu", value="present")
SLA = Taint(key="sla", value="950")


@pytest.mark.parametrize(
    ("taint", "toleration", "tolerated"),
    [
        (GPU, {"key": "gpu", "value": "present"}, True),
        (GPU, {"key": "gpu", "operator": "", "value": "present"}, True),
        (GPU, {"key": "gpu", "value": "absent"}, False),
        (GPU, {"key": "gpu", "operator": "Exists"}, True),
        (GPU, {"operator": "Exists"}, True),
        (GPU, {"value": "present"}, True),
        (GPU, {"key": "gpu", "operator": "Exists", "effect": "NoExecute"}, False),
        (GPU, {"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}, True),
        (GPU, {"key": "gpu", "operator": "Like", "value": "present"}, False),
        (SLA, {"key": "sla", "operator": "Gt", "value": "900"}, True),
        (SLA, {"key": "sla", "operator": "Gt", "value": "950"}, False),
        (SLA, {"key": "sla", "operator": "Lt", "value": "1000"}, True),
        (SLA, {"key": "sla", "operator": "Lt", "value": "950"}, False),
        (SLA, {"key": "sla", "operator": "Gt", "value": "0900"}, False),
        (SLA, {"key": "sla", "operator": "Gt", "value": "high"}, False),
        (GPU, {"key": "gpu", "operator": "Gt", "value": "1"}, False),
    ],
)
def test_a_toleration_matches(taint: Taint, toleration: dict[str, str], tolerated: bool) -> None:
    """Key, value, operator and effect as core/v1's ToleratesTaint reads them."""
    assert tolerates([Toleration(**toleration)], taint) is tolerated


@pytest.mark.parametrize(
    ("effect", "refused"),
    [(Effect.NO_SCHEDULE, True), (Effect.NO_EXECUTE, True), (Effect.PREFER_NO_SCHEDULE, False)],
)
def test_only_two_effects_refuse(effect: Effect, refused: bool) -> None:
    """PreferNoSchedule is a preference and never filters."""
    cluster = Cluster(
        nodes=(node("a", taints=(Taint(key="k", value="v", effect=effect),)),), pods=(pod("p"),)
    )
    wanted = f"taint k=v:{effect.value} is not tolerated" if refused else None
    assert said(cluster, "default/p") == {"a": wanted}


def test_a_cordon_admits_who_tolerates_it() -> None:
    """The toleration must be for effect NoSchedule; a node that takes no pods refuses it still."""
    nodes = (node("cordoned", unschedulable=True), node("closed", accepts_pods=False))
    key = "node.kubernetes.io/unschedulable"
    for effect, reason in (
        ("NoSchedule", None),
        ("NoExecute", "cordoned (unschedulable), which the pod does not tolerate"),
    ):
        toleration = Toleration(key=key, operator="Exists", effect=effect)
        cluster = Cluster(nodes=nodes, pods=(pod("p", tolerations=(toleration,)),))
        assert said(cluster, "default/p") == {
            "cordoned": reason,
            "closed": "the node is marked as accepting no pods",
        }
