"""How near to the proven best a large fleet is chosen, and in what time.

``python -m benchmarks.fleet [--pods 2000] [--types 300] [--seconds 60] [--only CASE]`` asks the
whole question for an empty cluster, each type on demand and on spot in three zones, and prints a
line for each way of drawing pods and types.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from kytos.cluster import CPU, MEMORY, Cluster, Pod
from kytos.contract.params import SolverParams
from kytos.questions.fleet.fleet import fleet
from kytos.questions.fleet.request import FleetRequest
from kytos.sources.catalogue.types import instance_types, list_prices

MIB = 2**20
ZONES = ("a", "b", "c")
SIZES = (100, 150, 200, 250, 300, 400, 500, 700, 1000, 1500, 2000, 3000, 4000)
"""Millicores that people ask for."""


def main() -> None:
    """Run the cases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, default=2_000)
    parser.add_argument("--types", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=CASES, action="append")
    given = parser.parse_args()
    for name in given.only or CASES:
        pods, types = CASES[name]
        random = np.random.default_rng(given.seed)
        cluster = Cluster(nodes=(), pods=tuple(pods(random, given.pods)))
        request = FleetRequest.model_validate({"types": list(types(random, given.types))})
        began = time.perf_counter()
        outcome = fleet(cluster, request, params=SolverParams(time_limit_s=given.seconds))
        seconds = time.perf_counter() - began
        gap = outcome.certificate.gap
        print(
            f"{name}: {given.pods} pods, {given.types} types x spot and on demand x 3 zones: "
            f"${outcome.price.after:.4f}/h, {sum(one.count for one in outcome.buy)} nodes of "
            f"{len({one.type for one in outcome.buy})} types, gap "
            f"{'none proven' if gap is None else f'{100 * gap:.2f} %'}, "
            f"{len(outcome.unplaced)} without a node, {seconds:.1f} s",
            flush=True,
        )


def in_services(random: np.random.Generator, count: int) -> Iterator[Pod]:
    """Replicas of 40 services, each with requests of its own."""
    share = random.dirichlet(np.full(40, 1.5))
    replicas = np.maximum(1, np.floor(share * count).astype(int))
    replicas[0] += count - replicas.sum()
    for service, wanted in enumerate(replicas):
        cpu = int(random.choice(SIZES))
        memory = int(cpu * random.choice([1, 2, 4, 6, 8]) * random.uniform(0.7, 1.3))
        for replica in range(wanted):
            yield _pod(f"s{service}-{replica}", cpu, memory)


def each_its_own(random: np.random.Generator, count: int) -> Iterator[Pod]:
    """Pods of which no two ask for the same."""
    for number in range(count):
        cpu = int(np.clip(random.lognormal(6.0, 0.9), 20, 8000))
        yield _pod(f"p{number}", cpu, int(np.clip(cpu * random.lognormal(1.1, 0.7), 32, 60_000)))


def as_listed(random: np.random.Generator, count: int) -> Iterator[dict[str, Any]]:
    """Types of the shipped catalogue at their list prices, on spot for a quarter to a half."""
    prices = list_prices()
    known = [
        one
        for name, one in sorted(instance_types().items())
        if name in prices and one.arch == "amd64"
    ]
    for at in sorted(random.choice(len(known), min(count, len(known)), replace=False)):
        one = known[at]
        yield from _offered(
            random,
            one.name,
            prices[one.name],
            cpu_capacity=one.cpu_allocatable_millicores,
            mem_capacity=one.memory_allocatable_mib,
            max_pods=one.max_pods,
        )


def middling(random: np.random.Generator, count: int) -> Iterator[dict[str, Any]]:
    """Made-up types of 2 to 16 cores: nodes of a few pods, where what does not fit matters."""
    for number in range(count):
        cores = int(random.choice([2, 4, 8, 16]))
        gib = cores * int(random.choice([2, 4, 8]))
        price = (0.03 * cores + 0.004 * gib) * random.uniform(0.85, 1.15)
        yield from _offered(
            random,
            f"t{number}",
            round(price, 4),
            cpu_capacity=cores * 1000 - 80,
            mem_capacity=int(gib * 1024 * 0.9 - 300),
            max_pods=58 if cores < 16 else 110,
        )


def _offered(
    random: np.random.Generator, name: str, price: float, **sizes: int
) -> Iterator[dict[str, Any]]:
    yield {"name": name, "price_per_hour": price, "zones": ZONES, **sizes}
    for zone in ZONES:
        spot = round(price * random.uniform(0.25, 0.5), 4)
        yield {
            "name": name,
            "price_per_hour": spot,
            "zones": (zone,),
            "capacity_type": "spot",
            **sizes,
        }


def _pod(name: str, cpu: int, memory: int) -> Pod:
    return Pod(
        id=name, name=name, phase="Pending", movable=True, requests={CPU: cpu, MEMORY: memory * MIB}
    )


CASES: dict[str, tuple[Callable[..., Iterator[Pod]], Callable[..., Iterator[dict[str, Any]]]]] = {
    "services, listed types": (in_services, as_listed),
    "services, small types": (in_services, middling),
    "every pod its own, listed types": (each_its_own, as_listed),
    "every pod its own, small types": (each_its_own, middling),
}


if __name__ == "__main__":
    main()
