"""EC2NodeClasses upon a fleet: what pods may ask of a node is what its kubelet leaves them."""

from __future__ import annotations

import doctest
import json
from functools import cache
from math import ceil
from typing import Any

import pytest

from kytos.cluster import CPU, MEMORY, PODS, Cluster, NodeClass
from kytos.errors import InputError, RequestRefused, SourceError
from kytos.questions.fleet import node_classes
from kytos.questions.fleet.fleet import fleet
from kytos.questions.fleet.node_classes import by_node_class
from kytos.questions.fleet.offer import Offer
from kytos.questions.fleet.offers import offers_of
from kytos.questions.fleet.request import FleetRequest
from kytos.sources.manifests import read_cluster
from kytos.sources.node_pools import read_karpenter
from tests.questions.fleet.test_fleet import kind, pod
from tests.questions.fleet.test_pools import FAMILY, FEW_SECONDS, pool

MIB, GIB = 2**20, 2**30
STORAGE = "ephemeral-storage"
M5_LARGE_MIB = 7577
"""Of 8,192 MiB, what the hypervisor leaves at Karpenter's 7.5 %: 614.4, rounded up."""


def node_class(name: str = "own", status: Any = None, **spec: Any) -> dict[str, Any]:
    given = {"apiVersion": "karpenter.k8s.aws/v1", "kind": "EC2NodeClass", "spec": spec}
    return given | {"metadata": {"name": name}} | ({"status": status} if status else {})


