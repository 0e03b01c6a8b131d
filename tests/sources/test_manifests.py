"""kubectl's output becomes a Cluster: every field that matters, and clear words where it cannot."""

from __future__ import annotations

import json
import re
from collections import Counter
from copy import deepcopy
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
import yaml

from kytos.cluster import (
    Claim,
    Cluster,
    HostPort,
    LabelSelector,
    NodeTerm,
    Owner,
    Phase,
    Pod,
    Requirement,
    Toleration,
    Volume,
)
from kytos.errors import SourceError
from kytos.sources.manifests import cluster_from_objects, pod_from_object, read_cluster, read_pods
from kytos.sources.quantities import read_quantity
from kytos.sources.storage_objects import BIND_COMPLETED
from tests.sources.conftest import DATA, read_xz

Manifest = dict[str, Any]


@pytest.fixture(scope="module")
def lab(lab_text: str) -> Cluster:
    return read_cluster([("lab.json", lab_text)])


def pod_with(manifest: Manifest, **spec: Any) -> Pod:
    """The manifest's pod with these fields in its spec."""
    changed = deepcopy(manifest)
    changed["spec"].update(spec)
    return pod_from_object(changed)


class TestLab:
    """A real API server's answer, counted without the reader."""

    def test_everything_is_there(self, lab: Cluster) -> None:
        """20 nodes and 173 pods: 165 running, 4 succeeded, 4 pending; 7 budgets; no notes."""
        assert (lab.name, len(lab.nodes), len(lab.pods), len(lab.budgets)) == ("lab", 20, 173, 7)
        assert Counter(pod.phase for pod in lab.pods) == {
            Phase.RUNNING: 165,
            Phase.SUCCEEDED: 4,
            Phase.PENDING: 4,
        }
        assert lab.notes == ()

    def test_requests_add_up(self, lab: Cluster, lab_objects: list[Manifest]) -> None:
        """The lab's pods have no init containers, so a plain sum over containers must agree."""
        millicores = sum(
            Decimal(cpu[:-1]) if cpu.endswith("m") else 1000 * Decimal(cpu)
            for item in lab_objects
            if item["kind"] == "Pod"
            for container in item["spec"]["containers"]
            if (cpu := container["resources"].get("requests", {}).get("cpu"))
        )
        assert not any("initContainers" in item.get("spec", {}) for item in lab_objects)
        assert sum(pod.requests.get("cpu", 0) for pod in lab.pods) == millicores

    def test_services_are_the_top_controllers(
        self, lab: Cluster, lab_objects: list[Manifest]
    ) -> None:
        """Pods of Deployments, StatefulSets and DaemonSets are counted by `status.replicas`."""
        services = Counter(pod.service for pod in lab.pods)
        for item in lab_objects:
            status = item.get("status", {})
            replicas = {
                "Deployment": status.get("replicas"),
                "StatefulSet": status.get("replicas"),
                "DaemonSet": status.get("currentNumberScheduled"),
            }.get(item["kind"])
            if replicas is not None:
                service = f"{item['metadata']['namespace']}/{item['metadata']['name']}"
                assert services[service] == replicas
        assert services[None] == 2

    def test_cordons_and_taints(self, lab: Cluster, lab_objects: list[Manifest]) -> None:
        """Cordoned and tainted nodes are the ones the raw manifests say."""
        raw = {item["metadata"]["name"]: item for item in lab_objects if item["kind"] == "Node"}
        for node in lab.nodes:
            spec = raw[node.name].get("spec", {})
            assert node.unschedulable == spec.get("unschedulable", False)
            assert [t.key for t in node.taints] == [t["key"] for t in spec.get("taints", [])]
        assert sum(node.unschedulable for node in lab.nodes) == 1

    def test_json_yaml_and_separate_files_agree(
        self, lab: Cluster, lab_objects: list[Manifest]
    ) -> None:
        """A YAML dump, one file per kind, and typed lists without kinds give the same cluster."""
        as_yaml = yaml.dump_all(lab_objects, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper))
        kinds: dict[str, list[Manifest]] = {}
        for item in lab_objects:
            kinds.setdefault(item["kind"], []).append(item)
        typed = [
            (
                f"{kind}.json",
                json.dumps(
                    {
                        "kind": f"{kind}List",
                        "apiVersion": items[0]["apiVersion"],
                        "items": [
                            {k: v for k, v in item.items() if k not in ("kind", "apiVersion")}
                            for item in items
                        ],
                    }
                ),
            )
            for kind, items in kinds.items()
        ]
        lines = "\n".join(json.dumps(item) for item in lab_objects)
        assert read_cluster([("lab.yaml", as_yaml)]) == lab
        assert read_cluster(typed, name="lab") == lab
        assert read_cluster([("lab.jsonl", lines)]) == lab
        assert cluster_from_objects(lab_objects, "lab") == lab


