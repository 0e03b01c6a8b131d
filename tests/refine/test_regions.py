"""Searching on where headroom is kept: large pods get past small ones, and heat may rise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kytos.contract.weights import Weights
from kytos.headroom import SafetyLines
from kytos.pod_sets import PodSet
from kytos.problem import Exclusion, LoadMode, Problem, Tally
from kytos.referee.feasible import feasible
from kytos.refine import cool_rising, kernels
from kytos.refine.state import flatten
from tests.solvers.baselines.test_baselines import equal_nodes

WEIGHTS = Weights(C=1e-3)


@pytest.fixture(scope="module")
def crowded() -> Problem:
    """A pod of 60 above its node's line of 50, and ten of 10 where there is a line of 100.

    Nine of the ten must leave or change places before it may come, and the first ones cost.
    """
    problem = equal_nodes(3, [(60, 0)] + [(10, 0)] * 10, [0] + [1] * 10, mode=LoadMode.SQUARES)
    line = np.full((3, 3), 200, dtype=np.int64)
    line[:, 0] = 50, 100, 10
    nothing = np.zeros_like(problem.load_request)
    return replace(
        problem,
        load_allocatable=np.zeros_like(problem.load_allocatable),
        load_request=nothing,
        safety=SafetyLines(line, np.full((3, 3), 1.0)),
    )


@pytest.mark.parametrize(("rearranged", "expected"), [(0.0, 10.0), (0.5, 0.0)])
def test_a_large_pod_gets_past_small_ones(
    crowded: Problem, rearranged: float, expected: float
) -> None:
    """Each single move of that costs, and none is taken without temperature."""
    flat, state = flatten(crowded, WEIGHTS)
    kernels.load(flat, state, crowded.current)
    reached = kernels.energy_of(flat, state)
    energies, best = np.array([reached, reached]), crowded.current.copy()
    kernels.anneal(
        *(flat, state, np.arange(11), np.arange(3), np.array([7], dtype=np.uint64), 4_000),
        *(0.0, 0.0, np.array([rearranged, 0.0, 0.5, 0.0]), energies, best),
        *(np.zeros((kernels.JOURNAL, 2), dtype=np.int64), np.array([0, 1])),
        np.zeros((kernels.LEGS, 3), dtype=np.int64),
    )
    assert feasible(crowded, best)
    assert energies[1] == pytest.approx(expected, abs=0.1)


def test_who_exclude_one_another_change_places(crowded: Problem) -> None:
    """Both nodes hold one of them, so that neither can move alone; what they ask for differs."""
    members = PodSet(np.array([0, 1]), 11)
    tally = Tally(np.arange(3), members, np.zeros(3, dtype=np.int64))
    problem = replace(
        crowded,
        current=np.array([0, 1] + [2] * 9),
        tallies=(tally,),
        exclusions=(Exclusion(0, 0, "apart"),),
    )
    flat, _state = flatten(problem, WEIGHTS)
    first, last = flat.pod["apart_from"], flat.pod["apart_to"]
    assert [flat.apart[a:b].tolist() for a, b in zip(first, last, strict=True)][:3] == [
        [0, 1],
        [0, 1],
        [],
    ]
    reached = cool_rising(problem, WEIGHTS, problem.current, 20_000, 3)
    assert reached.placement[0] == 1
    assert feasible(problem, reached.placement)


def test_heat_that_rises_never_loses_and_answers_alike(crowded: Problem) -> None:
    """Same seed, same answer; what there is to gain is gained."""
    one, two = (cool_rising(crowded, WEIGHTS, crowded.current, 60_000, 5) for _ in range(2))
    assert (one.placement == two.placement).all()
    assert one.energy == pytest.approx(0.0, abs=0.1)
