"""Rebalance from end to end, checked after the fact by the scheduler's rules."""

from __future__ import annotations

import json
import lzma
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from kytos.bounds import lower_bound
from kytos.cluster import (
    CPU,
    HOSTNAME,
    MEMORY,
    PODS,
    ZONE,
    Cluster,
    Node,
    NodeTerm,
    Owner,
    Pod,
    PodTerm,
    PreferredNodeTerm,
    PreferredPodTerm,
    Requirement,
    SpreadConstraint,
)
from kytos.contract.params import SolverName, SolverParams
from kytos.contract.watch import StopReason
from kytos.contract.weights import Weights
from kytos.hamiltonian.model import build_model
from kytos.problem import LoadMode
from kytos.questions.parts.build_problem import build_problem
from kytos.questions.rebalance import RebalanceOutcome, RebalanceRequest, rebalance
from kytos.referee.energy import score
from kytos.refine import refine
from kytos.rules.index import RuleIndex
from kytos.rules.verdicts import FEASIBLE, first_refusals
from kytos.solvers.cpsat import solve_exact
from kytos.sources.manifests import read_cluster
from tests.brute_force import feasible_placements
from tests.questions import small
from tests.rules.small import labelled

DATA = Path(__file__).parents[1] / "data"
ORACLES = sorted(path.name for path in (DATA / "oracle").glob("*.json.xz"))
QUICK = SolverParams(num_reads=1, num_sweeps=100, refine_proposals=50_000, max_variables=200)


@cache
def oracle_cluster(name: str) -> Cluster:
    recorded = json.loads(lzma.decompress((DATA / "oracle" / name).read_bytes()))
    cluster = read_cluster([(name, json.dumps(recorded["cluster"]).encode())])
    # Its pods are bare on purpose of the recording; here they may move, as if a controller owned
    # them, or there would be next to nothing to decide.
    pods = tuple(pod.model_copy(update={"movable": True}) for pod in cluster.pods)
    return cluster.replace(pods=pods, budgets=())


@pytest.fixture(scope="module")
def lab() -> Cluster:
    return read_cluster([("lab.json", lzma.decompress((DATA / "lab.json.xz").read_bytes()))])


@pytest.fixture
def half_empty() -> Cluster:
    """Four equal nodes, each with one small pod of its own Deployment."""
    nodes = tuple(
        Node(name=f"node-{n}", allocatable={CPU: 4000, MEMORY: 2**33, PODS: 110}) for n in range(4)
    )
    pods = tuple(
        Pod(
            id=f"shop/{n}",
            name=str(n),
            node=f"node-{n}",
            owner=Owner(kind="Deployment", name=f"d{n}"),
            service=f"shop/d{n}",
            requests={CPU: 500, MEMORY: 2**30},
        )
        for n in range(4)
    )
    return Cluster(nodes=nodes, pods=pods)


def broken(before: Cluster, outcome: RebalanceOutcome) -> list[str]:
    """What a plan breaks, as the rules see the cluster it leads to."""
    after = before.with_placement(outcome.placement)
    moved = {move.pod for move in outcome.moves}
    bound = [p for p, pod in enumerate(after.pods) if pod.holds_capacity]
    rows = dict(zip(bound, first_refusals(RuleIndex(after), bound), strict=True))
    rows_before = dict(zip(bound, first_refusals(RuleIndex(before), bound), strict=True))
    found = []
    for position in bound:
        pod, old = after.pods[position], before.pods[position]
        now = rows[position][after.node_index[pod.node]]
        then = rows_before[position][before.node_index[old.node]]
        if pod.id in moved and now != FEASIBLE:
            found.append(f"{pod.id} moved to {pod.node} against rule {now}")
        if pod.id not in moved and now != FEASIBLE and then == FEASIBLE:
            found.append(f"{pod.id} stays on {pod.node}, now against rule {now}")
    return found


