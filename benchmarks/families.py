"""Families of clusters on which solvers are told apart, most of them where this one used to lose.

Each is a pure function of a seed: nearly full spreads of skewed pods with cheap moves, priced
consolidations where moves cost nothing, consolidations with zone spread, and free spreads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.refine import FREE, MIB, equal_nodes, problem_of
from kytos.contract.weights import Weights
from kytos.problem import Ints, LoadMode, Problem, Skew, Tally

CHEAP = Weights(C=0.1, D=0.1)
"""Moves and replicas together count a tenth."""

ATTEMPTS = 1_000
"""At placing the pods of a start; a nearly full one takes some."""


@dataclass(frozen=True)
class Family:
    """A kind of cluster, the weights it is asked with, and what makes one from a seed."""

    weights: Weights
    make: Callable[[int], Problem]


def nearly_full(pods: int, nodes: int, seed: int) -> Problem:
    """A spread at 90 to 93 % of skewed sizes: many small pods, few of half a node."""
    rng = np.random.default_rng(seed)
    share = np.clip(rng.lognormal(-2.4, 0.8, (pods, 2)), 0.01, 0.6)
    full = rng.uniform(0.90, 0.93)
    share *= full * nodes / share.sum(axis=0)
    request = np.column_stack(
        [
            np.maximum(1, share[:, 0] * 16_000 // 10 * 10),
            np.maximum(1, share[:, 1] * 64_000 // 16 * 16) * MIB,
            np.ones(pods),
        ]
    ).astype(np.int64)
    room = np.tile(np.array([16_000, 64_000 * MIB, 110], dtype=np.int64), (nodes, 1))
    return _started(request, room, LoadMode.SPREAD, rng, services=pods // 5)


def priced(pods: int, nodes: int, seed: int) -> Problem:
    """A consolidation on four sizes of node at prices that do not quite follow the size."""
    rng = np.random.default_rng(seed)
    size = rng.choice([1, 2, 4, 8], nodes)
    room = np.column_stack([size * 4_000, size * 16_000 * MIB, np.full(nodes, 110)])
    share = rng.lognormal(-0.3, 0.7, (pods, 2))
    share *= 0.55 * room[:, :2].sum(axis=0) / share.sum(axis=0)
    request = np.column_stack(
        [
            np.clip(share[:, 0] // 50 * 50, 50, 8_000),
            np.clip(share[:, 1] // (64 * MIB), 1, 500) * 64 * MIB,
            np.ones(pods),
        ]
    ).astype(np.int64)
    problem = _started(request, room.astype(np.int64), LoadMode.CONSOLIDATE, rng, pods // 5)
    price = np.round(0.17 * size * rng.uniform(0.8, 1.2, nodes), 4)
    return replace(problem, price=price)


def zone_spread(pods: int, nodes: int, seed: int) -> Problem:
    """A consolidation whose services keep their replicas level over three zones."""
    rng = np.random.default_rng(seed)
    request = np.column_stack(
        [
            rng.integers(2, 30, pods) * 100,
            rng.integers(2, 30, pods) * 256 * MIB,
            np.ones(pods, dtype=np.int64),
        ]
    )
    room = np.ceil(request.sum(axis=0) / nodes / 0.55).astype(np.int64)
    room[2] = 110
    problem = _started(
        request, np.tile(room, (nodes, 1)), LoadMode.CONSOLIDATE, rng, services=pods // 6, zones=3
    )
    zone = np.arange(nodes) % 3
    tallies = tuple(
        Tally(zone, problem.service == service, np.zeros(3, dtype=np.int64))
        for service in range(len(problem.services))
    )
    skews = tuple(
        Skew(
            carriers=number,
            counted=number,
            max_skew=1,
            eligible=np.ones(3, dtype=np.bool_),
            min_domains=1,
            rule="zones level",
        )
        for number in range(len(tallies))
    )
    return replace(problem, zone=zone, tallies=tallies, skews=skews)


FAMILIES: Mapping[str, Family] = {
    "nearly full spread 60 x 10": Family(CHEAP, lambda seed: nearly_full(60, 10, seed)),
    "nearly full spread 120 x 20": Family(CHEAP, lambda seed: nearly_full(120, 20, seed)),
    "priced 40 x 16": Family(FREE, lambda seed: priced(40, 16, seed)),
    "priced 80 x 16": Family(FREE, lambda seed: priced(80, 16, seed)),
    "zone spread 60 x 12": Family(Weights(), lambda seed: zone_spread(60, 12, seed)),
    "free spread 50 x 10": Family(FREE, lambda seed: equal_nodes(50, 10, seed)),
}


def _started(
    request: Ints,
    room: Ints,
    mode: LoadMode,
    rng: np.random.Generator,
    services: int,
    zones: int = 1,
) -> Problem:
    """The problem with pods where a first scheduler may have left them, every rule kept."""
    pods, nodes = len(request), len(room)
    service = rng.integers(0, services, pods)
    for _ in range(ATTEMPTS):
        current = _at_random(request, room, service, rng, zones)
        if current is not None:
            break
    else:
        raise ValueError("no start that keeps the rules was found; take another seed")
    return replace(
        problem_of(request, room, current, mode),
        service=service,
        services=tuple(f"service-{number}" for number in range(services)),
        service_fixed=np.zeros((services, nodes), dtype=np.int64),
    )


def _at_random(
    request: Ints, room: Ints, service: Ints, rng: np.random.Generator, zones: int
) -> Ints | None:
    """Large pods first, each where it leaves least or anywhere; None when one fits nowhere."""
    current = np.zeros(len(request), dtype=np.int64)
    seen = rng.integers(0, zones, service.max() + 1)
    held = np.zeros_like(room)
    share = (request / room.max(axis=0)).max(axis=1)
    for pod in np.argsort(-share * rng.uniform(0.9, 1.1, len(share)), kind="stable"):
        fits = (held + request[pod] <= room).all(axis=1)
        fits &= np.arange(len(room)) % zones == seen[service[pod]] % zones
        takes = np.flatnonzero(fits)
        if not len(takes):
            return None
        left = ((room - held - request[pod]) / room)[takes, :2].max(axis=1)
        current[pod] = takes[(left + rng.uniform(0, 0.3, len(takes))).argmin()]
        held[current[pod]] += request[pod]
        seen[service[pod]] += 1
    return current
