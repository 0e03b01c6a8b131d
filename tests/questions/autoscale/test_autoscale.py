"""Autoscale: what the cluster can carry, who waits, who goes, and where the new ones run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from kytos.cluster import (
    CPU,
    HOSTNAME,
    MEMORY,
    Cluster,
    LabelSelector,
    Owner,
    PodTerm,
    Quota,
    Requirement,
)
from kytos.contract.params import SolverName
from kytos.contract.weights import Weights
from kytos.errors import RequestRefused
from kytos.questions.autoscale.autoscale import AutoscaleOutcome, autoscale, scaled_cluster
from kytos.questions.autoscale.request import AutoscaleRequest
from kytos.questions.autoscale.traffic_curve import traffic_curve
from kytos.rules.index import RuleIndex
from kytos.rules.verdicts import FEASIBLE, first_refusals
from tests.questions.small import QUICK, cluster, node, pod


def asked(*services: dict[str, Any], **fields: Any) -> AutoscaleRequest:
    return AutoscaleRequest.model_validate({"services": services, **fields})


def service(name: str, rate: float, target: float = 10, **more: Any) -> dict[str, Any]:
    return {"id": name, "request_rate": rate, "target_rate": target, **more}


def recommended(outcome: AutoscaleOutcome) -> dict[str, int]:
    return {action.service: action.recommended_replicas for action in outcome.actions}


def replicas(name: str, *where: str, cpu: int = 100, memory: int = 0, **more: Any) -> list[Any]:
    return [pod(f"{name}-{n}", at, cpu, memory, service=name, **more) for n, at in enumerate(where)]


@pytest.fixture
def two_nodes() -> Cluster:
    """Two nodes of 1000; service a runs twice on the first, b once on the second."""
    return cluster([node("x"), node("y")], [*replicas("a", "x", "x"), *replicas("b", "y")])


# Against every vector of counts


def random_question(seed: int) -> tuple[Cluster, AutoscaleRequest]:
    """Two to four services on two or three nodes, too little room for all they want."""
    rng = np.random.default_rng(seed)
    names = [f"n{n}" for n in range(int(rng.integers(2, 4)))]
    services, pods = [], []
    for position in range(int(rng.integers(2, 5))):
        name = f"s{position}"
        have, want = int(rng.integers(0, 4)), int(rng.integers(0, 6))
        cpu, memory = int(rng.integers(60, 240)), int(rng.integers(20, 200))
        apart = rng.random() < 0.3
        terms = (
            PodTerm(
                topology_key=HOSTNAME,
                selector=LabelSelector(
                    requirements=(Requirement(key="app", operator="In", values=(name,)),)
                ),
            ),
        )
        own = replicas(
            name,
            *(str(rng.choice(names)) for _ in range(have)),
            cpu=cpu,
            memory=memory,
            labels={"app": name},
            anti_affinity=terms if apart else (),
        )
        pods += own
        services.append(
            service(
                name,
                10 * want,
                min_replicas=0,
                priority=int(rng.integers(0, 2)),
                **(
                    {}
                    if own
                    else {"replicas": 0, "cpu_request": cpu, "mem_request": memory / 2**20}
                ),
            )
        )
    nodes = [
        node(name, int(rng.integers(500, 1100)), int(rng.integers(400, 1100))) for name in names
    ]
    return cluster(nodes, pods), asked(
        *services,
        cpu_margin=float(rng.choice([0, 0.1, 0.25])),
        mem_margin=float(rng.choice([0, 0.1])),
    )


def best_vector(before: Cluster, request: AutoscaleRequest) -> dict[str, int]:
    """Of every vector that can run, the one that serves replicas best in their order.

    A second implementation: packing by backtracking, margins in fractions.
    """
    have = {s.id: [p for p in before.pods if p.service == s.id] for s in request.services}
    want = {s.id: round(s.request_rate / 10) for s in request.services}
    for s in request.services:
        now = len(have[s.id])
        if now and abs(Fraction(want[s.id], now) - 1) <= Fraction(1, 10):
            want[s.id] = now
    gone = set()
    for name, own in have.items():
        crowd = {p.id: sum(q.node == p.node for q in own) for p in own}
        order = sorted(own, key=lambda p: (-crowd[p.id], p.id))
        gone |= {p.id for p in order[: max(0, len(own) - want[name])]}
    left = {
        n.name: [
            n.allocatable[r]
            - sum(p.requests[r] for p in before.pods if p.node == n.name and p.id not in gone)
            for r in (CPU, MEMORY)
        ]
        for n in before.nodes
    }
    room = [
        sum(max(0, free[i]) for free in left.values())
        - Fraction(str(margin)) * sum(n.allocatable[r] for n in before.nodes)
        for i, (r, margin) in enumerate([(CPU, request.cpu_margin), (MEMORY, request.mem_margin)])
    ]
    size = {
        s.id: [have[s.id][0].requests[r] for r in (CPU, MEMORY)]
        if have[s.id]
        else [int(s.cpu_request or 0), round((s.mem_request or 0) * 2**20)]
        for s in request.services
    }
    alone = {name for name, own in have.items() if own and own[0].anti_affinity}
    there = {name: {p.node for p in have[name] if p.id not in gone} for name in have}
    tokens = sorted(
        (-(s.priority or 0), Fraction(k, want[s.id]), s.id, k)
        for s in request.services
        for k in range(len(have[s.id]), want[s.id])
    )

    def runs(vector: dict[str, int]) -> bool:
        extra = [name for name, count in vector.items() for _ in range(count - len(have[name]))]
        for i in range(2):
            asking = sum(size[name][i] for name in extra)
            if asking > max(room[i], 0):
                return False
        return _packs(extra, {n: list(f) for n, f in left.items()}, size, alone, there)

    ranges = [range(min(len(have[n]), want[n]), want[n] + 1) for n in have]
    best, score = {}, None
    for counts in product(*ranges):
        vector = dict(zip(have, counts, strict=True))
        if any(len(have[n]) > want[n] and vector[n] != want[n] for n in have):
            continue
        key = tuple(k < vector[name] for _, _, name, k in tokens)
        if (score is None or key > score) and runs(vector):
            best, score = vector, key
    return best


def _packs(
    extra: Sequence[str],
    left: dict[str, list[int]],
    size: dict[str, list[int]],
    alone: set[str],
    there: dict[str, set[str | None]],
) -> bool:
    if not extra:
        return True
    name, *others = extra
    for where in left:
        if name in alone and where in there[name]:
            continue
        if all(
            need == 0 or need <= free for need, free in zip(size[name], left[where], strict=True)
        ):
            less = left | {where: [f - n for f, n in zip(left[where], size[name], strict=True)]}
            more = there | {name: there[name] | {where}}
            if _packs(others, less, size, alone, more):
                return True
    return False


def questions(count: int) -> Iterator[tuple[int, Cluster, AutoscaleRequest]]:
    for seed in range(count):
        yield seed, *random_question(seed)


@pytest.mark.parametrize(
    ("solver", "count"), [(SolverName.FIRST_FIT_DECREASING, 100), (SolverName.OPENJIJ_SA, 20)]
)
def test_counts_equal_brute_force_over_vectors(solver: SolverName, count: int) -> None:
    """On 100 random instances, most of them held back, the best of all vectors is recommended."""
    held_back = 0
    for seed, before, request in questions(count):
        outcome = autoscale(before, request, solver=solver, params=QUICK)
        assert recommended(outcome) == best_vector(before, request), f"seed {seed}"
        held_back += any(action.suppressed for action in outcome.actions)
        planned = scaled_cluster(before, request, outcome)
        rows = [planned.pod_index[new.pod] for new in outcome.placements]
        for row, refused in zip(rows, first_refusals(RuleIndex(planned), rows), strict=True):
            assert refused[planned.node_index[planned.pods[row].node]] == FEASIBLE
    assert held_back >= count / 3


# The rules one by one


def test_scale_in_makes_room_for_scale_out() -> None:
    """A full node: what a gives up in the same step, b may take."""
    full = cluster([node("x", 400)], [*replicas("a", "x", "x", "x"), *replicas("b", "x")])
    outcome = autoscale(full, asked(service("a", 10), service("b", 30)), params=QUICK)
    assert recommended(outcome) == {"a": 1, "b": 3}
    assert [gone.service for gone in outcome.removed] == ["a", "a"]
    assert not any(action.suppressed for action in outcome.actions)


def test_higher_priority_comes_first(two_nodes: Cluster) -> None:
    """Short of room, the higher one gets all it wants and the lower one what is left."""
    request = asked(service("a", 100, priority=1), service("b", 60, priority=9), cpu_margin=0.1)
    outcome = autoscale(two_nodes, request, params=QUICK)
    assert recommended(outcome) == {"a": 10, "b": 6}
    tight = request.model_copy(update={"cpu_margin": 0.4})
    assert recommended(autoscale(two_nodes, tight, params=QUICK)) == {"a": 6, "b": 6}


def test_equals_share_by_fraction_of_desired(two_nodes: Cluster) -> None:
    """Desired 8 and 4, room for nine in all: 6 and 3; the odd one goes to the first id."""
    request = asked(service("a", 80), service("b", 40), cpu_margin=0.55)
    assert recommended(autoscale(two_nodes, request, params=QUICK)) == {"a": 6, "b": 3}
    odd = cluster([node("x", 500)], [*replicas("a", "x"), *replicas("b", "x")])
    assert recommended(autoscale(odd, asked(service("a", 40), service("b", 40)), params=QUICK)) == {
        "a": 3,
        "b": 2,
    }


def test_the_margin_stays_free(two_nodes: Cluster) -> None:
    """At 30 % of 2000 the three that run may become fourteen, and the reason is told."""
    outcome = autoscale(two_nodes, asked(service("a", 1000), cpu_margin=0.3), params=QUICK)
    assert recommended(outcome) == {"a": 13}
    assert outcome.margin.cpu_after == pytest.approx(0.3)
    assert outcome.actions[0].suppressed
    assert outcome.actions[0].reason == (
        "1000 at 10 each needs 100; held back at 13: 30% of CPU must stay free"
    )


def test_a_breached_margin_stops_scale_out_and_forces_nothing_in(two_nodes: Cluster) -> None:
    """More is asked to stay free than is: nobody grows, nobody is taken away for it."""
    outcome = autoscale(
        two_nodes, asked(service("a", 60), service("b", 10), cpu_margin=0.95), params=QUICK
    )
    assert recommended(outcome) == {"a": 2, "b": 1}
    assert outcome.removed == ()
    assert outcome.actions[0].reason.endswith(
        "held back at 2: less than 95% of CPU is free already"
    )


def test_a_replica_needs_a_node_not_only_room() -> None:
    """Two nodes with half of what a replica needs are no node: held back by the rules."""
    halves = cluster([node("x", 900), node("y", 900)], [*replicas("a", "x", cpu=600)])
    outcome = autoscale(halves, asked(service("a", 40)), params=QUICK)
    assert recommended(outcome) == {"a": 2}
    assert outcome.actions[0].reason.endswith("held back at 2: 0 of 2 nodes: 2 insufficient cpu")


def test_minimum_maximum_and_disabled(two_nodes: Cluster) -> None:
    """The rate is held within its bounds; a service that is not enabled keeps its count."""
    outcome = autoscale(
        two_nodes,
        asked(service("a", 1, min_replicas=4), service("b", 90, max_replicas=3)),
        params=QUICK,
    )
    assert recommended(outcome) == {"a": 4, "b": 3}
    assert outcome.actions[0].reason.endswith("raised to its minimum 4")
    assert outcome.actions[1].reason.endswith("cut to its maximum 3")
    off = autoscale(two_nodes, asked(service("a", 500, enabled=False)), params=QUICK)
    assert recommended(off) == {"a": 2}
    assert off.nothing_to_do


def test_within_tolerance_nothing_changes(two_nodes: Cluster) -> None:
    """Two replicas at 10 each carry 22 as they are."""
    outcome = autoscale(two_nodes, asked(service("a", 22)), params=QUICK)
    assert recommended(outcome) == {"a": 2}
    assert outcome.actions[0].reason == "22 at 10 each is within 10% of what 2 serve"


def test_from_nothing(two_nodes: Cluster) -> None:
    """A service of which none runs needs its requests told, and then scales from 0."""
    outcome = autoscale(
        two_nodes,
        asked(service("new", 21, replicas=0, cpu_request=100, mem_request=0)),
        params=QUICK,
    )
    assert recommended(outcome) == {"new": 3}
    assert {placed.pod for placed in outcome.placements} == {f"new-new-{n}" for n in (1, 2, 3)}


def test_unlisted_replicas_count_but_hold_nothing_more(two_nodes: Cluster) -> None:
    """Replicas given without pods are taken to be in the nodes' current load."""
    outcome = autoscale(
        two_nodes,
        asked(service("other", 40, replicas=3, cpu_request=100, mem_request=0)),
        params=QUICK,
    )
    assert recommended(outcome) == {"other": 4}
    assert len(outcome.placements) == 1


