"""What is asked of an API server, kind by kind, and what it costs to do without."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Listing:
    """One kind that is listed over all namespaces.

    Attributes
    ----------
    kind
        Its items' kind.
    version
        Its API group and version as objects name it, for example ``apps/v1``.
    resource
        Its plural in addresses and roles.
    without
        What it costs when it may not be listed; None when nothing can be said without it.
    metadata_only
        Whether its items' metadata is all that is read.
    may_be_absent
        Whether a server without the kind is nothing to tell of: it then has none.
    """

    kind: str
    version: str
    resource: str
    without: str | None = None
    metadata_only: bool = False
    may_be_absent: bool = False

    @property
    def path(self) -> str:
        """Where it is listed."""
        return f"/{'apis' if '/' in self.version else 'api'}/{self.version}/{self.resource}"

    @property
    def group(self) -> str:
        """Its API group; the core group is empty."""
        return self.version.rpartition("/")[0]


USE_LISTINGS = (
    Listing(
        "PodMetrics",
        "metrics.k8s.io/v1beta1",
        "pods",
        "what pods use is not known; is metrics-server installed, and may its pods be listed?",
    ),
    Listing(
        "VerticalPodAutoscaler",
        "autoscaling.k8s.io/v1",
        "verticalpodautoscalers",
        "right sizes do not know what VerticalPodAutoscalers recommend",
        may_be_absent=True,
    ),
)
"""What pods use, as metrics-server and recommenders tell it: asked for only where that is wanted.
metrics-server is there or it was asked for in vain, which is told."""

LISTINGS = (
    # Pods before nodes: a node that joins in between is then there for the pods bound to it.
    Listing("Pod", "v1", "pods"),
    Listing("Node", "v1", "nodes"),
    Listing(
        "Namespace",
        "v1",
        "namespaces",
        "affinity that selects namespaces by their labels may be judged wrongly",
    ),
    Listing(
        "PodDisruptionBudget",
        "policy/v1",
        "poddisruptionbudgets",
        "plans may move more replicas at once than a budget allows",
    ),
    Listing(
        "PersistentVolumeClaim",
        "v1",
        "persistentvolumeclaims",
        "pods with volume claims are taken to fit on no other node",
    ),
    Listing(
        "PersistentVolume",
        "v1",
        "persistentvolumes",
        "pods with bound volumes are taken to fit on no other node",
    ),
    Listing(
        "StorageClass",
        "storage.k8s.io/v1",
        "storageclasses",
        "pods whose claims wait for a first consumer are taken to fit on no node",
    ),
    Listing(
        "CSINode",
        "storage.k8s.io/v1",
        "csinodes",
        "how many volumes a node attaches is not limited",
        may_be_absent=True,
    ),
    Listing(
        "CSIDriver",
        "storage.k8s.io/v1",
        "csidrivers",
        "whether storage tells its room is taken from whether any is told",
        may_be_absent=True,
    ),
    Listing(
        "CSIStorageCapacity",
        "storage.k8s.io/v1",
        "csistoragecapacities",
        "new volumes are taken to find room wherever their class may make them",
        may_be_absent=True,
    ),
    Listing(
        "RuntimeClass",
        "node.k8s.io/v1",
        "runtimeclasses",
        "pods still to be made that name a runtime class are refused",
        may_be_absent=True,
    ),
    Listing(
        "LimitRange",
        "v1",
        "limitranges",
        "pods still to be made get no default requests",
        may_be_absent=True,
    ),
    Listing(
        "ResourceQuota",
        "v1",
        "resourcequotas",
        "no quota refuses pods still to be made",
        may_be_absent=True,
    ),
    Listing(
        "DeviceClass",
        "resource.k8s.io/v1",
        "deviceclasses",
        "pods that claim devices are taken to fit on no other node",
        may_be_absent=True,
    ),
    Listing(
        "ResourceSlice",
        "resource.k8s.io/v1",
        "resourceslices",
        "nodes are taken to have no devices to claim",
        may_be_absent=True,
    ),
    Listing(
        "ResourceClaim",
        "resource.k8s.io/v1",
        "resourceclaims",
        "pods that name a claim for devices are taken to fit on no other node",
        may_be_absent=True,
    ),
    Listing(
        "ResourceClaimTemplate",
        "resource.k8s.io/v1",
        "resourceclaimtemplates",
        "pods still to be made that claim devices are taken to fit on no node",
        may_be_absent=True,
    ),
    Listing(
        "PriorityClass",
        "scheduling.k8s.io/v1",
        "priorityclasses",
        "pods that are still to be made count as priority 0; those that exist carry theirs",
    ),
    Listing(
        "HorizontalPodAutoscaler",
        "autoscaling/v2",
        "horizontalpodautoscalers",
        "Autoscale is not prefilled with rates and replica bounds",
    ),
    Listing(
        "ReplicaSet",
        "apps/v1",
        "replicasets",
        "which Deployment a pod belongs to is guessed from names",
        metadata_only=True,
    ),
    Listing(
        "ReplicationController",
        "v1",
        "replicationcontrollers",
        "pods of one DeploymentConfig count as one service per rollout",
        metadata_only=True,
    ),
    Listing(
        "Job",
        "batch/v1",
        "jobs",
        "pods of one CronJob count as one service per run",
        metadata_only=True,
    ),
)
"""All that is ever asked for. What the scheduler does not look at is left alone, Secrets and
ConfigMaps above all."""
