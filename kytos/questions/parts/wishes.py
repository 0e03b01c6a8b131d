"""What a rebalance may be asked beside load, moves and pairs: headroom, and where services must be.

Each is left out by default and of use by itself. None of them is known to Kubernetes: they hold for
the plan, and `kytos.hamiltonian` builds no QUBO with them (docs/decisions/0270, 0272).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import floor
from typing import Annotated

import numpy as np
from pydantic import Field, field_validator

from kytos.cluster import Cluster, Frozen, Node
from kytos.contract.weights import LEAST_MOVES_PER_NODE, MOVE_IN_SPREAD
from kytos.errors import RequestRefused
from kytos.headroom import Balance, SafetyLines
from kytos.language import said
from kytos.pairs import PairRows
from kytos.pod_sets import PodSet
from kytos.problem import Bools, Floats, Ints, LoadMode, Locations, Presence, Problem, Tally
from kytos.questions.parts.decimals import as_written

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Worth = Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1, max_length=317)]
"""Of a resource, a service or a label: 253 characters, a slash and 63."""


class Beside(Frozen):
    """Pods of a service run only where another service runs."""

    service: Name = Field(description="whose pods need company")
    near: Name = Field(description="the service that has to run there too")
    by: Name | None = Field(
        None, description="key of a node label: nodes alike in it are one place; left out: the zone"
    )


class FreeTogether(Frozen):
    """Two resources that should stay free in proportion."""

    first: Name
    second: Name
    parts: Annotated[float, Field(ge=0, le=1e15, allow_inf_nan=False)] | None = Field(
        None,
        description="units of the second wanted free for each of the first (cpu in millicores, "
        "memory in bytes); left out: as all nodes together have them",
    )


class Wishes(Frozen):
    """The part of a request that says what should stay free and where services must be."""

    safety_lines: dict[Name, Share] = Field(
        {},
        description="by resource (cpu, memory, nvidia.com/gpu, ...), the share of a node above "
        "which filling it costs, in proportion, until it is full: a soft limit",
    )
    safety_weight: Worth = Field(
        1.0,
        description="what a node filled to the brim of one resource costs, as a multiple of what "
        "freeing a node is worth",
    )
    balance: tuple[FreeTogether, ...] = Field(
        (),
        description="pairs of resources that should stay free together: what is wanting of the "
        "second costs, a whole node of it as much as a full node does",
    )
    balance_weight: Worth = Field(1.0, description="how much that costs, as `safety_weight`")
    least_zones: dict[Name, Annotated[int, Field(ge=1)]] = Field(
        {},
        description="by service, the zones that must hold a pod of it; where fewer do today, no "
        "fewer after",
    )
    run_near: tuple[Beside, ...] = Field(
        (), description="services whose pods that move go only where another service runs"
    )
    overlap: tuple[Name, ...] = Field(
        (),
        description="resources that a moved pod holds in both places until all moves are done, so "
        "that replacements can start first, in any order",
    )
    service_move_cost: Worth = Field(
        0.0,
        description="what each pod that moves of the service that most move of costs beside, in "
        "ordinary moves: spreads the moves over services",
    )
    zone_move_cost: Worth = Field(
        0.0, description="what a move into another zone costs beside, in ordinary moves"
    )

    @field_validator("balance")
    @classmethod
    def _are_two(cls, pairs: tuple[FreeTogether, ...]) -> tuple[FreeTogether, ...]:
        for pair in pairs:
            if pair.first == pair.second:
                raise ValueError(f"{pair.first!r} is paired with itself; name two resources")
        return pairs


def with_wishes(problem: Problem, cluster: Cluster, wishes: Wishes) -> Problem:
    """Return the problem with what was asked; the same one where nothing was.

    Raises
    ------
    RequestRefused
        When a resource, service or label is named that the cluster has not.
    """
    fields = Wishes.model_fields
    if all(getattr(wishes, name) == field.default for name, field in fields.items()):
        return problem
    problem = replace(
        problem,
        safety=_safety(problem, cluster, wishes),
        balances=tuple(_balances(problem, cluster, wishes)),
        most_moved_cost=wishes.service_move_cost,
        overlap=_overlap(problem, cluster, wishes),
    )
    if wishes.zone_move_cost:
        problem = replace(problem, node_cost=_zone_moves(problem, wishes.zone_move_cost))
    return _with_places(problem, cluster, wishes)


def node_worth(problem: Problem) -> float:
    """Return what freeing a node is worth in H_load, at weight 1: ten moves where none is freed."""
    if problem.mode is LoadMode.CONSOLIDATE:
        return float(problem.price.mean()) if len(problem.price) else 1.0
    return LEAST_MOVES_PER_NODE * MOVE_IN_SPREAD * problem.slots


def _safety(problem: Problem, cluster: Cluster, wishes: Wishes) -> SafetyLines | None:
    """Lines as shares of what a node offers; the cost of all above one is the same everywhere."""
    lines = {
        column: as_written(share)
        for name, share in wishes.safety_lines.items()
        if (column := _column(problem, cluster, name, f"safety_lines.{name}")) is not None
        and share < 1
    }
    if not lines or not wishes.safety_weight:
        return None
    line, cost = problem.allocatable.copy(), np.zeros(problem.allocatable.shape)
    for column, share in lines.items():
        offered = problem.allocatable[:, column]
        line[:, column] = [floor(amount * share) for amount in offered.tolist()]
        above = offered - line[:, column]
        cost[:, column] = np.divide(
            wishes.safety_weight * node_worth(problem),
            above,
            out=np.zeros(len(above)),
            where=above > 0,
        )
    return SafetyLines(line, cost)


def _balances(problem: Problem, cluster: Cluster, wishes: Wishes) -> Iterator[Balance]:
    for position, pair in enumerate(wishes.balance):
        where = f"balance[{position}]"
        first = _column(problem, cluster, pair.first, f"{where}.first")
        second = _column(problem, cluster, pair.second, f"{where}.second")
        if first is None or second is None:
            continue
        offered = problem.allocatable[:, [first, second]].sum(axis=0)
        parts = pair.parts
        if parts is None:
            parts = float(offered[1] / offered[0]) if offered[0] else 0.0
        whole = round(parts)
        if parts and abs(whole - parts) > 0.01 * parts:
            raise RequestRefused(
                said(
                    f"{parts:.4g} of {pair.second} for each of {pair.first} is no whole number of "
                    "units; name the two the other way round"
                ),
                where,
            )
        there: Floats = problem.allocatable[:, second].astype(np.float64)
        cost = np.divide(
            wishes.balance_weight * node_worth(problem),
            there,
            out=np.zeros(len(there)),
            where=there > 0,
        )
        yield Balance(first, second, whole, cost)


def _overlap(problem: Problem, cluster: Cluster, wishes: Wishes) -> Bools | None:
    if not wishes.overlap:
        return None
    overlap = np.zeros(len(problem.resources), dtype=np.bool_)
    for position, name in enumerate(wishes.overlap):
        column = _column(problem, cluster, name, f"overlap[{position}]")
        if column is not None:
            overlap[column] = True
    return overlap if overlap.any() else None


def _column(problem: Problem, cluster: Cluster, name: str, where: str) -> int | None:
    """Return a resource's position; None where no pod to move asks for it, so nothing changes."""
    if name in problem.resources:
        return problem.resources.index(name)
    if any(name in node.allocatable for node in cluster.nodes):
        return None
    raise RequestRefused(
        said(
            f"{name!r} is no resource that a node of cluster {cluster.name!r} offers; name one, "
            "such as cpu or memory"
        ),
        where,
    )