@pytest.mark.parametrize("path", sorted((DATA / "oracle").glob("*.xz")), ids=lambda path: path.stem)
def test_recorded_clusters_and_candidates_are_read(path: Any) -> None:
    """Every recorded cluster and every candidate pod is read, with nothing left unhonoured."""
    recorded = json.loads(read_xz(f"oracle/{path.name}"))
    cluster = cluster_from_objects([recorded["cluster"]])
    kinds = Counter(item["kind"] for item in recorded["cluster"]["items"])
    assert (len(cluster.nodes), len(cluster.pods)) == (kinds["Node"], kinds["Pod"])
    assert len(cluster.volumes) == kinds["PersistentVolume"]
    assert cluster.notes == ()
    for candidate in recorded["candidates"]:
        assert pod_from_object(candidate["pod"]).waiting


def test_placement_fields(pod_manifest: Manifest) -> None:
    """Every field the rules look at arrives in the model."""
    term = {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]}
    near = {
        "topologyKey": "zone",
        "labelSelector": {"matchLabels": {"app": "db"}},
        "namespaces": ["x"],
    }
    pod = pod_with(
        pod_manifest,
        tolerations=[
            {"key": "spot", "operator": "Exists"},
            {"effect": "NoExecute", "operator": "Exists"},
        ],
        nodeSelector={"pool": "a"},
        affinity={
            "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term, {}]},
                "preferredDuringSchedulingIgnoredDuringExecution": [
                    {"weight": 7, "preference": term}
                ],
            },
            "podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [near]},
            "podAntiAffinity": {
                "preferredDuringSchedulingIgnoredDuringExecution": [
                    {"weight": 9, "podAffinityTerm": {"topologyKey": "host", "labelSelector": {}}}
                ]
            },
        },
        topologySpreadConstraints=[
            {
                "topologyKey": "zone",
                "maxSkew": 2,
                "whenUnsatisfiable": "ScheduleAnyway",
                "nodeTaintsPolicy": "Honor",
                "nodeAffinityPolicy": "Ignore",
                "matchLabelKeys": ["version"],
            }
        ],
    )
    ssd = Requirement(key="disk", operator="In", values=("ssd",))
    assert pod.tolerations == (
        Toleration(key="spot", operator="Exists"),
        Toleration(operator="Exists", effect="NoExecute"),
    )
    assert pod.node_selector == {"pool": "a"}
    assert pod.required_node_terms == (NodeTerm(expressions=(ssd,)), NodeTerm())
    assert pod.preferred_node_terms[0].weight == 7
    assert pod.affinity[0].namespaces == ("x",)
    assert pod.affinity[0].selector == LabelSelector(
        requirements=(Requirement(key="app", operator="In", values=("db",)),)
    )
    assert pod.preferred_anti_affinity[0].weight == 9
    assert pod.preferred_anti_affinity[0].term.selector == LabelSelector()
    (spread,) = pod.spread
    assert (spread.max_skew, spread.hard, spread.selector) == (2, False, None)
    assert (spread.honor_node_taints, spread.honor_node_affinity) == (True, False)
    assert spread.match_label_keys == ("version",)


