"""What is bought as YAML: Karpenter would take it, and it allows what was bought and no more."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field

from kytos.cluster import INSTANCE_TYPE, Cluster, Toleration
from kytos.contract.params import SolverParams
from kytos.questions.fleet.fleet import FleetOutcome, fleet, planned_cluster
from kytos.questions.fleet.request import FleetRequest
from kytos.report.node_groups import managed_groups, node_pools
from tests.questions.fleet.test_survive import kind, pod


class Known(BaseModel):
    """An object of which every field is known.

    The fields are those of karpenter.sh/v1 in Karpenter's own definition
    (github.com/kubernetes-sigs/karpenter, pkg/apis/crds/karpenter.sh_nodepools.yaml), as far as
    they are written here; patterns as there.
    """

    model_config = ConfigDict(extra="forbid", strict=True)


Value = Annotated[
    str, Field(max_length=63, pattern=r"^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$")
]


class Requirement(Known):
    key: Literal[
        "node.kubernetes.io/instance-type",
        "topology.kubernetes.io/zone",
        "karpenter.sh/capacity-type",
    ]
    operator: Literal["In"]
    values: Annotated[list[Value], Field(min_length=1)]


class ClassRef(Known):
    group: Annotated[str, Field(pattern=r"^[^/]+$")]
    kind: Annotated[str, Field(min_length=1)]
    name: Annotated[str, Field(min_length=1)]


class Tainted(Known):
    key: Annotated[str, Field(min_length=1)]
    value: str = ""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]


class NodeSpec(Known):
    nodeClassRef: ClassRef  # noqa: N815  (Karpenter's name)
    taints: list[Tainted] = []
    requirements: Annotated[list[Requirement], Field(max_length=100)]


class Labelled(Known):
    labels: dict[str, Value]


class Template(Known):
    metadata: Labelled = Labelled(labels={})
    spec: NodeSpec


class PoolSpec(Known):
    template: Template
    limits: dict[str, Annotated[str, Field(pattern=r"^[0-9]+$")]]


class Metadata(Known):
    name: Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]


class Pool(Known):
    apiVersion: Literal["karpenter.sh/v1"]  # noqa: N815
    kind: Literal["NodePool"]
    metadata: Metadata
    spec: PoolSpec


@pytest.fixture(scope="module")
def bought() -> FleetOutcome:
    """A node of each of three types: spot in one zone, on demand in it and in another."""
    names = ("m5.large", "c5.large", "r5.24xlarge")
    pods = tuple(pod(name, 900, node_selector={INSTANCE_TYPE: name}) for name in names)
    types = [
        kind("m5.large", 2000, 0.10, zones=["eu-1a"]),
        kind("c5.large", 2000, 0.03, capacity_type="spot", zones=["eu-1a"]),
        kind("r5.24xlarge", 96000, 6.0, zones=["eu-1b"]),
    ]
    request = FleetRequest.model_validate({"types": types})
    return fleet(Cluster(nodes=(), pods=pods), request, params=SolverParams(time_limit_s=10))


def test_karpenter_knows_every_field(bought: FleetOutcome) -> None:
    """Pools allow the types in the zones they are bought in, and as many nodes; no other pair."""
    pools = [Pool.model_validate(told) for told in yaml.safe_load_all(node_pools(bought))]
    told = {
        pool.metadata.name: (
            {one.key.rsplit("/")[-1]: one.values for one in pool.spec.template.spec.requirements},
            pool.spec.limits,
        )
        for pool in pools
    }
    assert told == {
        # Two pools: one would allow each type in the other's zone.
        "kytos-on-demand-1": (
            {"instance-type": ["m5.large"], "capacity-type": ["on-demand"], "zone": ["eu-1a"]},
            {"nodes": "1"},
        ),
        "kytos-on-demand-2": (
            {"instance-type": ["r5.24xlarge"], "capacity-type": ["on-demand"], "zone": ["eu-1b"]},
            {"nodes": "1"},
        ),
        "kytos-spot": (
            {"instance-type": ["c5.large"], "capacity-type": ["spot"], "zone": ["eu-1a"]},
            {"nodes": "1"},
        ),
    }


def test_a_managed_group_for_each_purchase(bought: FleetOutcome) -> None:
    """As large as what was bought, and named without what eksctl refuses in names."""
    groups = yaml.safe_load(managed_groups(bought))["managedNodeGroups"]
    assert {group["name"]: group["maxSize"] for group in groups} == {
        "m5-large-on-demand-eu-1a": 1,
        "c5-large-spot-eu-1a": 1,
        "r5-24xlarge-on-demand-eu-1b": 1,
    }
    assert [group["spot"] for group in groups if group["instanceTypes"] == ["c5.large"]] == [True]


def test_labels_and_taints_of_a_type_are_in_its_pool_and_group() -> None:
    """Nodes bought from the YAML take the pods they were planned for: their labels are set."""
    types = [
        kind(
            "gpu",
            2000,
            0.5,
            labels={"team": "ml"},
            taints=[{"key": "only", "value": "ml", "effect": "NoSchedule"}],
        ),
        kind("plain", 2000, 0.1),
    ]
    request = FleetRequest.model_validate({"types": types})
    tolerant = Toleration(key="only", operator="Exists")
    pods = (pod("a", 900, node_selector={"team": "ml"}, tolerations=(tolerant,)), pod("b", 900))
    before = Cluster(nodes=(), pods=pods)
    outcome = fleet(before, request, params=SolverParams(time_limit_s=10))
    after = planned_cluster(before, request, outcome)
    pools = [Pool.model_validate(told) for told in yaml.safe_load_all(node_pools(outcome, after))]
    assert [pool.spec.template.metadata.labels for pool in pools] == [{}, {"team": "ml"}]
    assert [one.key for one in pools[1].spec.template.spec.taints] == ["only"]
    groups = yaml.safe_load(managed_groups(outcome, after))["managedNodeGroups"]
    told = {group["name"]: (group.get("labels"), group.get("taints")) for group in groups}
    assert told["plain-on-demand"] == (None, None)
    assert told["gpu-on-demand"] == (
        {"team": "ml"},
        [{"key": "only", "value": "ml", "effect": "NoSchedule"}],
    )
