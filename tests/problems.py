"""Random small problems, for property tests of whatever takes a `Problem`.

`random_problem` is a plain function of its seed; `problems` wraps it for hypothesis. Amounts are
small integers, so that quantised capacities can be exact; starts may be overcommitted, nodes may
offer nothing of a resource, pods may wait, be pinned by `allowed`, or stand where they may not.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from kytos.headroom import Balance, SafetyLines
from kytos.problem import (
    UNPLACED,
    Exclusion,
    Ints,
    LoadMode,
    Locations,
    MoveLimit,
    Pairing,
    Presence,
    Problem,
    Skew,
    Tally,
    Traffic,
)
from kytos.referee.feasible import feasible


def random_problem(
    seed: int,
    pods: int = 5,
    nodes: int = 3,
    mode: LoadMode = LoadMode.SPREAD,
    *,
    rules: bool = True,
    traffic: bool = True,
    waiting: float = 0.25,
    room: float = 1.5,
    further: bool = False,
) -> Problem:
    """Build a problem.

    Parameters
    ----------
    rules
        Whether rules that depend on others occur (exclusions, presences, skews, move limits).
    waiting
        The share of pods that have no node yet.
    room
        Allocatable as a multiple of the mean load; below 1 most nodes are overcommitted.
    further
        Whether headroom, moves by service and, with `rules`, locations and overlapping moves
        occur, which no QUBO holds.
    """
    rng = np.random.default_rng(seed)
    request = np.column_stack(
        [rng.integers(0, 5, pods), rng.integers(0, 4, pods), np.ones(pods, dtype=np.int64)]
    ).astype(np.int64)
    fixed = rng.integers(0, 3, (nodes, 3))
    share = (request.sum(axis=0) + fixed.sum(axis=0)) / nodes
    allocatable = np.ceil(room * share * rng.uniform(0.6, 1.4, (nodes, 3))).astype(np.int64)
    allocatable[rng.random((nodes, 3)) < 0.08] = 0
    capacity = np.where(rng.random((nodes, 3)) < 0.8, allocatable, allocatable * 4 // 5)
    allowed = rng.random((pods, nodes)) < 0.85
    current = np.where(rng.random(pods) < waiting, UNPLACED, rng.integers(0, nodes, pods))
    runs = current >= 0
    allowed[runs, current[runs]] = rng.random(int(runs.sum())) < 0.9
    must_place = runs & (rng.random(pods) < 0.8)
    zone = rng.integers(-1, 2, nodes)
    service = rng.integers(-1, 3, pods)
    usable = rng.random(nodes) < 0.9
    usable[0] = True
    plain = rng.random() < 0.3
    problem = Problem(
        pods=tuple(f"pod-{position}" for position in range(pods)),
        nodes=tuple(f"node-{position}" for position in range(nodes)),
        resources=("cpu", "memory", "pods"),
        allocatable=allocatable,
        capacity=capacity.astype(np.int64),
        fixed=fixed,
        request=request,
        load_allocatable=allocatable[:, :2].astype(np.float64),
        load_fixed=fixed[:, :2].astype(np.float64),
        load_request=request[:, :2] * rng.choice([1.0, 1.25]),
        current=current,
        allowed=allowed,
        must_place=must_place,
        desire=np.where(must_place, 0.0, 50.0 * 2.0 ** rng.integers(0, 3, pods)),
        priority=rng.integers(0, 3, pods) * 100,
        move_cost=rng.choice([0.5, 1.0, 2.0], pods),
        service=service,
        services=("web", "db", "queue"),
        service_fixed=rng.integers(0, 2, (3, nodes)),
        zone=zone,
        usable=usable,
        price=np.ones(nodes) if plain else rng.choice([0.5, 1.0, 2.0], nodes),
        held_open=rng.random(nodes) < 0.2,
        mode=mode,
        zone_pairs=bool(rng.random() < 0.3),
        node_cost=None if plain else rng.uniform(0, 1, (pods, nodes)),
        preference=None if plain else rng.uniform(-1, 1, (pods, nodes)),
        traffic=_traffic(rng, pods, nodes) if traffic and pods > 1 else None,
    )
    tallies = tuple(_tally(rng, problem, position) for position in range(4))
    problem = replace(problem, tallies=tallies, pairings=(Pairing(0, 0, 0.5), Pairing(1, 3, -0.7)))
    problem = _with_rules(rng, problem) if rules else problem
    return _with_further(rng, problem, rules) if further else problem


def random_feasible(problem: Problem, seed: int, steps: int = 30) -> Ints:
    """``(pods,)`` a feasible placement, walked to from the start by single moves."""
    rng = np.random.default_rng(seed)
    placement = problem.current.copy()
    for _ in range(steps):
        proposal = placement.copy()
        proposal[rng.integers(len(problem.pods))] = rng.integers(UNPLACED, len(problem.nodes))
        if feasible(problem, proposal):
            placement = proposal
    return placement


def random_placement(problem: Problem, seed: int) -> Ints:
    """``(pods,)`` any placement, rules or not."""
    rng = np.random.default_rng(seed)
    return rng.integers(UNPLACED, len(problem.nodes), len(problem.pods))


seeds = st.integers(min_value=0, max_value=2**31 - 1)
modes = st.sampled_from(LoadMode)


@st.composite
def problems(
    draw: st.DrawFn,
    max_pods: int = 6,
    max_nodes: int = 4,
    *,
    rules: bool = True,
    traffic: bool = True,
    further: bool = False,
) -> Problem:
    """Problems of all modes, roomy to overcommitted, with none to all pods waiting."""
    return random_problem(
        draw(seeds),
        draw(st.integers(1, max_pods)),
        draw(st.integers(2, max_nodes)),
        draw(modes),
        rules=rules,
        traffic=traffic,
        waiting=draw(st.sampled_from([0.0, 0.3, 1.0])),
        room=draw(st.sampled_from([0.8, 1.3, 2.5])),
        further=further and draw(st.booleans()),
    )


def _traffic(rng: np.random.Generator, pods: int, nodes: int) -> Traffic:
    edges = int(rng.integers(1, pods + 1))
    pairs = np.array([rng.choice(pods, 2, replace=False) for _ in range(edges)])
    latency = rng.uniform(0, 1, (nodes, nodes))
    latency = (latency + latency.T) / 2
    return Traffic(pairs, rng.uniform(0, 1, edges), latency)


def _tally(rng: np.random.Generator, problem: Problem, position: int) -> Tally:
    """Even positions count over nodes, odd ones over zones."""
    nodes = len(problem.nodes)
    domain = np.arange(nodes) if position % 2 == 0 else problem.zone
    domains = nodes if position % 2 == 0 else 2
    members = rng.random(len(problem.pods)) < 0.5
    return Tally(domain, members, (rng.random(domains) < 0.25).astype(np.int64))


def _with_rules(rng: np.random.Generator, problem: Problem) -> Problem:
    pods = len(problem.pods)
    carriers, targets = problem.tallies[1].members, problem.tallies[3].members
    exclusions = (Exclusion(0, 0, "host"), Exclusion(0, 2, "ports"), Exclusion(1, 3, "zone"))
    limits = (MoveLimit(rng.random(pods) < 0.5, int(rng.integers(0, 3)), "default/budget"),)
    presence = Presence(1, 3, "near", carriers & targets)
    skew = Skew(1, 3, 1, int(rng.integers(1, 4)), np.ones(2, dtype=np.bool_), "zones")
    return replace(
        problem,
        exclusions=tuple(rule for rule in exclusions if rng.random() < 0.5),
        presences=(presence,) if rng.random() < 0.3 else (),
        skews=(skew,) if rng.random() < 0.3 else (),
        move_limits=limits if rng.random() < 0.3 else (),
        max_moves=int(rng.integers(0, pods + 1)) if rng.random() < 0.4 else None,
    )


def _with_further(rng: np.random.Generator, problem: Problem, rules: bool) -> Problem:
    shape = problem.capacity.shape
    line = np.floor(problem.allocatable * rng.uniform(0.3, 1.0, shape)).astype(np.int64)
    balance = Balance(0, 1, int(rng.integers(0, 3)), rng.uniform(0, 0.5, shape[0]))
    located = (Locations(1, 2, "zones"), Locations(2, int(rng.integers(1, 4)), "nodes"))
    return replace(
        problem,
        safety=SafetyLines(line, rng.uniform(0, 0.5, shape)) if rng.random() < 0.7 else None,
        balances=(balance,) if rng.random() < 0.6 else (),
        most_moved_cost=float(rng.choice([0.0, 1.5])),
        locations=located if rules and rng.random() < 0.6 else (),
        overlap=rng.random(shape[1]) < 0.5 if rules and rng.random() < 0.6 else None,
    )
