"""The panel's numbers against counts made from the dimod model, and pictures against matrices."""

from __future__ import annotations

import numpy as np
import pytest

from kytos.contract.params import Capacity, Encoding
from kytos.contract.weights import Weights
from kytos.hamiltonian.facts import ModelFacts, model_facts, penalty_facts
from kytos.hamiltonian.latex import formulas, number
from kytos.hamiltonian.model import Model, build_model
from kytos.hamiltonian.penalties import MARGIN, penalties
from kytos.hamiltonian.picture import matrix_picture
from kytos.problem import LoadMode
from tests.problems import random_problem


@pytest.fixture(params=list(LoadMode))
def model(request: pytest.FixtureRequest) -> Model:
    return build_model(random_problem(2, pods=6, nodes=4, room=1.5, mode=request.param))


def whole(model: Model) -> np.ndarray:
    return np.ones(len(model.layout.rows))


def facts_of(model: Model, weights: Weights = Weights()) -> ModelFacts:
    free = model.coefficients(weights.model_copy(update={"A": 0.0}))
    return model_facts(model.parts, model.coefficients(weights), free)


def test_size_is_the_dimod_models(model: Model) -> None:
    """Variables, couplers and the range of magnitudes are counted there once more."""
    facts, bqm = facts_of(model), model.bqm(Weights())
    assert sum(facts.variables.values()) == bqm.num_variables
    assert facts.couplers == bqm.num_interactions
    assert facts.density == pytest.approx(
        bqm.num_interactions / (bqm.num_variables * (bqm.num_variables - 1) / 2)
    )
    sizes = [abs(bias) for bias in (*bqm.linear.values(), *bqm.quadratic.values()) if bias]
    assert facts.span.largest == max(sizes)
    assert facts.span.smallest in sizes


def test_precision_is_enough_to_tell_the_smallest_from_nothing(model: Model) -> None:
    """In that many bits, sign included, the largest fits and the smallest is at least one step."""
    facts = facts_of(model)
    steps = 2 ** (facts.span.precision_bits - 1) - 1
    assert facts.span.smallest >= facts.span.largest / steps / 2
    assert round(facts.span.smallest / facts.span.largest * steps) >= 1


def test_objective_is_measured_without_constraints(model: Model) -> None:
    """At ten times the slider A penalties span more; the objective's own range stays."""
    facts, strict = facts_of(model), facts_of(model, Weights(A=10))
    assert strict.span.largest > 5 * facts.span.largest
    assert strict.objective == facts.objective
    free = model.bqm(Weights(A=0))
    sizes = [abs(bias) for bias in (*free.linear.values(), *free.quadratic.values())]
    assert facts.objective.largest == max(sizes)
    assert 0 < facts.objective.precision_bits <= facts.span.precision_bits


def test_penalties_are_those_applied(model: Model) -> None:
    """Every pod, row and exclusion is in one family; no penalty in force is below its bound."""
    weights = Weights(A=2)
    found = penalty_facts(model, weights, whole(model))
    applied = penalties(model.layout, weights)
    counted = int(model.layout.free.sum()) + len(model.layout.rows) + len(applied.exclusions)
    assert sum(penalty.count for penalty in found) == counted
    assert found[0].most == pytest.approx(2 * applied.pods[model.layout.free].max())
    for penalty in found:
        assert penalty.most >= penalty.bound > 0


def test_a_pods_penalty_is_above_its_bound_whatever_the_rows_carry(model: Model) -> None:
    """Two places free room: what that could save goes by the rows in force, not by all rows."""
    for strength in (0.0, 0.1, 3.0):
        pods = penalty_facts(model, Weights(), strength * whole(model))[0]
        assert pods.name == "pod in no place or two"
        assert pods.most == pytest.approx(MARGIN * pods.bound)


def test_rows_without_strength_are_not_in_force(model: Model) -> None:
    """As in the first round of reads."""
    found = penalty_facts(model, Weights(), np.zeros(len(model.layout.rows)))
    for penalty in found:
        if penalty.name.startswith(("capacity", "max-moves", "move-limit")):
            assert penalty.in_force == 0


def test_picture_shows_every_variable_where_they_fit(model: Model) -> None:
    """One cell each: the matrix itself, mirrored, linear coefficients on the diagonal."""
    coefficients = model.coefficients(Weights())
    picture = matrix_picture(model.parts, coefficients)
    upper = coefficients.quadratic.toarray()
    assert picture.labels == model.variables
    assert (picture.values == upper + upper.T + np.diag(coefficients.linear)).all()


def test_picture_of_a_large_model_loses_no_strong_coefficient(model: Model) -> None:
    """Cells keep the largest in them, so that the picture's range is the model's."""
    coefficients = model.coefficients(Weights())
    picture = matrix_picture(model.parts, coefficients, cells=5)
    assert picture.values.shape == (5, 5)
    assert picture.edges[0] == 0
    assert picture.edges[-1] == len(model.variables)
    largest = max(np.abs(coefficients.linear).max(), np.abs(coefficients.quadratic.data).max())
    assert np.abs(picture.values).max() == largest
    assert (picture.values == picture.values.T).all()


@pytest.mark.parametrize("encoding", Encoding)
@pytest.mark.parametrize("capacity", Capacity)
@pytest.mark.parametrize("mode", LoadMode)
def test_formulas_carry_the_weights_and_balance_their_brackets(encoding, capacity, mode) -> None:
    """Every slider's number is in the first line, and no line breaks KaTeX."""
    model = build_model(random_problem(3, mode=mode), encoding=encoding, capacity=capacity)
    found = formulas(model, Weights(A=2, B=0.5, C=3, D=0), whole(model))
    assert all(rf"{value}\,H" in found[0].latex for value in ("2", "0.5", "3", "0"))
    for formula in found:
        assert formula.latex.count("{") == formula.latex.count("}")
        assert formula.latex.count(r"\left") == formula.latex.count(r"\right")
        assert formula.words.endswith(".")


@pytest.mark.parametrize(
    ("value", "said"), [(0.01, "0.01"), (1234567.0, r"1.23\cdot 10^{6}"), (2e-9, r"2\cdot 10^{-9}")]
)
def test_numbers_read_as_numbers(value: float, said: str) -> None:
    """Powers of ten are written out, not as e."""
    assert number(value) == said
