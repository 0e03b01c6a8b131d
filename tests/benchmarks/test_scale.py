"""No array of pods x nodes comes back: a plan of 3,000 pods on 1,500 nodes in a few megabytes."""

from __future__ import annotations

import io
import tracemalloc

import numpy as np
import pytest
import scipy.optimize  # noqa: F401  (loaded by the first bound that needs it: no part of its memory)

from benchmarks.scale import WRITERS, Asked, services_of
from kytos.bounds import certificate
from kytos.cluster import Cluster
from kytos.contract.weights import Weights
from kytos.problem import LoadMode
from kytos.questions.rebalance import RebalanceRequest, pinned_pods, rebalance_problem
from kytos.referee.energy import energy
from kytos.referee.feasible import feasible
from kytos.refine.state import flatten
from kytos.sources.manifests import read_cluster

PODS, NODES = 3_000, 1_500


@pytest.fixture(scope="module", params=["manifests", "body"])
def cluster(request: pytest.FixtureRequest) -> Cluster:
    asked = Asked(PODS, NODES, request.param, LoadMode.SPREAD, 1.0, seed=1)
    file = io.StringIO()
    WRITERS[asked.form](file, NODES, services_of(asked))
    return read_cluster([("cluster.json", file.getvalue())])


@pytest.mark.parametrize("mode", [LoadMode.SPREAD, LoadMode.CONSOLIDATE])
def test_what_a_plan_needs_grows_with_pods_and_nodes_not_with_pairs(
    cluster: Cluster, mode: LoadMode
) -> None:
    """From the problem to the certificate no more is held at once than a byte a pair would take.

    Floats of all pairs would be 36 MB, one flag each 4.5 MB; tangents are for fewer pairs.
    """
    weights, request = Weights(), RebalanceRequest(mode=mode)
    pinned = pinned_pods(cluster, request)
    tracemalloc.start()
    problem = rebalance_problem(cluster, request, pinned)
    built = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    tables, _ = flatten(problem, weights)
    placement = problem.current.copy()
    placement[0] = int(np.flatnonzero(problem.allowed[0])[-1])
    energy(problem, weights, placement)
    feasible(problem, placement)
    given = certificate(problem, weights, problem.current)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert given.bound <= energy(problem, weights, problem.current).total
    assert len(problem.allowed.rows) < 100
    assert tables.allowed.shape == problem.allowed.rows.shape
    assert built < 6e6, f"{built / 1e6:.1f} MB"
    assert peak < 8e6, f"{peak / 1e6:.1f} MB"
