"""The plain request body: units, defaults, and a field's name in every refusal."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kytos.cluster import HOSTNAME, ZONE, Effect, Phase, Taint, Toleration
from kytos.errors import SourceError
from kytos.sources.body import ClusterBody, cluster_from_body, read_body
from kytos.sources.manifests import read_cluster

Body = dict[str, Any]
MIB = 2**20


def test_units_and_defaults(node_body: Body, pod_body: Body) -> None:
    """MiB become bytes, millicores stay; a body's pod runs where it says and may be moved."""
    cluster = read_body({"nodes": [node_body], "pods": [pod_body]})
    (node,), (pod,) = cluster.nodes, cluster.pods
    assert node.allocatable == {"cpu": 4000, "memory": 16000 * MIB, "pods": 110}
    assert node.labels == {HOSTNAME: "node-1"}
    assert (node.ready, node.accepts_pods, node.price_per_hour) == (True, True, None)
    assert pod.requests == {"cpu": 500, "memory": 1024 * MIB}
    assert (pod.node, pod.phase, pod.movable, pod.service) == (
        "node-1",
        Phase.RUNNING,
        True,
        None,
    )


def test_every_optional_field(node_body: Body, pod_body: Body) -> None:
    """All optional fields of the contract arrive in the model."""
    node_body |= {
        "zone": "eu-a",
        "labels": {"pool": "x"},
        "taints": [{"key": "spot", "value": "true", "effect": "NoExecute", "timeAdded": "now"}],
        "max_pods": 5,
        "price_per_hour": 0.5,
        "ready": False,
        "provisioned": False,
        "startup_seconds": 90,
        "images": ["app:1"],
        "current_load": {"cpu": 10.2, "mem": 1},
        "resources": {"nvidia.com/gpu": 8},
    }
    pod_body |= {
        "service": "web",
        "priority": -3,
        "movable": False,
        "move_cost": 2.5,
        "node_selector": {"pool": "x"},
        "tolerations": [{"key": "spot", "operator": "Exists", "tolerationSeconds": 30}],
        "image": "app:1",
        "resources": {"nvidia.com/gpu": 1.5},
        "expected_cpu": 700,
        "expected_mem": 2048,
    }
    cluster = read_body({"nodes": [node_body], "pods": [pod_body]})
    (node,), (pod,) = cluster.nodes, cluster.pods
    assert (node.zone, node.labels["pool"], node.allocatable["pods"]) == ("eu-a", "x", 5)
    assert node.taints == (Taint(key="spot", value="true", effect=Effect.NO_EXECUTE),)
    assert (node.price_per_hour, node.accepts_pods, node.provisioned) == (0.5, False, False)
    assert (node.startup_seconds, node.images) == (90, {"app:1"})
    assert node.current_load == {"cpu": 11, "memory": MIB}
    assert node.allocatable["nvidia.com/gpu"] == 8
    assert (pod.service, pod.priority, pod.movable, pod.move_cost) == ("web", -3, False, 2.5)
    assert pod.node_selector == {"pool": "x"}
    assert pod.tolerations == (Toleration(key="spot", operator="Exists"),)
    assert pod.requests["nvidia.com/gpu"] == 2
    assert (pod.images, pod.expected) == ({"app:1"}, {"cpu": 700, "memory": 2048 * MIB})


