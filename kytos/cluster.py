"""The cluster as Kytos sees it: nodes, pods and what binds them, frozen, in canonical units.

Canonical units are integers: millicores for ``cpu``, bytes for ``memory``,
``ephemeral-storage`` and ``hugepages-*``, plain counts for everything else (``pods`` included).
Nothing here knows how a cluster was read (`kytos.sources`) or what is asked of it
(`kytos.questions`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, model_validator
from pydantic_core import CoreSchema, core_schema

from kytos.load_profile import LoadProfile
from kytos.usage import Usage

CPU = "cpu"
MEMORY = "memory"
PODS = "pods"
LOAD_RESOURCES = (CPU, MEMORY)
"""The resources whose utilisation H_load levels."""

HOSTNAME = "kubernetes.io/hostname"
ZONE = "topology.kubernetes.io/zone"
REGION = "topology.kubernetes.io/region"
INSTANCE_TYPE = "node.kubernetes.io/instance-type"
OS = "kubernetes.io/os"
BETA_OS = "beta.kubernetes.io/os"

DEFAULT_SCHEDULER = "default-scheduler"

LARGEST_AMOUNT = 2**53
"""Largest amount in canonical units (8 PiB, 9e12 cores): float64 still counts every one."""

Amount = Annotated[int, Field(ge=0)]
Resources = dict[str, Amount]
Labels = dict[str, str]


class Frozen(BaseModel):
    """A value: cannot be changed once built and refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Effect(StrEnum):
    """What a taint does to a pod that does not tolerate it."""

    NO_SCHEDULE = "NoSchedule"
    PREFER_NO_SCHEDULE = "PreferNoSchedule"
    NO_EXECUTE = "NoExecute"


class Taint(Frozen):
    """A taint of a node."""

    key: str
    value: str = ""
    effect: Effect = Effect.NO_SCHEDULE


class Toleration(Frozen):
    """A toleration of a pod; an empty `key` with operator Exists tolerates every taint.

    `operator` is Equal, Exists, Lt or Gt; an empty `effect` matches all effects.
    """

    key: str = ""
    operator: str = "Equal"
    value: str = ""
    effect: str = ""


class Requirement(Frozen):
    """One expression of a selector: `key` `operator` `values`."""

    key: str
    operator: str
    """In, NotIn, Exists, DoesNotExist; for nodes also Gt and Lt."""
    values: tuple[str, ...] = ()


class LabelSelector(Frozen):
    """All requirements must hold; an empty selector matches everything."""

    requirements: tuple[Requirement, ...] = ()


class NodeTerm(Frozen):
    """A node selector term: label expressions and fields, all of which must hold.

    A term with neither matches no node.
    """

    expressions: tuple[Requirement, ...] = ()
    fields: tuple[Requirement, ...] = ()


class PreferredNodeTerm(Frozen):
    """A node the pod would rather run on."""

    term: NodeTerm
    weight: int = 1


class PodTerm(Frozen):
    """A pod (anti-)affinity term: pods that match, in one domain of `topology_key`.

    `selector` None matches no pod. `namespaces` empty and `namespace_selector` None mean the
    pod's own namespace; an empty `namespace_selector` means all.
    """

    topology_key: str
    selector: LabelSelector | None = None
    namespaces: tuple[str, ...] = ()
    namespace_selector: LabelSelector | None = None
    match_label_keys: tuple[str, ...] = ()
    mismatch_label_keys: tuple[str, ...] = ()


class PreferredPodTerm(Frozen):
    """A pod (anti-)affinity term that weighs but does not filter."""

    term: PodTerm
    weight: int = 1


class SpreadConstraint(Frozen):
    """A topology spread constraint as written on a pod."""

    topology_key: str
    max_skew: int = 1
    hard: bool = True
    """True for whenUnsatisfiable DoNotSchedule, False for ScheduleAnyway."""
    selector: LabelSelector | None = None
    min_domains: int | None = None
    honor_node_affinity: bool = True
    honor_node_taints: bool = False
    match_label_keys: tuple[str, ...] = ()


class PodClaim(Frozen):
    """A claim for devices as a pod names it: of an object, or of what a template makes."""

    name: str
    claim: str = ""
    template: str = ""
    generated: str = ""
    """The claim that was made of the template, once the pod is stored."""


