"""What is bought as YAML: Karpenter would take it, and it allows what was bought and no more."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field

from kytos.cluster import INSTANCE_TYPE, Cluster
from kytos.contract.params import SolverParams
from kytos.questions.fleet.fleet import FleetOutcome, fleet
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


class NodeSpec(Known):
    nodeClassRef: ClassRef  # noqa: N815  (Karpenter's name)
    requirements: Annotated[list[Requirement], Field(max_length=100)]


class Template(Known):
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
    """One pool for each capacity type, which allows its types and zones, and as many nodes."""
    pools = [Pool.model_validate(told) for told in yaml.safe_load_all(node_pools(bought))]
    told = {
        pool.metadata.name: (
            {one.key.rsplit("/")[-1]: one.values for one in pool.spec.template.spec.requirements},
            pool.spec.limits,
        )
        for pool in pools
    }
    assert told == {
        "kytos-on-demand": (
            {
                "instance-type": ["m5.large", "r5.24xlarge"],
                "capacity-type": ["on-demand"],
                "zone": ["eu-1a", "eu-1b"],
            },
            {"nodes": "2"},
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
