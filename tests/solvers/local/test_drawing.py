"""Reads under a watch: what counts, what is dropped, what is told."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest

from kytos.contract.params import SolverParams
from kytos.contract.watch import StopReason, Watch
from kytos.solvers.local.drawing import draw, pieces
from kytos.solvers.local.ising import Ising, Spins, random_spins
from tests.solvers.models import random_model


@pytest.fixture
def model():
    return random_model(12, 0.5, seed=4)


def draw_slowly(model, watch: Watch, pieces_each: int, pause_s: float):
    ising = Ising.from_bqm(model)

    def read(rng: np.random.Generator) -> Iterator[Spins]:
        for _ in range(pieces_each):
            time.sleep(pause_s)
            yield random_spins(len(ising.field), rng)[np.newaxis]

    return draw(model, ising, read, SolverParams(num_reads=50), watch, {"sweeps": 7})


def test_reads_past_the_deadline_are_dropped(model) -> None:
    """Only finished reads are kept, and the sample set says how many of how many."""
    drawn = draw_slowly(model, Watch(deadline=time.monotonic() + 0.3), 2, 0.02)
    assert 1 <= len(drawn) < 50
    assert drawn.info["reads"] == len(drawn)
    assert drawn.info["reads_asked"] == 50
    assert drawn.info["ended_by"] is StopReason.CLOCK
    assert drawn.info["sweeps"] == 7


def test_a_first_read_cut_short_is_a_local_minimum(model) -> None:
    """However short the time there is one sample, which no single flip betters."""
    drawn = draw_slowly(model, Watch(deadline=time.monotonic()), 1000, 0.001)
    assert len(drawn) == 1
    only = drawn.first
    for variable in model.variables:
        flipped = {**only.sample, variable: 1 - only.sample[variable]}
        assert model.energy(flipped) >= only.energy - 1e-9


def test_best_state_of_a_read_is_its_sample(model) -> None:
    """Of several states a read ends in, as slices of a quantum anneal are, the best counts."""
    ising = Ising.from_bqm(model)
    states = np.array([random_spins(12, np.random.default_rng(seed)) for seed in range(5)])
    params = SolverParams(num_reads=1)
    drawn = draw(model, ising, lambda _: iter([states]), params, Watch(), {})
    assert drawn.first.energy == pytest.approx(ising.energies(states).min())


def test_progress_is_reported_with_the_best_energy_so_far(model) -> None:
    """The watch hears of every read; the energy it hears never rises."""
    heard = []
    watch = Watch(report=lambda stage, share, energy: heard.append((share, energy)))
    draw_slowly(model, watch, 1, 0.0)
    shares, energies = zip(*heard, strict=True)
    assert shares[-1] == 1.0
    assert list(energies) == sorted(energies, reverse=True)
    assert len(heard) == 50


def test_pieces_cover_all_sweeps_once() -> None:
    """Cutting an anneal into pieces leaves out nothing and repeats nothing."""
    cut = list(pieces(1000, 3_000_000))
    assert len(cut) > 1
    assert [number for piece in cut for number in range(1000)[piece]] == list(range(1000))
