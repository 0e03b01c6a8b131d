"""The domain-wall QUBO is the one-hot QUBO written in walls."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.domain_wall import DomainWallModel
from kytos.contract.params import Capacity, Encoding
from kytos.contract.weights import Weights
from kytos.hamiltonian.layout import lay_out
from kytos.hamiltonian.model import Model
from tests.problems import random_problem

WEIGHTS = Weights(A=2, B=0.5, C=3, D=1.5)


@pytest.fixture(params=range(3))
def seed(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(params=list(Capacity))
def models(request: pytest.FixtureRequest, seed: int) -> tuple[DomainWallModel, Model]:
    problem = random_problem(seed, pods=6, nodes=4, room=3.0, waiting=0.0, rules=False)
    layout = lay_out(problem, encoding=Encoding.ONE_HOT)
    return DomainWallModel(layout, request.param), Model(layout, request.param)


def in_walls(model: DomainWallModel, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A placement drawn at random, in walls and in one-hot bits, all other bits at random too."""
    layout = model.layout
    rest = rng.integers(0, 2, len(model.variables) - len(model.assignments))
    walls: list[int] = []
    hot = np.zeros(len(layout.pod), dtype=np.int8)
    for pod in np.unique(layout.pod):
        places = [one for one in model.order if layout.pod[one] == pod]
        chosen = int(rng.integers(len(places)))
        walls += [1] * chosen + [0] * (len(places) - 1 - chosen)
        hot[places[chosen]] = 1
    return np.concatenate([walls, rest]), np.concatenate([hot, rest])


def test_energies_of_placements_are_the_one_hot_models(
    models: tuple[DomainWallModel, Model], seed: int
) -> None:
    """Every placement has in both the same energy, and is read back as the same."""
    walled, one_hot = models
    rng = np.random.default_rng(seed)
    walls, hot = (
        np.array(part) for part in zip(*(in_walls(walled, rng) for _ in range(30)), strict=True)
    )
    found = walled.coefficients(WEIGHTS).energies(walls)
    assert found == pytest.approx(one_hot.coefficients(WEIGHTS).energies(hot))
    decoded = walled.decode(walls.astype(np.int8))
    assert decoded.whole.all()
    assert (decoded.placements == one_hot.decode(hot.astype(np.int8)).placements).all()


def test_a_further_wall_is_priced_and_seen(models: tuple[DomainWallModel, Model]) -> None:
    """A pod with two walls costs more at a higher price of walls, and is read as broken."""
    walled, _ = models
    pods = walled.layout.pod[walled.order[~walled.first]]
    pod = next(pod for pod in np.unique(pods) if (pods == pod).sum() >= 2)
    bits = np.zeros((1, len(walled.variables)), dtype=np.int8)
    bits[0, np.flatnonzero(pods == pod)[1]] = 1
    dearer = DomainWallModel(walled.layout, walled.capacity, wall=2.0)
    cheap, dear = (model.coefficients(WEIGHTS).energies(bits)[0] for model in (walled, dearer))
    assert dear > cheap
    assert not walled.decode(bits).whole[0]


def test_all_zeros_is_where_everything_stays(models: tuple[DomainWallModel, Model]) -> None:
    """As in the stay-put encoding."""
    walled, _ = models
    nothing = np.zeros((1, len(walled.variables)), dtype=np.int8)
    assert (walled.decode(nothing).placements[0] == walled.layout.problem.current).all()
