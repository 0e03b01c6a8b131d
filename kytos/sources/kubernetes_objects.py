"""Kubernetes objects as cluster models: one function per kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from kytos.cluster import (
    CPU,
    DEFAULT_SCHEDULER,
    INSTANCE_TYPE,
    MEMORY,
    REGION,
    ZONE,
    Claim,
    DisruptionBudget,
    Effect,
    HostPort,
    Node,
    NodeTerm,
    Owner,
    Phase,
    Pod,
    PodClaim,
    PreferredNodeTerm,
    PreferredPodTerm,
    PriorityClass,
    Requirement,
    SpreadConstraint,
    StorageClass,
    Taint,
    Toleration,
    Volume,
)
from kytos.errors import SourceError
from kytos.sources.fields import Fields
from kytos.sources.owners import Controllers, controller_of, custom_controller, top_owner
from kytos.sources.pod_requests import (
    container_limits,
    container_requests,
    is_sidecar,
    pod_held,
    pod_limits,
    pod_requests,
    sidecar_names,
    starting_requests,
)
from kytos.sources.quantities import (
    LARGEST_STORAGE,
    offered_rounded_up,
    read_quantities,
)
from kytos.sources.selectors import (
    label_selector,
    node_term,
    pod_term,
    required_node_terms,
)
from kytos.sources.start_up import start_up_seconds

SAFE_TO_EVICT_VOLUMES = "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes"
MIRROR = "kubernetes.io/config.mirror"
RESTART_ALL = "RestartAllContainersOnContainerExits"
"""The feature a node must declare before a container may restart its whole pod."""
USERS_ON_HOST_NETWORK = "UserNamespacesHostNetworkSupport"
"""The feature a node must declare for a pod of its own users on the host's network."""

BIND_COMPLETED = "pv.kubernetes.io/bind-completed"
SELECTED_NODE = "volume.kubernetes.io/selected-node"
BETA_STORAGE_CLASS = "volume.beta.kubernetes.io/storage-class"
DEFAULT_CLASS = (
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
)
"""Goes before ``spec.storageClassName`` where a claim or volume still carries it."""

_STABLE_NAMES = {
    "beta.kubernetes.io/arch": "kubernetes.io/arch",
    "beta.kubernetes.io/instance-type": INSTANCE_TYPE,
    "beta.kubernetes.io/os": "kubernetes.io/os",
    "failure-domain.beta.kubernetes.io/region": REGION,
    "failure-domain.beta.kubernetes.io/zone": ZONE,
}
"""What labels of nodes are called since Kubernetes 1.17 and before."""

SYSTEM_PRIORITIES = {
    "system-cluster-critical": 2_000_000_000,
    "system-node-critical": 2_000_001_000,
}
"""Every API server has these, listed or not."""


@dataclass(frozen=True)
class Context:
    """What the objects of a cluster say about its pods.

    Attributes
    ----------
    admits
        Whether a pod is still to be admitted: one that names an unknown class is refused then,
        as by the API server. Stored pods of a partial listing count as 0.
    least_ready
        ``minReadySeconds`` of controllers by (namespace, kind, name), of those that have one.
    """

    controllers: Controllers = field(default_factory=dict)
    classes: Sequence[PriorityClass] = ()
    admits: bool = False
    least_ready: Mapping[tuple[str, str, str], int] = field(default_factory=dict)

    def least_ready_of(self, namespace: str, *owners: Owner | None) -> int:
        """Seconds that a pod of these must have been ready to count as available."""
        if not self.least_ready:
            return 0
        keys = ((namespace, owner.kind, owner.name) for owner in owners if owner is not None)
        return max((self.least_ready.get(key, 0) for key in keys), default=0)

    def policy_of(self, spec: Fields) -> str:
        """The preemption policy of a pod's priority class, which a stored pod already carries."""
        name = spec.text("priorityClassName")
        return next(
            (
                priority_class.policy
                for priority_class in self.classes
                if priority_class.name == name
            ),
            "",
        )


def namespace_of(item: Fields) -> str:
    """The namespace of an object; manifests that leave it out mean ``default``."""
    return item.object("metadata").text("namespace") or "default"


