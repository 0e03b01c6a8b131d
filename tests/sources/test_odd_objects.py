"""One odd object does not blind the reader: it is left out, named, and the rest is read."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from kytos.cluster import Cluster, NoteKind
from kytos.errors import SourceError
from kytos.sources.manifests import cluster_from_objects, read_cluster

CASES = Path(__file__).parents[1] / "data" / "cases"
Manifest = dict[str, Any]


def case(name: str) -> Cluster:
    return read_cluster([(name, (CASES / name).read_bytes())])


def said(cluster: Cluster) -> str:
    return "\n".join(f"{note.message} {' '.join(note.subjects)}" for note in cluster.notes)


def test_a_pod_of_a_vanished_node_is_named_and_not_counted() -> None:
    """Nothing is refused; the pod holds nothing anywhere."""
    cluster = case("vanished-node.json")
    assert "default/web-2" not in cluster.pod_index
    assert "default/web-2 on gone-1" in said(cluster)


def test_an_absurd_quantity_of_one_tenant_is_read() -> None:
    """It counts as more than any node has; all others are as they were."""
    cluster = case("tenant-pending-16Pi.json")
    pod = cluster.pods[cluster.pod_index["tenant/typo-1"]]
    assert pod.requests["memory"] > max(node.allocatable["memory"] for node in cluster.nodes)
    assert pod.requests["cpu"] == 500
    assert "'16Pi' is beyond any machine" in said(cluster)
    assert "tenant-pending-16Pi.json: Pod tenant/typo-1" in said(cluster)


def test_a_running_pod_that_cannot_be_read_whole_holds_what_it_holds(
    node_manifest: Manifest, pod_manifest: Manifest
) -> None:
    """Its node is no emptier for it, and it stays; a waiting one is left out."""
    pod_manifest["spec"]["nodeName"] = node_manifest["metadata"]["name"]
    odd = deepcopy(pod_manifest)
    odd["spec"]["tolerations"] = "none"
    whole = cluster_from_objects([node_manifest, pod_manifest]).pods[0]
    (pod,) = cluster_from_objects([node_manifest, odd]).pods
    assert (pod.requests, pod.node) == (whole.requests, whole.node)
    assert pod.owner is None
    del odd["spec"]["nodeName"]
    waiting = cluster_from_objects([node_manifest, odd])
    assert waiting.pods == ()
    assert waiting.notes[0].kind is NoteKind.LEFT_OUT


def test_without_any_node_the_first_fault_is_the_answer(node_manifest: Manifest) -> None:
    """Where nothing can be answered, what is wrong is said, not that there is no node."""
    odd = deepcopy(node_manifest)
    odd["spec"] = {"taints": [{"effect": "Sometimes"}]}
    with pytest.raises(SourceError, match=r"effect: expected one of NoSchedule"):
        cluster_from_objects([odd])


@pytest.mark.parametrize(
    ("file", "typed"),
    [("cluster.json", True), ("archive/config/node/n.json", False), ("nodes.json", False)],
)
def test_an_object_without_kind_has_that_of_its_list_folder_or_shape(
    node_manifest: Manifest, pod_manifest: Manifest, file: str, typed: bool
) -> None:
    """As in Insights archives; one that could be anything is named."""
    node = {key: value for key, value in node_manifest.items() if key not in ("kind", "apiVersion")}
    pod = {key: value for key, value in pod_manifest.items() if key not in ("kind", "apiVersion")}
    nodes: Any = {"kind": "NodeList", "items": [node]} if typed else node
    anything = {"metadata": {"name": "x"}, "data": {}}
    cluster = read_cluster(
        [
            (file, json.dumps(nodes)),
            ("p.json", json.dumps(pod)),
            ("x.json", json.dumps(anything)),
        ]
    )
    assert [node.name for node in cluster.nodes] == [node_manifest["metadata"]["name"]]
    assert [pod.id for pod in cluster.pods] == ["shop/web-1"]
    assert "x.json" in said(cluster)
    assert "without a kind" in said(cluster)


def test_beta_labels_count_as_the_stable_ones(node_manifest: Manifest) -> None:
    """Zone and instance type of an old kubelet's node are known."""
    node_manifest["metadata"]["labels"] = {
        "failure-domain.beta.kubernetes.io/zone": "z1",
        "beta.kubernetes.io/instance-type": "m5.large",
        "beta.kubernetes.io/os": "linux",
    }
    (node,) = cluster_from_objects([node_manifest]).nodes
    assert node.zone == "z1"
    assert node.labels["node.kubernetes.io/instance-type"] == "m5.large"
    assert node.labels["kubernetes.io/os"] == "linux"
