"""Random clusters as an API server would store them, in which every filter has something to say.

Values lie where readers go wrong: on the edge of what fits, labels that are nearly numbers, empty
values, terms that match nothing, quantities in every spelling.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, TypeVar

Manifest = dict[str, Any]
Item = TypeVar("Item")

HOST, RACK = "kubernetes.io/hostname", "example.com/rack"
ZONE, REGION = "topology.kubernetes.io/zone", "topology.kubernetes.io/region"
OLD_ZONE = "failure-domain.beta.kubernetes.io/zone"
OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")
TOPOLOGIES = (HOST, ZONE, RACK, REGION)
NODE_VALUES = {
    ZONE: ("a", "b", "c"),
    RACK: ("r1", "r2"),
    HOST: ("n0", "n1", "host-2"),
    "disk": ("ssd", "hdd", "", "no label's value"),
    "cores": ("1", "2", "16", "-3", "1.5", "9223372036854775808"),
}
CPU = ("0", "100u", "1m", "250m", "1.5", "25e-2", ".5", "1.", 1, 2, "1500000u", "2E0")
MEMORY = ("0", "1500m", "1k", "1Ki", "512Mi", "0.5Gi", "1e9", "1G", 2**30, "2Gi", "1.1Gi")
DELETED = {"deletionTimestamp": "2026-01-01T00:00:00Z", "deletionGracePeriodSeconds": 30}
CLASSES = {
    "at-once": ("csi.example.com", "Immediate", None),
    "later": ("csi.example.com", "WaitForFirstConsumer", None),
    "zonal": ("csi.example.com", "WaitForFirstConsumer", ("a", "b")),
    "by-hand": ("kubernetes.io/no-provisioner", "WaitForFirstConsumer", None),
}
"""Provisioner, binding mode and zones of each storage class."""


def random_manifests(seed: int, candidates: int = 8) -> tuple[list[Manifest], list[Manifest]]:
    """A cluster and pods that wait for a node in it, a plain function of the seed."""
    draw = _Draw(seed)
    nodes = [draw.node(f"n{number}") for number in range(draw.between(2, 6))]
    names = [node["metadata"]["name"] for node in nodes]
    storage = [draw.storage_class(name) for name in CLASSES]
    for namespace in ("red", "blue"):
        for number in range(5):
            storage += draw.claim(f"c{number}", namespace, names)
    storage += [draw.disk(f"free-{number}", None, "by-hand") for number in range(3)]
    bound = [draw.pod(f"p{number}", names) for number in range(draw.between(0, 12))]
    waiting = [draw.pod(f"w{number}", None) for number in range(candidates)]
    namespaces = [
        _object("Namespace", "red", labels={"team": "x", "kubernetes.io/metadata.name": "red"}),
        _object("Namespace", "blue", labels={"kubernetes.io/metadata.name": "blue"}),
    ]
    return [*namespaces, *nodes, *storage, *bound], waiting


def _object(kind: str, name: str, namespace: str | None = None, **metadata: Any) -> Manifest:
    place = {} if namespace is None else {"namespace": namespace}
    uid = f"{kind}/{namespace}/{name}"
    return {"kind": kind, "metadata": {"name": name, "uid": uid} | place | metadata}


class _Draw:
    """What is drawn, part by part."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self.between = self._random.randint
        self._one = self._random.choice

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability

    def _some(self, items: Sequence[Item], least: int = 1, most: int = 2) -> list[Item]:
        return self._random.sample(items, self.between(least, min(most, len(items))))

    def node(self, name: str) -> Manifest:
        labels = {
            key: self._one(values[:3] if key == "disk" else values)
            for key, values in NODE_VALUES.items()
            if key != HOST and self._chance(0.7)
        }
        if self._chance(0.9):
            labels[HOST] = self._one((name, name, name.replace("n", "host-")))
        for key, values in ((REGION, ("eu", "us")), (OLD_ZONE, ("a", "b"))):
            if self._chance(0.3):
                labels[key] = self._one(values)
        offered = {
            "cpu": self._one((4, "3500m", "2")),
            "memory": self._one(("4Gi", "2G", "8388608Ki")),
            "pods": self._one(("110", "110", "3")),
        }
        for extra, amounts in (("example.com/gpu", ("0", "2")), ("hugepages-2Mi", ("0", "16Mi"))):
            if self._chance(0.4):
                offered[extra] = self._one(amounts)
        spec: Manifest = {"unschedulable": True} if self._chance(0.1) else {}
        if self._chance(0.3):
            effects = ("NoSchedule", "NoExecute", "PreferNoSchedule")
            spec["taints"] = [
                {"key": key, "effect": self._one(effects)}
                | ({"value": "x"} if self._chance(0.5) else {})
                for key in self._some(("gpu", "spot", "node.kubernetes.io/unschedulable"))
            ]
        features = ("RestartAllContainersOnContainerExits", "UserNamespacesHostNetworkSupport")
        status = {"allocatable": offered, "declaredFeatures": self._some(features, least=0)}
        return _object("Node", name, labels=labels) | {"spec": spec, "status": status}

    def storage_class(self, name: str) -> Manifest:
        provisioner, mode, zones = CLASSES[name]
        found = _object("StorageClass", name)
        found |= {"provisioner": provisioner, "volumeBindingMode": mode}
        if zones:
            term = {"matchLabelExpressions": [{"key": ZONE, "values": self._some(zones)}]}
            found["allowedTopologies"] = [term] if self._chance(0.9) else [{}]
        return found

    def claim(self, name: str, namespace: str, nodes: Sequence[str]) -> list[Manifest]:
        """A claim, and the volume it is bound to or that is kept for it, if any."""
        modes = ("ReadWriteOnce", "ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod")
        spec: Manifest = {
            "accessModes": [self._one(modes)],
            "resources": {"requests": {"storage": self._one(("1Gi", "5Gi"))}},
            "volumeMode": "Block" if self._chance(0.1) else "Filesystem",
        }
        annotations: dict[str, str] = {}
        metadata = dict(DELETED) if self._chance(0.03) else {}
        claim = _object("PersistentVolumeClaim", name, namespace, annotations=annotations)
        claim["metadata"] |= metadata
        claim |= {"spec": spec, "status": {"phase": "Pending"}}
        own = {"namespace": namespace, "name": name, "uid": claim["metadata"]["uid"]}
        disk = f"{namespace}-{name}"
        if self._chance(0.6):
            spec |= {"volumeName": disk, "storageClassName": ""}
            if self._chance(0.95):
                annotations["pv.kubernetes.io/bind-completed"] = "yes"
                claim["status"]["phase"] = self._one(["Bound"] * 20 + ["Lost"])
            return [claim, self.disk(disk, own, "")] if self._chance(0.95) else [claim]
        wanted = self._one(("at-once", "later", "zonal", "by-hand", "by-hand", "unknown", ""))
        if self._chance(0.1):
            annotations["volume.beta.kubernetes.io/storage-class"] = wanted
        else:
            spec["storageClassName"] = wanted
        if self._chance(0.1):
            annotations["volume.kubernetes.io/selected-node"] = self._one(nodes)
        if self._chance(0.1):
            spec["selector"] = {"matchLabels": {"kind": "fast"}}
        if self._chance(0.9):
            return [claim]
        kept_for = own | self._one(({}, {"uid": "of one that is gone"}))
        return [claim, self.disk(disk, kept_for, "by-hand")]

    def disk(self, name: str, kept_for: Manifest | None, storage_class: str) -> Manifest:
        labels = {"kind": self._one(("fast", "slow"))}
        for key, values in ((ZONE, ("a", "b", "a__b", "a__")), (OLD_ZONE, ("a", "b__c"))):
            if self._chance(0.2):
                labels[key] = self._one(values)
        spec: Manifest = {
            "accessModes": self._some(("ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod")),
            "capacity": {"storage": self._one(("1Gi", "5Gi", "10Gi"))},
            "storageClassName": storage_class,
            "volumeMode": "Block" if self._chance(0.1) else "Filesystem",
        }
        if kept_for is not None:
            spec["claimRef"] = kept_for
        if self._chance(0.6):
            terms = [self._node_term() for _ in range(self.between(1, 2))]
            spec["nodeAffinity"] = {"required": {"nodeSelectorTerms": terms}}
        phase = "Bound" if kept_for else self._one(("Available", "Available", "Released"))
        metadata = dict(DELETED) if self._chance(0.03) else {}
        found = _object("PersistentVolume", name, labels=labels)
        found["metadata"] |= metadata
        return found | {"spec": spec, "status": {"phase": phase}}

    def pod(self, name: str, nodes: Sequence[str] | None) -> Manifest:
        """A pod bound to one of the nodes, or one that waits."""
        often = 0.12 if nodes else 0.25
        spec: Manifest = {"containers": [self._container("c0"), self._container("c1")]}
        if self._chance(0.5):
            spec["containers"].pop()
        if self._chance(0.2):
            spec["initContainers"] = [
                self._container(f"i{number}")
                | ({"restartPolicy": "Always"} if self._chance(0.5) else {})
                for number in range(self.between(1, 3))
            ]
        if self._chance(0.1):
            spec["overhead"] = {"cpu": self._one(CPU), "memory": self._one(MEMORY)}
        if self._chance(0.1):
            spec["resources"] = {"requests": self._asked() or {"cpu": self._one(CPU)}}
        if self._chance(0.05):
            spec |= {"hostNetwork": True, "hostUsers": self._chance(0.5)}
        if self._chance(often):
            spec["nodeSelector"] = {self._one((ZONE, "disk")): self._one(("a", "b", "ssd", ""))}
        affinity: Manifest = {}
        if self._chance(often):
            terms = [self._node_term() for _ in range(self.between(0, 3))]
            affinity["nodeAffinity"] = {_REQUIRED: {"nodeSelectorTerms": terms}}
        for kind in ("podAffinity", "podAntiAffinity"):
            if self._chance(often):
                affinity[kind] = {_REQUIRED: [self._pod_term() for _ in range(self.between(1, 2))]}
        spec["affinity"] = affinity
        if self._chance(often):
            spec["topologySpreadConstraints"] = [
                self._constraint() for _ in range(self.between(1, 2))
            ]
        if self._chance(0.5):
            spec["tolerations"] = [self._toleration() for _ in range(self.between(1, 2))]
        if self._chance(often):
            claims = self._some(("c0", "c1", "c2", "c3", "c4", "nobody's"))
            spec["volumes"] = [
                {"name": claim[0], "persistentVolumeClaim": {"claimName": claim}}
                for claim in claims
            ]
        namespace = self._one(("red", "blue"))
        pod = _object("Pod", name, namespace, labels=self._labels()) | {"spec": spec}
        if nodes is None:
            return pod | {"status": {"phase": "Pending"}}
        spec["nodeName"] = self._one(nodes)
        pod["metadata"] |= DELETED if self._chance(0.1) else {}
        return pod | {"status": self._status(spec)}

    def _status(self, spec: Manifest) -> Manifest:
        phases = ["Running"] * 8 + ["Pending", "Unknown", "Succeeded", "Failed"]
        status: Manifest = {"phase": self._one(phases)}
        if self._chance(0.25):  # in the middle of an in-place resize
            status["containerStatuses"] = [
                {
                    "name": container["name"],
                    "resources": {"requests": self._asked()},
                    "allocatedResources": self._asked(),
                }
                for container in spec["containers"]
            ]
            if self._chance(0.5):
                status["resources"] = {"requests": self._asked()}
            reason = self._one(("Infeasible", "Deferred"))
            status["conditions"] = [{"type": "PodResizePending", "reason": reason}]
        return status

    def _asked(self) -> Manifest:
        asked = {"cpu": self._one(CPU), "memory": self._one(MEMORY)}
        return {name: amount for name, amount in asked.items() if self._chance(0.8)}

    def _container(self, name: str) -> Manifest:
        requests, limits = self._asked(), {}
        if self._chance(0.1):
            extra, amounts = self._one(
                (("example.com/gpu", ("0", "1", "3")), ("hugepages-2Mi", ("2Mi", "16Mi")))
            )
            requests[extra] = limits[extra] = self._one(amounts)
        found: Manifest = {"name": name, "resources": {"requests": requests, "limits": limits}}
        if self._chance(0.2):
            found["ports"] = [self._port() for _ in range(self.between(1, 2))]
        if self._chance(0.05):
            found["restartPolicyRules"] = [
                {"action": self._one(("RestartAllContainers", "Restart"))}
            ]
        return found

    def _port(self) -> Manifest:
        number = self._one((80, 443))
        port: Manifest = {"containerPort": number, "protocol": self._one(("TCP", "TCP", "UDP"))}
        if self._chance(0.8):
            port["hostPort"] = number
        if self._chance(0.4):
            port["hostIP"] = self._one(("0.0.0.0", "10.0.0.1", "10.0.0.2", "::"))
        return port

    def _labels(self) -> dict[str, str]:
        drawn = {"app": ("a", "b", "c"), "version": ("1", "2"), "tier": ("fe", "")}
        return {key: self._one(values) for key, values in drawn.items() if self._chance(0.7)}

    def _node_term(self) -> Manifest:
        chance = self._random.random()
        term: Manifest = {}
        if 0.05 < chance < 0.85:
            term["matchExpressions"] = [self._node_expression() for _ in range(self.between(1, 2))]
        if chance > 0.75:
            operator, name = self._one(("In", "NotIn")), self._one(("n0", "n1", "n9"))
            term["matchFields"] = [{"key": "metadata.name", "operator": operator, "values": [name]}]
        return term

    def _node_expression(self) -> Manifest:
        key = self._one((*NODE_VALUES, "nobody's"))
        operator = self._one(("Gt", "Lt") if key == "cores" else OPERATORS)
        values = NODE_VALUES.get(key, ("x",))
        if operator in ("Gt", "Lt"):
            return {"key": key, "operator": operator, "values": [self._one((*values, "+1", "x"))]}
        return {"key": key, "operator": operator} | (
            {"values": self._some(values)} if operator in ("In", "NotIn") else {}
        )

    def _selector(self) -> Manifest | None:
        chance = self._random.random()
        if chance < 0.12:
            return None if chance < 0.05 else {}
        selector: Manifest = {}
        if self._chance(0.75):
            selector["matchLabels"] = {"app": self._one(("a", "b"))}
        if not selector or self._chance(0.3):
            operator = self._one(OPERATORS)
            key, values = self._one((("version", ("1", "2")), ("tier", ("fe", ""))))
            chosen = {"values": self._some(values)} if operator in ("In", "NotIn") else {}
            selector["matchExpressions"] = [{"key": key, "operator": operator} | chosen]
        return selector

    def _selecting(self, **label_keys: list[str]) -> Manifest:
        """A label selector, and now and then label keys to merge into it."""
        selector = self._selector()
        if selector is None:
            return {}
        kept = {field: keys for field, keys in label_keys.items() if self._chance(0.15)}
        return {"labelSelector": selector} | kept

    def _pod_term(self) -> Manifest:
        term = {"topologyKey": self._one(TOPOLOGIES)}
        term |= self._selecting(matchLabelKeys=["version"], mismatchLabelKeys=["tier"])
        if self._chance(0.3):
            term["namespaces"] = self._some(("red", "blue"))
        if self._chance(0.3):
            absent = {"key": "team", "operator": "NotIn", "values": ["x"]}
            term["namespaceSelector"] = self._one(
                ({}, {"matchLabels": {"team": "x"}}, {"matchExpressions": [absent]})
            )
        return term

    def _constraint(self) -> Manifest:
        found = {"topologyKey": self._one(TOPOLOGIES), "maxSkew": self.between(1, 2)}
        found["whenUnsatisfiable"] = self._one(("DoNotSchedule",) * 4 + ("ScheduleAnyway",))
        found |= self._selecting(matchLabelKeys=["version"])
        for policy in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
            if self._chance(0.3):
                found[policy] = self._one(("Honor", "Ignore"))
        if found["whenUnsatisfiable"] == "DoNotSchedule" and self._chance(0.3):
            found["minDomains"] = self.between(1, 4)
        return found

    def _toleration(self) -> Manifest:
        keys = ("gpu", "spot", "node.kubernetes.io/unschedulable")
        found: Manifest = {"key": self._one(keys)} if self._chance(0.85) else {"operator": "Exists"}
        if found.get("operator") != "Exists":
            found |= self._one(({"operator": "Exists"}, {"operator": "Equal"}, {"value": "x"}))
        if self._chance(0.4):
            found["effect"] = self._one(("NoSchedule", "NoExecute"))
        return found


_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