def test_fractions_never_gain_capacity(node_body: Body, pod_body: Body) -> None:
    """Requests round up to whole millicores and bytes, capacities down."""
    node_body |= {"cpu_capacity": 999.9, "mem_capacity": 0.1}
    pod_body |= {"cpu_request": 0.1, "mem_request": 0.1}
    cluster = read_body({"nodes": [node_body], "pods": [pod_body]})
    assert (cluster.nodes[0].allocatable["cpu"], cluster.pods[0].requests["cpu"]) == (999, 1)
    assert cluster.nodes[0].allocatable["memory"] + 1 == cluster.pods[0].requests["memory"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cpu_capacity": 0}, r"nodes\[0\]\.cpu_capacity.*more than 0; found 0"),
        ({"mem_capacity": -1}, r"nodes\[0\]\.mem_capacity"),
        ({"cpu_capacity": float("nan")}, r"nodes\[0\]\.cpu_capacity.*finite"),
        ({"cpu_capacity": float("inf")}, r"nodes\[0\]\.cpu_capacity"),
        ({"cpu_capacity": 2**54}, r"nodes\[0\]\.cpu_capacity.*9007199254740992"),
        ({"mem_capacity": 2**34}, r"nodes\[0\]\.mem_capacity"),
        ({"current_load": {"cpu": -1}}, r"nodes\[0\]\.current_load\.cpu"),
        ({"current_load": {"gpu": 1}}, r"nodes\[0\]\.current_load\.gpu: there is no such field"),
        ({"price_per_hour": -1}, r"nodes\[0\]\.price_per_hour"),
        ({"max_pods": 1.5}, r"nodes\[0\]\.max_pods"),
        ({"id": ""}, r"nodes\[0\]\.id"),
        ({"id": "<b>"}, r"nodes\[0\]\.id: expected text on one line without < and >"),
        ({"id": "\ud800"}, r"nodes\[0\]\.id"),
        ({"taints": [{"key": "a", "effect": "Never"}]}, r"nodes\[0\]\.taints\[0\]\.effect"),
        ({"zone": "a", "labels": {ZONE: "b"}}, r"nodes\[0\]\.zone: is 'a', but the label"),
        ({"resources": {"cpu": 1}}, r"nodes\[0\]\.resources\.cpu: has its own field"),
        ({"gpu": 1}, r"nodes\[0\]\.gpu: there is no such field"),
    ],
)
def test_bad_nodes_are_refused_by_field(node_body: Body, change: Body, words: str) -> None:
    """Every refusal names the field at fault."""
    with pytest.raises(SourceError, match=words):
        read_body({"nodes": [node_body | change]})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cpu_request": -1}, r"pods\[1\]\.cpu_request"),
        ({"cpu_request": "500m"}, r"pods\[1\]\.cpu_request: .*number; found '500m'"),
        ({"cpu_request": True}, r"pods\[1\]\.cpu_request"),
        ({"cpu_request": None}, r"pods\[1\]\.cpu_request"),
        ({"cpu_request": 10**400}, r"pods\[1\]\.cpu_request"),
        ({"mem_request": float("inf")}, r"pods\[1\]\.mem_request"),
        ({"expected_cpu": float("nan")}, r"pods\[1\]\.expected_cpu"),
        ({"resources": {"x": -1}}, r"pods\[1\]\.resources\.x"),
        ({"priority": 2**40}, r"pods\[1\]\.priority"),
        ({"movable": "no"}, r"pods\[1\]\.movable"),
        ({"tolerations": [{"operator": "Likes"}]}, r"pods\[1\]\.tolerations\[0\]\.operator"),
        ({"current_node": "node-9"}, r"pods\[1\]\.current_node: there is no node 'node-9'"),
        ({"id": "pod-a"}, r"pods\[1\]\.id: 'pod-a' is named twice"),
        ({"colour": "red"}, r"pods\[1\]\.colour: there is no such field"),
    ],
)
def test_bad_pods_are_refused_by_field(
    node_body: Body, pod_body: Body, change: Body, words: str
) -> None:
    """Every refusal names the field at fault, the pod by its position."""
    with pytest.raises(SourceError, match=words):
        read_body({"nodes": [node_body], "pods": [pod_body, {**pod_body, "id": "pod-b", **change}]})


def test_missing_fields_and_lists(node_body: Body) -> None:
    """A node without capacity, a body without nodes and lists that are none are named."""
    for body, words in (
        ({"nodes": [{"id": "a"}]}, r"nodes\[0\]\.cpu_capacity: is missing"),
        ({"nodes": []}, "nodes"),
        ({"pods": []}, "nodes: is missing"),
        ({"nodes": 3}, "nodes: expected a list"),
        ({"nodes": [node_body], "mode": "spread"}, "mode: there is no such field"),
        ({"nodes": [node_body, node_body]}, r"nodes\[1\]\.id: 'node-1' is named twice"),
        ([], "expected an object"),
    ):
        with pytest.raises(SourceError, match=words):
            read_body(body)


def test_pods_on_unknown_nodes_can_be_evacuated(node_body: Body, pod_body: Body) -> None:
    """In recovery an unknown current_node means: evacuate; the body tells which pods."""
    body = ClusterBody.model_validate(
        {"nodes": [node_body], "pods": [pod_body, pod_body | {"id": "b", "current_node": "lost"}]}
    )
    cluster = cluster_from_body(body, evacuate_unknown=True)
    assert body.homeless() == ("b",)
    assert [pod.node for pod in cluster.pods] == ["node-1", None]
    assert cluster.pods[1].lost
    assert not cluster.pods[1].waiting
    assert cluster.notes[0].subjects == ("b",)


def test_read_cluster_knows_a_body(node_body: Body, pod_body: Body) -> None:
    """An uploaded body is recognised, also as nodes and pods in two files."""
    whole = {"nodes": [node_body], "pods": [pod_body]}
    files = [(f"{key}.json", json.dumps({key: value})) for key, value in whole.items()]
    assert read_cluster([("c.json", json.dumps(whole))], "c") == read_cluster(files, "c")
    with pytest.raises(SourceError, match="not both"):
        read_cluster([*files, ("d.json", '{"kind": "PodList", "items": []}')])


def test_the_schema_describes_every_field() -> None:
    """What FastAPI documents: each field of nodes and pods has a description."""
    schema = ClusterBody.model_json_schema()
    for model in ("PlainNode", "PlainPod"):
        for name, field in schema["$defs"][model]["properties"].items():
            assert field.get("description"), name
    ClusterBody.model_validate(schema["examples"][0])
