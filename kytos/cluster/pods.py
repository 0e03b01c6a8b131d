"""Pods: what they ask for, who owns them and where they run."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from kytos.cluster.base import DEFAULT_SCHEDULER, Frozen, Labels, Resources
from kytos.cluster.scheduling import (
    NodeTerm,
    PodTerm,
    PreferredNodeTerm,
    PreferredPodTerm,
    SpreadConstraint,
    Toleration,
)
from kytos.cluster.storage import Claim


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
    nominated: str | None = None
    """While it waits, the node whose room the scheduler keeps for it."""
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
