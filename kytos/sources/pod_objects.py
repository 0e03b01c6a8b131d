"""Pods as Kubernetes has them, as pods of the cluster's model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from kytos.cluster import (
    CPU,
    DEFAULT_SCHEDULER,
    MEMORY,
    HostPort,
    Owner,
    Phase,
    Pod,
    PodClaim,
    PreferredNodeTerm,
    PreferredPodTerm,
    PriorityClass,
    SpreadConstraint,
    Toleration,
)
from kytos.errors import SourceError
from kytos.sources.fields import Fields
from kytos.sources.metadata import condition, namespace_of
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
from kytos.sources.selectors import label_selector, node_term, pod_term, required_node_terms
from kytos.sources.start_up import start_up_seconds

SAFE_TO_EVICT_VOLUMES = "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes"
MIRROR = "kubernetes.io/config.mirror"
RESTART_ALL = "RestartAllContainersOnContainerExits"
"""The feature a node must declare before a container may restart its whole pod."""
USERS_ON_HOST_NETWORK = "UserNamespacesHostNetworkSupport"
"""The feature a node must declare for a pod of its own users on the host's network."""

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
        nominated=None if node else status.text("nominatedNodeName") or None,
        phase=status.choice("phase", default=Phase.RUNNING if node else Phase.PENDING),
        ready=condition(status, "Ready", default=True),
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
