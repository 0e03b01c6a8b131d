"""The part that is annealed: within its size, where pods trade, and independent of the weights."""

from __future__ import annotations

import numpy as np
import pytest

from kytos.problem import UNPLACED, LoadMode
from kytos.solve.focus import focus
from tests.problems import random_problem


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("mode", list(LoadMode))
def test_stays_within_the_variables_it_is_given(seed: int, mode: LoadMode) -> None:
    """The stay-put variables of the chosen part never exceed the limit (beyond the first node)."""
    problem = random_problem(seed, pods=60, nodes=12, mode=mode)
    limit = 120
    pods, nodes = focus(problem, limit)
    variables = int(problem.allowed[np.ix_(pods, nodes)].sum())
    at_home = problem.current[pods]
    stays = (at_home >= 0) & problem.allowed[pods, np.maximum(at_home, 0)]
    assert len(nodes) >= 1
    assert variables - int(stays.sum()) <= limit


@pytest.mark.parametrize("seed", range(10))
def test_takes_every_movable_pod_of_the_nodes_it_chooses(seed: int) -> None:
    """A chosen node comes with all its pods, so that emptying it is within the model's reach."""
    problem = random_problem(seed, pods=40, nodes=8)
    pods, nodes = focus(problem, 80)
    residents = np.flatnonzero(np.isin(problem.current, nodes))
    assert set(residents) <= set(pods)
    assert set(problem.current[pods]) <= {*nodes, UNPLACED}


def test_takes_all_when_all_fits() -> None:
    """A small problem is annealed whole."""
    problem = random_problem(3, pods=8, nodes=4)
    pods, nodes = focus(problem, 1000)
    assert list(pods) == list(range(8))
    assert list(nodes) == [n for n in range(4) if problem.allowed[:, n].any()]


def test_spread_takes_the_fullest_with_the_emptiest() -> None:
    """Under a tight limit the first two nodes are the two ends of the load."""
    problem = random_problem(5, pods=40, nodes=10, waiting=0.0, rules=False)
    load = problem.utilisation(problem.current).max(axis=1)
    open_nodes = np.flatnonzero(problem.allowed.any(axis=0))
    _, nodes = focus(problem, 14)
    assert open_nodes[load[open_nodes].argmin()] in nodes
    assert len(nodes) < len(open_nodes)