def test_no_node_affinity_is_not_an_empty_one(pod_manifest: Manifest) -> None:
    """Without required terms any node will do; with an empty list none will."""
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}}
    assert pod_from_object(pod_manifest).required_node_terms is None
    assert pod_with(pod_manifest, affinity={"nodeAffinity": required}).required_node_terms == ()


@pytest.mark.parametrize(
    ("spec", "ports"),
    [
        ({"containers": [{"ports": [{"containerPort": 80}]}]}, ()),
        (
            {"containers": [{"ports": [{"hostPort": 8, "protocol": "UDP", "hostIP": "10.0.0.1"}]}]},
            (HostPort(port=8, protocol="UDP", ip="10.0.0.1"),),
        ),
        ({"hostNetwork": True, "containers": [{"ports": [{"containerPort": 9100}]}]},
         (HostPort(port=9100),)),
        ({"initContainers": [{"ports": [{"hostPort": 81}]}], "containers": []}, ()),
        ({"initContainers": [{"restartPolicy": "Always", "ports": [{"hostPort": 81}]}],
          "containers": []}, (HostPort(port=81),)),
    ],
    ids=["container port", "host port", "host network", "init container", "sidecar"],
)  # fmt: skip
def test_host_ports(pod_manifest: Manifest, spec: Manifest, ports: tuple[HostPort, ...]) -> None:
    """Containers and sidecars take host ports, ordinary init containers do not."""
    assert pod_with(pod_manifest, **spec).host_ports == ports


@pytest.mark.parametrize(
    ("volume", "local"),
    [
        ({"emptyDir": {}}, True),
        ({"emptyDir": {"medium": "Memory"}}, False),
        ({"hostPath": {"path": "/srv"}}, True),
        ({"projected": {}}, False),
        ({"name": "safe", "emptyDir": {}}, False),
    ],
)
def test_local_storage(pod_manifest: Manifest, volume: Manifest, local: bool) -> None:
    """emptyDir on disk and hostPath stay behind, unless the pod's annotation calls them safe."""
    pod_manifest["metadata"]["annotations"] = {
        "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes": "other, safe"
    }
    assert pod_with(pod_manifest, volumes=[{"name": "v"} | volume]).local_storage is local


def test_claims(pod_manifest: Manifest) -> None:
    """A generic ephemeral volume's claim is named after its pod and volume."""
    volumes = [
        {"name": "data", "persistentVolumeClaim": {"claimName": "db-0"}},
        {"name": "scratch", "ephemeral": {"volumeClaimTemplate": {}}},
    ]
    assert pod_with(pod_manifest, volumes=volumes).claims == ("db-0", "web-1-scratch")


def test_restarting_all_containers_needs_the_node_feature(pod_manifest: Manifest) -> None:
    """A RestartAllContainers rule asks for the feature that nodes declare under that name."""
    rules = [{"action": "RestartAllContainers", "exitCodes": {"operator": "In", "values": [1]}}]
    pod = pod_with(pod_manifest, containers=[{"name": "a", "restartPolicyRules": rules}])
    assert pod.required_features == {"RestartAllContainersOnContainerExits"}


@pytest.mark.parametrize(
    ("spec", "features"),
    [
        ({"hostNetwork": True, "hostUsers": False}, {"UserNamespacesHostNetworkSupport"}),
        ({"hostNetwork": True, "hostUsers": True}, set()),
        ({"hostNetwork": True}, set()),
        ({"hostUsers": False}, set()),
    ],
)
def test_own_users_on_the_host_s_network_need_a_feature(
    pod_manifest: Manifest, spec: Manifest, features: set[str]
) -> None:
    """Either alone needs none."""
    assert pod_with(pod_manifest, **spec).required_features == features


