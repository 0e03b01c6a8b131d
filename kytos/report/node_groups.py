"""What is bought as YAML to copy: Karpenter NodePools, and managed node groups for eksctl."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import yaml

from kytos.questions.fleet.fleet import FleetOutcome, Purchase

_ZONE = "topology.kubernetes.io/zone"
_TYPE = "node.kubernetes.io/instance-type"
_CAPACITY_TYPE = "karpenter.sh/capacity-type"


def node_pools(outcome: FleetOutcome) -> str:
    """Return Karpenter NodePools that may buy what the fleet has, one for each capacity type.

    The EC2NodeClass they name, ``default``, is the cluster's own.
    """
    pools = []
    for capacity_type, bought in _by_capacity_type(outcome).items():
        zones = sorted({one.zone for one in bought if one.zone is not None})
        requirements = [
            _requirement(_TYPE, sorted({one.type for one in bought})),
            _requirement(_CAPACITY_TYPE, [capacity_type]),
        ]
        if zones:
            requirements.append(_requirement(_ZONE, zones))
        pools.append(
            {
                "apiVersion": "karpenter.sh/v1",
                "kind": "NodePool",
                "metadata": {"name": f"kytos-{capacity_type}"},
                "spec": {
                    "template": {
                        "spec": {
                            "nodeClassRef": {
                                "group": "karpenter.k8s.aws",
                                "kind": "EC2NodeClass",
                                "name": "default",
                            },
                            "requirements": requirements,
                        }
                    },
                    "limits": {"nodes": str(sum(one.count for one in bought))},
                },
            }
        )
    return yaml.safe_dump_all(pools, sort_keys=False)


def managed_groups(outcome: FleetOutcome) -> str:
    """Return eksctl's ``managedNodeGroups``, one for each type, capacity type and zone."""
    return yaml.safe_dump(
        {"managedNodeGroups": [_group(one) for one in outcome.buy]}, sort_keys=False
    )


def _group(one: Purchase) -> dict[str, Any]:
    parts = (one.type, one.capacity_type, one.zone)
    group: dict[str, Any] = {
        "name": "-".join(part.replace(".", "-") for part in parts if part),
        "instanceTypes": [one.type],
        "spot": one.capacity_type == "spot",
        "desiredCapacity": one.count,
        "minSize": 0,
        "maxSize": one.count,
    }
    return group | ({"availabilityZones": [one.zone]} if one.zone else {})


def _by_capacity_type(outcome: FleetOutcome) -> dict[str, list[Purchase]]:
    grouped: defaultdict[str, list[Purchase]] = defaultdict(list)
    for one in outcome.buy:
        grouped[one.capacity_type].append(one)
    return dict(sorted(grouped.items()))


def _requirement(key: str, values: list[str]) -> dict[str, Any]:
    return {"key": key, "operator": "In", "values": values}