def read_node(item: Fields) -> Node:
    """Read a Node."""
    metadata, spec, status = item.object("metadata"), item.object("spec"), item.object("status")
    # the API server sets allocatable to capacity where a kubelet reserves nothing
    offered = status.object("allocatable" if "allocatable" in status else "capacity")
    taints = tuple(
        Taint(
            key=taint.text("key"),
            value=taint.text("value"),
            effect=taint.choice("effect", default=Effect.NO_SCHEDULE),
        )
        for taint in spec.objects("taints")
    )
    return Node(
        name=metadata.text("name"),
        allocatable=offered_rounded_up(read_quantities(offered.value, offered.path)),
        labels=_with_stable_names(metadata.labels("labels")),
        annotations=metadata.labels("annotations"),
        taints=taints,
        unschedulable=spec.flag("unschedulable"),
        ready=_condition(status, "Ready", default=True),
        images=frozenset(
            name for image in status.objects("images") for name in image.texts("names")
        ),
        declared_features=frozenset(status.texts("declaredFeatures")),
        created=metadata.moment("creationTimestamp"),
    )


def _with_stable_names(labels: dict[str, str]) -> dict[str, str]:
    """Labels, those of an old kubelet under their stable names too.

    Source: https://kubernetes.io/docs/reference/labels-annotations-taints/, the deprecated ones.
    """
    renamed = {new: labels[old] for old, new in _STABLE_NAMES.items() if old in labels}
    return renamed | labels if renamed else labels


def read_pod(item: Fields, context: Context) -> Pod:
    """Read a Pod; its service is its top controller as ``namespace/name``."""
    metadata, spec, status = item.object("metadata"), item.object("spec"), item.object("status")
    namespace, name = namespace_of(item), metadata.text("name")
    node = spec.text("nodeName") or None
    owner = top_owner(metadata, namespace, context.controllers)
    mirror = MIRROR in metadata.labels("annotations") or (
        owner is not None and owner.kind == "Node"
    )
    managed = None if mirror else owner
    affinity = spec.object("affinity")
    nodes, near, apart = (
        affinity.object(key) for key in ("nodeAffinity", "podAffinity", "podAntiAffinity")
    )
    required, preferred = (
        "requiredDuringSchedulingIgnoredDuringExecution",
        "preferredDuringSchedulingIgnoredDuringExecution",
    )
    containers = spec.objects("containers") + spec.objects("initContainers")
    starts = bool(spec.objects("initContainers"))
    requests = pod_requests(item)
    held = pod_held(item, requests) if node is not None else requests
    return Pod(
        id=f"{namespace}/{name}",
        name=name,
        namespace=namespace,
        labels=metadata.labels("labels"),
        annotations=metadata.labels("annotations"),
        node=node,
        phase=status.choice("phase", default=Phase.RUNNING if node else Phase.PENDING),
        ready=_condition(status, "Ready", default=True),
        terminating="deletionTimestamp" in metadata,
        mirror=mirror,
        uid=metadata.text("uid"),
        owner=managed,
        service=f"{namespace}/{managed.name}" if managed else None,
        priority=_priority(spec, context),
        requests=requests,
        held=held if held != requests else None,
        tolerations=tuple(_toleration(entry) for entry in spec.objects("tolerations")),
        node_selector=spec.labels("nodeSelector"),
        required_node_terms=required_node_terms(nodes, required),
        preferred_node_terms=tuple(
            PreferredNodeTerm(
                term=node_term(entry.object("preference")), weight=entry.integer("weight", 1)
            )
            for entry in nodes.objects(preferred)
        ),
        affinity=tuple(pod_term(entry) for entry in near.objects(required)),
        anti_affinity=tuple(pod_term(entry) for entry in apart.objects(required)),
        preferred_affinity=_preferred_pod_terms(near, preferred),
        preferred_anti_affinity=_preferred_pod_terms(apart, preferred),
        spread=tuple(_spread(entry) for entry in spec.objects("topologySpreadConstraints")),
        host_ports=_host_ports(spec),
        claims=_claims(spec, name),
        local_storage=_has_local_storage(spec, metadata),
        images=frozenset(filter(None, (container.text("image") for container in containers))),
        required_features=_required_features(spec, containers),
        containers=container_requests(item),
        container_limits=container_limits(item),
        sidecars=sidecar_names(item) if starts else frozenset(),
        starting=starting_requests(item) if starts else {},
        limits=pod_limits(item) if context.admits else {},
        unspecified=_unspecified(spec) if context.admits else frozenset(),
        priority_class=spec.text("priorityClassName"),
        resource_claims=_resource_claims(spec, status),
        scheduler=spec.text("schedulerName") or DEFAULT_SCHEDULER,
        gates=() if node else tuple(gate.text("name") for gate in spec.objects("schedulingGates")),
        preempts=spec.text("preemptionPolicy", context.policy_of(spec)) != "Never",
        os=spec.object("os").text("name"),
        custom_controller="" if mirror else custom_controller(metadata),
        started=status.moment("startTime") or metadata.moment("creationTimestamp"),
        start_up_seconds=start_up_seconds(
            status,
            containers,
            context.least_ready_of(namespace, owner, controller_of(metadata)),
        ),
    )


