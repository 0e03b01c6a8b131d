"""The plain request body: two lists, nodes and pods, in millicores and MiB."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kytos.cluster import (
    CPU,
    HOSTNAME,
    MEMORY,
    PODS,
    ZONE,
    Cluster,
    Effect,
    Node,
    Note,
    Phase,
    Pod,
    Taint,
    Toleration,
)
from kytos.errors import SourceError, first_problem
from kytos.sources.prices import PriceTable, with_prices
from kytos.sources.quantities import LARGEST_AMOUNT, check_totals

MIB = 2**20

Identifier = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^<>\x00-\x1f\x7f]+$")]
"""Any text on one line without angle brackets."""

Number = Annotated[float, Field(strict=True, ge=0, le=LARGEST_AMOUNT, allow_inf_nan=False)]
Millicores = Number
Mebibytes = Annotated[float, Field(strict=True, ge=0, le=LARGEST_AMOUNT / MIB, allow_inf_nan=False)]
Priority = Annotated[int, Field(strict=True, ge=-(2**31), lt=2**31)]
Flag = Annotated[bool, Field(strict=True)]


class Body(BaseModel):
    """A part of a request: frozen, and an unknown field is refused by name."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LoadBody(Body):
    """Load from what is not among the pods."""

    cpu: Millicores = Field(default=0.0, description="millicores")
    mem: Mebibytes = Field(default=0.0, description="MiB")


class TaintBody(Body):
    """A taint as in a Node's ``spec.taints``."""

    key: Annotated[str, Field(min_length=1)]
    value: str = ""
    effect: Effect = Effect.NO_SCHEDULE
    timeAdded: str | None = None  # noqa: N815  (Kubernetes' own spelling)


class TolerationBody(Body):
    """A toleration as in a Pod's ``spec.tolerations``."""

    key: str = ""
    operator: Literal["Equal", "Exists", "Lt", "Gt"] = "Equal"
    value: str = ""
    effect: Literal["", "NoSchedule", "PreferNoSchedule", "NoExecute"] = ""
    tolerationSeconds: int | None = None  # noqa: N815  (Kubernetes' own spelling)


class NodeBody(Body):
    """A node."""

    id: Identifier = Field(description="Its name; each node's is its own.")
    cpu_capacity: Annotated[Millicores, Field(gt=0)] = Field(
        description="CPU for pods, in millicores"
    )
    mem_capacity: Annotated[Mebibytes, Field(gt=0)] = Field(description="Memory for pods, in MiB")
    current_load: LoadBody = Field(
        default=LoadBody(), description="Load from what is not in `pods`"
    )
    zone: Identifier | None = Field(
        default=None, description=f"Becomes the label {ZONE}; default: none"
    )
    labels: dict[str, str] = Field(default={}, description="Node labels")
    taints: tuple[TaintBody, ...] = Field(default=(), description="As in Kubernetes")
    max_pods: Annotated[int, Field(strict=True, ge=0, le=2**31)] = Field(
        default=110, description="Pods it may run"
    )
    resources: dict[Identifier, Number] = Field(
        default={}, description="More resources by name, such as nvidia.com/gpu: 8"
    )
    price_per_hour: Number | None = Field(default=None, description="Unknown if left out")
    ready: Flag = Field(default=True, description="false: no new pods")
    provisioned: Flag = Field(
        default=True, description="false: can be bought, takes `startup_seconds`"
    )
    startup_seconds: Number = Field(default=0.0, description="Seconds until it can run pods")
    images: tuple[str, ...] = Field(default=(), description="Images it already has")


class PodBody(Body):
    """A pod."""

    id: Identifier = Field(description="Its name; each pod's is its own.")
    cpu_request: Millicores = Field(description="CPU asked for, in millicores")
    mem_request: Mebibytes = Field(description="Memory asked for, in MiB")
    current_node: str | None = Field(default=None, description="The node it runs on, if any")
    service: Identifier | None = Field(default=None, description="The service it is a replica of")
    priority: Priority = Field(default=0, description="Higher is more important")
    movable: Flag | None = Field(default=None, description="false keeps it where it is")
    move_cost: Number | None = Field(
        default=None, description="What moving it costs; an ordinary pod costs 1"
    )
    node_selector: dict[str, str] = Field(default={}, description="Labels its node must have")
    tolerations: tuple[TolerationBody, ...] = Field(default=(), description="As in Kubernetes")
    image: str | None = Field(default=None, description="Its container image")
    resources: dict[Identifier, Number] = Field(
        default={}, description="More resources by name, such as nvidia.com/gpu: 1"
    )
    expected_cpu: Millicores | None = Field(
        default=None, description="CPU load foreseen; counts in balance, never in capacity"
    )
    expected_mem: Mebibytes | None = Field(default=None, description="Memory load foreseen, in MiB")