def test_who_goes_first() -> None:
    """Not ready, then the cheapest to delete, then from the node with most of them."""
    cost = "controller.kubernetes.io/pod-deletion-cost"
    before = cluster(
        [node("x"), node("y"), node("z")],
        [
            pod("alone", "z", service="a"),
            pod("crowd-1", "x", service="a"),
            pod("crowd-2", "x", service="a"),
            pod("cheap", "y", service="a", annotations={cost: "-1"}),
            pod("sick", "y", service="a", ready=False),
        ],
    )
    for count, gone in ((4, {"sick"}), (3, {"sick", "cheap"}), (2, {"sick", "cheap", "crowd-1"})):
        outcome = autoscale(before, asked(service("a", 10 * count)), params=QUICK)
        assert {removed.pod for removed in outcome.removed} == gone


def test_a_stateful_set_loses_its_highest_ordinals() -> None:
    """Whatever else is told, ordinals go from the top."""
    owner = Owner(kind="StatefulSet", name="db")
    before = cluster(
        [node("x")], [pod(f"db-{n}", "x", service="db", owner=owner) for n in (0, 1, 2, 10)]
    )
    outcome = autoscale(before, asked(service("db", 20)), params=QUICK)
    assert [removed.pod for removed in outcome.removed] == ["db-10", "db-2"]


