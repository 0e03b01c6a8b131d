"""Attach limits, storage capacity and what DaemonSets take of new nodes."""

from __future__ import annotations

import json

import pytest

from kytos.cluster import (
    Claim,
    Cluster,
    CsiDriver,
    CsiNode,
    LabelSelector,
    NodeTerm,
    Owner,
    Pod,
    Requirement,
    StorageCapacity,
    StorageClass,
    Taint,
    Toleration,
    Volume,
)
from kytos.problem import LoadMode
from kytos.questions.parts.build_problem import build_problem
from kytos.questions.placement.placement import place
from kytos.questions.placement.request import PlacementRequest
from kytos.rules.daemon_sets import daemonset_overhead
from tests.questions.cases import CASES, QUICK, case, rebalanced
from tests.rules.small import node, pod, said

EBS = "ebs.csi"


def mounting(name: str, at: str | None, *volumes: str) -> Pod:
    return pod(name, at, claims=volumes)


def disks(*pods: Pod, most: int = 2, modes: tuple[str, ...] = ("ReadWriteOnce",)) -> Cluster:
    """Two nodes that attach `most` disks each, and every disk the pods name."""
    names = sorted({name for found in pods for name in found.claims})
    return Cluster(
        nodes=(node("a"), node("b")),
        pods=pods,
        claims=tuple(
            Claim(name=name, namespace="default", volume=name, access_modes=modes) for name in names
        ),
        volumes=tuple(Volume(name=name, driver=EBS, handle=name) for name in names),
        csi_nodes=(CsiNode(name="a", limits={EBS: most}), CsiNode(name="b", limits={EBS: most})),
    )


def test_a_full_node_takes_no_more_volumes() -> None:
    """The reason counts them."""
    found = disks(mounting("x-1", "a", "v1", "v2"), mounting("new", None, "v3"))
    reasons = said(found, "default/new")
    assert reasons == {
        "a": f"too many volumes of {EBS}: 2 of 2 attached, 1 more needed",
        "b": None,
    }


def test_several_volumes_of_one_pod_all_count() -> None:
    """Three of two."""
    found = disks(mounting("new", None, "v1", "v2", "v3"))
    assert None not in said(found, "default/new").values()


def test_a_volume_that_is_there_already_is_not_counted_again() -> None:
    """Its other pod has it attached."""
    found = disks(mounting("x-1", "a", "v1", "v2"), mounting("new", None, "v1"))
    assert said(found, "default/new")["a"] is None


def test_a_node_without_a_count_is_not_limited() -> None:
    """No CSINode, or none for the driver."""
    found = disks(mounting("x-1", "a", "v1", "v2"), mounting("new", None, "v3"))
    unlimited = found.replace(csi_nodes=(CsiNode(name="a"),))
    assert said(unlimited, "default/new") == {"a": None, "b": None}


def test_pods_of_a_plan_share_what_a_node_attaches() -> None:
    """Volumes count as a resource in the problem."""
    found = disks(mounting("x-1", "a", "v1"), mounting("x-2", "b", "v2", "v3"))
    problem = build_problem(found, found.pods, mode=LoadMode.SPREAD)
    at = problem.resources.index(f"attachable-volumes-csi-{EBS}")
    assert problem.request[:, at].tolist() == [1, 2]
    assert problem.capacity[:, at].tolist() == [2, 2]


def test_no_move_beyond_three_volumes_a_node() -> None:
    """The case's nodes are at their count."""
    assert rebalanced("csi-attach-limit").moves == ()


@pytest.mark.parametrize(
    ("drivers", "fits"),
    [
        ((CsiDriver(name="cap", storage_capacity=True),), {"near"}),
        ((CsiDriver(name="cap"),), {"near", "small", "far"}),
        ((CsiDriver(name="other"),), {"near", "small", "far"}),
        ((), {"near"}),
    ],
)
def test_storage_with_room(drivers: tuple[CsiDriver, ...], fits: set[str]) -> None:
    """Of a driver that tells; room too small or out of reach is none."""

    def reaching(zone: str) -> LabelSelector:
        return LabelSelector(requirements=(Requirement(key="z", operator="In", values=(zone,)),))

    found = Cluster(
        nodes=tuple(node(name, labels={"z": name}) for name in ("near", "small", "far")),
        pods=(mounting("p", None, "c"),),
        claims=(Claim(name="c", namespace="default", storage_class="s", capacity=10),),
        storage_classes=(StorageClass(name="s", waits_for_consumer=True, provisioner="cap"),),
        csi_drivers=drivers,
        storage_capacities=(
            StorageCapacity(storage_class="s", capacity=50, reaches=reaching("near")),
            StorageCapacity(storage_class="s", capacity=5, reaches=reaching("small")),
        ),
    )
    assert {name for name, why in said(found, "default/p").items() if why is None} == fits


def daemon(**fields: object) -> Cluster:
    owner = Owner(kind="DaemonSet", name="agent")
    return Cluster(
        nodes=(node("a"),),
        pods=(pod("agent-a", "a", owner=owner, requests={"cpu": 700}, **fields),),
    )


@pytest.mark.parametrize(
    ("fields", "shape", "cpu"),
    [
        ({}, {}, 700),
        ({}, {"taints": (Taint(key="gpu"),)}, 0),
        ({"tolerations": (Toleration(operator="Exists"),)}, {"taints": (Taint(key="gpu"),)}, 700),
        ({"node_selector": {"disk": "ssd"}}, {}, 0),
        ({"node_selector": {"disk": "ssd"}}, {"labels": {"disk": "ssd"}}, 700),
        (
            {
                "required_node_terms": (
                    NodeTerm(
                        fields=(Requirement(key="metadata.name", operator="In", values=("a",)),)
                    ),
                )
            },
            {},
            700,
        ),
    ],
)
def test_what_a_daemon_set_takes_of_a_new_node(
    fields: dict[str, object], shape: dict[str, object], cpu: int
) -> None:
    """Where its pods would run, the node they are tied to today apart."""
    overhead = daemonset_overhead(daemon(**fields), node("new", **shape))
    assert overhead == ({"cpu": cpu, "pods": 1} if cpu else {})


def test_a_bought_node_has_less_room_than_its_shape() -> None:
    """1,800m do not fit beside the 700m of a DaemonSet on 2,000m."""
    options = json.loads((CASES / "opt-shapes.json").read_text())
    request = PlacementRequest.model_validate_json(json.dumps(options))
    outcome = place(case("daemonset-overhead"), request, params=QUICK)
    assert outcome.placements == ()
    assert [left.pod for left in outcome.unplaced] == ["big"]
