"""Clusters small enough to know every placement of."""

from __future__ import annotations

import numpy as np
import pytest

from kytos.cluster import CPU, MEMORY, PODS, Cluster, Node, Owner, Pod
from kytos.compare import Plan
from kytos.contract.params import SolverParams
from kytos.contract.weights import Weights
from kytos.problem import Ints, Problem
from kytos.questions.rebalance import RebalanceRequest, pinned_pods, rebalance_problem
from kytos.referee.energy import energy

GIB = 2**30
QUICK = SolverParams(num_reads=1, num_sweeps=100, refine_proposals=20_000, max_variables=200)


def small_cluster(seed: int, pods: int = 5, nodes: int = 4) -> Cluster:
    """Nodes of two sizes and prices, with pods of uneven size on them."""
    rng = np.random.default_rng(seed)
    sizes = [(4000, 0.2), (8000, 0.4)]
    machines = []
    for position in range(nodes):
        cpu, price = sizes[position % 2]
        room = {CPU: cpu, MEMORY: cpu * GIB // 500, PODS: 20}
        machines.append(Node(name=f"node-{position}", allocatable=room, price_per_hour=price))
    running = []
    for position in range(pods):
        requests = {CPU: int(rng.integers(5, 15)) * 100, MEMORY: int(rng.integers(1, 4)) * GIB}
        running.append(
            Pod(
                id=f"shop/{position}",
                name=str(position),
                node=f"node-{int(rng.integers(0, nodes))}",
                owner=Owner(kind="Deployment", name=f"d{position % 2}"),
                service=f"shop/d{position % 2}",
                requests=requests,
            )
        )
    return Cluster(name=f"small-{seed}", nodes=tuple(machines), pods=tuple(running))


def problem_of(cluster: Cluster, request: RebalanceRequest) -> Problem:
    """The problem both the comparison and the frontier are about."""
    return rebalance_problem(cluster, request, pinned_pods(cluster, request))


def placement_of(problem: Problem, plan: Plan) -> Ints:
    """The placement ``(pods,)`` a plan's moves lead to."""
    placement = problem.current.copy()
    for move in plan.moves:
        pod = problem.pods.index(move.pod)
        assert problem.nodes[placement[pod]] == move.origin
        placement[pod] = problem.nodes.index(move.target)
    return placement


def refereed(problem: Problem, weights: Weights, plan: Plan) -> float:
    """H of where a plan's moves lead."""
    return energy(problem, weights, placement_of(problem, plan)).total


@pytest.fixture
def five_pods() -> Cluster:
    """Five pods on four nodes of two sizes: 4 ** 5 placements."""
    return small_cluster(1)
