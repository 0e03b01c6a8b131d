"""The effective Pod request, case by case as Kubernetes documents and computes it."""

from __future__ import annotations

from typing import Any

import pytest

from kytos.sources.fields import Fields
from kytos.sources.pod_requests import pod_held, pod_requests

MI, GI = 2**20, 2**30


def asks(cpu: Any = None, memory: Any = None, sidecar: bool = False, **more: Any) -> dict[str, Any]:
    """A container that asks for this much."""
    requests = {"cpu": cpu, "memory": memory} | more
    container: dict[str, Any] = {
        "resources": {"requests": {k: v for k, v in requests.items() if v is not None}}
    }
    if sidecar:
        container["restartPolicy"] = "Always"
    return container


CASES: dict[str, tuple[dict[str, Any], dict[str, int]]] = {
    # https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/ (example)
    "two containers add up": (
        {"containers": [asks("250m", "64Mi"), asks("250m", "64Mi")]},
        {"cpu": 500, "memory": 128 * MI},
    ),
    # https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers
    "the largest init container counts where it exceeds the sum": (
        {
            "containers": [asks("300m", "1Gi"), asks("200m", "1Gi")],
            "initContainers": [asks("1", "100Mi"), asks("700m", "3Gi")],
        },
        {"cpu": 1000, "memory": 3 * GI},
    ),
    "a sidecar adds to the containers": (
        {"containers": [asks("1", "1Gi")], "initContainers": [asks("100m", "50Mi", sidecar=True)]},
        {"cpu": 1100, "memory": GI + 50 * MI},
    ),
    "an init container after a sidecar runs beside it": (
        {
            "containers": [asks("100m")],
            "initContainers": [asks("200m", sidecar=True), asks("2")],
        },
        {"cpu": 2200},
    ),
    "an init container before a sidecar does not": (
        {
            "containers": [asks("100m")],
            "initContainers": [asks("2"), asks("200m", sidecar=True)],
        },
        {"cpu": 2000},
    ),
    # https://kubernetes.io/docs/concepts/scheduling-eviction/pod-overhead/ (250m and 120Mi more)
    "overhead is added on top": (
        {
            "containers": [asks("500m", "100Mi"), asks("1500m", "100Mi")],
            "overhead": {"cpu": "250m", "memory": "120Mi"},
        },
        {"cpu": 2250, "memory": 320 * MI},
    ),
    "overhead is added to init containers too": (
        {
            "containers": [asks("1")],
            "initContainers": [asks("3")],
            "overhead": {"cpu": "250m"},
        },
        {"cpu": 3250},
    ),
    # https://kubernetes.io/docs/tasks/configure-pod-container/assign-pod-level-resources/
    "pod-level requests replace the sum, for what they name": (
        {
            "containers": [asks("500m", "50Mi"), asks("600m", "50Mi")],
            "resources": {"requests": {"cpu": "1"}},
        },
        {"cpu": 1000, "memory": 100 * MI},
    ),
    "pod-level requests replace init containers too, and overhead is still added": (
        {
            "containers": [asks("1")],
            "initContainers": [asks("8")],
            "resources": {"requests": {"cpu": "2"}},
            "overhead": {"cpu": "100m"},
        },
        {"cpu": 2100},
    ),
    "a pod-level request for an extended resource is not one": (
        {
            "containers": [asks("1", **{"example.com/gpu": "1"})],
            "resources": {"requests": {"example.com/gpu": "4"}},
        },
        {"cpu": 1000, "example.com/gpu": 1},
    ),
    "a pod-level limit alone stands in where no container asks": (
        {
            "containers": [asks("300m")],
            "resources": {"limits": {"cpu": "2", "memory": "1Gi"}},
        },
        {"cpu": 300, "memory": GI},
    ),
    "a limit stands in for a missing request": (
        {
            "containers": [
                {"resources": {"limits": {"cpu": "2", "memory": "1Gi"}, "requests": {"cpu": "1"}}}
            ]
        },
        {"cpu": 1000, "memory": GI},
    ),
    "fractions are summed before rounding up": (
        {"containers": [asks("0.3m", "100m"), asks("0.3m", "100m"), asks("0.3m", "800m")]},
        {"cpu": 1, "memory": 1},
    ),
    "one more fraction rounds up to the next": (
        {"containers": [asks("0.5m", "500m"), asks("0.5m", "501m")]},
        {"cpu": 1, "memory": 2},
    ),
    "plain numbers and exponents": (
        {"containers": [asks(0.1, 128974848), asks(1, "129e6"), asks("1E-1", "1k")]},
        {"cpu": 1200, "memory": 128974848 + 129_000_000 + 1000},
    ),
    "nothing asked for is nothing": ({"containers": [asks(), asks("0")]}, {}),
    "extended resources and hugepages count as they are": (
        {"containers": [asks("1", **{"hugepages-2Mi": "64Mi", "nvidia.com/gpu": 2})]},
        {"cpu": 1000, "hugepages-2Mi": 64 * MI, "nvidia.com/gpu": 2},
    ),
}