@pytest.mark.parametrize("mode", list(LoadMode))
@pytest.mark.parametrize("name", ORACLES)
def test_no_plan_breaks_a_rule_of_the_scheduler(name: str, mode: LoadMode) -> None:
    """On clusters that start overcommitted and cordoned: moved pods fit, the rest is unharmed."""
    cluster = oracle_cluster(name)
    outcome = rebalance(
        cluster, RebalanceRequest(mode=mode), weights=Weights(C=0, D=0), params=QUICK
    )
    assert outcome.moves or mode is LoadMode.CONSOLIDATE
    assert broken(cluster, outcome) == []
    assert outcome.energy.after.total <= outcome.energy.before.total


@pytest.mark.parametrize("solver", [SolverName.KUBE_SCHEDULER, SolverName.FIRST_FIT_DECREASING])
@pytest.mark.parametrize("name", ORACLES[:4])
def test_the_baselines_break_nothing_either(name: str, solver: SolverName) -> None:
    """What we would get anyway is held to the same rules."""
    cluster = oracle_cluster(name)
    outcome = rebalance(cluster, weights=Weights(C=0, D=0), solver=solver, params=QUICK)
    assert broken(cluster, outcome) == []


def test_consolidate_frees_what_can_be_freed(half_empty: Cluster) -> None:
    """Four pods that fit one node leave three free; one move is worth less than a node."""
    outcome = rebalance(half_empty)
    assert outcome.metrics.after.nodes_in_use == 1
    assert len(outcome.freed_nodes) == 3
    assert {move.why for move in outcome.moves} == {
        f"empties {node}" for node in outcome.freed_nodes
    }


def test_a_bound_on_moves_is_kept(half_empty: Cluster) -> None:
    """With at most one move, one node is freed."""
    outcome = rebalance(half_empty, RebalanceRequest(max_moves=1))
    assert len(outcome.moves) == 1
    assert len(outcome.freed_nodes) == 1
    assert outcome.solver.stopped_by is not StopReason.CLOCK


def test_dear_moves_are_not_made(half_empty: Cluster) -> None:
    """At a hundred times the cost no move pays, and that is the answer."""
    outcome = rebalance(half_empty, weights=Weights(C=100))
    assert outcome.nothing_to_do
    assert outcome.moves == ()


def test_same_seed_same_answer(lab: Cluster) -> None:
    """Two runs with the work as the only limit give the same plan, another seed may not."""
    first = rebalance(lab, params=QUICK)
    second = rebalance(lab, params=QUICK)
    assert first.placement == second.placement
    assert first.energy == second.energy


def test_the_answer_accounts_for_every_pod(lab: Cluster) -> None:
    """Every unfinished pod is in the placement; what is pinned or waits stays as it was."""
    outcome = rebalance(lab, params=QUICK)
    for pod in lab.pods:
        if pod.phase.value in ("Succeeded", "Failed"):
            assert pod.id not in outcome.placement
        elif pod.id in outcome.pinned:
            assert outcome.placement[pod.id] == pod.node
    moved = {m.pod for m in outcome.moves}
    changed = {p.id for p in lab.pods if outcome.placement.get(p.id, p.node) != p.node}
    assert moved == changed
    assert moved.isdisjoint(outcome.pinned)


def test_the_total_is_the_weighted_sum_of_the_terms(lab: Cluster) -> None:
    """H = A·constraint + B·load + C·cost + D·affinity holds for what is reported."""
    weights = Weights(A=2, B=3, C=0.5, D=4)
    for energy in (
        (outcome := rebalance(lab, weights=weights, params=QUICK)).energy.before,
        outcome.energy.after,
    ):
        terms = (energy.constraint, energy.load, energy.cost, energy.affinity)
        assert energy.total == pytest.approx(np.dot((2, 3, 0.5, 4), terms))


def soft(key: str) -> SpreadConstraint:
    return SpreadConstraint(topology_key=key, hard=False, selector=labelled(app="web"))


@pytest.fixture
def one_a_zone() -> Cluster:
    """Three nodes in as many zones, a replica on each; all three would fit on one."""
    nodes = [small.node(f"n-{zone}", zone=zone) for zone in "abc"]
    pods = [
        small.pod(f"web-{at.name}", at.name, service="web", labels={"app": "web"}) for at in nodes
    ]
    return small.cluster(nodes, pods)


