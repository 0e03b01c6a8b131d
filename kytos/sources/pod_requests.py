"""What a pod asks for and what it holds, counted exactly as Kubernetes counts it.

Follows ``PodRequests`` of ``k8s.io/component-helpers/resource`` (v1.36) and the defaults the API
server applies when a pod is stored. See
https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers
and https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import ceil

from kytos.cluster import CPU, MEMORY, Resources
from kytos.sources.fields import Fields
from kytos.sources.quantities import Quantities, read_quantities, rounded_up


def pod_requests(pod: Fields) -> dict[str, int]:
    """The effective request the scheduler filters a new pod by, from its spec alone."""
    return rounded_up(_total(pod, statuses=None, infeasible=False))


def pod_limits(pod: Fields) -> dict[str, int]:
    """The limits of all its containers together; what none of them limits is left out."""
    total: Quantities = {}
    starting: Quantities = {}
    spec = pod.object("spec")
    for container in spec.objects("containers"):
        limits = container.object("resources").object("limits")
        total = _sum(total, read_quantities(limits.value, limits.path))
    for container in spec.objects("initContainers"):
        limits = container.object("resources").object("limits")
        amounts = read_quantities(limits.value, limits.path)
        if is_sidecar(container):
            total = _sum(total, amounts)
        else:
            starting = _larger(starting, amounts)
    return rounded_up(_larger(total, starting))


def pod_held(pod: Fields, requests: dict[str, int] | None = None) -> dict[str, int]:
    """What a bound pod holds: the larger of spec, actuated and allocated during a resize.

    A resize the kubelet calls infeasible will not happen, so the spec does not count then. Where
    the status tells of no resources, a pod holds its `requests`, taken from its spec if not given.
    """
    status = pod.object("status")
    statuses = {
        entry.text("name"): entry
        for key in ("containerStatuses", "initContainerStatuses")
        for entry in status.objects(key)
    }
    if "resources" not in status and not any("resources" in one for one in statuses.values()):
        return pod_requests(pod) if requests is None else requests
    return rounded_up(_total(pod, statuses, _resize_is_infeasible(status)))


def _total(pod: Fields, statuses: Mapping[str, Fields] | None, infeasible: bool) -> Quantities:
    spec = pod.object("spec")
    total = _containers_total(spec, statuses, infeasible)
    total = total | _pod_level(pod, total, statuses is not None, infeasible)
    return _sum(total, read_quantities(spec.object("overhead").value, f"{spec.path}.overhead"))


def _containers_total(
    spec: Fields, statuses: Mapping[str, Fields] | None, infeasible: bool
) -> Quantities:
    """Containers and sidecars side by side, or the largest moment of initialisation."""
    running: Quantities = {}
    for container in spec.objects("containers"):
        running = _sum(running, _container(container, statuses, infeasible))
    sidecars: Quantities = {}
    starting: Quantities = {}
    for container in spec.objects("initContainers"):
        if is_sidecar(container):
            sidecars = _sum(sidecars, _container(container, statuses, infeasible))
            starting = _larger(starting, sidecars)
        else:
            # runs beside the sidecars started before it; ordinary ones are never resized
            starting = _larger(starting, _sum(sidecars, _container(container, None, False)))
    return _larger(_sum(running, sidecars), starting)


def container_requests(pod: Fields) -> dict[str, Resources]:
    """Cpu and memory that each container asks for, sidecars included, by its name.

    Raises
    ------
    SourceError
        Naming the quantity that cannot be read.
    """
    spec = pod.object("spec")
    return {
        container.text("name") or "": _load_of(_container(container, None, False))
        for container in (*spec.objects("containers"), *_sidecars(spec))
    }


def container_limits(pod: Fields) -> dict[str, Resources]:
    """Cpu and memory that each container is limited to, sidecars included, by its name.

    Raises
    ------
    SourceError
        Naming the quantity that cannot be read.
    """
    spec = pod.object("spec")
    limits: dict[str, Resources] = {}
    for container in (*spec.objects("containers"), *_sidecars(spec)):
        written = container.object("resources").object("limits")
        if amounts := read_quantities(written.value, written.path):
            limits[container.text("name") or ""] = _load_of(amounts)
    return limits


def sidecar_names(pod: Fields) -> frozenset[str]:
    """Names of the containers that are written as init containers and keep running."""
    return frozenset(one.text("name") for one in _sidecars(pod.object("spec")))


def starting_requests(pod: Fields) -> Resources:
    """Cpu and memory of the largest moment of initialisation; empty without init containers."""
    spec = pod.object("spec")
    sidecars: Quantities = {}
    starting: Quantities = {}
    for container in spec.objects("initContainers"):
        asked = _container(container, None, False)
        if is_sidecar(container):
            sidecars = _sum(sidecars, asked)
        else:
            starting = _larger(starting, _sum(sidecars, asked))
    return _load_of(starting)


def _sidecars(spec: Fields) -> list[Fields]:
    return [one for one in spec.objects("initContainers") if is_sidecar(one)]


def _load_of(amounts: Quantities) -> Resources:
    return {
        name: ceil(amounts[name] * (1000 if name == CPU else 1))
        for name in (CPU, MEMORY)
        if name in amounts
    }


def is_sidecar(init_container: Fields) -> bool:
    """Whether an init container keeps running beside the containers."""
    return init_container.text("restartPolicy") == "Always"


def _container(
    container: Fields, statuses: Mapping[str, Fields] | None, infeasible: bool
) -> Quantities:
    requests = _defaulted_requests(container.object("resources"))
    status = None if statuses is None else statuses.get(container.text("name"))
    if status is None or "resources" not in status:
        return requests
    actuated = status.object("resources").object("requests")
    allocated = status.object("allocatedResources")
    settled = _larger(
        read_quantities(actuated.value, actuated.path),
        read_quantities(allocated.value, allocated.path),
    )
    return settled if infeasible else _larger(requests, settled)


def _defaulted_requests(resources: Fields) -> Quantities:
    """Requests; a limit stands in where one is missing, as the API server stores it."""
    requests, limits = resources.object("requests"), resources.object("limits")
    return read_quantities(limits.value, limits.path) | read_quantities(
        requests.value, requests.path
    )


def _pod_level(
    pod: Fields, containers: Quantities, with_status: bool, infeasible: bool
) -> Quantities:
    """Pod-level requests, which replace the containers' sum for the resources they name."""
    resources = pod.object("spec").object("resources")
    if "requests" not in resources and "limits" not in resources:
        return {}
    given = resources.object("requests")
    requests = _supported(read_quantities(given.value, given.path))
    limits = resources.object("limits")
    for resource, limit in _supported(read_quantities(limits.value, limits.path)).items():
        # a pod-level limit becomes the request only where no container asks for the resource
        requests.setdefault(resource, containers.get(resource, limit))
    status = pod.object("status")
    if not with_status or "resources" not in status:
        return requests
    actuated, allocated = (
        status.object("resources").object("requests"),
        status.object("allocatedResources"),
    )
    settled = _larger(
        read_quantities(actuated.value, actuated.path),
        read_quantities(allocated.value, allocated.path),
    )
    effective = settled if infeasible else _larger(requests, settled)
    # what the status tells beyond the requests is told by the containers already
    return {resource: effective.get(resource, Fraction()) for resource in requests}


def _supported(amounts: Quantities) -> Quantities:
    return {
        resource: amount
        for resource, amount in amounts.items()
        if resource in (CPU, MEMORY) or resource.startswith("hugepages-")
    }


def _resize_is_infeasible(status: Fields) -> bool:
    """As its condition says; the scheduler no longer looks at ``status.resize``."""
    return any(
        condition.text("type") == "PodResizePending" and condition.text("reason") == "Infeasible"
        for condition in status.objects("conditions")
    )


def _sum(left: Quantities, right: Quantities) -> Quantities:
    if not left or not right:
        return left or right
    return left | {resource: left.get(resource, 0) + amount for resource, amount in right.items()}


def _larger(left: Quantities, right: Quantities) -> Quantities:
    if not left or not right:
        return left or right
    return left | {
        resource: max(left.get(resource, amount), amount) for resource, amount in right.items()
    }