def read_budget(item: Fields) -> DisruptionBudget:
    """Read a PodDisruptionBudget; one without status, or with one out of date, allows nothing.

    Pods that are not ready leave freely under the policy AlwaysAllow, and by default while enough
    others are healthy. Source: the Eviction API, ``pkg/registry/core/pod/storage/eviction.go``.
    """
    metadata, spec, status = (item.object(part) for part in ("metadata", "spec", "status"))
    current = "disruptionsAllowed" in status and (
        status.integer("observedGeneration") >= metadata.integer("generation")
    )
    healthy, desired = status.integer("currentHealthy"), status.integer("desiredHealthy")
    always = spec.text("unhealthyPodEvictionPolicy") == "AlwaysAllow"
    return DisruptionBudget(
        name=metadata.text("name"),
        namespace=namespace_of(item),
        selector=label_selector(spec, "selector"),
        disruptions_allowed=status.integer("disruptionsAllowed") if current else 0,
        min_available=_count_or_share(spec, "minAvailable"),
        max_unavailable=_count_or_share(spec, "maxUnavailable"),
        unready_leave_freely=always or healthy >= desired > 0,
        counted=current,
    )


def _count_or_share(spec: Fields, key: str) -> str | None:
    """An IntOrString as it is written; None where it is left out."""
    value = spec.value.get(key)
    return None if value is None else str(value)


def read_claim(item: Fields) -> Claim:
    """Read a PersistentVolumeClaim.

    To the scheduler a claim is bound once the volume controller has annotated it so. One written
    by hand, without a status, is taken to be bound to the volume it names.
    """
    spec, metadata, status = item.object("spec"), item.object("metadata"), item.object("status")
    annotations = metadata.labels("annotations")
    return Claim(
        name=metadata.text("name"),
        namespace=namespace_of(item),
        uid=metadata.text("uid"),
        access_modes=spec.texts("accessModes"),
        volume=spec.text("volumeName") or None,
        binding_completed=BIND_COMPLETED in annotations or "phase" not in status,
        lost=status.text("phase") == "Lost",
        storage_class=_storage_class(spec, annotations),
        capacity=_storage(spec.object("resources").object("requests")),
        volume_mode=spec.text("volumeMode") or "Filesystem",
        attributes_class=spec.text("volumeAttributesClassName") or None,
        selector=label_selector(spec, "selector"),
        selected_node=annotations.get(SELECTED_NODE),
        terminating="deletionTimestamp" in metadata,
    )