def test_the_weights_change_the_plan() -> None:
    """B levels, D keeps replicas apart, and at C = 0 unserved demand is worth nothing."""
    uneven = cluster([node("x"), node("y", 4000)], [*replicas("a", "y", cpu=50)])
    request = asked(service("a", 20))
    level = autoscale(uneven, request, weights=Weights(B=100, D=0), params=QUICK)
    assert level.placements[0].node == "y"
    apart = autoscale(uneven, request, weights=Weights(B=0, D=1), params=QUICK)
    assert apart.placements[0].node == "x"
    idle = autoscale(uneven, request, weights=Weights(C=0), params=QUICK)
    assert recommended(idle) == {"a": 1}
    assert "worth nothing" in idle.actions[0].reason


def test_the_sampler_is_told_apart_from_the_exact_stage(two_nodes: Cluster) -> None:
    """What the integers alone came to stands beside what was settled."""
    outcome = autoscale(
        two_nodes, asked(service("a", 80), service("b", 40), cpu_margin=0.4), params=QUICK
    )
    assert outcome.solver.qubo is not None
    assert outcome.solver.qubo.info["integers"] == 4
    assert set(outcome.sampled_replicas) == {"a", "b"}
    assert any("exact stage" in message for message in outcome.solver.messages)
    assert [stage.name for stage in outcome.solver.stages][:2] == ["build", "sample"]


