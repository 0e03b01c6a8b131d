"""Pods placed together take no free volume twice."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations

import pytest

from kytos.cluster import (
    HOSTNAME,
    ZONE,
    Claim,
    Cluster,
    NodeTerm,
    Requirement,
    StorageClass,
    Volume,
)
from kytos.questions.placement.placement import place
from kytos.questions.placement.request import PlacementOutcome, PlacementRequest
from tests.questions.cases import QUICK
from tests.rules.small import node, pod

NAMES = ("a1", "a2", "b1")
NODES = tuple(node(name, labels={ZONE: name[0]}) for name in NAMES)


def volume(name: str, *nodes: str, size: int = 10) -> Volume:
    """A free volume that these nodes reach, all where none is named."""
    here = Requirement(key=HOSTNAME, operator="In", values=nodes)
    return Volume(
        name=name,
        storage_class="by-hand",
        access_modes=("ReadWriteOnce",),
        capacity=size,
        required_node_terms=(NodeTerm(expressions=(here,)),) if nodes else None,
    )


def waiting(sizes: Mapping[str, int], volumes: tuple[Volume, ...], **important: int) -> Cluster:
    """Pods that each wait with a claim of its own, of this size."""
    return Cluster(
        nodes=NODES,
        pods=tuple(
            pod(name, claims=(f"of-{name}",), priority=important.get(name, 0)) for name in sizes
        ),
        claims=tuple(
            Claim(
                name=f"of-{name}",
                namespace="default",
                storage_class="by-hand",
                access_modes=("ReadWriteOnce",),
                capacity=size,
            )
            for name, size in sizes.items()
        ),
        volumes=volumes,
        storage_classes=(StorageClass(name="by-hand", waits_for_consumer=True, provisions=False),),
    )


def placed(cluster: Cluster) -> PlacementOutcome:
    return place(cluster, PlacementRequest(mode="consolidate"), params=QUICK)


def comes_true(outcome: PlacementOutcome, cluster: Cluster, reach: Mapping[str, set[str]]) -> bool:
    """Whether some choice of volumes serves all pods where they were placed."""
    sizes = {volume.name: volume.capacity for volume in cluster.volumes}
    wants = {claim.name: claim.capacity for claim in cluster.claims}
    pods = [(one.pod.partition("/")[2], one.node) for one in outcome.placements]
    return any(
        all(
            at in reach[chosen] and sizes[chosen] >= wants[f"of-{name}"]
            for (name, at), chosen in zip(pods, choice, strict=True)
        )
        for choice in permutations(reach, len(pods))
    )


CASES = {
    "one on each node": (
        {"p": 5, "q": 5, "r": 5},
        {"v1": {"a1"}, "v2": {"b1"}},
        2,
    ),
    "the large claim needs the large volume": (
        {"p": 5, "q": 20, "r": 5},
        {"v1": {"a1"}, "large": {"a1"}, "v2": {"a2"}},
        3,
    ),
    "two large claims and one large volume": (
        {"p": 20, "q": 20, "r": 5},
        {"large": {"a1"}, "v1": {"a1"}, "v2": {"a1"}},
        2,
    ),
    "one that all nodes reach": ({"p": 5, "q": 5}, {"v": set(NAMES)}, 1),
    "zones": ({"p": 5, "q": 5, "r": 5}, {"v1": {"a1", "a2"}, "v2": {"a1", "a2"}}, 2),
    "a smaller one for whom it suits": (
        {"p": 5, "q": 20},
        {"large": set(NAMES), "v": set(NAMES)},
        2,
    ),
    "local and reached by all": ({"p": 5, "q": 5, "r": 5}, {"v": {"b1"}, "w": set(NAMES)}, 2),
}


@pytest.mark.parametrize(("sizes", "reach", "most"), CASES.values(), ids=list(CASES))
def test_a_free_volume_serves_one_pod(
    sizes: dict[str, int], reach: dict[str, set[str]], most: int
) -> None:
    """As many pods are placed as there is a volume for, each where one of its own is."""
    volumes = tuple(
        volume(
            name,
            *(sorted(nodes) if len(nodes) < len(NAMES) else ()),
            size=20 if name == "large" else 10,
        )
        for name, nodes in reach.items()
    )
    cluster = waiting(sizes, volumes)
    outcome = placed(cluster)
    assert len(outcome.placements) == most
    assert comes_true(outcome, cluster, reach)


@pytest.mark.parametrize("nodes", [("b1",), ("a1", "a2")])
def test_the_most_important_pod_has_the_volume(nodes: tuple[str, ...]) -> None:
    """Who goes without is told which claim finds none."""
    outcome = placed(waiting({"p": 5, "q": 5}, (volume("v", *nodes),), q=10))
    assert [one.pod for one in outcome.placements] == ["default/q"]
    assert [(one.pod, one.reason, one.stuck) for one in outcome.unplaced] == [
        (
            "default/p",
            "stuck on every node: claim of-p waits for a volume of class by-hand: none here",
            True,
        )
    ]