class HostPort(Frozen):
    """A port a pod takes on its node."""

    port: int
    protocol: str = "TCP"
    ip: str = "0.0.0.0"  # noqa: S104  (Kubernetes' own default for hostIP; nothing listens here)


class Owner(Frozen):
    """The controller of a pod, ReplicaSets already followed up to their Deployment."""

    kind: str
    name: str


class Phase(StrEnum):
    """A pod's phase; Succeeded and Failed hold no capacity."""

    PENDING = "Pending"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    UNKNOWN = "Unknown"


class Node(Frozen):
    """A node: what it offers, what it refuses and what it costs.

    Examples
    --------
    >>> Node(name='n1', allocatable={'cpu': 4000, 'memory': 16 * 2**30, 'pods': 110}).ready
    True
    """

    name: str
    allocatable: Resources
    labels: Labels = {}
    annotations: Labels = {}
    taints: tuple[Taint, ...] = ()
    unschedulable: bool = False
    """Cordoned."""
    ready: bool = True
    """As the node's Ready condition reports it; the scheduler itself looks at taints."""
    accepts_pods: bool = True
    """False refuses every new pod, whatever it tolerates (request body: ``ready: false``)."""
    provisioned: bool = True
    """False: can be bought and takes `startup_seconds` to come up."""
    startup_seconds: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    price_per_hour: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """None is unknown, not free."""
    current_load: Resources = {}
    """Load from what is not among the cluster's pods."""
    images: frozenset[str] = frozenset()
    declared_features: frozenset[str] = frozenset()
    created: datetime | None = None

    @property
    def zone(self) -> str | None:
        """The zone label, if there is one."""
        return self.labels.get(ZONE)

    @property
    def usable(self) -> bool:
        """Whether the node takes part in levelling: ready, not cordoned, not refusing pods."""
        return self.accepts_pods and self.ready and not self.unschedulable