@pytest.mark.parametrize(
    ("max_variables", "expected"), [(100, SolverName.OPENJIJ_SA), (3, SolverName.HYBRID)]
)
def test_a_question_that_names_no_solver_gets_one_by_its_size(
    two_nodes: Cluster, max_variables: int, expected: SolverName
) -> None:
    """Its eight variables are annealed where so many are held; the counts are the same anyway."""
    request = asked(service("a", 60), service("b", 20))
    params = QUICK.model_copy(update={"max_variables": max_variables})
    outcome = autoscale(two_nodes, request, params=params)
    assert outcome.solver.name is expected
    assert recommended(outcome) == {"a": 6, "b": 2}


def test_no_more_is_annealed_than_asked_for(two_nodes: Cluster) -> None:
    """Where one node takes too many variables, its first service, of three, is annealed alone."""
    request = asked(service("a", 60), service("b", 20))
    for most in (1, 2, 3):
        params = QUICK.model_copy(update={"max_variables": most})
        outcome = autoscale(two_nodes, request, solver=SolverName.OPENJIJ_SA, params=params)
        assert outcome.solver.qubo is not None
        assert outcome.solver.qubo.assignment_variables <= max(most, 3)
        assert recommended(outcome) == {"a": 6, "b": 2}


def test_energy_adds_up(two_nodes: Cluster) -> None:
    """The total is the weighted sum; serving demand lowers the cost."""
    weights = Weights(B=2, C=3, D=4)
    outcome = autoscale(two_nodes, asked(service("a", 60)), weights=weights, params=QUICK)
    for energy in (outcome.energy.before, outcome.energy.after):
        assert energy.total == pytest.approx(
            2 * energy.load + 3 * energy.cost + 4 * energy.affinity
        )
    assert outcome.energy.after.cost == 0 < outcome.energy.before.cost
    assert outcome.certificate.bound <= outcome.energy.after.total + 1e-9