def made_by(name: str, *requirements: tuple[str, str, list[str]]) -> dict[str, Any]:
    """A NodePool that names a class."""
    given = pool(f"by-{name}", *requirements)
    reference = {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": name}
    given["spec"]["template"]["spec"]["nodeClassRef"] = reference
    return given


def offers(*pools: dict[str, Any], **request: Any) -> tuple[Offer, ...]:
    asked = FleetRequest.model_validate({"pools": list(pools)} | request)
    return offers_of(Cluster(nodes=(), pods=()), asked)[0]


@cache
def shipped() -> Offer:
    """The m5.large of the shipped table, made by no class."""
    return next(one for one in offers(zones=["us-east-1a"]) if one.type == "m5.large")


def m5_large(given: dict[str, Any]) -> dict[str, int]:
    """What pods may ask of an m5.large made by a class."""
    read = read_karpenter(given, "class")
    assert isinstance(read, NodeClass)
    made = by_node_class(shipped(), read, own=False)
    assert made is not None
    left: dict[str, int] = dict(made.node.allocatable)
    return {name: left[name] for name in (CPU, MEMORY, PODS, STORAGE)}


def test_defaults_are_the_shipped_rest() -> None:
    """An empty class leaves what the table has, and 20 GiB less 1 GiB and a tenth."""
    assert not doctest.testmod(node_classes).failed
    assert m5_large(node_class()) == {
        name: shipped().node.allocatable[name] for name in (CPU, MEMORY, PODS, STORAGE)
    }
    assert m5_large(node_class()) == {
        CPU: 1930,
        MEMORY: (M5_LARGE_MIB - 255 - 11 * 29 - 100) * MIB,
        PODS: 29,
        STORAGE: 17 * GIB,
    }


def test_reserves_and_thresholds_of_a_class_are_followed() -> None:
    """Worked by hand: each reserve takes the default's place, shares are of the whole."""
    kubelet = {
        "maxPods": 20,
        "podsPerCore": 5,
        "kubeReserved": {"cpu": "200m", "memory": "100Mi", STORAGE: "3Gi"},
        "systemReserved": {"cpu": "100m", "memory": "100Mi", STORAGE: "1Gi"},
        "evictionHard": {"memory.available": "5%", "nodefs.available": "10%"},
    }
    disk = {"deviceName": "/dev/xvda", "ebs": {"volumeSize": "100Gi"}}
    assert m5_large(node_class(kubelet=kubelet, blockDeviceMappings=[disk])) == {
        CPU: 2000 - 200 - 100,
        MEMORY: (M5_LARGE_MIB - 200) * MIB - ceil(M5_LARGE_MIB * MIB * 0.05),
        PODS: 10,
        STORAGE: (100 - 3 - 1 - 10) * GIB,
    }


@pytest.mark.parametrize(
    ("spec", "changed"),
    [
        ({"kubelet": {"maxPods": 110}}, {PODS: 110}),
        ({"kubelet": {"maxPods": "110"}}, {PODS: 110}),
        # Bottlerocket reserves for the pods it runs, and knows no podsPerCore.
        (
            {
                "amiSelectorTerms": [{"alias": "bottlerocket@latest"}],
                "kubelet": {"maxPods": 110, "podsPerCore": 1},
            },
            {PODS: 110, MEMORY: (M5_LARGE_MIB - 255 - 1210 - 100) * MIB},
        ),
        (
            {"kubelet": {"evictionHard": {"memory.available": "500Mi"}}},
            {MEMORY: (M5_LARGE_MIB - 574 - 500) * MIB},
        ),
        (
            {"kubelet": {"evictionHard": {"memory.available": "100%"}}},
            {MEMORY: (M5_LARGE_MIB - 574) * MIB},
        ),
        (
            {"blockDeviceMappings": [{"rootVolume": True, "ebs": {"volumeSize": "50Gi"}}]},
            {STORAGE: 44 * GIB},
        ),
        # A second disk that pods' storage is not on changes nothing.
        (
            {"blockDeviceMappings": [{"deviceName": "/dev/xvdz", "ebs": {"volumeSize": "9Ti"}}]},
            {},
        ),
        ({"kubelet": {"kubeReserved": {"cpu": "1900m"}, "systemReserved": {"cpu": "2"}}}, {CPU: 0}),
    ],
)
def test_each_field_does_its_part(spec: dict[str, Any], changed: dict[str, int]) -> None:
    """What is set changes, all else stays as it is by default."""
    assert m5_large(node_class(**spec)) == m5_large(node_class()) | changed


def test_more_nodes_are_bought_where_a_kubelet_runs_few_pods() -> None:
    """Six small pods fit one node of own types, and three where the class allows two on each."""
    types = [kind("m5.large", 8000, 32_000, 0.10)]
    pods = tuple(pod(f"p{n}", cpu=100, memory=100) for n in range(6))

    def nodes(*pools: dict[str, Any]) -> int:
        request = FleetRequest.model_validate({"types": types, "pools": list(pools)})
        outcome = fleet(Cluster(nodes=(), pods=pods), request, params=FEW_SECONDS)
        assert not outcome.unplaced
        return sum(one.count for one in outcome.buy)

    assert nodes(made_by("own")) == 1
    assert nodes(made_by("own"), node_class(kubelet={"maxPods": 2})) == 3
    assert nodes(made_by("own"), node_class("other", kubelet={"maxPods": 2})) == 1


def test_own_types_keep_the_capacities_they_were_given() -> None:
    """What a caller's type offers is what pods may ask; a note says that reserves are not taken."""
    given = node_class(kubelet={"maxPods": 250, "kubeReserved": {"cpu": "1"}})
    types = [kind("m5.large", 1999, 7999, 0.10)]
    request = FleetRequest.model_validate({"types": types, "pools": [made_by("own"), given]})
    (offer,), notes = offers_of(Cluster(nodes=(), pods=()), request)
    assert offer.node.allocatable[CPU] == 1999
    assert offer.node.allocatable[PODS] == 110
    assert any("reserves are not deducted" in note.message for note in notes)


def test_a_class_buys_only_where_its_subnets_are() -> None:
    """The zones of its status bound the offers, and none left is said."""
    status = {"subnets": [{"id": "subnet-1", "zone": "us-east-1b"}]}
    chosen = made_by("own", (FAMILY, "In", ["m5"]))
    types = [kind("m5.large", 2000, 8000, 0.1)]
    bought = offers(
        chosen, node_class(status=status), types=types, zones=["us-east-1a", "us-east-1b"]
    )
    assert {one.zone for one in bought} == {"us-east-1b"}
    with pytest.raises(RequestRefused, match="allow none of the"):
        offers(chosen, node_class(status=status), types=types, zones=["us-east-1a"])


def test_classes_are_read_from_a_clusters_files_and_what_is_not_followed_is_told() -> None:
    """Beside nodes and pools; fields set and not honoured, and classes that no file holds."""
    node = {"kind": "Node", "metadata": {"name": "n"}, "status": {"allocatable": {"cpu": "1"}}}
    own = node_class(
        instanceStorePolicy="RAID0", kubelet={"maxPods": "max_pods - 1", "podsPerCore": 2}
    )
    listed = {"kind": "List", "items": [node, own, made_by("own"), made_by("gone")]}
    cluster = read_cluster([("all.json", json.dumps(listed).encode())])
    assert [one.name for one in cluster.node_classes] == ["own"]
    assert {one.name: one.node_class for one in cluster.node_pools} == {
        "by-own": "own",
        "by-gone": "gone",
    }
    told = " | ".join(note.message for note in offers_of(cluster, FleetRequest())[1])
    assert "instanceStorePolicy (the root volume is counted" in told
    assert "kubelet.maxPods as an expression" in told
    assert "no file holds" in told


@pytest.mark.parametrize(
    ("kubelet", "where"),
    [
        ({"maxPods": -1}, r"kubelet\.maxPods: -1 is below 0"),
        ({"evictionHard": {"memory.available": "150%"}}, r"memory\.available: '150%' is no share"),
        ({"evictionHard": {"memory.available": "1/0%"}}, r"memory\.available: '1/0%' is no share"),
        ({"kubeReserved": {"cpu": "lots"}}, r"kubeReserved\.cpu"),
        ({"podsPerCore": "x"}, r"podsPerCore"),
        ("none", r"kubelet"),
    ],
)
def test_what_cannot_be_read_is_named(kubelet: Any, where: str) -> None:
    """A slip in a class is refused with its field's name, and never an exception of another."""
    with pytest.raises(SourceError, match=where):
        read_karpenter(node_class(kubelet=kubelet), "pools[0]")
    with pytest.raises(ValueError, match=where) as refused:
        FleetRequest.model_validate({"pools": [node_class(kubelet=kubelet)]})
    assert not isinstance(refused.value, InputError)


def test_pods_that_ask_for_ephemeral_storage_get_a_shipped_type() -> None:
    """Every node has the disk that Karpenter gives it; one that asks for more waits."""
    asking, greedy = (
        pod(name).model_copy(update={"requests": {CPU: 100, STORAGE: size * GIB}})
        for name, size in (("asking", 10), ("greedy", 18))
    )
    outcome = fleet(
        Cluster(nodes=(), pods=(asking, greedy)),
        FleetRequest.model_validate({"pools": [pool("one", (FAMILY, "In", ["m5"]))]}),
        params=FEW_SECONDS,
    )
    assert [one.pod for one in outcome.unplaced] == ["greedy"]