class TestOwners:
    """Who a pod belongs to."""

    @staticmethod
    def owned(manifest: Manifest, kind: str, name: str, **metadata: Any) -> Manifest:
        owner = {"kind": kind, "name": name, "controller": True}
        return manifest | {
            "metadata": manifest["metadata"] | {"ownerReferences": [owner]} | metadata
        }

    @pytest.mark.parametrize(
        ("chain", "owner"),
        [
            ([("ReplicaSet", "a-5"), ("Deployment", "a")], Owner(kind="Deployment", name="a")),
            ([("ReplicaSet", "bare")], Owner(kind="ReplicaSet", name="bare")),
            ([("Job", "nightly-1"), ("CronJob", "nightly")], Owner(kind="CronJob", name="nightly")),
            ([("DaemonSet", "agent")], Owner(kind="DaemonSet", name="agent")),
            ([("StatefulSet", "db"), ("Cluster", "pg")], Owner(kind="StatefulSet", name="db")),
            ([("ReplicaSet", "a"), ("Deployment", "b"), ("Stack", "c")],
             Owner(kind="Deployment", name="b")),
            ([("Rollout", "canary")], Owner(kind="Rollout", name="canary")),
        ],
    )  # fmt: skip
    def test_chains_are_followed(
        self,
        node_manifest: Manifest,
        pod_manifest: Manifest,
        chain: list[tuple[str, str]],
        owner: Owner,
    ) -> None:
        """ReplicaSet to Deployment, Job to CronJob, no further; other kinds stay as they are."""
        objects = [node_manifest, self.owned(pod_manifest, *chain[0])]
        for (kind, name), above in pairwise(chain):
            manifest = {"kind": kind, "metadata": {"name": name, "namespace": "shop"}}
            objects.append(self.owned(manifest, *above))
        pod = cluster_from_objects(objects).pods[0]
        assert pod.owner == owner
        assert pod.service == f"shop/{owner.name}"

    def test_an_unlisted_replica_set_is_followed_by_its_hash(self, pod_manifest: Manifest) -> None:
        """With only nodes and pods listed, replicas still gather under their Deployment."""
        manifest = self.owned(
            pod_manifest, "ReplicaSet", "web-shop-5d8f", labels={"pod-template-hash": "5d8f"}
        )
        assert pod_from_object(manifest).owner == Owner(kind="Deployment", name="web-shop")

    def test_bare_and_mirror_pods_have_no_service(self, pod_manifest: Manifest) -> None:
        """A bare pod has no owner; a static pod's mirror is known by annotation or owner."""
        assert pod_from_object(pod_manifest).service is None
        by_owner = pod_from_object(self.owned(pod_manifest, "Node", "node-a"))
        annotations = {"kubernetes.io/config.mirror": "abc"}
        by_annotation = pod_from_object(
            pod_manifest | {"metadata": pod_manifest["metadata"] | {"annotations": annotations}}
        )
        for mirror in (by_owner, by_annotation):
            assert (mirror.mirror, mirror.service) == (True, None)

    def test_services_of_one_name_are_told_apart(
        self, node_manifest: Manifest, pod_manifest: Manifest
    ) -> None:
        """A Deployment and a StatefulSet of one name in one namespace are two services."""
        pods = [
            changed(self.owned(pod_manifest, kind, "web"), "metadata.name", f"web-{kind.lower()}")
            for kind in ("Deployment", "StatefulSet")
        ]
        services = {pod.service for pod in cluster_from_objects([node_manifest, *pods]).pods}
        assert services == {"shop/deployment/web", "shop/statefulset/web"}


@pytest.mark.parametrize(
    ("spec", "priority"),
    [
        ({"priority": 7, "priorityClassName": "high"}, 7),
        ({"priorityClassName": "high"}, 1000),
        ({"priorityClassName": "system-node-critical"}, 2_000_001_000),
        ({}, 5),
    ],
    ids=["stored", "by class", "built in", "global default"],
)
def test_priority(
    node_manifest: Manifest, pod_manifest: Manifest, spec: Manifest, priority: int
) -> None:
    """The stored priority wins, then the class, then the default class."""
    classes = [
        {"kind": "PriorityClass", "metadata": {"name": "high"}, "value": 1000},
        {"kind": "PriorityClass", "metadata": {"name": "d"}, "value": 5, "globalDefault": True},
    ]
    pod_manifest["spec"].update(spec)
    cluster = cluster_from_objects([node_manifest, pod_manifest, *classes])
    assert cluster.pods[0].priority == priority