def _zone_moves(problem: Problem, cost: float) -> PairRows[np.float64]:
    """What each pair costs by its zone being another than the pod's."""
    home = np.where(problem.current >= 0, problem.zone[problem.current], -1)
    known, kind = np.unique(home, return_inverse=True)
    apart = (known[:, None] >= 0) & (problem.zone[None, :] >= 0)
    apart &= known[:, None] != problem.zone[None, :]
    rows = PairRows(kind.reshape(-1), np.where(apart, cost, 0.0))
    if problem.node_cost is None:
        return rows
    return PairRows.of(np.asarray(problem.node_cost) + np.asarray(rows))


def _with_places(problem: Problem, cluster: Cluster, wishes: Wishes) -> Problem:
    """Add the tallies and rules of `least_zones` and `run_near`."""
    tallies = list(problem.tallies)
    presences, locations = list(problem.presences), list(problem.locations)

    def counted(service: str, domain: Ints, where: str) -> int:
        tallies.append(_tally(problem, cluster, service, domain, where))
        return len(tallies) - 1

    for service, least in wishes.least_zones.items():
        position = counted(service, problem.zone, f"least_zones.{service}")
        locations.append(Locations(position, least, f"least_zones of {service}"))
    for number, pair in enumerate(wishes.run_near):
        where = f"run_near[{number}]"
        if pair.service == pair.near:
            raise RequestRefused(
                said(f"{pair.near!r} is always near itself; name another one"), where
            )
        domain = _places(problem, cluster.nodes, pair.by, where)
        carriers = counted(pair.service, domain, f"{where}.service")
        targets = counted(pair.near, domain, f"{where}.near")
        nobody = PodSet(np.zeros(0, dtype=np.int64), len(problem.pods))
        rule = f"run_near: {pair.service} beside {pair.near}"
        presences.append(Presence(carriers, targets, rule, nobody))
    return replace(
        problem, tallies=tuple(tallies), presences=tuple(presences), locations=tuple(locations)
    )


def _places(problem: Problem, nodes: Sequence[Node], by: str | None, where: str) -> Ints:
    """``(nodes,)`` the place of each node by a label's value, -1 for none."""
    if by is None:
        return problem.zone
    values = sorted({node.labels[by] for node in nodes if by in node.labels})
    if not values:
        raise RequestRefused(
            said(f"no node has a label {by!r}; give a key that nodes have"), f"{where}.by"
        )
    return np.array(
        [values.index(node.labels[by]) if by in node.labels else -1 for node in nodes],
        dtype=np.int64,
    )


def _tally(problem: Problem, cluster: Cluster, service: str, domain: Ints, where: str) -> Tally:
    """Count a service's pods by place, those that stay included."""
    pods = [pod for pod in cluster.pods if pod.service == service and pod.holds_capacity]
    if not pods:
        raise RequestRefused(said(f"{service!r} is no service with running pods; name one"), where)
    position = {name: number for number, name in enumerate(problem.pods)}
    members = sorted(position[pod.id] for pod in pods if pod.id in position)
    fixed = np.zeros(int(domain.max(initial=-1)) + 1, dtype=np.int64)
    for pod in pods:
        if pod.id not in position and pod.node is not None:
            place = int(domain[cluster.node_index[pod.node]])
            if place >= 0:
                fixed[place] += 1
    return Tally(domain, PodSet(np.array(members, dtype=np.int64), len(problem.pods)), fixed)
