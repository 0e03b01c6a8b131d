"""The cluster as Kytos sees it: nodes, pods and what binds them, frozen, in canonical units.

Canonical units are integers: millicores for ``cpu``, bytes for ``memory``,
``ephemeral-storage`` and ``hugepages-*``, plain counts for everything else (``pods`` included).
Nothing here knows how a cluster was read (`kytos.sources`) or what is asked of it
(`kytos.questions`).
"""

from kytos.cluster.autoscalers import Autoscaler, ScaleMetric
from kytos.cluster.base import (
    BETA_OS,
    CPU,
    DEFAULT_SCHEDULER,
    HOSTNAME,
    INSTANCE_TYPE,
    LARGEST_AMOUNT,
    LOAD_RESOURCES,
    MEMORY,
    OS,
    PODS,
    REGION,
    ZONE,
    Amount,
    Frozen,
    Labels,
    Resources,
)
from kytos.cluster.cluster import Cluster
from kytos.cluster.devices import Device, DeviceClass, DeviceRequest, ResourceClaim, ResourceSlice
from kytos.cluster.nodes import Node, NodeClass, NodeOverlay, NodePool, is_spot
from kytos.cluster.notes import Note, NoteKind, note_about
from kytos.cluster.pods import HostPort, Owner, Phase, Pod, PodClaim, pod_like
from kytos.cluster.policies import (
    DisruptionBudget,
    LimitRange,
    LimitRangeItem,
    PriorityClass,
    Quota,
    RuntimeClass,
)
from kytos.cluster.scheduling import (
    Effect,
    LabelSelector,
    NodeTerm,
    PodTerm,
    PreferredNodeTerm,
    PreferredPodTerm,
    Requirement,
    SpreadConstraint,
    Taint,
    Toleration,
)
from kytos.cluster.storage import Claim, CsiDriver, CsiNode, StorageCapacity, StorageClass, Volume

__all__ = [
    "BETA_OS",
    "CPU",
    "DEFAULT_SCHEDULER",
    "HOSTNAME",
    "INSTANCE_TYPE",
    "LARGEST_AMOUNT",
    "LOAD_RESOURCES",
    "MEMORY",
    "OS",
    "PODS",
    "REGION",
    "ZONE",
    "Amount",
    "Autoscaler",
    "Claim",
    "Cluster",
    "CsiDriver",
    "CsiNode",
    "Device",
    "DeviceClass",
    "DeviceRequest",
    "DisruptionBudget",
    "Effect",
    "Frozen",
    "HostPort",
    "LabelSelector",
    "Labels",
    "LimitRange",
    "LimitRangeItem",
    "Node",
    "NodeClass",
    "NodeOverlay",
    "NodePool",
    "NodeTerm",
    "Note",
    "NoteKind",
    "Owner",
    "Phase",
    "Pod",
    "PodClaim",
    "PodTerm",
    "PreferredNodeTerm",
    "PreferredPodTerm",
    "PriorityClass",
    "Quota",
    "Requirement",
    "ResourceClaim",
    "ResourceSlice",
    "Resources",
    "RuntimeClass",
    "ScaleMetric",
    "SpreadConstraint",
    "StorageCapacity",
    "StorageClass",
    "Taint",
    "Toleration",
    "Volume",
    "is_spot",
    "note_about",
    "pod_like",
]
