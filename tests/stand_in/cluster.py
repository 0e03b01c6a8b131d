"""The state of the stand-in, and what its controllers, scheduler and kubelets do at each tick."""

from __future__ import annotations

import copy
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from tests.rules.referee import _selects
from tests.stand_in.scheduler import Scheduler

Object = dict[str, Any]
Key = tuple[str, str, str]
"""Kind, namespace (empty for what has none), name."""

CLUSTER_WIDE = frozenset(
    {
        *("Node", "Namespace", "PriorityClass", "StorageClass", "PersistentVolume"),
        *("MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"),
    }
)
REPLICATED = ("ReplicaSet", "StatefulSet", "ReplicationController", "Job")
COST = "controller.kubernetes.io/pod-deletion-cost"
GONE_TICKS, READY_TICKS = 2, 2
"""How many requests a pod takes to stop, and to become ready."""


class StandIn:
    """Keeps objects as stored and lets time pass by ticks, one for each request.

    Attributes
    ----------
    policies
        Versions of MutatingAdmissionPolicy that are served; none where empty.
    holds_back
        Said no to by the kubelets: pods for which it is true never become ready.
    """

    def __init__(self, items: Iterable[Object], *, seed: int = 0) -> None:
        self.lock = threading.RLock()
        self.objects: dict[Key, Object] = {}
        self.scheduler = Scheduler(seed)
        self.policies: tuple[str, ...] = ("v1",)
        self.holds_back: Callable[[Object], bool] = lambda pod: False
        self.evicted: list[str] = []
        self.before_tick: list[Callable[[StandIn], None]] = []
        self._version = 1000
        self._serial = 0
        self._ages: dict[str, int] = {}
        self._stale_params: Object | None = None
        self._policy_went = False
        for item in copy.deepcopy(list(items)):
            self._load(item)
        for space in ("kube-system", "default"):
            if ("Namespace", "", space) not in self.objects:
                self.put({"kind": "Namespace", "metadata": {"name": space}})
        self._make_controllers()
        self._count_budgets(at_load=True)

    # --- objects

    def _load(self, item: Object) -> None:
        metadata = item["metadata"]
        if item["kind"] not in CLUSTER_WIDE:
            metadata.setdefault("namespace", "default")
        if item["kind"] in ("Deployment", *REPLICATED, "DaemonSet", "Job"):
            metadata.setdefault("uid", f"uid-of-{item['kind']}-{metadata['name']}")
        self.put(item)

    def put(self, item: Object) -> Object:
        """Store an object anew."""
        metadata = item["metadata"]
        for reference in metadata.get("ownerReferences") or ():
            reference.setdefault("uid", f"uid-of-{reference['kind']}-{reference['name']}")
        self._version += 1
        self._serial += 1
        metadata.setdefault("uid", f"{self._serial:08d}-0000-4000-8000-000000000000")
        metadata.setdefault(
            "creationTimestamp",
            f"2026-11-30T00:{self._serial // 60 % 60:02d}:{self._serial % 60:02d}Z",
        )
        metadata["resourceVersion"] = str(self._version)
        self.objects[key_of(item)] = item
        return item

    def of(self, kind: str, namespace: str | None = None) -> list[Object]:
        return [
            item
            for (one, space, _), item in self.objects.items()
            if one == kind and namespace in (None, space)
        ]

    def get(self, kind: str, name: str, namespace: str = "") -> Object | None:
        return self.objects.get((kind, namespace, name))

    def pod(self, pod: str) -> Object:
        namespace, _, name = pod.partition("/")
        return self.objects["Pod", namespace, name]

    def items(self) -> list[Object]:
        """All objects, as ``kubectl get -o json`` lists them."""
        return copy.deepcopy(list(self.objects.values()))

    def delete(self, item: Object) -> None:
        key = key_of(item)
        if item["kind"] == "MutatingAdmissionPolicy":
            self._policy_went, self._stale_params = True, copy.deepcopy(self._params())
        if item["kind"] == "Pod" and item["spec"].get("nodeName"):
            item["metadata"]["deletionTimestamp"] = "2026-11-30T01:00:00Z"
            self.put(item)
        else:
            self.objects.pop(key, None)

    # --- admission

    def admit(self, pod: Object) -> Object:
        """What admission makes of a new pod."""
        policy = self.get("MutatingAdmissionPolicy", "kytos-steer")
        binding = self.get("MutatingAdmissionPolicyBinding", "kytos-steer")
        if policy is None or binding is None or not self.policies:
            return pod
        params = self._stale_params if self._policy_went else self._params()
        if params is None:  # parameterNotFoundAction: Allow
            return pod
        spec = policy["spec"]
        (condition,) = spec["matchConditions"]
        assert "owner.controller && owner.uid in params.data" in condition["expression"]
        owners = pod["metadata"].get("ownerReferences") or []
        data = params.get("data") or {}
        if not any(one.get("controller") and one["uid"] in data for one in owners):
            return pod
        (mutation,) = spec["mutations"]
        assert mutation["patchType"] == "ApplyConfiguration"
        found = re.fullmatch(
            r"Object\{spec: Object\.spec\{schedulingGates: "
            r'\[Object\.spec\.schedulingGates\{name: "([^"]+)"\}\]\}\}',
            mutation["applyConfiguration"]["expression"],
        )
        assert found is not None
        gates = pod["spec"].setdefault("schedulingGates", [])
        if all(gate["name"] != found[1] for gate in gates):
            gates.append({"name": found[1]})
        return pod

    def _params(self) -> Object | None:
        binding = self.get("MutatingAdmissionPolicyBinding", "kytos-steer")
        if binding is None:
            return None
        reference = binding["spec"]["paramRef"]
        return self.get("ConfigMap", reference["name"], reference["namespace"])

    # --- time

    def tick(self) -> None:
        for change in self.before_tick:
            change(self)
        self._kubelets()
        self._controllers()
        self._count_budgets()
        self._schedule()

    def settle(self, ticks: int = 50) -> None:
        for _ in range(ticks):
            self.tick()

    def _age(self, pod: Object, what: str) -> int:
        key = f"{what}/{pod['metadata']['uid']}"
        self._ages[key] = self._ages.get(key, 0) + 1
        return self._ages[key]

    def _kubelets(self) -> None:
        for pod in self.of("Pod"):
            bound = bool(pod["spec"].get("nodeName"))
            if pod["metadata"].get("deletionTimestamp"):
                if not bound or self._age(pod, "gone") > GONE_TICKS:
                    del self.objects[key_of(pod)]
                continue
            starts = bound and not is_ready(pod) and not _over(pod) and not self.holds_back(pod)
            if starts and self._age(pod, "ready") > READY_TICKS:
                ready = [{"type": "Ready", "status": "True"}]
                pod["status"] |= {"phase": "Running", "conditions": ready}
                self.put(pod)

    def _make_controllers(self) -> None:
        """Controllers that pods name and nobody listed."""
        for pod in self.of("Pod"):
            for owner in pod["metadata"].get("ownerReferences") or ():
                kind, name = owner["kind"], owner["name"]
                space = pod["metadata"]["namespace"]
                if kind not in REPLICATED or self.get(kind, name, space) is not None:
                    continue
                metadata = {"name": name, "namespace": space, "uid": owner["uid"]}
                digest = pod["metadata"].get("labels", {}).get("pod-template-hash")
                if kind == "ReplicaSet" and digest and name.endswith(f"-{digest}"):
                    parent = name.removesuffix(f"-{digest}")
                    metadata["ownerReferences"] = [_reference("Deployment", parent)]
                    if self.get("Deployment", parent, space) is None:
                        self._load(
                            {
                                "kind": "Deployment",
                                "metadata": {"name": parent, "namespace": space},
                                "spec": {"replicas": 0},
                            }
                        )
                count = len(self._active(owner["uid"]))
                template = self._template_of(pod)
                self._load(
                    {
                        "kind": kind,
                        "metadata": metadata,
                        "spec": {"replicas": count, "template": template},
                    }
                )
        for kind in REPLICATED:
            for owner in self.of(kind):
                active = self._active(owner["metadata"]["uid"])
                spec = owner.setdefault("spec", {})
                spec["replicas"] = len(active)
                if active:
                    spec["template"] = self._template_of(active[0])
                spec.setdefault("template", {"metadata": {}, "spec": {}})
        for deployment in self.of("Deployment"):
            deployment["spec"]["replicas"] = sum(
                one["spec"]["replicas"] for one in self._sets_of(deployment)
            )

    def _template_of(self, pod: Object) -> Object:
        spec = copy.deepcopy(pod["spec"])
        for name in ("nodeName", "hostname", "schedulingGates"):
            spec.pop(name, None)
        metadata = {
            key: copy.deepcopy(pod["metadata"][key])
            for key in ("labels", "annotations")
            if key in pod["metadata"]
        }
        return {"metadata": metadata, "spec": spec}

    def _active(self, uid: str) -> list[Object]:
        return [
            pod
            for pod in self.of("Pod")
            if controlled_by(pod, uid)
            and not _over(pod)
            and not pod["metadata"].get("deletionTimestamp")
        ]

    def _sets_of(self, deployment: Object) -> list[Object]:
        uid = deployment["metadata"]["uid"]
        space = deployment["metadata"]["namespace"]
        return [one for one in self.of("ReplicaSet", space) if controlled_by(one, uid)]

    def _controllers(self) -> None:
        for deployment in self.of("Deployment"):
            sets = self._sets_of(deployment)
            wanted = deployment["spec"].get("replicas", 1)
            if sets and sum(one["spec"]["replicas"] for one in sets) != wanted:
                sets[-1]["spec"]["replicas"] = wanted
        for kind in REPLICATED:
            for owner in self.of(kind):
                self._replicate(owner)

    def _replicate(self, owner: Object) -> None:
        active = self._active(owner["metadata"]["uid"])
        missing = owner["spec"].get("replicas", 1) - len(active)
        if owner["kind"] == "StatefulSet":
            for ordinal in range(owner["spec"].get("replicas", 1)):
                name = f"{owner['metadata']['name']}-{ordinal}"
                if self.get("Pod", name, owner["metadata"]["namespace"]) is None:
                    self._start(owner, name)
            if missing < 0:
                self.delete(
                    max(active, key=lambda pod: int(pod["metadata"]["name"].split("-")[-1]))
                )
            return
        for _ in range(missing):
            self._start(owner, f"{owner['metadata']['name']}-{self._serial:05d}")
        for pod in sorted(active, key=_goes_first)[: max(0, -missing)]:
            self.delete(pod)

    def _start(self, owner: Object, name: str) -> None:
        pod = copy.deepcopy(owner["spec"]["template"])
        pod |= {"apiVersion": "v1", "kind": "Pod", "status": {"phase": "Pending"}}
        pod["metadata"] |= {
            "name": name,
            "namespace": owner["metadata"]["namespace"],
            "ownerReferences": [
                _reference(owner["kind"], owner["metadata"]["name"], owner["metadata"]["uid"])
            ],
        }
        self.put(self.admit(pod))

    def _schedule(self) -> None:
        for pod in sorted(self.of("Pod"), key=lambda pod: -int(pod["spec"].get("priority") or 0)):
            waits = not pod["spec"].get("nodeName") and not pod["spec"].get("schedulingGates")
            if not waits or _over(pod) or pod["metadata"].get("deletionTimestamp"):
                continue
            node = self.scheduler.choose(pod, self.objects.values())
            if node is not None:
                pod["spec"]["nodeName"] = node
                pod["status"].pop("nominatedNodeName", None)
            else:
                pod["status"]["conditions"] = [
                    {
                        "type": "PodScheduled",
                        "status": "False",
                        "reason": "Unschedulable",
                        "message": f"0/{len(self.of('Node'))} nodes are available",
                    }
                ]
            self.put(pod)

    # --- budgets

    def budgets_of(self, pod: Object) -> list[Object]:
        return [
            budget
            for budget in self.of("PodDisruptionBudget", pod["metadata"]["namespace"])
            if _selects(budget["spec"].get("selector"), pod["metadata"].get("labels", {}))
        ]

    def _count_budgets(self, *, at_load: bool = False) -> None:
        for budget in self.of("PodDisruptionBudget"):
            spec = budget["spec"]
            pods = [
                pod
                for pod in self.of("Pod", budget["metadata"]["namespace"])
                if _selects(spec.get("selector"), pod["metadata"].get("labels", {}))
                and not _over(pod)
            ]
            alive = [pod for pod in pods if not pod["metadata"].get("deletionTimestamp")]
            healthy = sum(map(is_ready, alive))
            expected = sum(
                self._wants(uid)
                for uid in {controller_of(pod) for pod in pods if controller_of(pod)}
            )
            if at_load and "minAvailable" not in spec and "maxUnavailable" not in spec:
                spec["maxUnavailable"] = budget.get("status", {}).get("disruptionsAllowed", 0)
            if "maxUnavailable" in spec:
                desired = expected - _share(spec["maxUnavailable"], expected)
            else:
                desired = _share(spec["minAvailable"], expected)
            status = {
                "currentHealthy": healthy,
                "desiredHealthy": max(0, desired),
                "expectedPods": expected,
                "disruptionsAllowed": max(0, healthy - desired) if expected else 0,
                "observedGeneration": budget["metadata"].get("generation", 0),
            }
            if budget.get("status") != status:
                budget["status"] = status
                self.put(budget)

    def _wants(self, uid: str | None) -> int:
        for kind in REPLICATED:
            for owner in self.of(kind):
                if owner["metadata"]["uid"] == uid:
                    return int(owner["spec"].get("replicas", 1))
        return sum(controller_of(pod) == uid for pod in self.of("Pod"))

    # --- what tests ask

    def nodes_by_owner(self) -> dict[str, list[str]]:
        """For each controller, on which nodes its pods run, sorted: the end of an execution."""
        placed: dict[str, list[str]] = {}
        for pod in self.of("Pod"):
            if not _over(pod):
                owner = controller_of(pod) or pod["metadata"]["name"]
                placed.setdefault(owner, []).append(pod["spec"].get("nodeName") or "-")
        return {owner: sorted(nodes) for owner, nodes in sorted(placed.items())}

    def cordoned(self) -> set[str]:
        return {
            node["metadata"]["name"]
            for node in self.of("Node")
            if node["spec"].get("unschedulable")
        }

    def gated(self) -> list[str]:
        return [
            pod["metadata"]["name"] for pod in self.of("Pod") if pod["spec"].get("schedulingGates")
        ]

    def steered(self) -> dict[str, str]:
        held = self.get("ConfigMap", "kytos-steer", "kube-system")
        return {} if held is None else held.get("data") or {}