class Pod(Frozen):
    """A pod: what it asks for, where it may run and what ties it to where it is."""

    id: str
    """``namespace/name`` from a cluster, any unique text from a request body."""
    name: str
    namespace: str = "default"
    labels: Labels = {}
    annotations: Labels = {}
    node: str | None = None
    """The node it is bound to."""
    phase: Phase = Phase.RUNNING
    ready: bool = True
    terminating: bool = False
    mirror: bool = False
    """A static pod's mirror: the kubelet runs it from a file."""
    uid: str = ""
    """As the API server gave it; empty where the source tells none."""
    owner: Owner | None = None
    service: str | None = None
    """The replicas it belongs with: its owning Deployment, StatefulSet, … or a given name."""
    priority: int = 0
    requests: Resources = {}
    """The effective Pod request the scheduler filters a new pod by."""
    held: Resources | None = None
    """What it holds where it runs, when that differs (in-place resize)."""
    expected: Resources = {}
    """Load foreseen by resource; counts in H_load, never in capacity."""
    movable: bool | None = None
    """The user's word; None leaves it to the eviction rules."""
    move_cost: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """The user's word on what moving it costs (1 is an ordinary pod)."""
    tolerations: tuple[Toleration, ...] = ()
    node_selector: Labels = {}
    required_node_terms: tuple[NodeTerm, ...] | None = None
    """ORed; None is no requirement, an empty tuple matches nothing."""
    preferred_node_terms: tuple[PreferredNodeTerm, ...] = ()
    affinity: tuple[PodTerm, ...] = ()
    anti_affinity: tuple[PodTerm, ...] = ()
    preferred_affinity: tuple[PreferredPodTerm, ...] = ()
    preferred_anti_affinity: tuple[PreferredPodTerm, ...] = ()
    spread: tuple[SpreadConstraint, ...] = ()
    host_ports: tuple[HostPort, ...] = ()
    claims: tuple[str, ...] = ()
    """Names of the PersistentVolumeClaims it mounts, in its namespace."""
    claims_to_make: tuple[Claim, ...] = ()
    """Those of `claims` that are made with it, where the cluster does not have them already."""
    local_storage: bool = False
    """Uses an emptyDir or hostPath volume whose content stays behind."""
    images: frozenset[str] = frozenset()
    required_features: frozenset[str] = frozenset()
    containers: dict[str, Resources] = Field(default={}, exclude=True)
    """What each container requests, sidecars included; no part of the JSON, which has the sum."""
    container_limits: dict[str, Resources] = Field(default={}, exclude=True)
    """Cpu and memory that each container is limited to; those without a limit are left out."""
    sidecars: frozenset[str] = Field(default=frozenset(), exclude=True)
    """Those of `containers` that are written under ``initContainers``."""
    starting: Resources = Field(default={}, exclude=True)
    """What the largest moment of its initialisation requests; empty without init containers."""
    limits: Resources = {}
    """Limits of all containers together; only read of pods that are still to be made."""
    priority_class: str = ""
    unspecified: frozenset[str] = frozenset()
    """``requests.cpu`` and the like that some container leaves out; as `limits`."""
    refused: str = ""
    """Why its API server would not store it; empty where it would."""
    resource_claims: tuple[PodClaim, ...] = ()
    scheduler: str = DEFAULT_SCHEDULER
    """Who places it: another scheduler than the default one keeps its own counsel."""
    gates: tuple[str, ...] = ()
    """Scheduling gates: it waits, and no scheduler looks at it, until all are taken away."""
    preempts: bool = True
    """False for preemptionPolicy Never: it waits for room rather than drive others out."""
    os: str = ""
    """``spec.os.name``: its kubelet runs it on no other; empty where the pod does not say."""
    custom_controller: str = ""
    """Kind and name of the controller it belongs to where that is none of Kubernetes' own."""
    started: datetime | None = None
    """When its kubelet took it on, else when it was created."""
    start_up_seconds: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """From being scheduled to being available, as was seen of it or its probes ask; None where
    nothing tells."""

    @property
    def finished(self) -> bool:
        """Whether it ran to its end, well or not: it is still listed and will not run again."""
        return self.phase in (Phase.SUCCEEDED, Phase.FAILED)

    @property
    def holds_capacity(self) -> bool:
        """Whether it counts on its node; a pod being deleted still does."""
        return self.node is not None and not self.finished

    @property
    def waiting(self) -> bool:
        """Whether it still waits for a node."""
        return self.node is None and self.phase is Phase.PENDING and not self.terminating

    @property
    def lost(self) -> bool:
        """Whether it ran on a node that is not there any more."""
        return self.node is None and self.phase in (Phase.RUNNING, Phase.UNKNOWN)

    @property
    def footprint(self) -> Resources:
        """What it holds on its node."""
        return self.requests if self.held is None else self.held

    @property
    def keeps_node(self) -> bool:
        """Whether a node it runs on counts as in use: all but DaemonSet and mirror pods."""
        return not (self.mirror or (self.owner is not None and self.owner.kind == "DaemonSet"))


def pod_like(pod: Pod, **changes: Any) -> Pod:
    """Return a pod with some fields changed, which shares all others with the one it is like.

    As `Pod.model_copy` without a set of the fields given of its own, which is half of what a pod
    weighs.
    """
    copied = Pod.__new__(Pod)
    object.__setattr__(copied, "__dict__", pod.__dict__ | changes)
    object.__setattr__(copied, "__pydantic_fields_set__", pod.__pydantic_fields_set__)
    object.__setattr__(copied, "__pydantic_extra__", None)
    object.__setattr__(copied, "__pydantic_private__", None)
    return copied


class DisruptionBudget(Frozen):
    """A PodDisruptionBudget and what it still allows."""

    name: str
    namespace: str
    selector: LabelSelector | None = None
    disruptions_allowed: int = 0
    unready_leave_freely: bool = False
    """Whether evicting a pod that is not ready asks for none of what is allowed."""
    min_available: str | None = None
    """As written: a count or a percentage."""
    max_unavailable: str | None = None
    counted: bool = True
    """False without a status, or with one from before its last change: it then allows nothing."""


class Claim(Frozen):
    """A PersistentVolumeClaim."""

    name: str
    namespace: str
    access_modes: tuple[str, ...] = ()
    uid: str = ""
    volume: str | None = None
    """The PersistentVolume it is bound to, or asks to be."""
    binding_completed: bool = True
    """False while its volume is only asked for."""
    lost: bool = False
    """Its volume was taken away."""
    storage_class: str | None = None
    capacity: Amount = 0
    """Bytes it asks for."""
    volume_mode: str = "Filesystem"
    attributes_class: str | None = None
    """The VolumeAttributesClass it asks for."""
    selector: LabelSelector | None = None
    """Labels a volume made by hand must have; None asks for none."""
    selected_node: str | None = None
    """The node the scheduler chose while its volume is being made."""
    terminating: bool = False
    to_be_made: bool = False
    """Not there yet: it comes with the first pod that mounts it."""


