"""Rebalance from end to end, checked after the fact by the scheduler's rules."""

from __future__ import annotations

import json
import lzma
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from kytos.cluster import CPU, MEMORY, PODS, Cluster, Node, Owner, Pod
from kytos.contract.params import SolverName, SolverParams
from kytos.contract.watch import StopReason
from kytos.contract.weights import Weights
from kytos.problem import LoadMode
from kytos.questions.rebalance import RebalanceOutcome, RebalanceRequest, rebalance
from kytos.rules.index import RuleIndex
from kytos.rules.verdicts import FEASIBLE, first_refusals
from kytos.sources.manifests import read_cluster

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