class ClusterBody(Body):
    """The cluster part of every request: its nodes and its pods."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "nodes": [
                        {"id": "node-1", "cpu_capacity": 4000, "mem_capacity": 16000},
                        {"id": "node-2", "cpu_capacity": 4000, "mem_capacity": 16000},
                    ],
                    "pods": [
                        {
                            "id": "pod-a",
                            "cpu_request": 500,
                            "mem_request": 1024,
                            "current_node": "node-1",
                        }
                    ],
                }
            ]
        },
    )

    nodes: Annotated[tuple[NodeBody, ...], Field(min_length=1)]
    pods: tuple[PodBody, ...] = ()
    usage: tuple[dict[str, Any], ...] = Field(
        default=(),
        description="What pods really use: PodMetrics, answers of Prometheus' query_range, "
        "VerticalPodAutoscalers or krr's JSON",
    )

    def homeless(self) -> tuple[str, ...]:
        """Ids of the pods whose `current_node` is not among the nodes."""
        known = {node.id for node in self.nodes}
        return tuple(
            pod.id
            for pod in self.pods
            if pod.current_node is not None and pod.current_node not in known
        )


class PodsAndNodesBody(ClusterBody):
    """The cluster part of a request that can do without nodes: all may have to be bought."""

    nodes: tuple[NodeBody, ...] = ()


class _PodsBody(Body):
    """Pods alone, to be asked about in a cluster that is read from elsewhere."""

    pods: tuple[PodBody, ...]


def read_body(
    value: Any,
    name: str = "request",
    prices: PriceTable | None = None,
    *,
    nodes_needed: bool = True,
) -> Cluster:
    """Read a parsed request body of only `nodes` and `pods`.

    Parameters
    ----------
    nodes_needed
        False lets `nodes` be empty or left out.

    Raises
    ------
    SourceError
        Naming the field, for example ``pods[3].cpu_request``.
    """
    try:
        kind = ClusterBody if nodes_needed else PodsAndNodesBody
        body = kind.model_validate(value)
    except ValidationError as error:
        raise first_problem(error) from error
    return cluster_from_body(body, name, prices=prices)


def is_body(document: Any) -> bool:
    """Whether a parsed document is a request body rather than a Kubernetes object."""
    return (
        isinstance(document, dict)
        and "kind" not in document
        and ("nodes" in document or "pods" in document)
    )


def merged_body(documents: list[tuple[str, Any]]) -> dict[str, Any]:
    """One request body of all ``(where, document)`` given.

    Other fields are kept, to be refused by name.

    Raises
    ------
    SourceError
        When one of them is no request body.
    """
    merged: dict[str, Any] = {}
    for where, document in documents:
        if not is_body(document):
            raise SourceError(
                "holds no `nodes` and `pods` lists, as the other files do; "
                "give either request bodies or Kubernetes objects, not both",
                where,
            )
        for key, value in document.items():
            both_lists = isinstance(value, list) and isinstance(merged.get(key), list)
            merged[key] = merged[key] + value if both_lists else value
    return merged


def pods_from_body(value: Any) -> tuple[Pod, ...]:
    """Read the pods of a parsed request body that has no more than them.

    Raises
    ------
    SourceError
        Naming the field, for example ``pods[3].cpu_request``.
    """
    try:
        body = _PodsBody.model_validate(value)
    except ValidationError as error:
        raise first_problem(error) from error
    return tuple(pod_from_body(pod, f"pods[{i}]") for i, pod in enumerate(body.pods))


def cluster_from_body(
    body: ClusterBody,
    name: str = "request",
    *,
    evacuate_unknown: bool = False,
    prices: PriceTable | None = None,
) -> Cluster:
    """Convert a request body to a Cluster in canonical units.

    Requests are rounded up and capacities down to whole millicores and bytes.

    Parameters
    ----------
    body
        The request's cluster part; subclasses with more fields will do.
    name
        The cluster's name.
    evacuate_unknown
        Let a pod on a node that is not listed be without a node (`Pod.lost`; `ClusterBody.homeless`
        and a Note tell which) instead of refusing it.
    prices
        As `with_prices` takes them.

    Raises
    ------
    SourceError
        When an id occurs twice, a node is unknown, or two fields contradict each other.
    """
    _refuse_repeats("nodes", [node.id for node in body.nodes])
    _refuse_repeats("pods", [pod.id for pod in body.pods])
    homeless = body.homeless()
    if homeless and not evacuate_unknown:
        position = next(i for i, pod in enumerate(body.pods) if pod.id == homeless[0])
        raise SourceError(
            f"there is no node {body.pods[position].current_node!r} among the nodes; add it, or "
            "leave current_node out if the pod runs nowhere",
            f"pods[{position}].current_node",
        )
    lost = frozenset(homeless)
    cluster = Cluster(
        name=name,
        nodes=tuple(node_from_body(node, f"nodes[{i}]") for i, node in enumerate(body.nodes)),
        pods=tuple(
            pod_from_body(pod, f"pods[{i}]", lost=pod.id in lost) for i, pod in enumerate(body.pods)
        ),
        notes=(
            Note(
                message="pods whose node is not listed: they need a new one",
                subjects=homeless[:3],
                count=len(homeless),
            ),
        )
        if homeless
        else (),
    )
    check_totals(cluster)
    return with_prices(cluster, prices)


def _refuse_repeats(field: str, ids: list[str]) -> None:
    first_seen: dict[str, int] = {}
    for position, identifier in enumerate(ids):
        if identifier in first_seen:
            raise SourceError(
                f"{identifier!r} is named twice (first as {field}[{first_seen[identifier]}]); "
                "each id must be its own",
                f"{field}[{position}].id",
            )
        first_seen[identifier] = position


def node_from_body(node: NodeBody, path: str) -> Node:
    """Convert one node; `path` is where it stands, for what is refused."""
    given_zone = node.labels.get(ZONE, node.zone)
    if node.zone is not None and given_zone != node.zone:
        raise SourceError(
            f"is {node.zone!r}, but the label {ZONE} says {given_zone!r}; give one of them",
            f"{path}.zone",
        )
    zone = {} if node.zone is None else {ZONE: node.zone}
    _refuse_basics(node.resources, path, "cpu_capacity, mem_capacity and max_pods")
    allocatable = {
        CPU: floor(node.cpu_capacity),
        MEMORY: floor(Fraction(node.mem_capacity) * MIB),
        PODS: node.max_pods,
    }
    return Node(
        name=node.id,
        allocatable=allocatable | {key: floor(value) for key, value in node.resources.items()},
        labels={HOSTNAME: node.id} | zone | node.labels,
        taints=tuple(Taint(key=t.key, value=t.value, effect=t.effect) for t in node.taints),
        ready=node.ready,
        accepts_pods=node.ready,
        provisioned=node.provisioned,
        startup_seconds=node.startup_seconds,
        price_per_hour=node.price_per_hour,
        current_load=_amounts(node.current_load.cpu, node.current_load.mem),
        images=frozenset(node.images),
    )


def pod_from_body(pod: PodBody, path: str, *, lost: bool = False) -> Pod:
    """Convert one pod; `path` is where it stands, `lost` says that its node is not listed."""
    _refuse_basics(pod.resources, path, "cpu_request and mem_request")
    node = None if lost else pod.current_node
    return Pod(
        id=pod.id,
        name=pod.id,
        node=node,
        phase=_phase(node, lost=lost),
        service=pod.service,
        priority=pod.priority,
        requests=_amounts(pod.cpu_request, pod.mem_request)
        | {key: ceil(value) for key, value in pod.resources.items() if value},
        expected=_amounts(pod.expected_cpu, pod.expected_mem),
        # a body's pods name no owner, which would pin them where they are
        movable=True if pod.movable is None else pod.movable,
        move_cost=pod.move_cost,
        tolerations=tuple(
            Toleration(key=t.key, operator=t.operator, value=t.value, effect=t.effect)
            for t in pod.tolerations
        ),
        node_selector=pod.node_selector,
        images=frozenset({pod.image} if pod.image else ()),
    )


def _phase(node: str | None, *, lost: bool) -> Phase:
    if lost:
        return Phase.UNKNOWN  # as Kubernetes calls a pod whose node does not answer
    return Phase.PENDING if node is None else Phase.RUNNING


def _amounts(cpu: float | None, mem: float | None) -> dict[str, int]:
    """Canonical amounts, rounded up; what is not given is left out."""
    found = {}
    if cpu is not None:
        found[CPU] = ceil(cpu)
    if mem is not None:
        found[MEMORY] = ceil(Fraction(mem) * MIB)
    return found


def _refuse_basics(resources: dict[str, float], path: str, instead: str) -> None:
    for basic in (CPU, MEMORY, PODS):
        if basic in resources:
            raise SourceError(f"has its own field; use {instead}", f"{path}.resources.{basic}")