@pytest.mark.parametrize(("key", "left"), [(None, 1), (HOSTNAME, 1), (ZONE, 2)])
def test_a_soft_spread_over_zones_keeps_replicas_in_several(
    one_a_zone: Cluster, key: str | None, left: int
) -> None:
    """A second zone lost is worth more than the node it saves, unless D says otherwise."""
    spread = () if key is None else (soft(key),)
    pods = tuple(pod.model_copy(update={"spread": spread}) for pod in one_a_zone.pods)
    cluster = one_a_zone.replace(pods=pods)
    kept = rebalance(cluster, params=QUICK)
    assert len(set(kept.placement.values())) == left
    cheap = rebalance(cluster, weights=Weights(D=0.1), params=QUICK)
    assert len(set(cheap.placement.values())) == 1


@pytest.mark.parametrize("mode", list(LoadMode))
@pytest.mark.parametrize("seed", range(3))
def test_every_engine_weighs_preferences_alike(seed: int, mode: LoadMode) -> None:
    """Model, referee, refinement, exact solver and bound on a cluster's preferences, all told."""
    cluster, decide = preferring(seed)
    problem = replace(build_problem(cluster, decide, mode=mode), max_moves=None)
    assert problem.pairings
    assert problem.preference is not None
    weights = Weights(C=0.3, D=2.0)
    placements = list(feasible_placements(problem))
    best = min(score(problem, weights, placement)[1] for placement in placements)
    exact = solve_exact(problem, weights)
    refined = refine(problem, weights, problem.current, 20_000, seed)
    assert score(problem, weights, exact.placement)[1] == pytest.approx(best, abs=1e-6)
    assert refined.energy == pytest.approx(best, rel=1e-9, abs=1e-9)
    assert exact.bound <= best + 1e-9
    assert lower_bound(problem, weights).value <= best + 1e-9
    model = build_model(problem)
    samples = np.array([model.encode(placement) for placement in placements[:40]])
    assert model.coefficients(weights).energies(samples) == pytest.approx(
        [score(problem, weights, placement)[1] for placement in placements[:40]],
        rel=1e-9,
        abs=1e-9,
    )


def preferring(seed: int) -> tuple[Cluster, list[Pod]]:
    """Four pods that may move beside two that stay, all with some preference, in two zones."""
    rng = np.random.default_rng(seed)
    nodes = [small.node(f"n-{at}", zone="ab"[at % 2], labels={"disk": "ssd"}) for at in range(3)]
    web = PodTerm(topology_key=ZONE, selector=soft(ZONE).selector)
    disk = NodeTerm(expressions=(Requirement(key=ZONE, operator="In", values=("b",)),))
    pods = [
        small.pod(
            f"p-{at}",
            f"n-{rng.integers(3)}",
            int(rng.integers(50, 250)),
            labels={"app": "web" if at % 2 else "db"},
            spread=(soft(ZONE), soft(HOSTNAME)) if at % 2 else (),
            preferred_anti_affinity=(PreferredPodTerm(term=web, weight=40),) if at == 1 else (),
            preferred_affinity=(PreferredPodTerm(term=web, weight=70),) if at in (2, 5) else (),
            preferred_node_terms=(PreferredNodeTerm(term=disk, weight=30),) if at < 2 else (),
        )
        for at in range(6)
    ]
    return small.cluster(nodes, pods), pods[:4]


def test_the_slow_one_stays() -> None:
    """Either of two nodes can be emptied: that whose pod starts at once, not in five minutes."""
    nodes = [small.node(name) for name in "ab"]
    pods = [
        small.pod("quick", "a", 400, 400),
        small.pod("slow", "b", 300, 300, start_up_seconds=300.0),
    ]
    outcome = rebalance(small.cluster(nodes, pods), params=QUICK)
    assert [(move.pod, move.target) for move in outcome.moves] == [("quick", "b")]
    swapped = [
        pods[0].model_copy(update={"start_up_seconds": 300.0}),
        small.pod("slow", "b", 300, service="s"),
    ]
    outcome = rebalance(small.cluster(nodes, swapped), params=QUICK)
    (move,) = outcome.moves
    assert (move.pod, move.cost, move.cost_because) == ("slow", 2.0, "the only replica")
