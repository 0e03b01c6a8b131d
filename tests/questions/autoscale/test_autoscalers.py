"""HorizontalPodAutoscalers: their bounds bind, their highest metric counts, none is invented."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kytos.cluster import Cluster
from kytos.contract.params import SolverParams
from kytos.questions.autoscale.autoscale import autoscale
from kytos.questions.autoscale.request import AutoscaleRequest, ServiceRate
from kytos.questions.autoscale.wanted import scaling_step
from kytos.sources.manifests import cluster_from_objects, read_cluster

CASES = Path(__file__).parents[2] / "data" / "cases"
QUICK = SolverParams(num_reads=1, num_sweeps=50)
Manifest = dict[str, Any]


def case(name: str) -> Cluster:
    return read_cluster([(name, (CASES / name).read_bytes())])


def node() -> Manifest:
    offered = {"cpu": "64", "memory": "64Gi", "pods": "110"}
    return {"kind": "Node", "metadata": {"name": "n"}, "status": {"allocatable": offered}}


def pods(count: int, kind: str = "StatefulSet", name: str = "web") -> list[Manifest]:
    owner = {"kind": kind, "name": name, "controller": True}
    asked = {"requests": {"cpu": "500m", "memory": "1Gi"}}
    return [
        {
            "kind": "Pod",
            "metadata": {"name": f"{name}-{kind.lower()}-{at}", "ownerReferences": [owner]},
            "spec": {"nodeName": "n", "containers": [{"name": "c", "resources": asked}]},
        }
        for at in range(count)
    ]


def metric(name: str, target: str, kind: str = "Pods") -> Manifest:
    aim = {"type": "AverageValue", "averageValue": target}
    return {"type": kind, kind.lower(): {"metric": {"name": name}, "target": aim}}


def value(name: str, now: str, kind: str = "Pods") -> Manifest:
    return {
        "type": kind,
        kind.lower(): {"metric": {"name": name}, "current": {"averageValue": now}},
    }


CPU_AT_50 = {
    "type": "Resource",
    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}},
}


def scaler(metrics: list[Manifest], now: list[Manifest], kind: str = "StatefulSet") -> Manifest:
    return {
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web"},
        "spec": {
            "scaleTargetRef": {"kind": kind, "name": "web"},
            "minReplicas": 2,
            "maxReplicas": 8,
            "metrics": metrics,
        },
        "status": {"currentReplicas": 3, "currentMetrics": now},
    }


def desired(*objects: Manifest) -> dict[str, int]:
    """What the file's autoscalers ask for."""
    return scaling_step(cluster_from_objects([node(), *objects]), AutoscaleRequest()).desired


@pytest.mark.parametrize(("rate", "replicas"), [(450, 4), (0, 1)])
def test_the_autoscalers_bounds_bind(rate: float, replicas: int) -> None:
    """450 at 100 each need 5; its HPA allows 4, and says so. Nor fewer than its least."""
    asked = ServiceRate(id="default/web", request_rate=rate, target_rate=100)
    outcome = autoscale(case("hpa-max4.json"), AutoscaleRequest(services=(asked,)), params=QUICK)
    (action,) = outcome.actions
    assert (action.desired_replicas, action.recommended_replicas) == (replicas, replicas)
    assert "its HorizontalPodAutoscaler's" in action.reason


def test_bounds_of_the_request_win() -> None:
    """Who asks what would be with other bounds is answered."""
    asked = ServiceRate(id="default/web", request_rate=450, target_rate=100, max_replicas=9)
    step = scaling_step(case("hpa-max4.json"), AutoscaleRequest(services=(asked,)))
    assert step.desired == {"default/web": 5}


def test_without_services_the_autoscalers_are_the_question() -> None:
    """Three replicas at 150 each against a target of 100: five, of which four are allowed."""
    step = scaling_step(case("hpa-max4.json"), AutoscaleRequest())
    assert (step.rated, step.desired) == ({"default/web": 5}, {"default/web": 4})


def test_the_highest_metric_counts_and_each_has_its_own_value() -> None:
    """The first metric failed (no type in the status): the second's value is not its."""
    both = [metric("a", "10"), metric("b", "100")]
    assert desired(*pods(3), scaler(both, [value("a", "5"), value("b", "200")])) == {
        "default/web": 6
    }
    assert desired(*pods(3), scaler(both, [{"type": ""}, value("b", "200")])) == {"default/web": 6}


def test_nothing_is_scaled_in_while_a_metric_is_not_known() -> None:
    """As the controller: the known one asks for fewer, the other might not."""
    both = [metric("a", "10"), metric("b", "100")]
    cluster = cluster_from_objects(
        [node(), *pods(3), scaler(both, [{"type": ""}, value("b", "20")])]
    )
    outcome = autoscale(cluster, AutoscaleRequest(), params=QUICK)
    assert outcome.actions == ()
    assert "Pods metric a (no value)" in outcome.notes[0].message
    assert outcome.notes[0].subjects == ("default/web",)


def test_utilisation_is_of_the_status_or_of_usage_and_never_invented() -> None:
    """Three replicas at 100% of their requests against 50%: six."""
    told = {"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 100}}}
    assert desired(*pods(3), scaler([CPU_AT_50], [told])) == {"default/web": 6}
    use = [
        {
            "apiVersion": "metrics.k8s.io/v1beta1",
            "kind": "PodMetrics",
            "metadata": {"name": pod["metadata"]["name"], "namespace": "default"},
            "containers": [{"name": "c", "usage": {"cpu": "500m", "memory": "1Gi"}}],
        }
        for pod in pods(3)
    ]
    assert desired(*pods(3), scaler([CPU_AT_50], []), *use) == {"default/web": 6}
    assert desired(*pods(3), scaler([CPU_AT_50], [])) == {}


def test_a_job_of_the_same_name_keeps_the_autoscaler() -> None:
    """The kind of its target says whose it is."""
    hpa = scaler([metric("a", "10")], [value("a", "20")])
    assert desired(*pods(3), *pods(2, "Job"), hpa) == {"default/statefulset/web": 6}
    cluster = cluster_from_objects([node(), *pods(3), *pods(2, "Job"), hpa])
    asked = ServiceRate(id="default/web", request_rate=900, target_rate=100)
    step = scaling_step(cluster, AutoscaleRequest(services=(asked,)))
    assert step.desired == {"default/statefulset/web": 8}


def test_a_metric_that_cannot_be_is_named_and_the_cluster_read() -> None:
    """A negative value is no value: read, named, and no rate is made of it."""
    cluster = case("negative-metric.json")
    (note,) = cluster.notes
    assert "negative" in note.message
    assert note.subjects == (
        "negative-metric.json: HorizontalPodAutoscaler default/web: Pods metric rps",
    )
    assert scaling_step(cluster, AutoscaleRequest()).desired == {}