def test_node_fields(node_manifest: Manifest) -> None:
    """Readiness, images, features and capacity (where allocatable is missing) are read."""
    node_manifest["status"] = {
        "capacity": {"cpu": "3910m", "memory": "1Gi", "pods": 10},
        "conditions": [{"type": "Ready", "status": "Unknown"}],
        "images": [{"names": ["app:1", "app@sha256:0"]}],
        "declaredFeatures": ["X"],
    }
    (node,) = cluster_from_objects([node_manifest]).nodes
    assert node.allocatable == {"cpu": 3910, "memory": 2**30, "pods": 10}
    assert (node.ready, node.images, node.declared_features) == (
        False,
        {"app:1", "app@sha256:0"},
        {"X"},
    )


def test_storage(node_manifest: Manifest) -> None:
    """Claims, volumes and classes carry what the volume rules need."""
    zone = {"key": "zone", "operator": "In", "values": ["a"]}
    cluster = cluster_from_objects(
        [
            node_manifest,
            {
                "kind": "PersistentVolumeClaim",
                "metadata": {"name": "data", "namespace": "x"},
                "spec": {
                    "accessModes": ["ReadWriteOncePod"],
                    "volumeName": "v",
                    "storageClassName": "s",
                },
            },
            {
                "kind": "PersistentVolume",
                "metadata": {"name": "v", "labels": {"zone": "a"}},
                "spec": {
                    "nodeAffinity": {
                        "required": {"nodeSelectorTerms": [{"matchExpressions": [zone]}]}
                    }
                },
            },
            {
                "kind": "StorageClass",
                "metadata": {"name": "s"},
                "volumeBindingMode": "WaitForFirstConsumer",
                "allowedTopologies": [
                    {"matchLabelExpressions": [{"key": "zone", "values": ["a"]}]}
                ],
            },
        ]
    )  # fmt: skip
    (claim,), (volume,), (kind,) = cluster.claims, cluster.volumes, cluster.storage_classes
    terms = (NodeTerm(expressions=(Requirement(key="zone", operator="In", values=("a",)),)),)
    assert (claim.volume, claim.storage_class, claim.access_modes) == (
        "v",
        "s",
        ("ReadWriteOncePod",),
    )
    assert (volume.labels, volume.required_node_terms) == ({"zone": "a"}, terms)
    assert (kind.waits_for_consumer, kind.allowed_topologies) == (True, terms)


@pytest.mark.parametrize(
    ("metadata", "phase", "completed"),
    [
        pytest.param({"annotations": {BIND_COMPLETED: "yes"}}, "Bound", True, id="bound"),
        pytest.param({}, "Pending", False, id="names a volume"),
        pytest.param({}, "Bound", False, id="not annotated"),
        pytest.param({}, None, True, id="written by hand"),
    ],
)
def test_a_claim_is_bound_once_it_is_annotated_so(
    node_manifest: Manifest, metadata: Manifest, phase: str | None, completed: bool
) -> None:
    """The scheduler looks at the volume controller's annotation, not at the phase."""
    manifest = {
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data"} | metadata,
        "spec": {"volumeName": "v"},
        "status": {} if phase is None else {"phase": phase},
    }
    (claim,) = cluster_from_objects([node_manifest, manifest]).claims
    assert (claim.volume, claim.binding_completed) == ("v", completed)


@pytest.mark.parametrize("offered", ["10Pi", "8E", "7Ei", 2**63 - 1])
def test_volumes_may_offer_more_than_any_machine(
    node_manifest: Manifest, offered: str | int
) -> None:
    """Network file systems do; the largest number Kubernetes knows is read as well."""
    volume = {
        "kind": "PersistentVolume",
        "metadata": {"name": "v"},
        "spec": {"capacity": {"storage": offered}},
    }
    (found,) = cluster_from_objects([node_manifest, volume]).volumes
    assert found.capacity == read_quantity(offered)


