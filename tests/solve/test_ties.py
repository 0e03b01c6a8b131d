"""Equal energies are told apart by the fullest node."""

from __future__ import annotations

import numpy as np
import pytest

from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.problem import LoadMode
from kytos.referee.energy import rank
from kytos.referee.feasible import feasible
from kytos.solve.ties import lower_peak
from tests.problems import random_problem
from tests.solvers.baselines.test_baselines import equal_nodes


def test_a_pod_that_moves_anyway_goes_where_more_is_free() -> None:
    """Freeing a node costs as much whichever other takes its pod; the emptier one is better."""
    problem = equal_nodes(3, [(70, 10), (30, 10), (20, 10)], [0, 1, 2])
    crowded = np.array([0, 1, 0])
    roomy = lower_peak(problem, Weights(), crowded, Watch())
    assert roomy.tolist() == [0, 1, 1]
    assert rank(problem, Weights(), roomy)[:2] == rank(problem, Weights(), crowded)[:2]


def test_pods_change_places_where_neither_may_go_alone() -> None:
    """A node at 90 % gives its large pod for a small one of a node at 60 %."""
    requests = [(50, 1), (40, 1), (40, 1), (20, 1)]
    problem = equal_nodes(4, requests, [2, 2, 3, 3])
    roomy = lower_peak(problem, Weights(), np.array([0, 0, 1, 1]), Watch())
    shares = np.bincount(roomy, weights=[size for size, _ in requests], minlength=4)
    assert sorted(shares.tolist()) == [0, 0, 70, 80]


@pytest.mark.parametrize("mode", list(LoadMode))
@pytest.mark.parametrize("seed", range(8))
def test_nothing_else_changes(seed: int, mode: LoadMode) -> None:
    """Rules are kept, as many pods are placed, and the energy is no higher."""
    problem = random_problem(seed, pods=8, nodes=4, mode=mode)
    after = lower_peak(problem, Weights(), problem.current, Watch())
    assert feasible(problem, after)
    before = rank(problem, Weights(), problem.current)
    assert rank(problem, Weights(), after) <= before


def test_a_clock_that_has_run_out_ends_it() -> None:
    """What is known is kept."""
    problem = equal_nodes(3, [(70, 10), (30, 10), (20, 10)], [0, 1, 2])
    crowded = np.array([0, 1, 0])
    assert lower_peak(problem, Weights(), crowded, Watch().within(0.0)).tolist() == [0, 1, 0]
