"""Karpenter's objects upon a fleet: pools limit what is bought, overlays change what it costs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kytos.bounds import CertificateStatus
from kytos.cluster import Cluster, Pod, Toleration
from kytos.contract.params import SolverParams
from kytos.errors import InputError
from kytos.questions.fleet.fleet import FleetOutcome, fleet
from kytos.questions.fleet.request import FleetRequest
from kytos.sources.manifests import read_cluster
from tests.questions.fleet.test_fleet import kind, pod

FEW_SECONDS = SolverParams(time_limit_s=5)
TYPES = [
    kind("m5.large", 2000, 8000, 0.10),
    kind("c5.xlarge", 4000, 8000, 0.17),
    kind("r6i.xlarge", 4000, 32_000, 0.25),
]
FAMILY = "karpenter.k8s.aws/instance-family"
GENERATION = "karpenter.k8s.aws/instance-generation"


def pool(name: str, *requirements: tuple[str, str, list[str]], **spec: Any) -> dict[str, Any]:
    listed = [{"key": k, "operator": o, "values": v} for k, o, v in requirements]
    template = {
        "metadata": {"labels": spec.pop("labels", {})},
        "spec": {"requirements": listed, "taints": spec.pop("taints", [])},
    }
    return {
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodePool",
        "metadata": {"name": name},
        "spec": {"template": template} | spec,
    }


def bought(pods: list[Pod], *pools: dict[str, Any]) -> FleetOutcome:
    request = FleetRequest.model_validate({"types": TYPES, "pools": list(pools)})
    return fleet(Cluster(nodes=(), pods=tuple(pods)), request, params=FEW_SECONDS)


@pytest.mark.parametrize(
    ("requirement", "types"),
    [
        ((FAMILY, "In", ["c5"]), {"c5.xlarge"}),
        ((FAMILY, "NotIn", ["m5", "c5"]), {"r6i.xlarge"}),
        ((GENERATION, "Gt", ["5"]), {"r6i.xlarge"}),
        ((GENERATION, "Lte", ["5"]), {"m5.large"}),
        (("karpenter.k8s.aws/instance-cpu", "Gt", ["2"]), {"c5.xlarge"}),
        (("karpenter.k8s.aws/instance-category", "Exists", []), {"m5.large"}),
        (("example.com/team", "In", ["a"]), {"m5.large"}),
        (("karpenter.k8s.aws/instance-gpu-name", "DoesNotExist", []), {"m5.large"}),
    ],
)
def test_requirements_limit_what_is_bought(
    requirement: tuple[str, str, list[str]], types: set[str]
) -> None:
    """Of what a pool allows, the cheapest for two pods of one core."""
    outcome = bought([pod(f"p{n}", cpu=900) for n in range(2)], pool("one", requirement))
    assert {one.type for one in outcome.buy} == types
    assert {one.pool for one in outcome.buy} == {"one"}
    assert outcome.certificate.status is CertificateStatus.OPTIMAL


def test_a_pools_limit_leaves_the_rest_to_the_next_pool() -> None:
    """Two small nodes are all that the limit allows, whatever they cost; then the dearer pool."""
    pods = [pod(f"p{n}", cpu=1500, memory=5000) for n in range(4)]
    small = pool("small", (FAMILY, "In", ["m5"]), limits={"cpu": "4"})
    outcome = bought(pods, small, pool("large", (FAMILY, "In", ["c5"])))
    assert [(one.pool, one.type, one.count) for one in outcome.buy] == [
        ("large", "c5.xlarge", 2),
        ("small", "m5.large", 2),
    ]
    nothing = bought(pods, small | {"spec": small["spec"] | {"limits": {"cpu": "0"}}})
    assert not nothing.buy
    assert len(nothing.unplaced) == 4


def test_taints_and_labels_of_a_pool_are_those_of_its_nodes() -> None:
    """Who tolerates a tainted pool runs there; the selector of a label only it sets is met."""
    taint = {"key": "team", "value": "a", "effect": "NoSchedule"}
    tainted = pool("own", (FAMILY, "In", ["m5"]), taints=[taint], labels={"team": "a"})
    tolerant = pod(
        "own",
        cpu=1500,
        node_selector={"team": "a"},
        tolerations=(Toleration(key="team", operator="Exists"),),
    )
    outcome = bought([tolerant, pod("other", cpu=1500)], tainted, pool("any"))
    where = {one.nodes[0]: one.pool for one in outcome.buy}
    assert where[outcome.placement["own"] or ""] == "own"
    assert where[outcome.placement["other"] or ""] == "any"


def test_the_heavier_of_two_pools_that_cost_the_same_buys() -> None:
    """As Karpenter asks pools in the order of their weight."""
    outcome = bought([pod("p")], pool("light", weight=1), pool("heavy", weight=9))
    assert [one.pool for one in outcome.buy] == ["heavy"]


def test_overlays_change_prices_and_add_resources() -> None:
    """The heavier overlay sets the price; a device it adds is there to be asked for."""

    def overlay(name: str, **spec: Any) -> dict[str, Any]:
        requirement = {"key": FAMILY, "operator": "In", "values": ["r6i"]}
        return {
            "apiVersion": "karpenter.sh/v1alpha1",
            "kind": "NodeOverlay",
            "metadata": {"name": name},
            "spec": {"requirements": [requirement]} | spec,
        }

    cheaper = overlay("cheaper", priceAdjustment="-80%", weight=5)
    outcome = bought([pod("p")], cheaper, overlay("dearer", price="9", weight=1))
    assert [(one.type, one.price_per_hour) for one in outcome.buy] == [
        ("r6i.xlarge", pytest.approx(0.05))
    ]
    asking = pod("gpu").model_copy(update={"requests": {"cpu": 100, "example.com/gpu": 1}})
    with_device = bought([asking], overlay("device", capacity={"example.com/gpu": "2"}))
    assert [one.type for one in with_device.buy] == ["r6i.xlarge"]


def test_pools_among_the_clusters_files_are_read() -> None:
    """A NodePool beside the pods limits the shipped catalogue to its families and zones."""
    one = pool(
        "own",
        (FAMILY, "In", ["m6i"]),
        ("topology.kubernetes.io/zone", "In", ["us-east-1b"]),
        ("kubernetes.io/arch", "In", ["amd64"]),
    )
    manifest = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "1500m"}}}]},
    }
    cluster = read_cluster(
        [("files.json", json.dumps({"kind": "List", "items": [one, manifest]}))],
        nodes_needed=False,
    )
    outcome = fleet(cluster, FleetRequest(), params=FEW_SECONDS)
    assert [(b.type, b.zone, b.pool) for b in outcome.buy] == [("m6i.large", "us-east-1b", "own")]
    assert not [
        note for note in outcome.notes if "NodePool" in note.message and "read" in note.message
    ]


def test_pools_that_allow_nothing_or_cannot_be_read_are_refused() -> None:
    """By the pool's name, or the field that is at fault."""
    with pytest.raises(InputError, match="allow none of the 3 offers"):
        bought([pod("p")], pool("one", (FAMILY, "In", ["x9"])))
    with pytest.raises(ValueError, match=r"pools\[0\]\.spec\.template\.spec\.requirements\[0\]"):
        bought([pod("p")], pool("one", (FAMILY, "Like", ["x9"])))
    with pytest.raises(ValueError, match="expected a NodePool, a NodeOverlay or an EC2NodeClass"):
        bought([pod("p")], {"kind": "Pod"})


