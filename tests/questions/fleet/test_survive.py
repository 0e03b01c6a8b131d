"""Fleets that survive failures: against every fleet and every failure tried by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations_with_replacement, product
from typing import Any

import pytest

from kytos.bounds import CertificateStatus
from kytos.cluster import CPU, HOSTNAME, MEMORY, PODS, ZONE, Cluster, Node, Pod
from kytos.contract.params import SolverParams
from kytos.questions.fleet.fleet import FleetOutcome, fleet
from kytos.questions.fleet.request import FleetRequest

MIB = 2**20
FEW_SECONDS = SolverParams(time_limit_s=10)


def pod(name: str, cpu: int = 1000, **more: Any) -> Pod:
    on = more.get("node")
    return Pod(
        id=name,
        name=name,
        phase="Running" if on else "Pending",
        movable=True,
        requests={CPU: cpu, MEMORY: MIB},
        **more,
    )


def kind(name: str, cpu: int, price: float, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "cpu_capacity": cpu,
        "mem_capacity": 1000,
        "price_per_hour": price,
    } | more


def asked(*types: dict[str, Any], survive: Sequence[str]) -> FleetRequest:
    return FleetRequest.model_validate({"types": list(types), "survive": list(survive)})


def refuges(sizes: Sequence[int], rooms: Sequence[int]) -> bool:
    """Whether pods find room, trying every way."""
    return any(
        all(
            sum(size for size, at in zip(sizes, where, strict=True) if at == node) <= room
            for node, room in enumerate(rooms)
        )
        for where in product(range(len(rooms)), repeat=len(sizes))
    )


def failures(nodes: Sequence[dict[str, Any]], kinds: Sequence[str]) -> Iterator[set[int]]:
    """Positions of nodes that fail together."""
    told = {
        "node": list(range(len(nodes))),
        "zone": [one["zone"] for one in nodes],
        "spot": [(one["zone"] or "anywhere") if one["spot"] else None for one in nodes],
    }
    for one in kinds:
        for name in set(told[one]) - {None}:
            yield {at for at, own in enumerate(told[one]) if own == name}


def survives(
    nodes: Sequence[dict[str, Any]],
    sizes: Sequence[int],
    where: Sequence[int],
    kinds: Sequence[str],
) -> bool:
    held = [
        sum(size for size, at in zip(sizes, where, strict=True) if at == node)
        for node in range(len(nodes))
    ]
    if any(load > node["cpu"] for load, node in zip(held, nodes, strict=True)):
        return False
    return all(
        refuges(
            [size for size, at in zip(sizes, where, strict=True) if at in gone],
            [node["cpu"] - held[at] for at, node in enumerate(nodes) if at not in gone],
        )
        for gone in failures(nodes, kinds)
    )


def cheapest(
    offers: Sequence[dict[str, Any]], sizes: Sequence[int], kinds: Sequence[str], most: int
) -> float:
    """The price of the cheapest fleet that survives, of all there are."""
    fleets = sorted(
        (
            round(sum(one["price"] for one in chosen), 9),
            [offers.index(one) for one in chosen],
        )
        for count in range(1, most + 1)
        for chosen in combinations_with_replacement(offers, count)
    )
    return next(
        price
        for price, chosen in fleets
        if any(
            survives([offers[at] for at in chosen], sizes, where, kinds)
            for where in product(range(len(chosen)), repeat=len(sizes))
        )
    )


def nodes_of(outcome: FleetOutcome, types: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    cpu = {one["name"]: one["cpu_capacity"] for one in types}
    return {
        name: {"cpu": cpu[one.type], "zone": one.zone, "spot": one.capacity_type == "spot"}
        for one in outcome.buy
        for name in one.nodes
    }


SMALL, LARGE = kind("small", 2000, 0.1), kind("large", 4000, 0.19)
CASES = {
    "one pod, a node": ([SMALL], [1000], ["node"]),
    "three pods, a node": ([SMALL, LARGE], [1000, 1000, 1500], ["node"]),
    "two zones": ([SMALL | {"zones": ["a", "b"]}], [1000, 1000, 1000], ["zone"]),
    "three zones": ([LARGE | {"zones": ["a", "b", "c"]}], [2000, 1000], ["zone", "node"]),
    "spot": (
        [LARGE, LARGE | {"name": "cheap", "price_per_hour": 0.05, "capacity_type": "spot"}],
        [2000, 1000],
        ["spot"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_cheapest_fleet_that_survives_is_found_and_proven(case: str) -> None:
    """Price and proof against trying every fleet, every placement and every failure."""
    types, sizes, kinds = CASES[case]
    pods = tuple(pod(f"p{at}", cpu=size) for at, size in enumerate(sizes))
    outcome = fleet(Cluster(nodes=(), pods=pods), asked(*types, survive=kinds), params=FEW_SECONDS)
    nodes = nodes_of(outcome, types)
    names = list(nodes)
    where = [names.index(outcome.placement[one.id] or "") for one in pods]
    assert survives(list(nodes.values()), sizes, where, kinds)
    offers = [
        {
            "cpu": one["cpu_capacity"],
            "price": one["price_per_hour"],
            "zone": zone,
            "spot": one.get("capacity_type") == "spot",
        }
        for one in types
        for zone in one.get("zones", [None])
    ]
    assert outcome.price.after == pytest.approx(cheapest(offers, sizes, kinds, len(names) + 1))
    assert outcome.certificate.status is CertificateStatus.OPTIMAL
    assert outcome.risk is not None
    for one in kinds:
        told = getattr(outcome.risk, one)
        assert told is None or told.fatal == told.unknown == ()


def test_a_node_may_stand_by_without_pods_and_is_paid_for() -> None:
    """One pod alone needs a second node that is empty; it is bought, named and counted."""
    outcome = fleet(Cluster(nodes=(), pods=(pod("a"),)), asked(SMALL, survive=["node"]))
    assert [(one.type, one.count) for one in outcome.buy] == [("small", 2)]
    assert outcome.price.after == pytest.approx(0.2)
    assert outcome.metrics.after.price_per_hour == pytest.approx(0.2)
    assert len(outcome.kept_nodes) == 1
    assert outcome.survival_price is not None
    assert outcome.survival_price.sentence == "Surviving any node costs 1 node, $0.10/h."


def test_what_is_fatal_today_may_stay_so() -> None:
    """One node that runs all: its failure is fatal today, and nothing is bought against it."""
    labels = {HOSTNAME: "old", ZONE: "a"}
    old = Node(
        name="old",
        allocatable={CPU: 4000, MEMORY: 1000 * MIB, PODS: 110},
        labels=labels,
        price_per_hour=0.05,
    )
    cluster = Cluster(nodes=(old,), pods=(pod("a", node="old"),))
    outcome = fleet(cluster, asked(SMALL, survive=["node"]), params=FEW_SECONDS)
    assert outcome.buy == ()
    assert outcome.keep == ("old",)


def test_a_zone_that_pods_are_bound_to_is_named_and_the_others_are_survived() -> None:
    """Nothing survives the zone that a pod must run in; a note names zone and pod."""
    pods = (pod("bound", node_selector={ZONE: "a"}), pod("free", node_selector={ZONE: "b"}))
    outcome = fleet(
        Cluster(nodes=(), pods=pods),
        asked(SMALL | {"zones": ["a", "b"]}, survive=["zone"]),
        params=FEW_SECONDS,
    )
    told = " ".join(note.message for note in outcome.notes)
    assert "no fleet survives the failure of zone a" in told
    assert {"bound", "free"} == {name for note in outcome.notes for name in note.subjects}


def test_spot_tells_its_risk_unasked() -> None:
    """Two pods on one spot type: its pool taken back at once would leave them nowhere."""
    spot = SMALL | {"capacity_type": "spot", "price_per_hour": 0.01, "zones": ["a"]}
    pods = (pod("a", cpu=2000), pod("b", cpu=2000))
    request = FleetRequest.model_validate({"types": [SMALL | {"name": "calm"}, spot]})
    outcome = fleet(Cluster(nodes=(), pods=pods), request, params=FEW_SECONDS)
    assert outcome.risk is not None
    assert outcome.risk.spot is not None
    assert outcome.risk.spot.fatal == ("small spot a",)


def test_many_services_survive_any_zone_for_little_more_than_half() -> None:
    """Over three zones a third may fail, so half as much again is needed, and not twice."""
    pods = tuple(pod(f"p{at}", cpu=500 + 100 * (at % 5)) for at in range(60))
    types = [
        kind("m", 8000, 0.4, zones=["a", "b", "c"]),
        kind("l", 16_000, 0.79, zones=["a", "b", "c"]),
    ]
    cluster = Cluster(nodes=(), pods=pods)
    free = fleet(cluster, asked(*types, survive=[]), params=FEW_SECONDS)
    outcome = fleet(cluster, asked(*types, survive=["zone"]), params=FEW_SECONDS)
    assert outcome.risk is not None
    assert outcome.risk.zone.fatal == ()
    assert outcome.price.after <= 1.75 * free.price.after
    assert outcome.certificate.gap is not None
    assert outcome.certificate.gap <= 0.15