def test_what_decides_which_volume_a_claim_may_have(node_manifest: Manifest) -> None:
    """Uids, modes, classes, selectors, the chosen node and the phases of both are read."""
    claim_manifest = {
        "kind": "PersistentVolumeClaim",
        "metadata": {
            "name": "data",
            "uid": "1",
            "annotations": {
                "volume.beta.kubernetes.io/storage-class": "old",
                "volume.kubernetes.io/selected-node": "n",
            },
        },
        "spec": {
            "storageClassName": "new",
            "volumeMode": "Block",
            "volumeAttributesClassName": "gold",
            "selector": {"matchLabels": {"kind": "fast"}},
        },
        "status": {"phase": "Lost"},
    }
    volume_manifest = {
        "kind": "PersistentVolume",
        "metadata": {"name": "v", "deletionTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {
            "claimRef": {"namespace": "default", "name": "data", "uid": "0"},
            "storageClassName": "s",
            "volumeAttributesClassName": "gold",
        },
        "status": {"phase": "Released"},
    }
    cluster = cluster_from_objects([node_manifest, claim_manifest, volume_manifest])
    (claim,), (volume,) = cluster.claims, cluster.volumes
    fast = Requirement(key="kind", operator="In", values=("fast",))
    assert claim == Claim(
        name="data",
        namespace="default",
        uid="1",
        lost=True,
        binding_completed=False,
        storage_class="old",
        volume_mode="Block",
        attributes_class="gold",
        selector=LabelSelector(requirements=(fast,)),
        selected_node="n",
    )
    assert volume == Volume(
        name="v",
        storage_class="s",
        attributes_class="gold",
        claim="default/data",
        claim_uid="0",
        available=False,
        terminating=True,
    )


def test_autoscaler(node_manifest: Manifest) -> None:
    """An External AverageValue prefills Autoscale; the whole rate is per replica times replicas."""
    hpa = {
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {
            "scaleTargetRef": {"kind": "Deployment", "name": "web"},
            "maxReplicas": 9,
            "metrics": [
                {"type": "Resource", "resource": {"name": "cpu"}},
                {"type": "External",
                 "external": {"target": {"type": "AverageValue", "averageValue": "12500m"}}},
            ],
        },
        "status": {
            "currentReplicas": 4,
            "currentMetrics": [
                {"type": ""},
                {"type": "External", "external": {"current": {"averageValue": "10"}}},
            ],
        },
    }  # fmt: skip
    (autoscaler,) = cluster_from_objects([node_manifest, hpa]).autoscalers
    assert (autoscaler.service, autoscaler.min_replicas, autoscaler.max_replicas) == (
        "shop/web",
        1,
        9,
    )
    cpu, rate = autoscaler.metrics
    assert (rate.target, rate.current, autoscaler.current_replicas) == (12.5, 10.0, 4)
    assert not cpu.known


class TestNotes:
    """What is read and not honoured is said, not dropped in silence."""

    def test_unknown_kinds_and_fields(
        self, node_manifest: Manifest, pod_manifest: Manifest
    ) -> None:
        """Each is one note with a count and names; a Service is nothing to remark on."""
        pod_manifest["spec"]["workloadRef"] = {"name": "gang"}
        others = [
            {"kind": "NetworkPolicy", "metadata": {"name": f"q{i}", "namespace": "shop"}}
            for i in range(5)
        ]
        service = {"kind": "Service", "metadata": {"name": "web", "namespace": "shop"}}
        foreign = {"kind": "Node", "apiVersion": "longhorn.io/v1", "metadata": {"name": "disk"}}
        notes = cluster_from_objects([node_manifest, pod_manifest, *others, service, foreign]).notes
        assert [(note.message.split(":")[0], note.count, note.subjects) for note in notes] == [
            ("NetworkPolicy objects", 5, ("q0", "q1", "q2")),
            ("Node.longhorn.io objects", 1, ("disk",)),
            ("pods of a gang (workloadRef, schedulingGroup)", 1, ("shop/web-1",)),
        ]

    def test_finished_pods_of_vanished_nodes_are_kept(
        self, node_manifest: Manifest, pod_manifest: Manifest
    ) -> None:
        """A finished pod whose node is gone is common and harmless: kept, and noted."""
        pod_manifest["spec"]["nodeName"] = "gone"
        pod_manifest["status"]["phase"] = "Succeeded"
        cluster = cluster_from_objects([node_manifest, pod_manifest])
        assert cluster.pods[0].node is None
        assert cluster.notes[0].subjects == ("shop/web-1",)