def test_kwoks_catalogue_is_read_as_types() -> None:
    """Each offering by its zone, price and capacity type, less what kwok keeps for the kubelet."""

    def offering(capacity: str, zone: str, price: float) -> dict[str, Any]:
        keys = {"karpenter.sh/capacity-type": capacity, "topology.kubernetes.io/zone": zone}
        return {
            "Price": price,
            "Available": True,
            "Requirements": [{"key": k, "operator": "In", "values": [v]} for k, v in keys.items()],
        }

    listed = {
        "name": "s-2x-amd64-linux",
        "architecture": "amd64",
        "operatingSystems": ["linux"],
        "resources": {"cpu": "2", "memory": "8Gi", "pods": "16", "ephemeral-storage": "20Gi"},
        "offerings": [
            offering("on-demand", "test-zone-a", 0.0586),
            offering("on-demand", "test-zone-b", 0.0586),
            offering("spot", "test-zone-a", 0.041),
        ],
    }
    request = FleetRequest.model_validate({"kwok_types": [listed]})
    types = request.own_types or ()
    assert [(one.capacity_type, one.zones, one.price_per_hour) for one in types] == [
        ("on-demand", ("test-zone-a", "test-zone-b"), 0.0586),
        ("spot", ("test-zone-a",), 0.041),
    ]
    assert {(one.cpu_capacity, one.mem_capacity, one.max_pods) for one in types} == {
        (1900, 8182, 16)
    }
