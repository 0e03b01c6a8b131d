"""Which nodes to have: the question end to end, its plans judged by the rules' own referee."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kytos.bounds import CertificateStatus
from kytos.cluster import (
    CPU,
    HOSTNAME,
    MEMORY,
    PODS,
    ZONE,
    Cluster,
    LabelSelector,
    Node,
    Owner,
    Pod,
    PodTerm,
    Requirement,
    SpreadConstraint,
    Toleration,
)
from kytos.contract.params import SolverParams
from kytos.errors import InputError
from kytos.problem import LoadMode
from kytos.questions.fleet.fleet import FleetOutcome, fleet, planned_cluster
from kytos.questions.fleet.request import FleetRequest
from kytos.questions.parts.build_problem import build_problem
from kytos.referee.feasible import feasible

MIB = 2**20
FEW_SECONDS = SolverParams(time_limit_s=10)


def node(
    name: str, cpu: int = 4000, memory: int = 16_000, price: float | None = 0.2, **more: Any
) -> Node:
    labels = {HOSTNAME: name} | more.pop("labels", {})
    return Node(
        name=name,
        allocatable={CPU: cpu, MEMORY: memory * MIB, PODS: 110},
        labels=labels,
        price_per_hour=price,
        **more,
    )


def pod(name: str, cpu: int = 500, memory: int = 1000, on: str | None = None, **more: Any) -> Pod:
    return Pod(
        id=name,
        name=name,
        node=on,
        phase="Running" if on else "Pending",
        movable=more.pop("movable", True),
        requests={CPU: cpu, MEMORY: memory * MIB},
        **more,
    )


def kind(name: str, cpu: int, memory: int, price: float, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "cpu_capacity": cpu,
        "mem_capacity": memory,
        "price_per_hour": price,
    } | more


def asked(*types: dict[str, Any], **more: Any) -> FleetRequest:
    return FleetRequest.model_validate({"types": list(types)} | more)


def answered(cluster: Cluster, request: FleetRequest) -> FleetOutcome:
    outcome = fleet(cluster, request, params=FEW_SECONDS)
    assert_kept(cluster, request, outcome)
    return outcome


def assert_kept(cluster: Cluster, request: FleetRequest, outcome: FleetOutcome) -> None:
    """Every rule holds on the cluster as built, judged from pods that run nowhere yet."""
    planned = planned_cluster(cluster, request, outcome)
    where = {one.id: one.node for one in planned.pods}
    moved = [
        one.id
        for one in planned.pods
        if where[one.id] is not None
        and (
            one.id not in cluster.pod_index
            or cluster.pods[cluster.pod_index[one.id]].node != one.node
        )
    ]
    before = planned.with_placement(dict.fromkeys(moved))
    decide = [one for one in before.pods if one.id in set(moved)]
    problem = build_problem(
        before, decide, mode=LoadMode.CONSOLIDATE, max_utilization=request.max_utilization
    )
    placement = np.array(
        [planned.node_index[where[one.id] or ""] for one in decide], dtype=np.int64
    )
    assert feasible(problem, placement)
    bought = sum(one.count * one.price_per_hour for one in outcome.buy)
    kept = sum(planned.nodes[planned.node_index[name]].price_per_hour or 0 for name in outcome.keep)
    assert outcome.price.after == pytest.approx(bought + kept)


SMALL, LARGE = kind("small", 2000, 8000, 0.1), kind("large", 8000, 32_000, 0.35)


def test_an_empty_cluster_gets_the_cheapest_nodes_with_a_proof() -> None:
    """Eight halves of a small node's CPU need four small ones, or one large one for less."""
    pods = tuple(pod(f"p{n}", cpu=1000, memory=2000) for n in range(8))
    outcome = answered(Cluster(nodes=(), pods=pods), asked(SMALL, LARGE))
    assert [(one.type, one.count) for one in outcome.buy] == [("large", 1)]
    assert outcome.price.after == pytest.approx(0.35)
    assert outcome.certificate.status is CertificateStatus.OPTIMAL
    assert outcome.price.before == 0


def test_a_node_of_today_is_released_where_a_cheaper_one_serves() -> None:
    """A dear node with one pod gives way; a pod's move costs less than what that saves."""
    cluster = Cluster(nodes=(node("old", price=1.0),), pods=(pod("a", on="old"),))
    outcome = answered(cluster, asked(SMALL))
    assert outcome.release == ("old",)
    assert [(move.pod, move.origin) for move in outcome.moves] == [("a", "old")]
    assert (outcome.price.before, outcome.price.after) == (1.0, 0.1)


def test_what_need_not_change_stays() -> None:
    """A node that is worth its price is kept, and nothing is bought beside it."""
    cluster = Cluster(nodes=(node("old", price=0.05),), pods=(pod("a", on="old"),))
    outcome = answered(cluster, asked(SMALL))
    assert outcome.keep == ("old",)
    assert outcome.buy == ()
    assert outcome.nothing_to_do