class Volume(Frozen):
    """A PersistentVolume: where it can be reached from and who may claim it."""

    name: str
    labels: Labels = {}
    required_node_terms: tuple[NodeTerm, ...] | None = None
    storage_class: str | None = None
    access_modes: tuple[str, ...] = ()
    capacity: Amount = 0
    """Bytes it offers."""
    volume_mode: str = "Filesystem"
    attributes_class: str | None = None
    claim: str | None = None
    """The claim it is bound to or kept for, ``namespace/name``."""
    driver: str = ""
    """The CSI driver that attaches it."""
    handle: str = ""
    """What names it to that driver."""
    claim_uid: str = ""
    """That claim's uid; empty where it is kept for any claim of that name."""
    available: bool = True
    """Whether it is free to be bound (phase Available)."""
    terminating: bool = False


class StorageClass(Frozen):
    """A StorageClass: when and where its volumes are made."""

    name: str
    waits_for_consumer: bool = False
    provisions: bool = True
    """False where volumes are made by hand (``kubernetes.io/no-provisioner``)."""
    allowed_topologies: tuple[NodeTerm, ...] = ()
    provisioner: str = ""
    default: bool = False
    """Whose volumes a claim gets that names no class."""


class NodePool(Frozen):
    """A Karpenter NodePool: which nodes may be bought, and what they carry.

    Source: https://karpenter.sh/docs/concepts/nodepools/.
    """

    name: str
    requirements: tuple[Requirement, ...] = ()
    """All must hold of a type, capacity type and zone; beside a node's operators Gte and Lte."""
    labels: Labels = {}
    taints: tuple[Taint, ...] = ()
    limits: Resources = {}
    """Of all its nodes together, canonical; `NODES` counts them."""
    weight: int = 0
    """A pool of more weight is asked first."""


class NodeOverlay(Frozen):
    """A Karpenter NodeOverlay: another price for some types, or more resources.

    Source: https://karpenter.sh/docs/concepts/nodeoverlays/.
    """

    name: str
    requirements: tuple[Requirement, ...] = ()
    price: str = ""
    """A price as ``0.12``, or a change as ``+0.1``, ``-15%``; empty leaves it."""
    capacity: Resources = {}
    weight: int = 0


class CsiNode(Frozen):
    """A CSINode: how many volumes each driver attaches to a node."""

    name: str
    limits: dict[str, int] = {}


class CsiDriver(Frozen):
    """A CSIDriver."""

    name: str
    storage_capacity: bool = False
    """Whether it publishes what room its storage has (`StorageCapacity`)."""


class StorageCapacity(Frozen):
    """A CSIStorageCapacity: the room for volumes of a class that some nodes reach."""

    storage_class: str
    capacity: int | None = None
    largest: int | None = None
    """Bytes of the largest volume; goes before `capacity`."""
    reaches: LabelSelector | None = None
    """Nodes that reach it; None reaches none."""


class RuntimeClass(Frozen):
    """A RuntimeClass: what admission adds to pods that name it. Quantities as written."""

    name: str
    overhead: dict[str, str] = {}
    node_selector: Labels = {}
    tolerations: tuple[Toleration, ...] = ()


class LimitRangeItem(Frozen):
    """Defaults and bounds of a LimitRange for containers or pods. Quantities as written."""

    type: str
    default: dict[str, str] = {}
    default_request: dict[str, str] = {}
    min: dict[str, str] = {}
    max: dict[str, str] = {}
    max_ratio: dict[str, str] = {}


class LimitRange(Frozen):
    """A LimitRange."""

    name: str
    namespace: str
    items: tuple[LimitRangeItem, ...] = ()


class Quota(Frozen):
    """A ResourceQuota; amounts by the names it uses, cpu in millicores."""

    name: str
    namespace: str
    hard: dict[str, int] = {}
    used: dict[str, int] = {}
    scopes: tuple[str, ...] = ()
    scope_selector: tuple[Requirement, ...] = ()


class Device(Frozen):
    """A device of a ResourceSlice."""

    name: str
    driver: str
    pool: str
    attributes: dict[str, str | int | bool] = {}
    capacity: dict[str, int] = {}
    beyond: str = ""
    """What there is to it that is not judged here; empty for nothing."""


