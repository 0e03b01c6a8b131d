"""The measured temperature range: right for the model's scale, blind to its penalties."""

from __future__ import annotations

import dimod
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kytos.solvers.local.ising import Ising
from kytos.solvers.local.temperature import beta_range, geometric
from tests.solvers.models import random_model, spread_model


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), factor=st.sampled_from([1e-6, 0.5, 1e9]))
def test_scaling_the_model_scales_the_temperatures(seed: int, factor: float) -> None:
    """Energies in other units give the same anneal: beta times energy stays what it was."""
    model = random_model(15, 0.5, seed)
    scaled = model.copy()
    scaled.scale(factor)
    hot, cold = beta_range(Ising.from_bqm(model), seed=0)
    assert 0 < hot < cold
    found = beta_range(Ising.from_bqm(scaled), seed=0)
    assert found == pytest.approx((hot / factor, cold / factor))


def test_a_larger_penalty_does_not_warm_the_cold_end() -> None:
    """Fifty times the at-most-one penalty leaves moves as frozen at the end as before."""
    _, low = beta_range(Ising.from_bqm(spread_model(60, 6, 0, penalty=0.1)), seed=0)
    _, high = beta_range(Ising.from_bqm(spread_model(60, 6, 0, penalty=5.0)), seed=0)
    assert high == pytest.approx(low, rel=0.5)


def test_a_model_without_energies_has_a_range() -> None:
    """Constants and empty models are annealed like any other."""
    flat = dimod.BinaryQuadraticModel({"a": 0.0, "b": 0.0}, {}, 3.0, "BINARY")
    assert beta_range(Ising.from_bqm(flat), seed=0) == (1.0, 1.0)
    assert beta_range(Ising.from_bqm(dimod.BinaryQuadraticModel("SPIN")), seed=0) == (1.0, 1.0)


def test_geometric_schedule_runs_from_hot_to_cold() -> None:
    """Each temperature is the same share of the one before."""
    betas = geometric(0.5, 8.0, 5)
    assert betas.tolist() == pytest.approx([0.5, 1.0, 2.0, 4.0, 8.0])
    assert np.all(np.diff(betas) > 0)