def read_volume(item: Fields) -> Volume:
    """Read a PersistentVolume; one written by hand, without a status, is free."""
    metadata, spec, status = item.object("metadata"), item.object("spec"), item.object("status")
    kept_for = spec.object("claimRef")
    return Volume(
        name=metadata.text("name"),
        labels=metadata.labels("labels"),
        required_node_terms=required_node_terms(spec.object("nodeAffinity"), "required"),
        storage_class=_storage_class(spec, metadata.labels("annotations")),
        access_modes=spec.texts("accessModes"),
        capacity=_storage(spec.object("capacity")),
        volume_mode=spec.text("volumeMode") or "Filesystem",
        attributes_class=spec.text("volumeAttributesClassName") or None,
        claim=f"{kept_for.text('namespace')}/{kept_for.text('name')}" if kept_for.value else None,
        claim_uid=kept_for.text("uid"),
        driver=spec.object("csi").text("driver"),
        handle=spec.object("csi").text("volumeHandle"),
        available=status.text("phase", "Available") == "Available",
        terminating="deletionTimestamp" in metadata,
    )


def _storage_class(spec: Fields, annotations: Mapping[str, str]) -> str | None:
    return annotations.get(BETA_STORAGE_CLASS, spec.text("storageClassName")) or None


def _storage(amounts: Fields) -> int:
    """Bytes of storage."""
    read = read_quantities(amounts.value, amounts.path, LARGEST_STORAGE)
    return offered_rounded_up(read).get("storage", 0)


def read_storage_class(item: Fields) -> StorageClass:
    """Read a StorageClass."""
    annotations = item.object("metadata").labels("annotations")
    return StorageClass(
        name=item.object("metadata").text("name"),
        waits_for_consumer=item.text("volumeBindingMode") == "WaitForFirstConsumer",
        provisioner=item.text("provisioner"),
        default="true" in (annotations.get(name) for name in DEFAULT_CLASS),
        provisions=item.text("provisioner") != "kubernetes.io/no-provisioner",
        allowed_topologies=tuple(
            NodeTerm(
                expressions=tuple(
                    Requirement(key=entry.text("key"), operator="In", values=entry.texts("values"))
                    for entry in topology.objects("matchLabelExpressions")
                )
            )
            for topology in item.objects("allowedTopologies")
        ),
    )


def _condition(status: Fields, kind: str, default: bool) -> bool:
    for condition in status.objects("conditions"):
        if condition.text("type") == kind:
            return condition.text("status") == "True"
    return default


def read_priority_class(item: Fields) -> PriorityClass:
    """Read a PriorityClass (scheduling.k8s.io/v1)."""
    return PriorityClass(
        name=item.object("metadata").text("name"),
        value=item.integer("value"),
        is_default=item.flag("globalDefault"),
        policy=item.text("preemptionPolicy"),
    )


def _priority(spec: Fields, context: Context) -> int:
    """The stored priority, else the class's, else that of the default class.

    Source: the Priority admission plugin; of several default classes it takes the lowest value.
    """
    if "priority" in spec:
        return spec.integer("priority")
    name = spec.text("priorityClassName")
    if not name:
        return min(
            (
                priority_class.value
                for priority_class in context.classes
                if priority_class.is_default
            ),
            default=0,
        )
    known = SYSTEM_PRIORITIES | {
        priority_class.name: priority_class.value for priority_class in context.classes
    }
    if context.admits and name not in known:
        listed = ", ".join(sorted(priority_class.name for priority_class in context.classes))
        raise SourceError(
            f"the cluster has no PriorityClass {name!r} "
            + (f"(it has {listed})" if listed else "(none was read with it)")
            + "; name one it has, add `kubectl get priorityclasses -o yaml` to its files, or give "
            "spec.priority",
            f"{spec.path}.priorityClassName",
        )
    return known.get(name, 0)


def _toleration(entry: Fields) -> Toleration:
    return _same_toleration(
        entry.text("key"),
        entry.text("operator") or "Equal",
        entry.text("value"),
        entry.text("effect"),
    )


@lru_cache(maxsize=1024)
def _same_toleration(key: str, operator: str, value: str, effect: str) -> Toleration:
    """One value for equal tolerations: the API server adds the same two to nearly every pod."""
    return Toleration(key=key, operator=operator, value=value, effect=effect)


def _preferred_pod_terms(parent: Fields, key: str) -> tuple[PreferredPodTerm, ...]:
    return tuple(
        PreferredPodTerm(
            term=pod_term(entry.object("podAffinityTerm")), weight=entry.integer("weight", 1)
        )
        for entry in parent.objects(key)
    )


