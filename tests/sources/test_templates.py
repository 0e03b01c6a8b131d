"""Manifests become the pods they would bring."""

from __future__ import annotations

import pytest

from kytos.cluster import CPU, PriorityClass
from kytos.errors import SourceError
from kytos.sources.admission import Admission
from kytos.sources.templates import pods_of_manifests, read_new_pods

CONTAINERS = "containers: [{name: c, image: c:1, resources: {requests: {cpu: 100m}}}]"


def controller(kind: str, count: str) -> str:
    """A controller's manifest."""
    return (
        f"kind: {kind}\nmetadata: {{name: w, namespace: n}}\n"
        f"spec:\n  {count}\n  template:\n    metadata: {{labels: {{app: w}}}}\n"
        f"    spec:\n      {CONTAINERS}\n"
    )


@pytest.mark.parametrize(
    ("kind", "count"),
    [("Deployment", "replicas: 3"), ("StatefulSet", "replicas: 3"), ("Job", "parallelism: 3")],
)
def test_controller_brings_its_replicas(kind: str, count: str) -> None:
    """One waiting pod a replica, with the template's labels and requests, owned by it."""
    pods = pods_of_manifests(controller(kind, count))
    assert [pod.id for pod in pods] == ["n/w-0", "n/w-1", "n/w-2"]
    assert {(pod.node, pod.requests[CPU], pod.labels["app"]) for pod in pods} == {(None, 100, "w")}
    assert all(pod.owner is not None and pod.owner.kind == kind for pod in pods)
    assert len({pod.service for pod in pods}) == 1


def test_a_job_whose_name_is_still_to_be_made() -> None:
    """With generateName alone, as Jobs are often written, its pods have a readable name."""
    manifest = controller("Job", "parallelism: 2").replace("name: w,", "generateName: w-,")
    assert [pod.id for pod in pods_of_manifests(manifest)] == ["n/w-new-0", "n/w-new-1"]


def test_pods_and_lists_are_read_together() -> None:
    """Several documents, one of them a List, are one set of pods."""
    pod = f"kind: Pod\nmetadata: {{name: p}}\nspec: {{{CONTAINERS}}}\n"
    other = f"{{kind: Pod, metadata: {{name: q}}, spec: {{{CONTAINERS}}}}}"
    text = f"{pod}---\nkind: List\nitems:\n- {other}\n"
    assert [pod.name for pod in pods_of_manifests(text)] == ["p", "q"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kind: Service\nmetadata: {name: s}", "a Service makes no pods"),
        (controller("Deployment", "replicas: -1"), "has -1 replicas"),
        (controller("Deployment", "replicas: many"), "has 'many' replicas"),
        (controller("Deployment", "replicas: 5001"), "has 5001 replicas"),
        ("just words", "no Kubernetes object"),
        ("a: [", "paste"),
    ],
)
def test_what_brings_no_pods_is_refused(text: str, expected: str) -> None:
    """The message says what was found and what to give."""
    with pytest.raises(SourceError, match=expected):
        pods_of_manifests(text, "paste")


CLASSES = (
    PriorityClass(name="critical", value=10_000),
    PriorityClass(name="usual", value=500, is_default=True),
    PriorityClass(name="also-usual", value=900, is_default=True),
)


def of_class(spec: str) -> str:
    """A pod's manifest with more in its spec."""
    return f"kind: Pod\nmetadata: {{name: p}}\nspec: {{{spec}{CONTAINERS}}}"


@pytest.mark.parametrize(
    ("spec", "priority"),
    [
        ("priorityClassName: critical, ", 10_000),
        ("priorityClassName: system-cluster-critical, ", 2_000_000_000),
        ("priorityClassName: system-node-critical, ", 2_000_001_000),
        ("", 500),
        ("priorityClassName: gone, priority: 7, ", 7),
    ],
)
def test_a_class_gives_the_priority_admission_would(spec: str, priority: int) -> None:
    """Named, one of the system's, the lowest of the default classes, or what is stored already."""
    (pod,) = pods_of_manifests(of_class(spec), "paste", Admission(CLASSES))
    assert pod.priority == priority


def test_without_classes_the_default_is_zero() -> None:
    """As in a cluster nobody gave a default class."""
    (pod,) = pods_of_manifests(of_class(""), "paste")
    assert pod.priority == 0


@pytest.mark.parametrize(
    ("classes", "listed"),
    [(CLASSES, "it has also-usual, critical, usual"), ((), "none was read with it")],
)
def test_a_class_the_cluster_lacks_is_refused(
    classes: tuple[PriorityClass, ...], listed: str
) -> None:
    """The API server would refuse the pod: the field, what there is and what to do are named."""
    with pytest.raises(SourceError, match=listed) as refused:
        pods_of_manifests(of_class("priorityClassName: urgent, "), "paste", Admission(classes))
    assert "no PriorityClass 'urgent'" in str(refused.value)
    assert "spec.priorityClassName" in str(refused.value)
    assert "give spec.priority" in str(refused.value)


