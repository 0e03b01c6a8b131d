"""Nodes, and the pools and overlays by which Karpenter makes them."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from kytos.cluster.base import ZONE, Frozen, Labels, Resources
from kytos.cluster.scheduling import Requirement, Taint


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
    node_class: str = ""
    """Name of the EC2NodeClass its nodes are made by; empty where it names none."""


class NodeClass(Frozen):
    """A Karpenter EC2NodeClass, as far as it changes what pods may ask of a node.

    Source: https://karpenter.sh/docs/concepts/nodeclasses/.
    """

    name: str
    family: str = "AL2023"
    """Of its machine image: some count reserves and volumes by rules of their own."""
    max_pods: int | None = None
    """None leaves the limit of the type's network interfaces."""
    pods_per_core: int = 0
    """0 is no limit."""
    kube_reserved: Resources = {}
    """In place of the image's own reserve, resource by resource, canonical."""
    system_reserved: Resources = {}
    eviction: Resources = {}
    """Memory and ephemeral storage kept free, in place of 100 MiB and a tenth, canonical."""
    eviction_share: dict[str, float] = {}
    """The same as a share (0..1) of what the machine has."""
    storage: int | None = None
    """Bytes of the volume that pods' ephemeral storage is on; None is the image's own size."""
    zones: tuple[str, ...] = ()
    """Where its subnets lie, as its status says; empty where that is not known."""
    not_honoured: tuple[str, ...] = ()
    """Fields that are set and not followed."""


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
