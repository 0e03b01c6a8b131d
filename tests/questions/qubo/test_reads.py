"""Reads of one question by every sampler of this machine."""

from __future__ import annotations

import pytest

from kytos.cluster import Cluster
from kytos.contract.params import SolverName, SolverParams
from kytos.contract.solver import Sampler
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.questions.qubo.reads import SamplersRequest, reads_of_each
from kytos.questions.rebalance import RebalanceRequest, rebalance
from kytos.solve.registry import find_solver
from kytos.sources.body import ClusterBody, cluster_from_body

QUICK = SolverParams(num_reads=3, num_sweeps=20)


@pytest.fixture
def crowded_node() -> Cluster:
    """Three nodes, and six pods that all run on the first."""
    node = {"cpu_capacity": 4000, "mem_capacity": 8000}
    pod = {"cpu_request": 300, "mem_request": 500, "current_node": "n0"}
    return cluster_from_body(
        ClusterBody.model_validate(
            {
                "nodes": [{"id": f"n{i}", **node} for i in range(3)],
                "pods": [{"id": f"p{i}", **pod} for i in range(6)],
            }
        )
    )


def test_every_sampler_that_runs_here_draws_the_reads_asked_for(crowded_node: Cluster) -> None:
    """Of the same QUBO, so that they compare."""
    asked = SamplersRequest(RebalanceRequest(mode="spread"), Weights(), QUICK)
    found = reads_of_each(rebalance, crowded_node, asked)
    local = {
        name
        for name in SolverName
        if isinstance(find_solver(name), Sampler) and find_solver(name).available().ok
    } - {SolverName.DWAVE_QPU, SolverName.DWAVE_LEAP_BQM}
    assert {reads.solver for reads in found} == local
    assert len({reads.qubo.variables for reads in found}) == 1
    for reads in found:
        assert reads.qubo.reads == len(reads.qubo.read_objectives) == 3
        assert reads.seconds > 0


def test_stopped_it_asks_nobody_further(crowded_node: Cluster) -> None:
    """What has been drawn by then is kept."""
    asked = SamplersRequest(RebalanceRequest(mode="spread"), Weights(), QUICK)
    assert reads_of_each(rebalance, crowded_node, asked, watch=Watch(stopped=lambda: True)) == ()