def _spread(entry: Fields) -> SpreadConstraint:
    return SpreadConstraint(
        topology_key=entry.text("topologyKey"),
        max_skew=entry.integer("maxSkew", 1),
        hard=entry.text("whenUnsatisfiable", "DoNotSchedule") == "DoNotSchedule",
        selector=label_selector(entry, "labelSelector"),
        min_domains=entry.integer("minDomains") if "minDomains" in entry else None,
        honor_node_affinity=entry.text("nodeAffinityPolicy", "Honor") == "Honor",
        honor_node_taints=entry.text("nodeTaintsPolicy", "Ignore") == "Honor",
        match_label_keys=entry.texts("matchLabelKeys"),
    )


def _host_ports(spec: Fields) -> tuple[HostPort, ...]:
    """Ports of containers and sidecars; on the host's network every container port is one."""
    on_host = spec.flag("hostNetwork")
    running = spec.objects("containers") + [
        container for container in spec.objects("initContainers") if is_sidecar(container)
    ]
    ports = []
    for container in running:
        for port in container.objects("ports"):
            number = port.integer("hostPort") or (port.integer("containerPort") if on_host else 0)
            if number:
                ports.append(
                    HostPort(
                        port=number,
                        protocol=port.text("protocol") or "TCP",
                        ip=port.text("hostIP") or "0.0.0.0",  # noqa: S104  (Kubernetes' default)
                    )
                )
    return tuple(ports)


def _claims(spec: Fields, pod_name: str) -> tuple[str, ...]:
    """Claims by name; a generic ephemeral volume's claim is named after the pod and volume."""
    claims = []
    for volume in spec.objects("volumes"):
        if "persistentVolumeClaim" in volume:
            claims.append(volume.object("persistentVolumeClaim").text("claimName"))
        elif "ephemeral" in volume:
            claims.append(f"{pod_name}-{volume.text('name')}")
    return tuple(claims)


def _resource_claims(spec: Fields, status: Fields) -> tuple[PodClaim, ...]:
    generated = {
        entry.text("name"): entry.text("resourceClaimName")
        for entry in status.objects("resourceClaimStatuses")
    }
    return tuple(
        PodClaim(
            name=entry.text("name"),
            claim=entry.text("resourceClaimName"),
            template=entry.text("resourceClaimTemplateName"),
            generated=generated.get(entry.text("name"), ""),
        )
        for entry in spec.objects("resourceClaims")
    )


def _unspecified(spec: Fields) -> frozenset[str]:
    """What some container neither requests nor limits, by a quota's names."""
    return frozenset(
        f"{kind}.{resource}"
        for container in spec.objects("containers") + spec.objects("initContainers")
        for kind in ("requests", "limits")
        for resource in (CPU, MEMORY)
        if resource not in container.object("resources").object(kind)
        and not (kind == "requests" and resource in container.object("resources").object("limits"))
    )


def _has_local_storage(spec: Fields, metadata: Fields) -> bool:
    """Local storage as cluster-autoscaler sees it (its FAQ: what blocks a scale-down)."""
    listed = metadata.labels("annotations").get(SAFE_TO_EVICT_VOLUMES, "")
    safe = {name.strip() for name in listed.split(",")}
    return any(
        volume.text("name") not in safe
        and (
            "hostPath" in volume
            or ("emptyDir" in volume and volume.object("emptyDir").text("medium") != "Memory")
        )
        for volume in spec.objects("volumes")
    )


def _required_features(spec: Fields, containers: list[Fields]) -> frozenset[str]:
    """What Kubernetes' nodedeclaredfeatures package infers from a pod's spec."""
    restarts_all = any(
        rule.text("action") == "RestartAllContainers"
        for container in containers
        for rule in container.objects("restartPolicyRules")
    )
    own_users = spec.flag("hostNetwork") and not spec.flag("hostUsers", default=True)
    needed = {RESTART_ALL: restarts_all, USERS_ON_HOST_NETWORK: own_users}
    return frozenset(feature for feature, needs_it in needed.items() if needs_it)
