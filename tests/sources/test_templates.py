"""Manifests become the pods they would bring."""

from __future__ import annotations

import pytest

from kytos.cluster import CPU
from kytos.sources.errors import SourceError
from kytos.sources.templates import pods_of_manifests

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