def changed(manifest: Manifest, path: str, value: Any) -> Manifest:
    """The manifest with the field at a dotted path set."""
    copy = deepcopy(manifest)
    *parents, last = path.split(".")
    target = copy
    for key in parents:
        target = target.setdefault(key, {})
    target[last] = value
    return copy


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("spec.nodeName", "elsewhere", r"not listed.*shop/web-1 on elsewhere"),
        ("spec.containers", {}, r"expected a list, found an object.*spec\.containers"),
        ("spec.containers", [{"resources": {"requests": {"cpu": "-1"}}}], r"negative.*rs\[0\]"),
        ("spec.containers", [{"resources": {"requests": {"cpu": "1e400"}}}], r"1e400.*ts\.cpu"),
        ("spec.priority", "high", r"expected a whole number, found 'high'.*spec\.priority"),
        ("spec.nodeSelector", {"spot": True}, r"put it in quotes.*nodeSelector\['spot'\]"),
        ("status.phase", "Dancing", r"expected one of Pending, .*found 'Dancing'.*status\.phase"),
        ("metadata.name", "<script>alert(1)</script>", "no name Kubernetes would accept"),
        ("metadata.namespace", "<b>", "no name Kubernetes would accept"),
        ("metadata.name", "", "has no name"),
        ("metadata", [], "expected an object, found a list.*metadata"),
    ],
)  # fmt: skip
def test_bad_pods_are_named(
    node_manifest: Manifest, pod_manifest: Manifest, path: str, value: Any, words: str
) -> None:
    """The cluster is read; a note names the field and what was found there."""
    cluster = cluster_from_objects([node_manifest, changed(pod_manifest, path, value)])
    assert len(cluster.nodes) == 1
    said = "\n".join(f"{note.message} {note.subjects}" for note in cluster.notes)
    assert re.search(words, said), said


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            "hello",
            "f.json: is not a Kubernetes object: 'hello' is neither a JSON nor a YAML object",
        ),
        ("{}", "without a kind"),
        ('{"kind": "PodList", "items": {}}', "items are not a list"),
        ('{"kind": "PodList", "items": [3]}', "is not a Kubernetes object: 3 is neither"),
        ('{"kind": "PodList", "items": []}', "what was read is empty; add the output"),
        (
            '{"kind": "Deployment", "metadata": {"name": "web"}}',
            "no Node among 1 Deployment; add the output",
        ),
        ('{"kind": "Status", "message": "pods is forbidden"}', "pods is forbidden"),
        ('{"apiVersion": "v1", "kind": "Config", "users": []}', "is a kubeconfig, .* never used"),
    ],
)
def test_files_that_are_no_cluster(content: str, words: str) -> None:
    """The wrong kind of file says what was expected."""
    with pytest.raises(SourceError, match=words):
        read_cluster([("f.json", content)])


def test_duplicates_count_once(node_manifest: Manifest, pod_manifest: Manifest) -> None:
    """The same pod in two files is read once, without a word."""
    files = [("a.json", json.dumps(node_manifest))] + [
        (name, json.dumps(pod_manifest)) for name in ("b.json", "c.json")
    ]
    cluster = read_cluster(files)
    assert [pod.id for pod in cluster.pods] == ["shop/web-1"]
    assert cluster.notes == ()


