"""Sets of nodes: cheaper ones are come to, rules are kept, the same for a seed."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.families import FAMILIES, priced
from kytos.contract.watch import StopReason, Watch
from kytos.contract.weights import Weights
from kytos.problem import LoadMode
from kytos.referee.energy import energy, rank
from kytos.referee.feasible import feasible
from kytos.refine import refine, repair, swap_node_sets
from tests.problems import random_problem

FREE = FAMILIES["priced 80 x 16"].weights
WORK = 2_000_000


@pytest.mark.parametrize(("seed", "best"), [(201, 6.5026), (205, 4.33)])
def test_comes_to_cheaper_sets_where_refinement_does_not(seed: int, best: float) -> None:
    """The optimum, and what is within half a percent of CP-SAT in a minute."""
    problem = priced(80, 16, seed)
    begin = refine(problem, FREE, problem.current, 200_000, seed).placement
    swapped = swap_node_sets(problem, FREE, begin, 10 * WORK, seed).placement
    assert energy(problem, FREE, begin).total > best + 1e-3
    assert energy(problem, FREE, swapped).total <= best + 1e-9
    assert feasible(problem, swapped)


@pytest.mark.parametrize("seed", range(6))
def test_is_never_worse_breaks_nothing_and_is_the_same_again(seed: int) -> None:
    """Whatever rules there are: pods that must stay, wait, or keep apart, few moves."""
    problem = random_problem(seed, pods=14, nodes=6, mode=LoadMode.CONSOLIDATE)
    begin = repair(problem, Weights(), problem.current)
    first, again = (
        swap_node_sets(problem, Weights(), begin, WORK // 10, seed).placement for _ in range(2)
    )
    assert feasible(problem, first)
    assert rank(problem, Weights(), first) <= rank(problem, Weights(), begin)
    np.testing.assert_array_equal(first, again)


def test_ends_when_told_to() -> None:
    """The watch is looked at before each set."""
    problem = priced(40, 16, 201)
    begin = repair(problem, FREE, problem.current)
    ended = swap_node_sets(problem, FREE, begin, 10**12, 1, Watch(stopped=lambda: True))
    assert ended.stopped_by is StopReason.USER
    np.testing.assert_array_equal(ended.placement, begin)