class ResourceSlice(Frozen):
    """A ResourceSlice: devices of one pool and who reaches them."""

    name: str
    driver: str
    pool: str
    generation: int = 0
    node_name: str = ""
    node_terms: tuple[NodeTerm, ...] | None = None
    all_nodes: bool = False
    devices: tuple[Device, ...] = ()


class DeviceClass(Frozen):
    """A DeviceClass: which devices belong to it, as CEL."""

    name: str
    selectors: tuple[str, ...] = ()
    extended_resource: str = ""


class DeviceRequest(Frozen):
    """What one request of a claim asks for."""

    device_class: str
    selectors: tuple[str, ...] = ()
    count: int = 1
    all_devices: bool = False
    beyond: str = ""
    """As `Device.beyond`."""


class ResourceClaim(Frozen):
    """A ResourceClaim, or what a template makes one of."""

    name: str
    namespace: str
    requests: tuple[DeviceRequest, ...] = ()
    beyond: str = ""
    """As `Device.beyond`."""
    allocated: bool = False
    allocated_terms: tuple[NodeTerm, ...] | None = None
    """Where what it was given can be reached; None is anywhere."""
    devices: tuple[tuple[str, str, str], ...] = ()
    """Driver, pool and name of the devices it was given."""


class ScaleMetric(Frozen):
    """One metric of an autoscaler: what a replica should have of it, and what one has now."""

    name: str
    target: float = 0.0
    """Per replica, percent for a utilisation; 0 where there is none that can be read."""
    current: float | None = None
    """Likewise; None where it is not known."""
    utilization_of: str = ""
    """The resource whose share of the requests it is."""
    usage_of: str = ""
    """The resource whose amount it is."""
    problem: str = ""
    """Why it cannot be used, where it was told and cannot be."""

    @property
    def known(self) -> bool:
        """Whether replicas can be computed from it."""
        return not self.problem and self.target > 0 and self.current is not None


class Autoscaler(Frozen):
    """A HorizontalPodAutoscaler."""

    service: str
    kind: str = "Deployment"
    """Of what it scales."""
    min_replicas: int = 1
    max_replicas: int
    current_replicas: int | None = None
    """As its status tells; the current values of its metrics are means over these."""
    metrics: tuple[ScaleMetric, ...] = ()


class PriorityClass(Frozen):
    """A PriorityClass: what pods that name it, or name none, have for a priority."""

    name: str
    value: int
    is_default: bool = False
    """``globalDefault``: for pods that name no class."""
    policy: str = ""
    """``preemptionPolicy``: Never, or by default PreemptLowerPriority."""


class NoteKind(StrEnum):
    """What a note says of the answer it stands beside."""

    READ = "read"
    """Worth knowing; every rule was judged."""
    ASSUMED = "assumed"
    """Something was not told and a stated value stands for it."""
    LEFT_OUT = "left_out"
    """An object could not be read, so the answer does without it."""
    NOT_JUDGED = "not_judged"
    """A rule of the scheduler that nothing here judges: what is said to fit may not."""


class Note(Frozen):
    """Something read but not honoured, left out, assumed or mended; it stands in every answer."""

    message: str
    kind: NoteKind = NoteKind.READ
    subjects: tuple[str, ...] = ()
    """The objects it is about, at most the first few by name."""
    count: int = 1


def note_about(
    message: str, subjects: Iterable[str], kind: NoteKind = NoteKind.READ, named: int = 3
) -> Note:
    """A note that counts its subjects and names the first few of them, in order of name."""
    names = sorted(subjects)
    return Note(message=message, kind=kind, subjects=tuple(names[:named]), count=len(names))


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


_SPOT_LABELS = {
    "karpenter.sh/capacity-type": "spot",
    "eks.amazonaws.com/capacityType": "SPOT",
    "cloud.google.com/gke-spot": "true",
    "cloud.google.com/gke-preemptible": "true",
    "kubernetes.azure.com/scalesetpriority": "spot",
}
"""The label value by which each provisioner marks a spot node; any other is on demand."""


def is_spot(node: Node) -> bool:
    """Whether a provisioner marked the node as one that may be taken back."""
    return any(node.labels.get(label) == value for label, value in _SPOT_LABELS.items())