@pytest.mark.parametrize("versions", [("9", "10"), ("10", "9"), (None, None)])
def test_of_two_states_of_a_pod_the_newer_counts(
    node_manifest: Manifest, pod_manifest: Manifest, versions: tuple[str | None, str | None]
) -> None:
    """By its resource version, else the one that comes later; a note names it."""
    pods = [deepcopy(pod_manifest) for _ in versions]
    for pod, version, number in zip(pods, versions, (1, 2), strict=True):
        pod["metadata"]["labels"] = {"state": str(number)}
        if version is not None:
            pod["metadata"]["resourceVersion"] = version
    cluster = cluster_from_objects([node_manifest, *pods])
    newer = "1" if versions == ("10", "9") else "2"
    assert [pod.labels["state"] for pod in cluster.pods] == [newer]
    assert "given twice" in cluster.notes[0].message
    assert cluster.notes[0].subjects == ("Pod shop/web-1",)


def test_sums_beyond_64_bits_are_refused(node_manifest: Manifest, pod_manifest: Manifest) -> None:
    """Requests that are each allowed but overflow together are refused by resource."""
    pods = []
    for position in range(513):
        pod = changed(pod_manifest, "metadata.name", f"p{position}")
        pods.append(
            changed(pod, "spec.containers", [{"resources": {"requests": {"memory": "8Pi"}}}])
        )
    with pytest.raises(SourceError, match="of memory, more than any cluster has"):
        cluster_from_objects([node_manifest, *pods])


class TestReadPods:
    def test_pods_alone(self, pod_manifest: dict[str, Any]) -> None:
        """A List of Pods, or several documents, without any node."""
        content = json.dumps({"kind": "PodList", "items": [pod_manifest]})
        assert [pod.id for pod in read_pods([("pods.json", content)])] == ["shop/web-1"]

    def test_pods_of_a_body(self) -> None:
        """A request body's pods, without its nodes."""
        content = '{"pods": [{"id": "p", "cpu_request": 1, "mem_request": 1}]}'
        (pod,) = read_pods([("pods.json", content)])
        assert (pod.id, pod.requests) == ("p", {"cpu": 1, "memory": 2**20})

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ('{"kind": "Deployment", "metadata": {"name": "web"}}', "found Deployment"),
            ('{"pods": [], "nodes": []}', "nodes"),
            ('{"pods": [{"id": 1}]}', r"pods\[0\]"),
        ],
    )
    def test_anything_else_is_refused(self, content: str, said: str) -> None:
        """By its kind or its field."""
        with pytest.raises(SourceError, match=said):
            read_pods([("pods.json", content)])


def test_what_was_read_instead_of_nodes_is_counted(pod_manifest: Manifest) -> None:
    """By kind, and many kinds summed up."""
    others = [
        {"kind": kind, "metadata": {"name": f"x{n}"}}
        for kind, many in (("ConfigMap", 2), ("Event", 1), ("Secret", 1), ("Service", 1))
        for n in range(many)
    ]
    with pytest.raises(SourceError, match="no Node among 2 ConfigMap and 1 Pod; add"):
        cluster_from_objects([pod_manifest, *others[:2]])
    with pytest.raises(SourceError, match="2 ConfigMap, 1 Event, 1 Pod and 2 more kinds; add"):
        cluster_from_objects([pod_manifest, *others])


def test_a_body_without_nodes_says_so() -> None:
    """An empty list is called empty."""
    with pytest.raises(SourceError, match=r"^nodes: is empty; add at least one$"):
        read_cluster([("f.json", '{"nodes": [], "pods": []}')])


def test_a_pod_whose_name_is_still_to_be_made(
    node_manifest: Manifest, pod_manifest: Manifest
) -> None:
    """With generateName alone each pod gets a readable name of its own."""
    nameless = {"kind": "Pod", "metadata": {"generateName": "job-"}, "spec": pod_manifest["spec"]}
    named = nameless | {"metadata": {"generateName": "job-", "name": "job-x"}}
    found = cluster_from_objects([node_manifest, nameless, named, nameless])
    assert [pod.id for pod in found.pods] == [
        "default/job-new-1",
        "default/job-x",
        "default/job-new-2",
    ]
    wrong = nameless | {"metadata": {"generateName": "Job_"}}
    (note,) = cluster_from_objects([node_manifest, wrong]).notes
    assert "is no name Kubernetes would accept" in note.message