def test_keep_says_which_may_stay() -> None:
    """What `keep` does not name goes, though it be cheap; its DaemonSet's pod goes with it."""
    daemon = pod("d", cpu=100, on="cheap", owner=Owner(kind="DaemonSet", name="d"), movable=None)
    cluster = Cluster(nodes=(node("cheap", price=0.01),), pods=(pod("a", on="cheap"), daemon))
    outcome = answered(cluster, asked(SMALL, keep=[]))
    assert outcome.release == ("cheap",)
    assert set(outcome.placement) == {"a"}


def test_a_pod_that_must_not_move_holds_its_node() -> None:
    """`keep` cannot send away a node that a pinned pod runs on; a note says so."""
    cluster = Cluster(nodes=(node("old", price=1.0),), pods=(pod("a", on="old", movable=False),))
    outcome = answered(cluster, asked(SMALL, keep=[]))
    assert outcome.keep == ("old",)
    assert any("must not move" in note.message for note in outcome.notes)


def test_daemon_sets_take_their_part_of_every_new_node() -> None:
    """Two pods of 900m fit a node of 2,000m but not beside a DaemonSet's 400m."""
    daemon = pod("d", cpu=400, on="old", owner=Owner(kind="DaemonSet", name="d"), movable=None)
    cluster = Cluster(
        nodes=(node("old", price=9.0),),
        pods=(daemon, pod("a", cpu=900), pod("b", cpu=900)),
    )
    outcome = answered(cluster, asked(SMALL, keep=[]))
    assert [(one.type, one.count) for one in outcome.buy] == [("small", 2)]


def test_pods_that_fit_no_type_are_named_and_the_others_answered() -> None:
    """A pod larger than any type waits, with the reason; the plan for the rest is still proven."""
    pods = (pod("giant", cpu=64_000), pod("a"))
    outcome = answered(Cluster(nodes=(), pods=pods), asked(SMALL, LARGE))
    assert [one.pod for one in outcome.unplaced] == ["giant"]
    assert "cpu" in outcome.unplaced[0].reason.lower()
    assert outcome.placement["giant"] is None
    assert outcome.placement["a"] is not None
    assert outcome.certificate.status is CertificateStatus.OPTIMAL


def test_zone_spread_holds_on_nodes_that_do_not_exist_yet() -> None:
    """Three replicas spread over zones need a node in each, though one would hold them all."""
    spread = SpreadConstraint(
        topology_key=ZONE,
        selector=LabelSelector(
            requirements=(Requirement(key="app", operator="In", values=("w",)),)
        ),
    )
    pods = tuple(pod(f"w{n}", labels={"app": "w"}, spread=(spread,)) for n in range(3))
    request = asked(SMALL | {"zones": ["a", "b", "c"]})
    outcome = answered(Cluster(nodes=(), pods=pods), request)
    assert sorted((one.zone, one.count) for one in outcome.buy) == [("a", 1), ("b", 1), ("c", 1)]


def test_anti_affinity_holds_on_nodes_that_do_not_exist_yet() -> None:
    """Replicas that keep each other off their node get one each."""
    apart = PodTerm(
        topology_key=HOSTNAME,
        selector=LabelSelector(
            requirements=(Requirement(key="app", operator="In", values=("w",)),)
        ),
    )
    pods = tuple(pod(f"w{n}", labels={"app": "w"}, anti_affinity=(apart,)) for n in range(3))
    outcome = answered(Cluster(nodes=(), pods=pods), asked(SMALL, LARGE))
    assert [(one.type, one.count) for one in outcome.buy] == [("small", 3)]
    assert outcome.certificate.status is CertificateStatus.OPTIMAL


def test_taints_labels_and_architectures_of_types_are_judged() -> None:
    """A tainted type takes who tolerates it, an arm64 one who asks for arm64 or for nothing."""
    cheap = SMALL | {"name": "tainted", "price_per_hour": 0.01, "taints": [{"key": "gpu"}]}
    arm = SMALL | {"name": "arm", "price_per_hour": 0.05, "arch": "arm64"}
    pods = (
        pod("tolerant", cpu=1500, tolerations=(Toleration(key="gpu", operator="Exists"),)),
        pod("intel", cpu=1500, node_selector={"kubernetes.io/arch": "amd64"}),
    )
    outcome = answered(Cluster(nodes=(), pods=pods), asked(SMALL, cheap, arm))
    assert sorted(one.type for one in outcome.buy) == ["small", "tainted"]


def test_max_pods_of_a_type_binds() -> None:
    """Tiny pods fill a type by their number."""
    pods = tuple(pod(f"p{n}", cpu=1, memory=1) for n in range(10))
    outcome = answered(Cluster(nodes=(), pods=pods), asked(SMALL | {"max_pods": 4}))
    assert [one.count for one in outcome.buy] == [3]


