"""Nodes and pods in plain words: millicores, MiB and a few fields, as people give them.

What a request brings of its own (pods to place, nodes to buy, types of node) is said in these
words, and so is the plain body of a whole cluster (`kytos.sources.body`).
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from kytos.cluster import (
    CPU,
    HOSTNAME,
    LARGEST_AMOUNT,
    MEMORY,
    PODS,
    ZONE,
    Effect,
    Node,
    Phase,
    Pod,
    Taint,
    Toleration,
)
from kytos.errors import SourceError

MIB = 2**20

Identifier = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^<>\x00-\x1f\x7f]+$")]
"""Any text on one line without angle brackets."""

Number = Annotated[float, Field(strict=True, ge=0, le=LARGEST_AMOUNT, allow_inf_nan=False)]
Millicores = Number
Mebibytes = Annotated[float, Field(strict=True, ge=0, le=LARGEST_AMOUNT / MIB, allow_inf_nan=False)]
Priority = Annotated[int, Field(strict=True, ge=-(2**31), lt=2**31)]
Flag = Annotated[bool, Field(strict=True)]


class Plain(BaseModel):
    """A part of a request: frozen, and an unknown field is refused by name."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PlainLoad(Plain):
    """Load from what is not among the pods."""

    cpu: Millicores = Field(default=0.0, description="millicores")
    mem: Mebibytes = Field(default=0.0, description="MiB")


class PlainTaint(Plain):
    """A taint as in a Node's ``spec.taints``."""

    key: Annotated[str, Field(min_length=1)]
    value: str = ""
    effect: Effect = Effect.NO_SCHEDULE
    timeAdded: str | None = None  # noqa: N815  (Kubernetes' own spelling)


class PlainToleration(Plain):
    """A toleration as in a Pod's ``spec.tolerations``."""

    key: str = ""
    operator: Literal["Equal", "Exists", "Lt", "Gt"] = "Equal"
    value: str = ""
    effect: Literal["", "NoSchedule", "PreferNoSchedule", "NoExecute"] = ""
    tolerationSeconds: int | None = None  # noqa: N815  (Kubernetes' own spelling)


class PlainNode(Plain):
    """A node."""

    id: Identifier = Field(description="Its name; each node's is its own.")
    cpu_capacity: Annotated[Millicores, Field(gt=0)] = Field(
        description="CPU for pods, in millicores"
    )
    mem_capacity: Annotated[Mebibytes, Field(gt=0)] = Field(description="Memory for pods, in MiB")
    current_load: PlainLoad = Field(
        default=PlainLoad(), description="Load from what is not in `pods`"
    )
    zone: Identifier | None = Field(
        default=None, description=f"Becomes the label {ZONE}; default: none"
    )
    labels: dict[str, str] = Field(default={}, description="Node labels")
    taints: tuple[PlainTaint, ...] = Field(default=(), description="As in Kubernetes")
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


class PlainPod(Plain):
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
    tolerations: tuple[PlainToleration, ...] = Field(default=(), description="As in Kubernetes")
    image: str | None = Field(default=None, description="Its container image")
    resources: dict[Identifier, Number] = Field(
        default={}, description="More resources by name, such as nvidia.com/gpu: 1"
    )
    expected_cpu: Millicores | None = Field(
        default=None, description="CPU load foreseen; counts in balance, never in capacity"
    )
    expected_mem: Mebibytes | None = Field(default=None, description="Memory load foreseen, in MiB")


def node_of(node: PlainNode, path: str) -> Node:
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


def pod_of(pod: PlainPod, path: str, *, lost: bool = False) -> Pod:
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
    amounts = {}
    if cpu is not None:
        amounts[CPU] = ceil(cpu)
    if mem is not None:
        amounts[MEMORY] = ceil(Fraction(mem) * MIB)
    return amounts


def _refuse_basics(resources: dict[str, float], path: str, instead: str) -> None:
    for basic in (CPU, MEMORY, PODS):
        if basic in resources:
            raise SourceError(f"has its own field; use {instead}", f"{path}.resources.{basic}")