def key_of(item: Object) -> Key:
    space = "" if item["kind"] in CLUSTER_WIDE else item["metadata"]["namespace"]
    return item["kind"], space, item["metadata"]["name"]


def controller_of(item: Object) -> str | None:
    for owner in item["metadata"].get("ownerReferences") or ():
        if owner.get("controller"):
            return str(owner["uid"])
    return None


def controlled_by(item: Object, uid: str) -> bool:
    return controller_of(item) == uid


def is_ready(pod: Object) -> bool:
    return any(
        one.get("type") == "Ready" and one.get("status") == "True"
        for one in pod.get("status", {}).get("conditions") or ()
    )


def _over(pod: Object) -> bool:
    return pod.get("status", {}).get("phase") in ("Succeeded", "Failed")


def _reference(kind: str, name: str, uid: str | None = None) -> Object:
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "name": name,
        "uid": uid or f"uid-of-{kind}-{name}",
        "controller": True,
    }


def _goes_first(pod: Object) -> tuple[bool, bool, int, int]:
    """The order of ReplicaSet's ActivePodsWithRanks, as far as it matters here."""
    cost = int((pod["metadata"].get("annotations") or {}).get(COST, 0))
    bound = bool(pod["spec"].get("nodeName"))
    return bound, is_ready(pod), cost, -int(pod["metadata"]["resourceVersion"])


def _share(value: int | str, whole: int) -> int:
    if isinstance(value, str) and value.endswith("%"):
        return -(-int(value[:-1]) * whole // 100)
    return int(value)


def walk(items: Iterable[Object]) -> Iterator[Object]:
    """Objects of Lists and single ones alike."""
    for item in items:
        yield from item["items"] if item["kind"] == "List" else [item]