def test_count_limits_what_is_bought_over_all_zones() -> None:
    """One node of the cheap type there is, in whichever zone; the rest is bought dearer."""
    cheap = SMALL | {"name": "cheap", "price_per_hour": 0.02, "count": 1, "zones": ["a", "b"]}
    pods = tuple(pod(f"p{n}", cpu=1500) for n in range(3))
    outcome = answered(Cluster(nodes=(), pods=pods), asked(SMALL, cheap))
    bought = {one.type: one.count for one in outcome.buy}
    assert bought == {"cheap": 1, "small": 2}


def test_max_utilization_leaves_headroom() -> None:
    """At 70 % two pods of 900m no longer share 2,000m."""
    pods = (pod("a", cpu=900), pod("b", cpu=900))
    outcome = answered(Cluster(nodes=(), pods=pods), asked(SMALL, max_utilization=0.7))
    assert [one.count for one in outcome.buy] == [2]


def test_max_types_buys_of_fewer() -> None:
    """Two shapes of pods are cheapest on two types; on one at most they share it."""
    lean = kind("lean", 4000, 4000, 0.1)
    fat = kind("fat", 1000, 32_000, 0.1)
    both = kind("both", 4000, 32_000, 0.25)
    pods = (pod("cpu", cpu=4000, memory=1000), pod("mem", cpu=500, memory=30_000))
    two = answered(Cluster(nodes=(), pods=pods), asked(lean, fat, both))
    one = answered(Cluster(nodes=(), pods=pods), asked(lean, fat, both, max_types=1))
    assert {entry.type for entry in two.buy} == {"lean", "fat"}
    assert {entry.type for entry in one.buy} == {"both"}
    assert one.price.after > two.price.after


SPOT = SMALL | {"name": "small", "price_per_hour": 0.03, "capacity_type": "spot"}


@pytest.mark.parametrize(("share", "spot"), [(None, 4), (1, 4), (0.5, 2), (0, 0)])
def test_spot_share_bounds_nodes_on_spot(share: float | None, spot: int) -> None:
    """Four nodes' worth of pods: as many on spot as the share allows."""
    pods = tuple(pod(f"p{n}", cpu=1500, service="web") for n in range(4))
    more = {} if share is None else {"spot_share": share}
    outcome = answered(Cluster(nodes=(), pods=pods), asked(SMALL, SPOT, **more))
    found = sum(one.count for one in outcome.buy if one.capacity_type == "spot")
    assert found == spot


def test_services_alone_go_on_spot() -> None:
    """Only the service that is named runs on spot."""
    pods = (pod("a", cpu=1500, service="web"), pod("b", cpu=1500, service="db"))
    outcome = answered(Cluster(nodes=(), pods=pods), asked(SMALL, SPOT, services=["web"]))
    nodes = {name: one.capacity_type for one in outcome.buy for name in one.nodes}
    assert nodes[outcome.placement["a"] or ""] == "spot"
    assert nodes[outcome.placement["b"] or ""] == "on-demand"


def test_extended_resources_need_a_type_that_has_them() -> None:
    """A pod that asks for a GPU gets the type with GPUs; the others do not pay for one."""
    gpu = kind("gpu", 4000, 16_000, 1.0, resources={"nvidia.com/gpu": 1})
    wants = pod("g").model_copy(update={"requests": {CPU: 500, MEMORY: MIB, "nvidia.com/gpu": 1}})
    outcome = answered(Cluster(nodes=(), pods=(wants,)), asked(SMALL, gpu))
    assert [one.type for one in outcome.buy] == ["gpu"]


def test_discounts_lower_on_demand_prices_and_the_longest_name_wins() -> None:
    """`s*` takes a tenth off, `small` alone a half."""
    request = asked(SMALL, discounts=["s*=0.9", "small=0.5"])
    outcome = answered(Cluster(nodes=(), pods=(pod("a"),)), request)
    assert outcome.price.after == pytest.approx(0.05)


def test_the_shipped_catalogue_serves_where_no_types_are_given() -> None:
    """A region's list prices; the cheapest type that holds the pod is bought in a zone of it."""
    outcome = answered(
        Cluster(nodes=(), pods=(pod("a", cpu=1500, memory=3000),)),
        FleetRequest(region="us-gov-west-1"),
    )
    assert len(outcome.buy) == 1
    assert (outcome.buy[0].zone or "").startswith("us-gov-west-1")
    assert outcome.certificate.status is CertificateStatus.OPTIMAL


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"keep": ["nobody"]}, "keep[0]"),
        ({"services": ["nobody"]}, "services[0]"),
        ({"types": []}, "types"),
    ],
)
def test_what_is_not_there_is_refused_by_name(request_: dict[str, Any], field: str) -> None:
    """An unknown node or service, and nothing to buy, are the caller's mistakes."""
    request = FleetRequest.model_validate({"types": [SMALL]} | request_)
    with pytest.raises(InputError) as refused:
        fleet(Cluster(nodes=(), pods=(pod("a"),)), request)
    assert refused.value.where == field
