"""The cluster as Kytos sees it: nodes, pods and what binds them at one moment, frozen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Annotated, Any

from pydantic import Field, GetCoreSchemaHandler, model_validator
from pydantic_core import CoreSchema, core_schema

from kytos.cluster.autoscalers import Autoscaler
from kytos.cluster.base import Frozen, Labels
from kytos.cluster.devices import DeviceClass, ResourceClaim, ResourceSlice
from kytos.cluster.nodes import Node, NodeClass, NodeOverlay, NodePool
from kytos.cluster.notes import Note
from kytos.cluster.pods import Pod
from kytos.cluster.policies import DisruptionBudget, LimitRange, PriorityClass, Quota, RuntimeClass
from kytos.cluster.storage import Claim, CsiDriver, CsiNode, StorageCapacity, StorageClass, Volume
from kytos.load_profile import LoadProfile
from kytos.usage import Usage


class _AsItIs:
    """Arrays, which no document holds: neither checked nor written."""

    def __get_pydantic_core_schema__(self, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.any_schema()


class Cluster(Frozen):
    """A whole cluster at one moment.

    Raises
    ------
    pydantic.ValidationError
        When a name occurs twice or a pod runs on a node that is not listed.
    """

    name: str = "cluster"
    nodes: tuple[Node, ...]
    pods: tuple[Pod, ...] = ()
    budgets: tuple[DisruptionBudget, ...] = ()
    namespaces: dict[str, Labels] = {}
    claims: tuple[Claim, ...] = ()
    volumes: tuple[Volume, ...] = ()
    storage_classes: tuple[StorageClass, ...] = ()
    autoscalers: tuple[Autoscaler, ...] = ()
    daemon_sets: tuple[Pod, ...] = ()
    """A pod of each DaemonSet as its template has it, bound to no node."""
    csi_nodes: tuple[CsiNode, ...] = ()
    csi_drivers: tuple[CsiDriver, ...] = ()
    storage_capacities: tuple[StorageCapacity, ...] = ()
    runtime_classes: tuple[RuntimeClass, ...] = ()
    limit_ranges: tuple[LimitRange, ...] = ()
    quotas: tuple[Quota, ...] = ()
    device_classes: tuple[DeviceClass, ...] = ()
    resource_slices: tuple[ResourceSlice, ...] = ()
    resource_claims: tuple[ResourceClaim, ...] = ()
    claim_templates: tuple[ResourceClaim, ...] = ()
    priority_classes: tuple[PriorityClass, ...] = ()
    """As far as they are listed; the two system classes are everywhere."""
    node_pools: tuple[NodePool, ...] = ()
    """Karpenter's: where there are any, only what they allow can be bought."""
    node_overlays: tuple[NodeOverlay, ...] = ()
    node_classes: tuple[NodeClass, ...] = ()
    notes: tuple[Note, ...] = ()
    taken_at: datetime | None = None
    """When it was read from its API server, or by its nodes' last heartbeats; None is unknown."""
    usage: Annotated[Usage | None, _AsItIs()] = Field(default=None, exclude=True, repr=False)
    """What its containers have really used, where that was given; no part of its JSON."""
    load_profile: Annotated[LoadProfile | None, _AsItIs()] = Field(
        default=None, exclude=True, repr=False
    )
    """What its pods count for where use is levelled and bounded instead of requests."""

    @model_validator(mode="after")
    def _names_agree(self) -> Cluster:
        _refuse_repeats("nodes", (node.name for node in self.nodes))
        _refuse_repeats("pods", (pod.id for pod in self.pods))
        known = {node.name for node in self.nodes}
        for pod in self.pods:
            if pod.node is not None and pod.node not in known:
                raise ValueError(
                    f"pod {pod.id!r} runs on node {pod.node!r}, which is not among the nodes; "
                    "add that node or leave the pod's node out"
                )
        return self

    @cached_property
    def moment(self) -> datetime:
        """What durations are counted to: when it was taken; where that is unknown, today."""
        return datetime.now(UTC) if self.taken_at is None else self.taken_at

    @cached_property
    def node_index(self) -> Mapping[str, int]:
        """Position of each node by name."""
        return {node.name: position for position, node in enumerate(self.nodes)}

    @cached_property
    def pod_index(self) -> Mapping[str, int]:
        """Position of each pod by id."""
        return {pod.id: position for position, pod in enumerate(self.pods)}

    @cached_property
    def pods_by_node(self) -> Mapping[str, tuple[Pod, ...]]:
        """The pods that hold capacity, by node name; every node has an entry."""
        by_node: dict[str, list[Pod]] = {node.name: [] for node in self.nodes}
        for pod in self.pods:
            if pod.holds_capacity and pod.node is not None:
                by_node[pod.node].append(pod)
        return {name: tuple(pods) for name, pods in by_node.items()}

    def with_placement(self, placement: Mapping[str, str | None]) -> Cluster:
        """The same cluster with the pods named in `placement` on other nodes (None: no node)."""
        pods = tuple(
            pod.model_copy(update={"node": placement[pod.id]}) if pod.id in placement else pod
            for pod in self.pods
        )
        return self.replace(pods=pods)

    def replace(self, **changes: object) -> Cluster:
        """The same cluster, some fields changed, validated anew: `model_copy` would keep caches."""
        fields = {name: getattr(self, name) for name in Cluster.model_fields}
        return Cluster(**(fields | changes))


def _refuse_repeats(field: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"{field}: {name!r} is named twice; each name must be unique")
        seen.add(name)
