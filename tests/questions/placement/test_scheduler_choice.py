"""The default scheduler beside a plan: only what truly differs is a difference."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kytos.contract.params import SolverParams
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.problem import UNPLACED, Problem
from kytos.questions.placement.scheduler_choice import kinds, scheduler_choice
from tests.solvers.baselines.test_baselines import equal_nodes


@pytest.fixture
def three_replicas() -> Problem:
    """Three alike on three nodes alike, all waiting."""
    return equal_nodes(3, [(20, 20)] * 3, [UNPLACED] * 3)


@pytest.mark.parametrize("plan", [[0, 1, 2], [2, 0, 1], [1, 2, 0]])
@pytest.mark.parametrize("seed", range(3))
def test_permutations_and_lots_are_no_difference(
    three_replicas: Problem, plan: list[int], seed: int
) -> None:
    """One a node, whichever: the scheduler would do the same."""
    given = np.array(plan)
    params = SolverParams(seed=seed)
    assert scheduler_choice(three_replicas, given, Weights(), params, Watch()).tolist() == plan


def test_what_the_scheduler_would_not_do_is_one(three_replicas: Problem) -> None:
    """It levels: of two that the plan has on one node it would put one elsewhere."""
    plan = np.array([0, 0, 1])
    found = scheduler_choice(three_replicas, plan, Weights(), SolverParams(), Watch())
    assert sorted(found.tolist()) == [0, 1, 2]
    assert (found != plan).sum() == 1


def test_pods_that_differ_keep_their_names(three_replicas: Problem) -> None:
    """A larger one changes places with nobody."""
    request = three_replicas.request.copy()
    request[0, 0] = 70
    apart = replace(three_replicas, request=request)
    assert kinds(three_replicas).tolist() == [0, 0, 0]
    assert kinds(apart).tolist() == [0, 1, 1]
