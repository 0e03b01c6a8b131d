"""What an API server makes of a pod: defaults, runtime classes and refusals."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kytos.cluster import Cluster, Pod
from kytos.questions.placement.placement import place
from kytos.questions.placement.request import PlacementRequest
from kytos.sources.admission import Admission
from kytos.sources.manifests import cluster_from_objects, read_pods
from tests.questions.cases import CASES, QUICK, case

NODE = {"kind": "Node", "metadata": {"name": "n"}, "status": {"allocatable": {"cpu": "8"}}}


def limit_range(**item: Any) -> dict[str, Any]:
    limits = [{"type": "Container"} | item]
    return {"kind": "LimitRange", "metadata": {"name": "l"}, "spec": {"limits": limits}}


def stored(cluster: Cluster, resources: dict[str, Any] | None = None, **spec: Any) -> Pod:
    """A pod of one container as the cluster would store it."""
    container = {"name": "c", "resources": resources or {}}
    pod = {"kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [container]} | spec}
    return read_pods([("p", json.dumps(pod))], Admission.of(cluster))[0]


def cluster(*objects: dict[str, Any]) -> Cluster:
    return cluster_from_objects([NODE, *objects])


@pytest.mark.parametrize(
    ("item", "given", "cpu"),
    [
        ({"defaultRequest": {"cpu": "1"}}, {}, 1000),
        ({"defaultRequest": {"cpu": "1"}}, {"requests": {"cpu": "2"}}, 2000),
        ({"defaultRequest": {"cpu": "1"}}, {"limits": {"cpu": "3"}}, 3000),
        ({"default": {"cpu": "2"}}, {}, 2000),
        ({"max": {"cpu": "2"}}, {}, 2000),
        ({"min": {"cpu": "500m"}}, {}, 500),
    ],
)
def test_defaults_of_a_limit_range(item: dict[str, Any], given: dict[str, Any], cpu: int) -> None:
    """A default limit is a default request, and bounds stand in for defaults."""
    assert stored(cluster(limit_range(**item)), given).requests["cpu"] == cpu


@pytest.mark.parametrize(
    ("item", "given"),
    [
        ({"max": {"cpu": "2"}}, {"limits": {"cpu": "3"}}),
        ({"min": {"cpu": "1"}}, {"requests": {"cpu": "500m"}}),
        (
            {"maxLimitRequestRatio": {"cpu": "2"}},
            {"requests": {"cpu": "1"}, "limits": {"cpu": "3"}},
        ),
    ],
)
def test_bounds_of_a_limit_range(item: dict[str, Any], given: dict[str, Any]) -> None:
    """Beyond them the pod is not stored, and says who refuses it."""
    assert "LimitRange default/l" in stored(cluster(limit_range(**item)), given).refused


def test_a_runtime_class_adds_what_it_says() -> None:
    """Overhead, a selector and tolerations."""
    runtime = {
        "kind": "RuntimeClass",
        "metadata": {"name": "kata"},
        "overhead": {"podFixed": {"cpu": "250m"}},
        "scheduling": {
            "nodeSelector": {"kata": "yes"},
            "tolerations": [{"key": "vm", "operator": "Exists"}],
        },
    }
    found = stored(cluster(runtime), {"requests": {"cpu": "1"}}, runtimeClassName="kata")
    assert found.requests["cpu"] == 1250
    assert found.node_selector == {"kata": "yes"}
    assert [toleration.key for toleration in found.tolerations] == ["vm"]
    clash = {"nodeSelector": {"kata": "no"}, "runtimeClassName": "kata"}
    assert "selects nodes by kata=yes" in stored(cluster(runtime), **clash).refused


def test_an_unknown_runtime_class_is_refused() -> None:
    """As the API server does."""
    assert "no RuntimeClass 'x'" in stored(cluster(), runtimeClassName="x").refused


def quota(**spec: Any) -> dict[str, Any]:
    return {"kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": spec}


def unplaced(found: Cluster, count: int, **fields: Any) -> list[str]:
    """Reasons for which so many like pods are left out."""
    text = "\n".join(
        json.dumps(
            {
                "kind": "Pod",
                "apiVersion": "v1",
                "metadata": {"name": f"p-{number}"},
                "spec": {"containers": [{"name": "c", "resources": fields}]},
            }
        )
        for number in range(count)
    )
    outcome = place(found, PlacementRequest(manifest_text=text), params=QUICK)
    return [left.reason for left in outcome.unplaced]


@pytest.mark.parametrize(
    ("hard", "told"),
    [
        ({"pods": "1"}, "1 of 1 pods used, 1 asked for"),
        ({"requests.cpu": "1500m"}, "1000m of 1500m requests.cpu used, 1000m asked for"),
        ({"cpu": "1"}, "1000m of 1000m cpu used"),
    ],
)
def test_a_quota_counts_one_new_pod_after_another(hard: dict[str, str], told: str) -> None:
    """The first is granted, the second is one too many."""
    node = {
        "kind": "Node",
        "metadata": {"name": "n"},
        "status": {"allocatable": {"cpu": "8", "memory": "8Gi", "pods": "10"}},
    }
    found = cluster_from_objects([node, quota(hard=hard)])
    reasons = unplaced(found, 2, requests={"cpu": "1"})
    assert len(reasons) == 1
    assert "quota default/q is exceeded" in reasons[0]
    assert told in reasons[0]


def test_a_quota_of_limits_asks_for_limits() -> None:
    """A container without one is refused, whatever is left."""
    reasons = unplaced(cluster(quota(hard={"limits.cpu": "10"})), 1, requests={"cpu": "1"})
    assert reasons == ["quota default/q asks that each container specify limits.cpu"]


def test_the_case_of_a_full_quota() -> None:
    """The limit range's default request is applied; the quota refuses, named."""
    found = case("limitrange-quota")
    new = read_pods([("newpod.json", (CASES / "newpod.json").read_bytes())], Admission.of(found))
    assert new[0].requests == {"cpu": 1000, "memory": 2**30}
    outcome = place(found, PlacementRequest(manifests=new), params=QUICK)
    (left,) = outcome.unplaced
    assert left.reason == "quota default/q is exceeded: 1 of 1 pods used, 1 asked for"
