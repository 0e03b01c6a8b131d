"""What an execution reads and writes of a cluster, request by request as Kubernetes names them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from kytos.kube.api import (
    MERGE,
    STRATEGIC,
    ApiServer,
    BusyError,
    ConflictError,
    Object,
    RefusedError,
)

GATE = "kytos.io/steer"
"""The scheduling gate that holds a replacement until it is nominated."""

DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
_FIRST_TO_GO = "-2147483648"

SCALABLE = {
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments/{}",
    "ReplicaSet": "/apis/apps/v1/namespaces/{}/replicasets/{}",
    "StatefulSet": "/apis/apps/v1/namespaces/{}/statefulsets/{}",
    "ReplicationController": "/api/v1/namespaces/{}/replicationcontrollers/{}",
}
"""Kinds with a scale subresource, and where their objects are."""

_TRIES = 5
"""Against others who write to the same pod."""

_SEVERAL_BUDGETS = "more than one PodDisruptionBudget"


def names_of(pod: str) -> tuple[str, str]:
    """Return namespace and name of a pod's id; one without a namespace is in ``default``.

    >>> names_of("shop/cart-0"), names_of("pod-a")
    (('shop', 'cart-0'), ('default', 'pod-a'))
    """
    namespace, slash, name = pod.partition("/")
    return (namespace, name) if slash else ("default", pod)


class ControlPlane:
    """The requests of an execution; errors are those of `ApiServer`."""

    def __init__(self, server: ApiServer) -> None:
        """Nothing is asked yet."""
        self.server = server

    def node(self, name: str) -> Object | None:
        """Read a node."""
        return self.server.get(f"/api/v1/nodes/{_quoted(name)}")

    def pod(self, pod: str) -> Object | None:
        """Read a pod by its id."""
        return self.server.get(_pod(*names_of(pod)))

    def pods(self, namespace: str) -> list[Object]:
        """List the pods of a namespace."""
        return self.server.items(f"/api/v1/namespaces/{_quoted(namespace)}/pods")

    def gated_pods(self) -> list[Object]:
        """List the pods of all namespaces that our gate holds."""
        # Only a pod without a node can be gated.
        waiting = self.server.items("/api/v1/pods", [("fieldSelector", "spec.nodeName=")])
        return [pod for pod in waiting if is_gated(pod)]

    def budgets(self) -> list[Object]:
        """List the disruption budgets of all namespaces."""
        return self.server.items("/apis/policy/v1/poddisruptionbudgets")

    def set_unschedulable(self, node: str, *, to: bool) -> None:
        """Cordon a node, or uncordon it; as ``kubectl cordon`` does."""
        change = {"spec": {"unschedulable": True if to else None}}
        path = f"/api/v1/nodes/{_quoted(node)}"
        self.server.write("PATCH", path, change, STRATEGIC, insists=True)

    def evict(self, pod: str, uid: str) -> bool:
        """Evict this very pod; False where it is gone already.

        Raises
        ------
        BusyError
            When a disruption budget does not allow it now.
        RefusedError
            When it may not be evicted, or several budgets cover it, which the Eviction API refuses.
        """
        namespace, name = names_of(pod)
        eviction = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": name, "namespace": namespace},
            "deleteOptions": {"preconditions": {"uid": uid}},
        }
        path = f"{_pod(namespace, name)}/eviction"
        try:
            self.server.write("POST", path, eviction, waits=False)
        except RefusedError as refusal:
            if refusal.status not in (404, 409):
                raise
            live = self.pod(pod)
            same = live is not None and _uid(live) == uid
            if live is None or not same or live["metadata"].get("deletionTimestamp"):
                return False
            # Somebody wrote to it at the same time.
            raise BusyError(str(refusal), "", refusal.status, refusal.said) from refusal
        return True

    def nominate(self, pod: Object, node: str) -> bool:
        """Reserve room on a node for a pod that has none yet; False where the pod is gone.

        The scheduler looks at ``status.nominatedNodeName`` first (NominatedNodeNameForExpectation,
        beta and on since Kubernetes 1.35) and passes it over where the pod does not fit.
        """
        return self._changed(pod, {"status": {"nominatedNodeName": node}}, "/status")

    def let_go(self, pod: Object) -> bool:
        """Remove our gate of a pod, no other; False where the pod is gone."""
        gate = {"name": GATE, "$patch": "delete"}
        return self._changed(pod, {"spec": {"schedulingGates": [gate]}})

    def first_to_go(self, pod: Object, *, to: bool = True) -> bool:
        """Let the controller of a pod remove it before its others; False where it is gone."""
        cost = _FIRST_TO_GO if to else None
        return self._changed(pod, {"metadata": {"annotations": {DELETION_COST: cost}}})

    def _changed(self, pod: Object, change: Object, part: str = "") -> bool:
        """Change this very pod and none that has come to bear its name."""
        metadata = change.get("metadata", {}) | {"uid": _uid(pod)}
        path, change = _path(pod), change | {"metadata": metadata}
        for last in (*[False] * _TRIES, True):
            try:
                self.server.write("PATCH", path + part, change, STRATEGIC)
            except RefusedError as refusal:
                live = self.server.get(path)
                if live is None or _uid(live) != _uid(pod):
                    return False
                if last or refusal.status != 409:
                    raise
                self.server.pause(self.server.pace.poll_s)
            else:
                return True
        return False

    def check_steering_rights(self, pod: str) -> None:
        """Look, by dry run, whether pods may be nominated and let go: a gate must not be left.

        Raises
        ------
        RefusedError
            When one of the two may not be done.
        """
        path = _pod(*names_of(pod))
        self.server.try_out("PATCH", f"{path}/status", {}, MERGE)
        self.server.try_out("PATCH", path, {}, MERGE)

    def create(self, path: str, manifest: Object) -> Object | None:
        """Create an object; None where one of that name is there already."""
        try:
            return self.server.write("POST", path, manifest)
        except ConflictError:
            return None

    def owner(self, kind: str, namespace: str, name: str) -> Object | None:
        """Read what owns replicas."""
        return self.server.get(SCALABLE[kind].format(_quoted(namespace), _quoted(name)))

    def replica_sets(self, namespace: str) -> list[Object]:
        """List the ReplicaSets of a namespace."""
        return self.server.items(f"/apis/apps/v1/namespaces/{_quoted(namespace)}/replicasets")

    def scale(self, kind: str, namespace: str, name: str) -> Object | None:
        """Read the scale subresource of an owner."""
        path = SCALABLE[kind].format(_quoted(namespace), _quoted(name))
        return self.server.get(f"{path}/scale")

    def set_scale(self, kind: str, namespace: str, name: str, scale: Object, replicas: int) -> None:
        """Set the replicas of an owner whose scale nobody changed since it was read.

        Raises
        ------
        ConflictError
            When somebody did.
        """
        path = SCALABLE[kind].format(_quoted(namespace), _quoted(name))
        version = scale.get("metadata", {}).get("resourceVersion")
        metadata = {"resourceVersion": version} if version else {}
        change = {"metadata": metadata, "spec": {"replicas": replicas}}
        self.server.write("PATCH", f"{path}/scale", change, MERGE)

    def autoscaler_of(self, kind: str, namespace: str, name: str) -> str | None:
        """Name the HorizontalPodAutoscaler that sets the replicas of an owner, if one does."""
        path = f"/apis/autoscaling/v2/namespaces/{_quoted(namespace)}/horizontalpodautoscalers"
        for autoscaler in self.server.items(path):
            target = autoscaler.get("spec", {}).get("scaleTargetRef", {})
            if (target.get("kind"), target.get("name")) == (kind, name):
                return str(autoscaler["metadata"]["name"])
        return None


def is_gated(pod: Object) -> bool:
    """Whether our gate holds the pod."""
    gates = pod.get("spec", {}).get("schedulingGates") or ()
    return any(gate.get("name") == GATE for gate in gates)


def controller_uid(pod: Object) -> str | None:
    """The uid of the controller that started a pod, None where none did."""
    for reference in pod.get("metadata", {}).get("ownerReferences") or ():
        if reference.get("controller"):
            return str(reference.get("uid"))
    return None


def several_budgets(refusal: RefusedError) -> bool:
    """Whether an eviction is refused for good because two budgets cover the pod."""
    return _SEVERAL_BUDGETS in refusal.said


def _pod(namespace: str, name: str) -> str:
    return f"/api/v1/namespaces/{_quoted(namespace)}/pods/{_quoted(name)}"


def _path(pod: Object) -> str:
    return _pod(pod["metadata"]["namespace"], pod["metadata"]["name"])


def _uid(pod: Object) -> Any:
    return pod["metadata"]["uid"]


def _quoted(name: str) -> str:
    return quote(name, safe="")
