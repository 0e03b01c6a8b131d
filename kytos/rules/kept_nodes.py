"""Which nodes stay whatever is decided, so that nothing is saved by emptying them."""

from __future__ import annotations

from kytos.cluster import Cluster, Node, Pod
from kytos.language import said
from kytos.rules.keep_marks import (
    DO_NOT_DISRUPT,
    SCALE_DOWN_DISABLED,
    asks_not_to_be_disrupted,
    mark_of,
)

CONTROL_PLANE_ROLES = (
    "node-role.kubernetes.io/control-plane",
    "node-role.kubernetes.io/master",
    "node-role.kubernetes.io/controlplane",
    "node-role.kubernetes.io/etcd",
)
"""Labels and taints of nodes that run a control plane; the last two are Rancher's."""
OLD_ROLE = "kubernetes.io/role"
"""What kops wrote, with the role as its value."""
CONTROL_PLANE_PODS = ("etcd", "kube-apiserver")
"""Static pods that only a control-plane node runs."""


def kept_nodes(cluster: Cluster) -> dict[str, str]:
    """Return the nodes that nobody may take away, by name, and why each stays.

    Pods may come to them and leave them by the usual rules; they count as in use before and after
    (`kytos.problem.Problem.held_open`), so no plan gains by emptying one.

    Sources: https://kubernetes.io/docs/reference/labels-annotations-taints/, the cluster
    autoscaler's FAQ ("How can I prevent Cluster Autoscaler from scaling down a particular node?")
    and Karpenter's disruption controls.
    """
    kept: dict[str, str] = {}
    for node in cluster.nodes:
        reason = (
            _runs_control_plane(node, cluster.pods_by_node[node.name])
            or _asks_to_stay(cluster, node)
            or _holds_a_daemon_not_to_disrupt(cluster, node)
        )
        if reason is not None:
            kept[node.name] = reason
    return kept


def _runs_control_plane(node: Node, pods: tuple[Pod, ...]) -> str | None:
    for role in CONTROL_PLANE_ROLES:
        if role in node.labels:
            return said(f"it is a control-plane node (label {role})")
    if (role := node.labels.get(OLD_ROLE, "")) in ("master", "control-plane"):
        return said(f"it is a control-plane node (label {OLD_ROLE} is {role})")
    for taint in node.taints:
        if taint.key in CONTROL_PLANE_ROLES:
            return said(f"it is a control-plane node (taint {taint.key})")
    for pod in pods:
        if pod.mirror and _is_control_plane_pod(pod):
            return said(f"it is a control-plane node (static pod {pod.id})")
    return None


def _is_control_plane_pod(pod: Pod) -> bool:
    component = pod.labels.get("component", "")
    return any(
        component == name or pod.name == name or pod.name.startswith(f"{name}-")
        for name in CONTROL_PLANE_PODS
    )


def _asks_to_stay(cluster: Cluster, node: Node) -> str | None:
    if (mark_of(node, SCALE_DOWN_DISABLED) or "").strip().lower() == "true":
        return said(f"annotation {SCALE_DOWN_DISABLED} is true")
    return asks_not_to_be_disrupted(node, node.created, cluster.moment)


def _holds_a_daemon_not_to_disrupt(cluster: Cluster, node: Node) -> str | None:
    """Such a pod comes back wherever a node is, but this one of it must not be ended."""
    for pod in cluster.pods_by_node[node.name]:
        if pod.keeps_node:
            continue
        why = asks_not_to_be_disrupted(pod, pod.started, cluster.moment)
        if why is not None and DO_NOT_DISRUPT in why:
            return said(f"{pod.id} runs on it and its {why}")
    return None