def spread_of(found: Cluster) -> float:
    """H_load of a cluster by hand: squared distances of utilisations from what all runs come to."""
    distance = 0.0
    for resource in (CPU, MEMORY):
        offered = {node.name: node.allocatable[resource] for node in found.nodes}
        held = dict.fromkeys(offered, 0)
        for one in found.pods:
            held[one.node or ""] += one.requests.get(resource, 0)
        mean = sum(held.values()) / sum(offered.values())
        distance += sum((held[name] / offered[name] - mean) ** 2 for name in offered)
    return distance


@pytest.mark.parametrize("seed", range(10))
def test_load_is_the_spread_after_scaling_and_bounded_by_it(seed: int) -> None:
    """Replicas that go count in no mean: on unequal nodes the mean decides which node is best."""
    random = np.random.default_rng(seed)
    sizes = random.integers(5, 30, 3) * 200
    nodes = [node(f"n{at}", int(size), int(size)) for at, size in enumerate(sizes)]
    going = replicas("going", "n0", "n0", "n1", cpu=int(random.integers(100, 700)))
    found = cluster(nodes, [*going, *replicas("coming", "n2", cpu=int(random.integers(50, 300)))])
    request = asked(service("going", 10), service("coming", 40))
    weights = Weights(D=0)
    outcome = autoscale(found, request, weights=weights, params=QUICK)
    scaled = scaled_cluster(found, request, outcome)
    assert outcome.removed
    assert outcome.placements
    assert outcome.energy.after.load == pytest.approx(spread_of(scaled))
    new = [placed.pod for placed in outcome.placements]
    best = min(
        spread_of(scaled.with_placement(dict(zip(new, where, strict=True))))
        for where in product([one.name for one in nodes], repeat=len(new))
    )
    assert outcome.energy.after.load == pytest.approx(best)
    assert outcome.certificate.bound <= outcome.energy.after.total + 1e-9


def test_the_traffic_curve_rises_and_then_is_held(two_nodes: Cluster) -> None:
    """Twice the rate, twice the replicas, until the cluster is full; the margin falls."""
    curve = traffic_curve(two_nodes, asked(service("a", 40)), [0.5, 1, 2, 10])
    assert [point.recommended["a"] for point in curve.points] == [2, 4, 8, 19]
    assert [point.desired["a"] for point in curve.points] == [2, 4, 8, 40]
    free = [point.margin.cpu_after for point in curve.points]
    assert free == sorted(free, reverse=True)
    assert curve.points[-1].suppressed == ("a",)
    with pytest.raises(RequestRefused, match=r"factors\[0\]"):
        traffic_curve(two_nodes, asked(service("a", 40)), [-1])


