"""Situations from public bug reports, as files of ``tests/data/cases``."""

from __future__ import annotations

from pathlib import Path

from kytos.cluster import Cluster
from kytos.contract.params import SolverParams
from kytos.questions.rebalance import RebalanceOutcome, RebalanceRequest, rebalance
from kytos.sources.manifests import read_cluster

CASES = Path(__file__).parents[1] / "data" / "cases"
QUICK = SolverParams(num_reads=1, num_sweeps=100, refine_proposals=20_000, max_variables=200)


def case(name: str) -> Cluster:
    """The cluster of a case."""
    return read_cluster([(f"{name}.json", (CASES / f"{name}.json").read_bytes())])


def rebalanced(name: str, **request: object) -> RebalanceOutcome:
    """What a rebalance of a case answers."""
    return rebalance(case(name), RebalanceRequest(**request), params=QUICK)