@pytest.mark.parametrize(("spec", "expected"), CASES.values(), ids=CASES)
def test_effective_request(spec: dict[str, Any], expected: dict[str, int]) -> None:
    """A pod's request is what Kubernetes' documentation and PodRequests say."""
    assert pod_requests(Fields({"spec": spec}, "Pod")) == expected


def resized(spec: str, actuated: str, allocated: str, reason: str | None = None) -> dict[str, Any]:
    """A pod in the middle of an in-place resize of its one container."""
    conditions = [{"type": "PodResizePending", "reason": reason}] if reason else []
    return {
        "spec": {"containers": [{"name": "main", **asks(spec)}]},
        "status": {
            "conditions": conditions,
            "containerStatuses": [
                {
                    "name": "main",
                    "resources": {"requests": {"cpu": actuated}},
                    "allocatedResources": {"cpu": allocated},
                }
            ],
        },
    }


@pytest.mark.parametrize(
    ("pod", "held"),
    [
        (resized("2", "1", "1"), 2000),
        (resized("1", "3", "2"), 3000),
        (resized("1", "2", "3"), 3000),
        (resized("4", "1", "2", "Deferred"), 4000),
        (resized("4", "1", "2", "Infeasible"), 2000),
    ],
    ids=["spec grows", "still actuated", "allocated", "deferred", "infeasible"],
)
def test_held_during_a_resize(pod: dict[str, Any], held: int) -> None:
    """A bound pod holds the largest of spec, actuated and allocated; infeasible drops the spec."""
    assert pod_held(Fields(pod, "Pod")) == {"cpu": held}


def test_only_the_condition_makes_a_resize_infeasible() -> None:
    """The scheduler passes over `status.resize`, which kubelets before 1.33 wrote."""
    pod = resized("4", "1", "2")
    pod["status"]["resize"] = "Infeasible"
    assert pod_held(Fields(pod, "Pod")) == {"cpu": 4000}


def test_a_sidecar_is_resized_and_an_ordinary_init_container_is_not() -> None:
    """The status of a sidecar counts; that of an init container that ran once does not."""
    status = {"resources": {"requests": {"cpu": "3"}}}
    pod = {
        "spec": {
            "containers": [asks("1")],
            "initContainers": [
                {"name": "proxy", **asks("1", sidecar=True)},
                {"name": "once", **asks("100m")},
            ],
        },
        "status": {
            "initContainerStatuses": [{"name": "proxy", **status}, {"name": "once", **status}]
        },
    }
    assert pod_held(Fields(pod, "Pod")) == {"cpu": 4000}
    assert pod_requests(Fields(pod, "Pod")) == {"cpu": 2000}


def test_a_pod_level_resize_holds_the_larger() -> None:
    """Pod-level status counts against pod-level requests."""
    pod = {
        "spec": {"containers": [asks("1")], "resources": {"requests": {"cpu": "2"}}},
        "status": {"resources": {"requests": {"cpu": "3"}}, "allocatedResources": {"cpu": "2500m"}},
    }
    assert pod_held(Fields(pod, "Pod")) == {"cpu": 3000}


@pytest.mark.parametrize(("reason", "cpu"), [("Deferred", 2000), ("Infeasible", 0)])
def test_a_pod_level_status_counts_for_what_the_pod_level_asks(reason: str, cpu: int) -> None:
    """What the pod level does not ask for stays the containers' sum, whatever the status tells."""
    pod = {
        "spec": {
            "containers": [asks("1", "1Gi"), asks("1", "1Gi")],
            "resources": {"requests": {"cpu": "2"}},
        },
        "status": {
            "conditions": [{"type": "PodResizePending", "reason": reason}],
            "resources": {"requests": {"memory": "5Gi"}},
        },
    }
    assert pod_held(Fields(pod, "Pod")) == ({"cpu": cpu} if cpu else {}) | {"memory": 2 * GI}
