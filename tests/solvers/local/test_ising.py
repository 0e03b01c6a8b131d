"""The arrays of an Ising model against dimod's own energies."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kytos.solvers.local.ising import Ising, random_spins
from tests.solvers.models import random_model

models = st.builds(
    random_model,
    st.integers(1, 12),
    st.sampled_from([0.0, 0.02, 0.5, 1.0]),
    st.integers(0, 1000),
    st.sampled_from(["BINARY", "SPIN"]),
)


@settings(max_examples=40, deadline=None)
@given(model=models, seed=st.integers(0, 1000))
def test_energies_are_dimods(model, seed: int) -> None:
    """Dense or sparse, from binary or spin, every state has the energy dimod gives it."""
    ising = Ising.from_bqm(model)
    rng = np.random.default_rng(seed)
    states = np.array([random_spins(len(ising.field), rng) for _ in range(3)])
    expected = model.spin.energies((states, list(ising.variables)))
    assert ising.energies(states) == pytest.approx(expected)


@settings(max_examples=20, deadline=None)
@given(model=models, seed=st.integers(0, 1000))
def test_flip_costs_are_energy_differences(model, seed: int) -> None:
    """What a flip costs is the energy after it less the energy before."""
    ising = Ising.from_bqm(model)
    state = random_spins(len(ising.field), np.random.default_rng(seed))
    flipped = np.where(np.eye(len(state), dtype=bool), -state, state)
    before, after = ising.energies(state[np.newaxis])[0], ising.energies(flipped)
    assert ising.flip_costs(state) == pytest.approx(after - before, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(model=models, seed=st.integers(0, 1000))
def test_descent_ends_where_no_flip_pays(model, seed: int) -> None:
    """The end of a descent is a local minimum, no higher than where it began."""
    ising = Ising.from_bqm(model)
    state = random_spins(len(ising.field), np.random.default_rng(seed))
    low = ising.descend(state)
    assert ising.flip_costs(low).min() >= -1e-9
    assert ising.energies(low[np.newaxis])[0] <= ising.energies(state[np.newaxis])[0] + 1e-9


@pytest.mark.parametrize(("density", "dense"), [(0.02, False), (0.6, True)])
def test_sparse_models_keep_no_full_matrix(density: float, dense: bool) -> None:
    """A full matrix is held only where most of it is used."""
    assert Ising.from_bqm(random_model(60, density, seed=1)).dense is dense
