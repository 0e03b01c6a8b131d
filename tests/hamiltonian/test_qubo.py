"""The QUBO against the referee, its two builders against each other, its minima by brute force."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from kytos.contract.params import Capacity, Encoding
from kytos.contract.weights import Weights
from kytos.hamiltonian.layout import Scope
from kytos.hamiltonian.model import CompileCache, Model, build_model
from kytos.hamiltonian.qubo import compile_model
from kytos.problem import UNPLACED, Exclusion, LoadMode, Problem, Tally
from kytos.referee.energy import energy
from tests.problems import problems, random_feasible, random_problem, seeds
from tests.solvers.baselines.test_baselines import equal_nodes

encodings = st.sampled_from(Encoding)
capacities = st.sampled_from(Capacity)
sliders = st.sampled_from([0.0, 0.5, 1.0, 3.0])
weightings = st.builds(Weights, A=sliders, B=sliders, C=sliders, D=sliders)


def feasible_reference(problem: Problem, seed: int) -> np.ndarray:
    """A feasible placement to start from."""
    return random_feasible(problem, seed, steps=12)


@settings(max_examples=80, deadline=None)
@given(problems(), encodings, weightings, seeds)
def test_encoded_placement_has_the_referees_energy(problem, encoding, weights, seed):
    """Any feasible placement, from any feasible reference, at any weights: the two agree."""
    model = build_model(problem, feasible_reference(problem, seed), encoding=encoding)
    placement = random_feasible(problem, seed + 1)
    sampled = model.coefficients(weights).energies(model.encode(placement)[np.newaxis])[0]
    assert sampled == pytest.approx(energy(problem, weights, placement).total, rel=1e-9, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(problems(), encodings, weightings, seeds)
def test_scope_gives_the_whole_problems_energy(problem, encoding, weights, seed):
    """A block of pods and nodes, the rest held, still has the exact energy of the whole."""
    rng = np.random.default_rng(seed)
    pods, nodes = len(problem.pods), len(problem.nodes)
    scope = Scope(np.flatnonzero(rng.random(pods) < 0.6), np.flatnonzero(rng.random(nodes) < 0.7))
    reference = feasible_reference(problem, seed)
    model = build_model(problem, reference, scope, encoding)
    bits, fast = model.encode(reference), model.coefficients(weights)
    for variable in rng.permutation(len(model.assignments)):
        flipped = bits.copy()
        flipped[variable] ^= 1
        decoded = model.decode(flipped[np.newaxis])
        outside = np.setdiff1d(np.arange(pods), scope.pods)
        assert (decoded.placements[0, outside] == reference[outside]).all()
        terms = energy(problem, weights, decoded.placements[0])
        kept = terms.constraint == problem.desire[decoded.placements[0] < 0].sum()
        if decoded.whole[0] and kept:
            best = model.encode(decoded.placements[0])
            sampled = fast.energies(best[np.newaxis])[0]
            assert sampled == pytest.approx(terms.total, rel=1e-9, abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(problems(max_pods=5, max_nodes=3), encodings, capacities, weightings, seeds)
def test_arrays_equal_pyqubo(problem, encoding, capacity, weights, seed):
    """Each coefficient of the fast builder is the specification's to 1e-9, rows at any strength."""
    reference = feasible_reference(problem, seed)
    model = build_model(problem, reference, encoding=encoding, capacity=capacity)
    rows = len(model.layout.rows)
    strength = np.random.default_rng(seed).choice([0.0, 0.1, 1.0, 3.0], rows)
    fast = model.bqm(weights, strength=strength)
    specified = compile_model(model.layout, capacity).bqm(weights, strength=strength)
    assert list(fast.variables) == list(specified.variables) == list(model.variables)
    scale = 1e-9 * max([1.0, *map(abs, fast.linear.values()), *map(abs, fast.quadratic.values())])
    assert fast.offset == pytest.approx(specified.offset, abs=scale)
    for variable, bias in specified.linear.items():
        assert fast.linear[variable] == pytest.approx(bias, abs=scale)
    for first, second in set(fast.quadratic) | set(specified.quadratic):
        assert fast.get_quadratic(first, second, default=0.0) == pytest.approx(
            specified.get_quadratic(first, second, default=0.0), abs=scale
        )


def least(model: Model, weights: Weights, *, sure: bool) -> tuple[float, np.ndarray, bool]:
    """The lowest energy over all bit strings, its placement, and whether no pod is broken."""
    width = len(model.variables)
    samples = ((np.arange(2**width)[:, np.newaxis] >> np.arange(width)) & 1).astype(np.int8)
    energies = model.coefficients(weights, sure=sure).energies(samples)
    decoded = model.decode(samples[[energies.argmin()]])
    return float(energies.min()), decoded.placements[0], bool(decoded.whole[0])


