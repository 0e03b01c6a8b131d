"""Exports are read back, by dimod and by readers written here, to the same energies."""

from __future__ import annotations

import json

import dimod
import numpy as np
import pytest
from dimod.serialization import coo

from kytos.contract.weights import Weights
from kytos.hamiltonian.export import coordinates, dimod_json, ising_json
from kytos.hamiltonian.model import Model, build_model
from kytos.problem import LoadMode
from tests.problems import random_problem


@pytest.fixture(params=list(LoadMode))
def model(request: pytest.FixtureRequest) -> Model:
    return build_model(random_problem(2, pods=6, nodes=4, room=1.5, mode=request.param))


@pytest.fixture
def samples(model: Model) -> np.ndarray:
    """``(reads, variables)`` in the model's order."""
    return np.random.default_rng(0).integers(0, 2, (40, len(model.variables)))


@pytest.fixture
def energies(model: Model, samples: np.ndarray) -> np.ndarray:
    return model.coefficients(Weights()).energies(samples)


def test_dimod_reads_its_json(model, samples, energies) -> None:
    """Names, offset and every bias come back."""
    content = json.loads(dimod_json(model.bqm(Weights())))
    loaded = dimod.BinaryQuadraticModel.from_serializable(content)
    assert loaded.energies((samples, list(model.variables))) == pytest.approx(energies, abs=1e-9)


def test_dimod_reads_the_coordinate_list(model, samples, energies) -> None:
    """To the last digit, though dimod itself writes only six decimals; the offset is a comment."""
    text = coordinates(model.bqm(Weights())).decode()
    loaded = coo.loads(text)
    assert loaded.vartype is dimod.BINARY
    offset = float(text.split("# offset=")[1].split("\n")[0])
    number = list(range(len(model.variables)))
    assert loaded.energies((samples, number)) + offset == pytest.approx(energies, abs=1e-9)


def test_a_plain_reader_reads_the_coordinate_list(model, samples, energies) -> None:
    """Three columns are all there is to know."""
    matrix, offset = np.zeros((len(model.variables),) * 2), 0.0
    names = {}
    for line in coordinates(model.bqm(Weights())).decode().splitlines():
        if line.startswith("# offset="):
            offset = float(line.removeprefix("# offset="))
        elif line.startswith("# variable "):
            number, _, name = line.removeprefix("# variable ").partition(" is ")
            names[int(number)] = name
        elif not line.startswith("#"):
            first, second, bias = line.split()
            matrix[int(first), int(second)] = float(bias)
    assert tuple(names[number] for number in range(len(names))) == model.variables
    found = np.einsum("ri,ij,rj->r", samples, matrix, samples) + offset
    assert found == pytest.approx(energies, abs=1e-9)


def test_a_plain_reader_reads_the_ising_model(model, samples, energies) -> None:
    """Spins -1 and +1 for bits 0 and 1."""
    content = json.loads(ising_json(model.bqm(Weights())))
    assert content["variables"] == list(model.variables)
    spins = 2 * samples - 1
    found = content["offset"] + spins @ np.array(content["h"])
    for first, second, coupling in content["J"]:
        found = found + coupling * spins[:, first] * spins[:, second]
    assert found == pytest.approx(energies, abs=1e-9)


def test_small_biases_are_written_without_an_exponent() -> None:
    """The format's readers know none."""
    bqm = dimod.BinaryQuadraticModel({"a": 1.25e-9, "b": -3e12}, {("a", "b"): 1e-20}, 0, "BINARY")
    loaded = coo.loads(coordinates(bqm).decode())
    assert loaded.linear[0] == 1.25e-9
    assert loaded.quadratic[0, 1] == 1e-20