def test_a_cron_job_brings_the_pods_of_one_run() -> None:
    """Its job's template, as often as that runs in parallel."""
    run = controller("Job", "parallelism: 2").split("spec:\n", 1)[1]
    inner = "".join(f"    {line}\n" for line in run.splitlines())
    head = "kind: CronJob\nmetadata: {name: w, namespace: n}\nspec:\n  jobTemplate:\n    spec:\n"
    text = head + inner
    assert [pod.id for pod in pods_of_manifests(text)] == ["n/w-0", "n/w-1"]


def test_files_of_workloads_are_read_and_what_lies_beside_them_brings_nothing() -> None:
    """A StatefulSet with claims of its own and its Service, as one applies them together."""
    claims = "replicas: 2\n  volumeClaimTemplates: [{metadata: {name: data}, spec: {}}]"
    text = f"{controller('StatefulSet', claims)}---\nkind: Service\nmetadata: {{name: s}}\n"
    body = '{"pods": [{"id": "p", "cpu_request": 1, "mem_request": 1}]}'
    assert [pod.id for pod in read_new_pods([("w.yaml", text)])] == ["n/w-0", "n/w-1"]
    assert [pod.id for pod in read_new_pods([("b.json", body)])] == ["p"]


def test_each_replica_brings_claims_of_its_own() -> None:
    """Named after template, set and ordinal; they replace the template's volumes of that name."""
    spec = (
        "replicas: 2\n  ordinals: {start: 3}\n  volumeClaimTemplates: [{metadata: {name: data}, "
        "spec: {storageClassName: fast, accessModes: [ReadWriteOnce], "
        "resources: {requests: {storage: 1Gi}}}}]"
    )
    pods = pods_of_manifests(controller("StatefulSet", spec))
    assert [(pod.id, pod.claims) for pod in pods] == [
        ("n/w-3", ("data-w-3",)),
        ("n/w-4", ("data-w-4",)),
    ]
    (claim,) = pods[0].claims_to_make
    told = (claim.namespace, claim.name, claim.storage_class, claim.capacity, claim.to_be_made)
    assert told == ("n", "data-w-3", "fast", 2**30, True)


def test_an_ephemeral_volume_brings_a_claim() -> None:
    """Named after pod and volume."""
    pod = (
        "kind: Pod\nmetadata: {name: p, namespace: n}\nspec:\n  containers: [{name: c}]\n"
        "  volumes: [{name: tmp, ephemeral: {volumeClaimTemplate: {spec: {}}}}]\n"
    )
    (read,) = pods_of_manifests(pod)
    assert (read.claims, [claim.name for claim in read.claims_to_make]) == (("p-tmp",), ["p-tmp"])


def test_an_application_is_read_whole() -> None:
    """What a chart has beside its workloads brings no pods; claims and classes count for them."""
    beside = (
        "kind: Namespace\nmetadata: {name: n}",
        "kind: ServiceMonitor\napiVersion: m/v1\nmetadata: {name: m}\nspec: {endpoints: []}",
        "kind: PodDisruptionBudget\nmetadata: {name: b}\nspec: {minAvailable: 1}",
        "kind: PriorityClass\nmetadata: {name: vip}\nvalue: 7",
        "kind: PersistentVolumeClaim\nmetadata: {name: data, namespace: n}\n"
        "spec: {storageClassName: s, resources: {requests: {storage: 5Gi}}}",
    )
    claimed = "volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]"
    of = f"{{priorityClassName: vip, {claimed}, {CONTAINERS}}}"
    texts = [f"kind: Pod\nmetadata: {{name: p, namespace: {space}}}\nspec: {of}" for space in "nm"]
    mounts, elsewhere = pods_of_manifests("\n---\n".join((*beside, *texts)))
    assert (mounts.priority, elsewhere.priority) == (7, 7)
    made = [(claim.name, claim.storage_class, claim.to_be_made) for claim in mounts.claims_to_make]
    assert made == [("data", "s", True)]
    assert elsewhere.claims_to_make == ()


@pytest.mark.parametrize("kind", ["DaemonSet", "Rollout"])
def test_pods_that_cannot_be_placed_are_not_passed_over(kind: str) -> None:
    """Pods of a controller that is not known, or that chooses their nodes, would be missed."""
    other = f"kind: {kind}\nmetadata: {{name: o}}\nspec: {{template: {{spec: {{{CONTAINERS}}}}}}}"
    with pytest.raises(SourceError, match=f"a {kind} makes no pods that can be placed"):
        pods_of_manifests(f"{other}\n---\nkind: Pod\nmetadata: {{name: p}}\nspec: {{{CONTAINERS}}}")


@pytest.mark.parametrize(
    ("counts", "pods"),
    [
        ("parallelism: 5, completions: 2", 2),
        ("parallelism: 2, completions: 5", 2),
        ("completions: 5", 1),
        ("parallelism: 3", 3),
    ],
)
def test_a_job_runs_no_more_pods_than_have_to_end_well(counts: str, pods: int) -> None:
    """Of its parallelism, as the Job controller has it."""
    spec = f"{{{counts}, template: {{spec: {{{CONTAINERS}}}}}}}"
    job = f"kind: Job\nmetadata: {{name: j}}\nspec: {spec}"
    runs = f"kind: CronJob\nmetadata: {{name: j}}\nspec: {{jobTemplate: {{spec: {spec}}}}}"
    assert [len(pods_of_manifests(text)) for text in (job, runs)] == [pods, pods]