def best_placement_energy(problem: Problem, weights: Weights) -> float:
    """The lowest referee's energy over all placements that break no constraint of the model."""
    found = np.inf
    for places in product(range(UNPLACED, len(problem.nodes)), repeat=len(problem.pods)):
        placement = np.array(places)
        terms = energy(problem, weights, placement)
        if terms.constraint == problem.desire[placement < 0].sum():
            found = min(found, terms.total)
    return found


@settings(max_examples=40, deadline=None)
@given(problems(max_pods=4, max_nodes=3), encodings)
def test_breaking_a_constraint_never_pays(problem, encoding):
    """Over all bit strings of a tiny model the minimum is the best feasible placement's."""
    problem = replace(problem, presences=(), skews=())
    model = build_model(problem, encoding=encoding)
    assume(len(model.variables) <= 16)
    found, placement, whole = least(model, Weights(), sure=True)
    best = best_placement_energy(problem, Weights())
    assert whole
    assert found == pytest.approx(best, rel=1e-9, abs=1e-9)
    assert energy(problem, Weights(), placement).total == pytest.approx(best, rel=1e-9, abs=1e-9)


def shunned() -> Problem:
    """One pod that three others, which do not mind each other, may not share a node with.

    With nothing in the objective the others come to its node for free: in two places at once it
    is there -1 times, and each of them met that.
    """
    nodes = np.arange(3)
    tallies = tuple(
        Tally(nodes, np.array(members), np.zeros(3, dtype=np.int64))
        for members in ([True, False, False, False], [False, True, True, True])
    )
    exclusions = (Exclusion(0, 1, "apart"),)
    return equal_nodes(3, [(1, 1)] * 4, [0, 1, 1, 1], tallies=tallies, exclusions=exclusions)


@settings(max_examples=40, deadline=None)
@example(shunned(), Encoding.STAY_PUT, Weights(A=1, B=0, C=0, D=0))
@example(replace(shunned(), mode=LoadMode.SPREAD), Encoding.STAY_PUT, Weights())
@given(problems(max_pods=4, max_nodes=3), encodings, weightings)
def test_no_pod_in_two_places_at_the_minimum(problem, encoding, weights):
    """The penalty of a stake already outweighs what a second bit would reward."""
    model = build_model(problem, encoding=encoding)
    assume(len(model.variables) <= 16)
    assume(weights.A >= 1)
    _, _, whole = least(model, weights, sure=False)
    assert whole


@pytest.fixture
def cluster() -> Problem:
    """Six pods on four nodes, all rules possible."""
    return random_problem(3, 6, 4, LoadMode.CONSOLIDATE)


@pytest.mark.parametrize("encoding", Encoding)
def test_breakdown_comes_from_the_model(cluster, encoding):
    """The labelled terms are the referee's, constraints 0 for a feasible placement."""
    weights = Weights()
    model = build_model(cluster, encoding=encoding)
    placement = random_feasible(cluster, 5)
    terms = compile_model(model.layout).breakdown(weights, model.sample(model.encode(placement)))
    expected = energy(cluster, weights, placement)
    assert [terms.pop(label) for label in ("load", "cost", "affinity", "desire")] == pytest.approx(
        [expected.load, expected.cost, expected.affinity, expected.constraint]
    )
    assert any(label.startswith("place") for label in terms)
    assert all(value == pytest.approx(0.0) for value in terms.values())


def test_sliders_do_not_compile_again(cluster):
    """Weights are fed to the compiled model; another problem is another model."""
    cache = CompileCache()
    for slider in (0.1, 0.5, 2.0):
        cache.compiled(build_model(cluster)).bqm(Weights(B=slider))
    assert cache.compiles == 1
    cache.compiled(build_model(replace(cluster, move_cost=cluster.move_cost + 1)))
    cache.compiled(build_model(cluster, encoding=Encoding.ONE_HOT))
    assert cache.compiles == 3
    cache.compiled(build_model(cluster))
    assert cache.compiles == 3


def test_cache_forgets_the_least_recently_used(cluster):
    """A full cache drops one model, not the one just used."""
    cache = CompileCache(size=2)
    stay_put, one_hot = (build_model(cluster, encoding=encoding) for encoding in Encoding)
    other = build_model(cluster, capacity=Capacity.UNBALANCED)
    for model in (stay_put, one_hot, stay_put, other, stay_put):
        cache.compiled(model)
    assert cache.compiles == 3
    cache.compiled(one_hot)
    assert cache.compiles == 4


def test_nothing_to_decide_is_a_model_without_variables(cluster):
    """An empty scope gives the reference's energy as the offset, from both builders."""
    nobody = np.zeros(0, dtype=np.int64)
    model = build_model(cluster, scope=Scope(nobody, nobody))
    expected = energy(cluster, Weights(), cluster.current).total
    assert model.variables == ()
    assert model.bqm(Weights()).offset == pytest.approx(expected)
    assert compile_model(model.layout).bqm(Weights()).offset == pytest.approx(expected)