# Refusals


@pytest.mark.parametrize(
    ("services", "words"),
    [
        ([service("z", 1)], r"services\[0\].id: no pod belongs to service 'z'"),
        ([service("a", 1), service("a", 1)], r"services\[1\]: 'a' is named twice"),
        ([service("a", 1, replicas=5)], r"services\[0\].replicas: is 5, but 2 pods"),
        ([service("z", 9, replicas=0)], r"services\[0\].cpu_request: is missing"),
        ([service("a", 1e9)], r"asks for 99,999,998 new replicas"),
    ],
)
def test_what_cannot_be_asked_is_said_in_a_sentence(
    two_nodes: Cluster, services: list[dict[str, Any]], words: str
) -> None:
    """Unknown services, counts that contradict the pods, requests nobody tells: refused."""
    with pytest.raises(RequestRefused, match=words):
        autoscale(two_nodes, asked(*services), params=QUICK)


@pytest.mark.parametrize(
    "fields",
    [
        service("a", -1),
        service("a", 1, 0),
        service("a", float("nan")),
        service("a", 1, min_replicas=5, max_replicas=3),
        service("a", 1, replicas=-1),
        service("a", 1, cpu_request=-5),
        service("a", 1, colour="red"),
    ],
)
def test_bad_numbers_are_refused(fields: dict[str, Any]) -> None:
    """Negative and non-finite rates, a target of nothing, a minimum above the maximum."""
    with pytest.raises(ValidationError):
        asked(fields)


def test_same_seed_same_answer(two_nodes: Cluster) -> None:
    """Two runs agree in counts and nodes."""
    request = asked(service("a", 60), service("b", 50))
    first, second = (autoscale(two_nodes, request, params=QUICK) for _ in range(2))
    assert first.placement == second.placement
    assert first.sampled_replicas == second.sampled_replicas


# What admission refuses, and whose pods they are


@pytest.mark.parametrize(("used", "grown"), [({}, 5), ({"requests.cpu": 350}, 4)])
def test_a_quota_holds_back(two_nodes: Cluster, used: dict[str, int], grown: int) -> None:
    """What its namespace's quota leaves is granted, and the quota is the reason for the rest."""
    hard = Quota(name="q", namespace="default", hard={"requests.cpu": 500}, used=used)
    limited = two_nodes.replace(quotas=(hard,))
    # Service b goes from one replica to none first: what it used is free again.
    request = asked(service("a", 60), service("b", 0, min_replicas=0))
    outcome = autoscale(limited, request, params=QUICK)
    action = outcome.actions[0]
    assert (action.recommended_replicas, action.suppressed) == (grown, True)
    assert "quota default/q is exceeded" in action.reason
    assert recommended(autoscale(two_nodes, request, params=QUICK))["a"] == 6


def test_the_quota_of_another_namespace_binds_nobody(two_nodes: Cluster) -> None:
    """It is by namespace."""
    hard = Quota(name="q", namespace="other", hard={"pods": 0})
    outcome = autoscale(two_nodes.replace(quotas=(hard,)), asked(service("a", 60)), params=QUICK)
    assert recommended(outcome) == {"a": 6}


def test_replicas_of_another_scheduler_wait_for_it(two_nodes: Cluster) -> None:
    """Where they would run is its business, unless the request hands them over."""
    theirs = tuple(pod.model_copy(update={"scheduler": "volcano"}) for pod in two_nodes.pods)
    given = two_nodes.replace(pods=theirs)
    assert recommended(autoscale(given, asked(service("a", 60)), params=QUICK)) == {"a": 2}
    handed = asked(service("a", 60), schedulers=["volcano"])
    assert recommended(autoscale(given, handed, params=QUICK)) == {"a": 6}
