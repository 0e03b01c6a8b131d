"""The constrained model against the referee, over all placements of tiny problems."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import dimod
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kytos.contract.weights import Weights
from kytos.hamiltonian.cqm import constrained_model
from kytos.problem import UNPLACED, LoadMode
from kytos.referee.energy import energy
from kytos.referee.feasible import feasible
from tests.problems import modes, random_problem


def states(problem, model):
    """Placements that the variables can express, each with its sample."""
    layout = model.layout
    for choice in product(range(UNPLACED, len(problem.nodes)), repeat=len(problem.pods)):
        placement = np.array(choice)
        if (placement[~layout.free] != layout.settled[~layout.free]).any():
            continue
        sample = {
            name: int(placement[pod] == node)
            for name, pod, node in zip(layout.assignments, layout.pod, layout.node, strict=True)
        }
        sample |= {
            name: int((placement == node).any())
            for name, node in zip(layout.uses, layout.counted_nodes, strict=True)
        }
        if (model.placement(sample) == placement).all():
            yield placement, sample


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), room=st.sampled_from([0.8, 1.3, 2.5]), mode=modes)
def test_feasible_means_what_the_referee_means(seed: int, room: float, mode: LoadMode) -> None:
    """Without rules among pods, a sample is feasible exactly when its placement breaks nothing."""
    problem = random_problem(seed, 3, 3, mode, rules=False, room=room)
    model = constrained_model(problem, Weights())
    for placement, sample in states(problem, model):
        expected = feasible(problem, placement)
        assert model.cqm.check_feasible(sample) == expected, placement


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), mode=modes, weight=st.sampled_from([0.5, 1, 3]))
def test_objective_is_the_energy_of_feasible_placements(
    seed: int, mode: LoadMode, weight: float
) -> None:
    """No penalty is left in the objective: where nothing is broken it is the referee's energy."""
    problem = random_problem(seed, 3, 3, mode, rules=False, room=2.0)
    weights = Weights(B=weight, C=2.0)
    model = constrained_model(problem, weights)
    for placement, sample in states(problem, model):
        if feasible(problem, placement):
            expected = energy(problem, weights, placement).total
            assert model.cqm.objective.energy(sample) == pytest.approx(expected, abs=1e-6)


def test_files_hold_names_with_a_slash() -> None:
    """Pods are called namespace/name; dimod's reader takes a slash for the end of a label."""
    problem = random_problem(4, pods=3, nodes=3, room=1.5, waiting=0.0)
    problem = replace(problem, pods=("shop/a", "shop:a", "shop/b"))
    cqm = constrained_model(problem, Weights(), exclusions=True).cqm
    again = dimod.ConstrainedQuadraticModel.from_file(cqm.to_file())
    assert set(again.constraints) == set(cqm.constraints)
    assert len({label for label in cqm.constraints if label.startswith("one node for")}) > 1
    assert not any("/" in label for label in cqm.constraints)
