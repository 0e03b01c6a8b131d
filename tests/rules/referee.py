"""A second scheduler, as naive as can be: one pod, one node, one manifest at a time.

It shares no line with `kytos`: it reads the stored manifests itself and follows the filters of
kube-scheduler 1.36 (``pkg/scheduler/framework/plugins``) plugin by plugin. It is far too slow for
a real cluster and is proven on the recorded verdicts before it judges anything else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

Manifest = Mapping[str, Any]
Amounts = dict[str, Fraction]

FILTERS = (
    "unschedulable",
    "taints",
    "node_affinity",
    "ports",
    "fit",
    "volumes",
    "spread",
    "pod_affinity",
    "pod_anti_affinity",
    "features",
)
"""Methods of `Referee`, each of which says whether a pod passes one or two plugins on a node."""

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
ZONE_KEYS = {
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region": "topology.kubernetes.io/region",
}
"""Labels that place a volume, and under which other key a node may answer them."""
ANY_ADDRESS = ("0.0.0.0", "")
_SCALE = {"": 1, "n": Fraction(1, 10**9), "u": Fraction(1, 10**6), "m": Fraction(1, 1000)}
_SCALE |= {"k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15, "E": 10**18}
_SCALE |= {f"{letter}i": 1024**power for power, letter in enumerate("KMGTPE", start=1)}
_LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")


class Referee:
    """Judges pods that wait against the bound pods of a list of manifests."""

    def __init__(self, manifests: Iterable[Manifest]) -> None:
        kinds: dict[str, list[Manifest]] = {}
        for manifest in manifests:
            kinds.setdefault(manifest["kind"], []).append(manifest)
        self.nodes = {_name(node): node for node in kinds.get("Node", [])}
        self.namespaces = {_name(found): _labels(found) for found in kinds.get("Namespace", [])}
        self.claims = {_full(found): found for found in kinds.get("PersistentVolumeClaim", [])}
        self.disks = {_name(found): found for found in kinds.get("PersistentVolume", [])}
        self.classes = {_name(found): found for found in kinds.get("StorageClass", [])}
        self.on: dict[str, list[Manifest]] = {name: [] for name in self.nodes}
        for pod in kinds.get("Pod", []):
            over = pod.get("status", {}).get("phase") in ("Succeeded", "Failed")
            if pod["spec"].get("nodeName") in self.on and not over:
                self.on[pod["spec"]["nodeName"]].append(pod)
        self.held = {
            name: [_rounded(_requests(pod, with_status=True)) for pod in bound]
            for name, bound in self.on.items()
        }

    def feasible(self, pod: Manifest) -> set[str]:
        """Names of the nodes on which the pod passes every filter."""
        return {name for name in self.nodes if self.passes(pod, name, FILTERS)}

    def passes(self, pod: Manifest, node: str, filters: Iterable[str]) -> bool:
        """Whether the pod passes the filters named on a node."""
        return all(getattr(self, name)(pod, self.nodes[node]) for name in filters)

    def unschedulable(self, pod: Manifest, node: Manifest) -> bool:
        """NodeUnschedulable."""
        cordon = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
        return not node["spec"].get("unschedulable") or _tolerates(pod, cordon)

    def taints(self, pod: Manifest, node: Manifest) -> bool:
        """TaintToleration."""
        return _tolerates_all(pod, node)

    def node_affinity(self, pod: Manifest, node: Manifest) -> bool:
        """NodeAffinity."""
        return _asks_for(pod, node)

    def ports(self, pod: Manifest, node: Manifest) -> bool:
        """NodePorts."""
        return not any(
            port == other and protocol == others and (at == there or {at, there} & {*ANY_ADDRESS})
            for bound in self.on[_name(node)]
            for port, protocol, at in _host_ports(pod)
            for other, others, there in _host_ports(bound)
        )

    def fit(self, pod: Manifest, node: Manifest) -> bool:
        """NodeResourcesFit."""
        offered = _rounded(_amounts(node["status"].get("allocatable")))
        held = self.held[_name(node)]
        return len(held) < offered.get("pods", 0) and all(
            amount + sum(one.get(name, 0) for one in held) <= offered.get(name, 0)
            for name, amount in _rounded(_requests(pod, with_status=False)).items()
            if amount
        )

    def volumes(self, pod: Manifest, node: Manifest) -> bool:
        """VolumeRestrictions (ReadWriteOncePod), VolumeBinding and VolumeZone."""
        claims = [self.claims.get((_namespace(pod), name)) for name in _claim_names(pod)]
        waiting = []
        for claim in claims:
            if claim is None or claim["status"].get("phase") == "Lost" or _deleted(claim):
                return False
            if "ReadWriteOncePod" in claim["spec"]["accessModes"] and self._in_use(claim):
                return False
            if "pv.kubernetes.io/bind-completed" in _annotations(claim):
                disk = self.disks.get(claim["spec"]["volumeName"])
                if disk is None or not _reaches(disk, node) or not _in_zone(disk, node):
                    return False
            elif (
                self._binding_mode(claim) != "WaitForFirstConsumer" or "volumeName" in claim["spec"]
            ):
                return False
            else:
                waiting.append(claim)
        return self._can_be_served(waiting, node)

    def spread(self, pod: Manifest, node: Manifest) -> bool:
        """PodTopologySpread."""
        hard = [
            constraint
            for constraint in pod["spec"].get("topologySpreadConstraints", [])
            if constraint["whenUnsatisfiable"] == "DoNotSchedule"
        ]
        keys = {constraint["topologyKey"] for constraint in hard}
        if not keys <= _labels(node).keys():
            return False
        counting = [other for other in self.nodes.values() if keys <= _labels(other).keys()]
        return all(self._is_even(pod, node, constraint, counting) for constraint in hard)

    def pod_affinity(self, pod: Manifest, node: Manifest) -> bool:
        """InterPodAffinity, what the pod asks for."""
        terms = _pod_terms(pod, "podAffinity")
        keys = {term["topologyKey"] for term in terms}
        if not keys <= _labels(node).keys():
            return False
        company = {
            (key, _labels(self.nodes[name])[key])
            for name, bound in self.on.items()
            for key in keys & _labels(self.nodes[name]).keys()
            if any(self._matches_all(terms, pod, other) for other in bound)
        }
        if all((key, _labels(node)[key]) in company for key in keys):
            return True
        return not company and self._matches_all(terms, pod, pod)

    def pod_anti_affinity(self, pod: Manifest, node: Manifest) -> bool:
        """InterPodAffinity, what the pod and those that run ask to be kept away."""
        for name, bound in self.on.items():
            there, here = _labels(self.nodes[name]), _labels(node)
            for other in bound:
                for owner, target in ((pod, other), (other, pod)):
                    for term in _pod_terms(owner, "podAntiAffinity"):
                        key = term["topologyKey"]
                        together = key in there and there[key] == here.get(key)
                        if together and self._matches(term, owner, target):
                            return False
        return True

    def features(self, pod: Manifest, node: Manifest) -> bool:
        """NodeDeclaredFeatures."""
        needed = {
            "RestartAllContainersOnContainerExits"
            for container in _containers(pod)
            for rule in container.get("restartPolicyRules", [])
            if rule["action"] == "RestartAllContainers"
        }
        if pod["spec"].get("hostNetwork") and pod["spec"].get("hostUsers") is False:
            needed.add("UserNamespacesHostNetworkSupport")
        return needed <= set(node["status"].get("declaredFeatures", []))

    def _in_use(self, claim: Manifest) -> bool:
        return any(
            _namespace(claim) == _namespace(pod) and _name(claim) in _claim_names(pod)
            for bound in self.on.values()
            for pod in bound
        )

    def _binding_mode(self, claim: Manifest) -> str | None:
        found = self.classes.get(_storage_class(claim))
        return None if found is None else found["volumeBindingMode"]

    def _can_be_served(self, waiting: Sequence[Manifest], node: Manifest) -> bool:
        chosen: set[str] = set()
        for claim in sorted(waiting, key=_storage):
            selected = _annotations(claim).get("volume.kubernetes.io/selected-node")
            if selected not in (None, _name(node)):
                return False
            disk = None if selected else self._free_disk(claim, node, chosen)
            if disk is not None:
                chosen.add(disk)
            elif not self._is_made_for(claim, node):
                return False
        return True

    def _free_disk(self, claim: Manifest, node: Manifest, chosen: set[str]) -> str | None:
        smallest: tuple[Fraction, str] | None = None
        for name, disk in self.disks.items():
            spec, kept_for = disk["spec"], disk["spec"].get("claimRef")
            own = kept_for is not None and (
                (kept_for["namespace"], kept_for["name"]) == _full(claim)
                and kept_for.get("uid", claim["metadata"]["uid"]) == claim["metadata"]["uid"]
            )
            if (
                name in chosen
                or (kept_for is not None and not own)
                or _storage_class(disk) != _storage_class(claim)
                or _storage(disk) < _storage(claim)
                or spec["volumeMode"] != claim["spec"]["volumeMode"]
                or _deleted(disk)
            ):
                continue
            if own:
                return name if _reaches(disk, node) else None
            selector = claim["spec"].get("selector")
            if (
                disk["status"]["phase"] == "Available"
                and (selector is None or _selects(selector, _labels(disk)))
                and _reaches(disk, node)
                and {*claim["spec"]["accessModes"]} <= {*spec["accessModes"]}
                and (smallest is None or _storage(disk) < smallest[0])
            ):
                smallest = _storage(disk), name
        return None if smallest is None else smallest[1]

    def _is_made_for(self, claim: Manifest, node: Manifest) -> bool:
        found = self.classes[_storage_class(claim)]
        if found["provisioner"] == "kubernetes.io/no-provisioner":
            return False
        topologies = [
            term.get("matchLabelExpressions") for term in found.get("allowedTopologies", [])
        ]
        return not topologies or any(
            term and all(_labels(node).get(one["key"]) in one["values"] for one in term)
            for term in topologies
        )

    def _is_even(
        self, pod: Manifest, node: Manifest, constraint: Manifest, counting: Sequence[Manifest]
    ) -> bool:
        key, selector = constraint["topologyKey"], _with_label_keys(constraint, pod)
        counts: dict[str, int] = {}
        for other in counting:
            if constraint.get("nodeAffinityPolicy") != "Ignore" and not _asks_for(pod, other):
                continue
            if constraint.get("nodeTaintsPolicy") == "Honor" and not _tolerates_all(pod, other):
                continue
            domain = _labels(other)[key]
            counts[domain] = counts.get(domain, 0) + sum(
                not _selects_all(selector)
                and not _deleted(bound)
                and _namespace(bound) == _namespace(pod)
                and _selects(selector, _labels(bound))
                for bound in self.on[_name(other)]
            )
        least = min(counts.values()) if len(counts) >= constraint.get("minDomains", 1) else 0
        here = counts.get(_labels(node)[key], 0) + _selects(selector, _labels(pod))
        return here - least <= constraint["maxSkew"]

    def _matches_all(self, terms: Sequence[Manifest], owner: Manifest, pod: Manifest) -> bool:
        return all(self._matches(term, owner, pod) for term in terms)

    def _matches(self, term: Manifest, owner: Manifest, pod: Manifest) -> bool:
        """Whether a pod term of `owner` matches `pod`."""
        named, selector = term.get("namespaces", []), term.get("namespaceSelector")
        if selector is None:
            inside = _namespace(pod) in (named or [_namespace(owner)])
        else:
            inside = _namespace(pod) in named or _selects(
                selector, self.namespaces[_namespace(pod)]
            )
        return inside and _selects(_with_label_keys(term, owner), _labels(pod))


def _name(manifest: Manifest) -> str:
    return str(manifest["metadata"]["name"])


def _namespace(manifest: Manifest) -> str:
    return str(manifest["metadata"]["namespace"])


def _full(manifest: Manifest) -> tuple[str, str]:
    return _namespace(manifest), _name(manifest)


def _labels(manifest: Manifest) -> dict[str, str]:
    return manifest["metadata"].get("labels", {})


def _annotations(manifest: Manifest) -> dict[str, str]:
    return manifest["metadata"].get("annotations", {})


def _deleted(manifest: Manifest) -> bool:
    return "deletionTimestamp" in manifest["metadata"]


def _storage_class(manifest: Manifest) -> str:
    old = _annotations(manifest).get("volume.beta.kubernetes.io/storage-class")
    return manifest["spec"].get("storageClassName", "") if old is None else old


def _storage(manifest: Manifest) -> Fraction:
    """What a claim asks for, or what a volume offers."""
    spec = manifest["spec"]
    return _quantity((spec.get("capacity") or spec["resources"]["requests"])["storage"])


def _claim_names(pod: Manifest) -> list[str]:
    found = [one.get("persistentVolumeClaim") for one in pod["spec"].get("volumes", [])]
    return list(dict.fromkeys(one["claimName"] for one in found if one))


def _containers(pod: Manifest) -> list[Manifest]:
    return [*pod["spec"]["containers"], *pod["spec"].get("initContainers", [])]


def _is_sidecar(container: Manifest) -> bool:
    return container.get("restartPolicy") == "Always"


def _host_ports(pod: Manifest) -> Iterator[tuple[int, str, str]]:
    starting = pod["spec"].get("initContainers", [])
    for container in [*pod["spec"]["containers"], *filter(_is_sidecar, starting)]:
        for port in container.get("ports", []):
            on_host = port["containerPort"] if pod["spec"].get("hostNetwork") else 0
            if number := port.get("hostPort") or on_host:
                yield number, port.get("protocol", "TCP"), port.get("hostIP", "")


@lru_cache(maxsize=1024)
def _quantity(text: str) -> Fraction:
    found = re.fullmatch(r"([0-9.]+)(?:[eE]([-+]?[0-9]+)|([a-zA-Z]*))", text)
    assert found is not None, text
    power = Fraction(10) ** int(found[2] or 0)
    return Fraction(found[1].removesuffix(".")) * power * _SCALE[found[3] or ""]


def _amounts(quantities: Mapping[str, object] | None) -> Amounts:
    return {name: _quantity(str(text)) for name, text in (quantities or {}).items()}


def _rounded(amounts: Amounts) -> dict[str, int]:
    return {
        name: -int(-amount * (1000 if name == "cpu" else 1) // 1)
        for name, amount in amounts.items()
    }


def _sum(left: Amounts, right: Amounts) -> Amounts:
    return {name: left.get(name, Fraction()) + right.get(name, Fraction()) for name in left | right}


def _most(*all_amounts: Amounts) -> Amounts:
    found: Amounts = {}
    for amounts in all_amounts:
        for name, amount in amounts.items():
            found[name] = max(amount, found.get(name, amount))
    return found


def _requests(pod: Manifest, with_status: bool) -> Amounts:
    """``PodRequests``: what a pod asks for, or, with its status, what it holds."""
    spec, status = pod["spec"], pod.get("status", {}) if with_status else {}
    pending = [c for c in status.get("conditions", []) if c["type"] == "PodResizePending"]
    infeasible = bool(pending) and pending[0]["reason"] == "Infeasible"
    statuses = {
        one["name"]: one
        for key in ("containerStatuses", "initContainerStatuses")
        for one in status.get(key, [])
    }

    def effective(asked: Amounts, told: Manifest) -> Amounts:
        if "resources" not in told:
            return asked
        settled = (
            _amounts(told["resources"].get("requests")),
            _amounts(told.get("allocatedResources")),
        )
        return _most(*settled) if infeasible else _most(asked, *settled)

    def of_container(container: Manifest, resized: bool) -> Amounts:
        resources = container.get("resources", {})
        asked = _amounts(resources.get("limits")) | _amounts(resources.get("requests"))
        return effective(asked, statuses.get(container["name"], {}) if resized else {})

    total: Amounts = {}
    for container in spec["containers"]:
        total = _sum(total, of_container(container, resized=True))
    sidecars: Amounts = {}
    starting: Amounts = {}
    for container in spec.get("initContainers", []):
        asked = of_container(container, resized=_is_sidecar(container))
        if _is_sidecar(container):
            total, sidecars = _sum(total, asked), _sum(sidecars, asked)
            starting = _most(starting, sidecars)
        else:
            starting = _most(starting, _sum(sidecars, asked))
    total = _most(total, starting)
    if whole := spec.get("resources", {}).get("requests"):
        settled = effective(_amounts(whole), status)
        total |= {name: settled.get(name, Fraction()) for name in whole}
    return _sum(total, _amounts(spec.get("overhead")))


def _integer(text: str) -> int | None:
    found = int(text) if re.fullmatch(r"[+-]?[0-9]+", text) else None
    return found if found is not None and -(2**63) <= found < 2**63 else None


def _is_readable(expression: Manifest) -> bool:
    values = expression.get("values", [])
    if expression["operator"] in ("Gt", "Lt") and _integer(values[0]) is None:
        return False
    return all(_LABEL_VALUE.fullmatch(value) for value in values)


def _meets(labels: Mapping[str, str], expression: Manifest) -> bool:
    key, values = expression["key"], expression.get("values", [])
    match expression["operator"]:
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    have, bound = _integer(labels.get(key, "")), _integer(values[0])
    if have is None or bound is None:
        return False
    return have > bound if expression["operator"] == "Gt" else have < bound


def _term_matches(term: Manifest, labels: Mapping[str, str], name: str | None) -> bool:
    """A node selector term; without a name its fields are passed over."""
    expressions, fields = term.get("matchExpressions", []), term.get("matchFields", [])
    return (
        bool(expressions or fields)
        and all(_is_readable(one) for one in expressions)
        and all(_meets(labels, one) for one in expressions)
        and (name is None or all(_meets({"metadata.name": name}, one) for one in fields))
    )


def _asks_for(pod: Manifest, node: Manifest) -> bool:
    required = pod["spec"].get("affinity", {}).get("nodeAffinity", {}).get(REQUIRED)
    return pod["spec"].get("nodeSelector", {}).items() <= _labels(node).items() and (
        required is None
        or any(
            _term_matches(term, _labels(node), _name(node))
            for term in required["nodeSelectorTerms"]
        )
    )


def _reaches(disk: Manifest, node: Manifest) -> bool:
    required = disk["spec"].get("nodeAffinity", {}).get("required")
    return required is None or any(
        _term_matches(term, _labels(node), None) for term in required["nodeSelectorTerms"]
    )


def _in_zone(disk: Manifest, node: Manifest) -> bool:
    if not ZONE_KEYS.keys() & _labels(node).keys():
        return True
    for key, newer in ZONE_KEYS.items():
        zones = _labels(disk).get(key, "").split("__")
        if "" not in zones and _labels(node).get(key, _labels(node).get(newer)) not in zones:
            return False
    return True


def _tolerates(pod: Manifest, taint: Manifest) -> bool:
    return any(
        toleration.get("effect", taint["effect"]) == taint["effect"]
        and toleration.get("key", taint["key"]) == taint["key"]
        and (
            toleration.get("operator") == "Exists"
            or toleration.get("value", "") == taint.get("value", "")
        )
        for toleration in pod["spec"].get("tolerations", [])
    )


def _tolerates_all(pod: Manifest, node: Manifest) -> bool:
    return all(
        taint["effect"] == "PreferNoSchedule" or _tolerates(pod, taint)
        for taint in node["spec"].get("taints", [])
    )


def _pod_terms(pod: Manifest, kind: str) -> list[Manifest]:
    return pod["spec"].get("affinity", {}).get(kind, {}).get(REQUIRED, [])


def _selects_all(selector: Manifest | None) -> bool:
    return selector is not None and not any(selector.values())


def _selects(selector: Manifest | None, labels: Mapping[str, str]) -> bool:
    return (
        selector is not None
        and selector.get("matchLabels", {}).items() <= labels.items()
        and all(_meets(labels, one) for one in selector.get("matchExpressions", []))
    )


def _with_label_keys(term: Manifest, owner: Manifest) -> Manifest | None:
    """The selector with matchLabelKeys and mismatchLabelKeys as the API server merges them."""
    selector = term.get("labelSelector")
    if selector is None:
        return None
    expressions = list(selector.get("matchExpressions", []))
    named = {*selector.get("matchLabels", {}), *(one["key"] for one in expressions)}
    for field, operator in (("matchLabelKeys", "In"), ("mismatchLabelKeys", "NotIn")):
        for key in term.get(field, []):
            if key in _labels(owner) and key not in named:
                values = [_labels(owner)[key]]
                expressions.append({"key": key, "operator": operator, "values": values})
    return {"matchLabels": selector.get("matchLabels", {}), "matchExpressions": expressions}
