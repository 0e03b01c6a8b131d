"""Pods and nodes that are not in the cluster yet: from a request's words to the cluster's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from kytos.cluster import CPU, Cluster, Node, Phase, Pod
from kytos.errors import RequestRefused
from kytos.language import said
from kytos.plain import PlainNode, PlainPod, node_of, pod_of
from kytos.rules.daemon_sets import daemonset_overhead, without_overhead
from kytos.sources.admission import Admission, admitted
from kytos.sources.quantities import read_quantities, rounded_up

MOST_COPIES = 5_000
"""Of one pod or one shape; more is a slip of the hand rather than a plan."""

Count = Annotated[int, Field(ge=1, le=MOST_COPIES)]


class NewPod(PlainPod):
    """Pods to place: the fields of a pod, and how many of it."""

    count: Count = Field(default=1, description="copies, named id-1, id-2, …")


class NodeShape(PlainNode):
    """Nodes that can be bought: the fields of a node, and how many of it."""

    provisioned: bool = Field(default=False, description="false: it takes `startup_seconds`")
    count: Count = Field(default=1, description="copies, named id-1, id-2, …")


def new_pods(cluster: Cluster, wanted: Sequence[NewPod]) -> dict[str, tuple[Pod, ...]]:
    """Return the pods to place by the id they were given under.

    Raises
    ------
    RequestRefused
        When an id is taken, or a pod says that it runs already.
    """
    taken, admission = set(cluster.pod_index), Admission.of(cluster)
    by_template: dict[str, tuple[Pod, ...]] = {}
    for position, entry in enumerate(wanted):
        path = f"new_pods[{position}]"
        if entry.current_node is not None:
            raise RequestRefused(
                said("a new pod runs nowhere yet; leave current_node out, or list it under pods"),
                f"{path}.current_node",
            )
        names = _copies(entry.id, entry.count)
        _refuse_taken(taken, names, path, entry.id in by_template)
        plain = PlainPod.model_validate(entry.model_dump(exclude={"count"}))
        pod = _in_range(pod_of(plain, path), admission)
        by_template[entry.id] = tuple(pod.model_copy(update={"id": n, "name": n}) for n in names)
    return by_template


def _in_range(pod: Pod, admission: Admission) -> Pod:
    """Return a plain pod as its namespace's limit ranges would admit it, one container all of it.

    What it says it asks for stands; what it is silent on gets their defaults.
    """
    if not any(one.namespace == pod.namespace for one in admission.limit_ranges):
        return pod
    asked = {name: _written(name, amount) for name, amount in pod.requests.items()}
    container = {"name": pod.name, "resources": {"requests": asked}}
    manifest = {"metadata": {"namespace": pod.namespace}, "spec": {"containers": [container]}}
    stored, refusal = admitted(manifest, admission)
    resources = stored["spec"]["containers"][0]["resources"]
    given = rounded_up(read_quantities(resources["requests"], f"{pod.id}: requests"))
    limits = rounded_up(read_quantities(resources.get("limits", {}), f"{pod.id}: limits"))
    return pod.model_copy(
        update={"requests": given | pod.requests, "limits": limits, "refused": refusal}
    )


def _written(name: str, amount: int) -> str:
    return f"{amount}m" if name == CPU else str(amount)


def adopted_pods(cluster: Cluster, pods: Sequence[Pod]) -> dict[str, tuple[Pod, ...]]:
    """Return pods read from manifests as pods to place: whatever they were, they now wait.

    Raises
    ------
    RequestRefused
        When an id is taken.
    """
    taken = set(cluster.pod_index)
    by_owner: dict[str, tuple[Pod, ...]] = {}
    for position, pod in enumerate(pods):
        _refuse_taken(taken, (pod.id,), f"manifests[{position}]", pod.id in by_owner)
        waiting = {"node": None, "held": None, "phase": Phase.PENDING, "terminating": False}
        by_owner[pod.id] = (pod.model_copy(update=waiting),)
    return by_owner


def new_nodes(cluster: Cluster, shapes: Sequence[NodeShape]) -> tuple[Node, ...]:
    """Return the nodes that can be bought, less what the cluster's DaemonSets take of each.

    Raises
    ------
    RequestRefused
        When an id is taken.
    """
    taken = set(cluster.node_index)
    nodes: list[Node] = []
    for position, shape in enumerate(shapes):
        path = f"node_shapes[{position}]"
        names = _copies(shape.id, shape.count)
        _refuse_taken(taken, names, path, False)
        for name in names:
            fields = shape.model_dump(exclude={"count"}) | {"id": name}
            node = node_of(PlainNode.model_validate(fields), path)
            nodes.append(without_overhead(node, daemonset_overhead(cluster, node)))
    return tuple(nodes)


def _copies(name: str, count: int) -> tuple[str, ...]:
    return (name,) if count == 1 else tuple(f"{name}-{copy}" for copy in range(1, count + 1))


def _refuse_taken(taken: set[str], names: Sequence[str], path: str, repeated: bool) -> None:
    for name in names:
        if name in taken or repeated:
            raise RequestRefused(
                said(f"{name!r} is taken already; give an id of its own"), f"{path}.id"
            )
        taken.add(name)
