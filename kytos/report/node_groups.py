"""What is bought as YAML to copy: Karpenter NodePools, and managed node groups for eksctl."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import yaml

from kytos.cluster import HOSTNAME, INSTANCE_TYPE, OS, REGION, ZONE, Cluster, Node
from kytos.questions.fleet.fleet import FleetOutcome, Purchase

_CAPACITY_TYPE = "karpenter.sh/capacity-type"

_OF_THE_MACHINE = (INSTANCE_TYPE, ZONE, REGION, HOSTNAME, OS, _CAPACITY_TYPE, "kubernetes.io/arch")
"""Labels that a node has by what it is: nobody sets them."""

_OF_PROVIDERS = ("karpenter.k8s.aws/", "kubernetes.io/", "k8s.io/", "karpenter.sh/")

Looks = tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str, str], ...]]
"""Labels and taints of a node beside those it has by what it is."""


def node_pools(outcome: FleetOutcome, after: Cluster | None = None) -> str:
    """Return Karpenter NodePools that allow what the fleet buys, and nothing else.

    A pool allows each of its types in each of its zones. Types are in one pool only where they are
    bought in the same zones, under the same labels and taints; what a NodePool of the cluster buys
    needs no other. The EC2NodeClass they name, ``default``, is the cluster's own.

    Parameters
    ----------
    after
        The cluster as planned, of whose nodes labels and taints are read.
    """
    pools = []
    for capacity_type, parts in _apart(outcome, after).items():
        for number, (zones, looks, bought) in enumerate(parts, start=1):
            suffix = f"-{number}" if len(parts) > 1 else ""
            pools.append(
                _pool(f"kytos-{capacity_type}{suffix}", capacity_type, zones, looks, bought)
            )
    told = yaml.safe_dump_all(pools, sort_keys=False) if pools else ""
    theirs: defaultdict[str, int] = defaultdict(int)
    for one in outcome.buy:
        if one.pool is not None:
            theirs[one.pool] += one.count
    said = [f"# NodePool {name} buys {count} as it is.\n" for name, count in theirs.items()]
    return "".join(said) + told


def managed_groups(outcome: FleetOutcome, after: Cluster | None = None) -> str:
    """Return eksctl's ``managedNodeGroups``, one for each type, capacity type and zone."""
    groups: list[dict[str, Any]] = []
    for one in outcome.buy:
        group = _group(one, _looks(one, after))
        taken = [other["name"] for other in groups]
        number = sum(
            name == group["name"] or name.startswith(f"{group['name']}-x") for name in taken
        )
        groups.append(group | ({"name": f"{group['name']}-x{number + 1}"} if number else {}))
    return yaml.safe_dump({"managedNodeGroups": groups}, sort_keys=False)


def _apart(
    outcome: FleetOutcome, after: Cluster | None
) -> dict[str, list[tuple[Sequence[str], Looks, list[Purchase]]]]:
    """Purchases that one pool can allow without allowing more, by capacity type."""
    of_type: defaultdict[tuple[str, Looks, str], list[Purchase]] = defaultdict(list)
    for one in outcome.buy:
        if one.pool is None:
            of_type[one.capacity_type, _looks(one, after), one.type].append(one)
    joined: defaultdict[tuple[str, tuple[str, ...], Looks], list[Purchase]] = defaultdict(list)
    for (capacity_type, looks, _), bought in of_type.items():
        zones = tuple(sorted({one.zone or "" for one in bought} - {""}))
        joined[capacity_type, zones, looks] += bought
    parts: defaultdict[str, list[tuple[Sequence[str], Looks, list[Purchase]]]] = defaultdict(list)
    for (capacity_type, zones, looks), bought in sorted(joined.items()):
        parts[capacity_type].append((zones, looks, bought))
    return dict(parts)


def _pool(
    name: str, capacity_type: str, zones: Sequence[str], looks: Looks, bought: Iterable[Purchase]
) -> dict[str, Any]:
    listed = list(bought)
    requirements = [
        _requirement(INSTANCE_TYPE, sorted({one.type for one in listed})),
        _requirement(_CAPACITY_TYPE, [capacity_type]),
    ]
    if zones:
        requirements.append(_requirement(ZONE, list(zones)))
    labels, taints = looks
    spec: dict[str, Any] = {
        "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "default"},
        "requirements": requirements,
    }
    if taints:
        spec["taints"] = _taints(taints)
    template = {"metadata": {"labels": dict(labels)}} if labels else {}
    return {
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodePool",
        "metadata": {"name": name},
        "spec": {
            "template": template | {"spec": spec},
            "limits": {"nodes": str(sum(one.count for one in listed))},
        },
    }


def _group(one: Purchase, looks: Looks) -> dict[str, Any]:
    labels, taints = looks
    parts = (one.type, one.capacity_type, one.zone)
    group: dict[str, Any] = {
        "name": "-".join(part.replace(".", "-") for part in parts if part),
        "instanceTypes": [one.type],
        "spot": one.capacity_type == "spot",
        "desiredCapacity": one.count,
        "minSize": 0,
        "maxSize": one.count,
    }
    if one.zone:
        group["availabilityZones"] = [one.zone]
    if labels:
        group["labels"] = dict(labels)
    if taints:
        group["taints"] = _taints(taints)
    return group


def _looks(one: Purchase, after: Cluster | None) -> Looks:
    """Labels and taints that the nodes of a purchase have beside their own."""
    if after is None:
        return (), ()
    known = [after.nodes[after.node_index[name]] for name in one.nodes if name in after.node_index]
    return _looks_of(known[0]) if known else ((), ())


def _looks_of(node: Node) -> Looks:
    labels = sorted(
        (key, value)
        for key, value in node.labels.items()
        if key not in _OF_THE_MACHINE and not _by_providers(key)
    )
    return tuple(labels), tuple((one.key, one.value or "", one.effect.value) for one in node.taints)


def _by_providers(key: str) -> bool:
    domain = key.partition("/")[0] + "/"
    return "/" in key and any(domain == own or domain.endswith("." + own) for own in _OF_PROVIDERS)


def _taints(taints: Sequence[tuple[str, str, str]]) -> list[dict[str, str]]:
    return [
        {"key": key, **({"value": value} if value else {}), "effect": effect}
        for key, value, effect in taints
    ]


def _requirement(key: str, values: list[str]) -> dict[str, Any]:
    return {"key": key, "operator": "In", "values": values}
