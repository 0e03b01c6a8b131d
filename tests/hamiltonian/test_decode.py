"""Samples to placements and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kytos.contract.params import Encoding
from kytos.hamiltonian.layout import lay_out
from kytos.hamiltonian.model import build_model
from kytos.problem import UNPLACED, LoadMode
from tests.problems import problems, random_feasible, random_problem, seeds


@settings(max_examples=60, deadline=None)
@given(problems(), st.sampled_from(Encoding), seeds)
def test_decode_undoes_encode(problem, encoding, seed):
    """A matrix of encoded placements decodes to just those, none broken."""
    model = build_model(problem, encoding=encoding)
    placements = np.array([random_feasible(problem, seed + step, steps=10) for step in range(3)])
    samples = np.array([model.encode(placement) for placement in placements])
    decoded = model.decode(samples)
    assert (decoded.placements == placements).all()
    assert decoded.whole.all()


@pytest.mark.parametrize("encoding", Encoding)
def test_all_zeros(encoding):
    """Stay-put: the reference. One-hot: pods that need a place are broken and keep theirs."""
    problem = random_problem(11, 6, 3, LoadMode.SPREAD, waiting=0.3)
    model = build_model(problem, encoding=encoding)
    decoded = model.decode(np.zeros((1, len(model.variables)), dtype=np.int8))
    if encoding is Encoding.STAY_PUT:
        assert (decoded.placements[0] == problem.current).all()
        assert decoded.whole[0]
    else:
        expected = np.where(problem.must_place, problem.current, UNPLACED)
        free = model.layout.free
        assert (decoded.placements[0, free] == expected[free]).all()
        assert (decoded.broken[0] == (free & problem.must_place)).all()


def test_two_bits_are_broken_and_take_the_first():
    """A pod in two places is reported, and goes to the lower node."""
    problem = random_problem(11, 6, 4, LoadMode.SPREAD, waiting=1.0)
    model = build_model(problem)
    pod = model.layout.pod[0]
    own = np.flatnonzero(model.layout.pod == pod)
    assert len(own) > 1
    bits = np.zeros((1, len(model.variables)), dtype=np.int8)
    bits[0, own] = 1
    decoded = model.decode(bits)
    assert decoded.broken[0].nonzero()[0].tolist() == [pod]
    assert decoded.placements[0, pod] == model.layout.node[own[0]]


def test_encode_refuses_a_place_without_variable():
    """A placement outside the model is an error that names the pod."""
    problem = random_problem(11, 6, 3, LoadMode.SPREAD, waiting=0.0)
    layout = lay_out(problem)
    pod, node = np.argwhere(~problem.allowed & (problem.current[:, np.newaxis] != np.arange(3)))[0]
    placement = layout.reference.copy()
    placement[pod] = node
    with pytest.raises(ValueError, match=f"'pod-{pod}' is at {node}"):
        build_model(problem).encode(placement)


def test_reference_must_place_who_must_be_placed():
    """A reference that leaves out a running pod is refused by its name."""
    problem = random_problem(11, 6, 3, LoadMode.SPREAD, waiting=0.0)
    pod = int(np.argmax(problem.must_place))
    reference = problem.current.copy()
    reference[pod] = UNPLACED
    with pytest.raises(ValueError, match=f"'pod-{pod}'"):
        lay_out(problem, reference)
    with pytest.raises(ValueError, match="shape"):
        lay_out(problem, reference[1:])
