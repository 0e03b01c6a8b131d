"""Families of types are compared in words, by the resource that fills their nodes."""

from __future__ import annotations

from kytos.cluster import Cluster, Pod
from kytos.questions.fleet.families import family_costs
from kytos.questions.fleet.request import FleetRequest
from kytos.report.families import families_in_words
from tests.questions.fleet.test_fleet import kind, pod


def told(pods: list[Pod], *types: dict[str, object], **more: object) -> list[str]:
    request = FleetRequest.model_validate({"types": list(types)} | more)
    return families_in_words(family_costs(Cluster(nodes=(), pods=tuple(pods)), request))


SMALL = [pod(f"p{n}", cpu=1000, memory=1000) for n in range(10)]
C6A = kind("c6a.large", 2000, 4000, 0.10)
M6A = kind("m6a.large", 2000, 8000, 0.11)
R6A = kind("r6a.large", 2000, 16_000, 0.25)


def test_memory_that_stays_empty_is_the_reason() -> None:
    """Ten cores and 10,000 MiB: five nodes of each, by CPU; 0.50 beside 0.55 an hour."""
    first, second, third = told(SMALL, C6A, M6A, R6A)
    assert first == (
        "c6a alone runs all of it the cheapest, for $0.50/h at least: its nodes run out of CPU, "
        "and 50% of their memory stays empty."
    )
    assert second == (
        "c6a costs 9% less than m6a here, because the nodes of both run out of CPU, not of memory, "
        "and m6a is paid for memory that stays empty: 25% of it is used, 50% on c6a."
    )
    assert third.startswith("c6a costs 60% less than r6a here")


def test_another_resource_binds() -> None:
    """Pods of 6,000 MiB a core fill c6a by memory and r6a by CPU."""
    pods = [pod(f"p{n}", cpu=500, memory=3000) for n in range(20)]
    first, second = told(pods, C6A, R6A | {"price_per_hour": 0.15})
    assert first.startswith("r6a alone runs all of it")
    assert "because its nodes run out of CPU, while those of c6a run out of memory and" in second
    assert "of their CPU stays empty" in second


def test_the_same_sizes_differ_by_price_alone_or_not_at_all() -> None:
    """Equal rooms: the dearer one says so, an equal one costs the same."""
    dearer = told(SMALL, C6A, kind("c6i.large", 2000, 4000, 0.12))[1]
    assert dearer.endswith(
        "because the nodes of both run out of CPU, and the same of it costs more on c6i."
    )
    alike = told(SMALL, C6A, kind("c6i.large", 2000, 4000, 0.10))[1]
    assert alike.startswith("c6i costs the same as c6a here")


def test_who_cannot_run_a_pod_is_not_compared() -> None:
    """A family too small for one pod, or without its device, is left out; no pods, no words."""
    big = pod("big", cpu=100, memory=7000)
    assert len(told([big], C6A, M6A)) == 1
    assert told([], C6A) == []


def test_headroom_and_mixes_count() -> None:
    """Half of a node's CPU only doubles the price; sizes of a family are mixed."""
    costs = [
        family_costs(
            Cluster(nodes=(), pods=tuple(SMALL)),
            FleetRequest.model_validate({"types": [C6A], "max_utilization": share}),
        )[0].price_per_hour
        for share in (1.0, 0.5)
    ]
    assert costs == [0.5, 1.0]
