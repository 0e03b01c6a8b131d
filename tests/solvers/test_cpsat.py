"""The exact solver against all placements of tiny problems, and its manners with clock and stop."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kytos.contract.params import SolverParams
from kytos.contract.watch import StopReason, Watch
from kytos.contract.weights import Weights
from kytos.problem import UNPLACED, LoadMode, Problem
from kytos.referee.energy import energy, score
from kytos.referee.feasible import feasible
from kytos.solvers.cpsat import CP_SAT, ExactStatus, place_most, solve_exact, solver
from kytos.solvers.cpsat import energy as energy_model
from kytos.solvers.cpsat.search import Answer
from tests.brute_force import feasible_placements, rank
from tests.problems import problems, random_problem, seeds
from tests.solvers.baselines.test_baselines import equal_nodes

weights = st.builds(
    Weights,
    B=st.sampled_from([0.0, 1.0, 3.0]),
    C=st.sampled_from([0.0, 1.0, 2.0]),
    D=st.sampled_from([0.0, 1.0, 5.0]),
)


@settings(max_examples=60, deadline=None)
@given(problems(max_pods=4, max_nodes=3, further=True), weights, seeds)
def test_nothing_ranks_before_the_exact_answer(
    problem: Problem, weights: Weights, seed: int
) -> None:
    """The answer is feasible and as good as the best of all placements; the bound is under it."""
    service = np.random.default_rng(seed).integers(-2, 2, len(problem.pods)).clip(min=-1)
    problem = replace(problem, lifeline=np.where(problem.must_place, -1, service))
    result = solve_exact(problem, weights)
    everything = list(feasible_placements(problem))
    best = min(rank(problem, weights, placement) for placement in everything)
    assert result.status is ExactStatus.OPTIMAL
    assert feasible(problem, result.placement)
    assert rank(problem, weights, result.placement) == pytest.approx(best, rel=1e-6, abs=1e-6)
    least = min(score(problem, weights, placement) for placement in everything)
    assert result.fewest == (problem.left_out(result.placement) == least[0])
    lowest = least[1]
    assert result.bound <= lowest + 1e-9 * max(1.0, abs(lowest))


extreme = st.sampled_from([0.0, 1e-9, 0.01, 1.0, 1000.0])


@settings(max_examples=30, deadline=None)
@given(
    problems(max_pods=3, max_nodes=2),
    st.builds(Weights, B=extreme, C=extreme, D=extreme),
    st.sampled_from([1e-12, 1.0, 1e9]),
    st.booleans(),
)
def test_no_weight_or_price_is_too_extreme(
    problem: Problem, weights: Weights, price: float, alone: bool
) -> None:
    """Coefficients fit 64 bits whatever they are, and the bound stays true."""
    if alone:  # Nothing can pair: what it would cost must not set the scale.
        nobody = np.zeros_like(problem.service_fixed)
        problem = replace(
            problem,
            service=np.arange(len(problem.pods)),
            service_fixed=nobody,
            pairings=(),
            preference=None,
        )
    problem = replace(problem, price=price * problem.price)
    result = solve_exact(problem, weights)
    _, lowest = min(score(problem, weights, place) for place in feasible_placements(problem))
    assert result.status is ExactStatus.OPTIMAL
    assert feasible(problem, result.placement)
    assert result.bound <= lowest + 1e-9 * max(1.0, abs(lowest))


def test_services_of_one_replica_set_no_scale() -> None:
    """Dear pairs that cannot be beside cheap moves: a coefficient passed 2^63."""
    problem = equal_nodes(2, [(20, 20)] * 2, [0, 1])
    problem = replace(
        problem,
        held_open=np.ones(2, dtype=np.bool_),
        service=np.arange(2),
        services=("web", "db"),
        service_fixed=np.zeros((2, 2), dtype=np.int64),
    )
    found = solve_exact(problem, Weights(C=0.01, D=3.0))
    assert found.status is ExactStatus.OPTIMAL
    assert found.placement.tolist() == [0, 1]


def test_load_far_beyond_its_node_is_told_apart_coarsely() -> None:
    """A pod of 16 Pi on a node of a hundred: its square would leave 64 bits."""
    problem = equal_nodes(2, [(2**54, 1), (3, 1)], [0, 0], mode=LoadMode.SPREAD)
    result = solve_exact(problem, Weights(), SolverParams(proof_work=1.0))
    lowest = min(energy(problem, Weights(), place).total for place in feasible_placements(problem))
    assert result.bound <= lowest


@pytest.fixture
def crowded() -> Problem:
    """Enough pods that the search does not end by itself within seconds."""
    return random_problem(3, pods=60, nodes=8, rules=False, traffic=False, waiting=0.0, room=2.0)


def test_the_clock_is_kept(crowded: Problem) -> None:
    """A second is a second, model building and all, and what was proven still bounds."""
    started = time.monotonic()
    result = solve_exact(crowded, Weights(), SolverParams(time_limit_s=1.0))
    assert time.monotonic() - started < 4.0
    assert result.status is ExactStatus.FEASIBLE
    found = energy(crowded, Weights(), result.placement).total
    assert -math.inf < result.bound <= found <= energy(crowded, Weights(), crowded.current).total


def test_a_search_cut_short_before_it_began_proves_nothing() -> None:
    """Where moves are dear, what CP-SAT reports without a solution is above what is known."""
    homes = [pod % 6 for pod in range(60)]
    problem = equal_nodes(6, [(7 + pod % 5, 9) for pod in range(60)], homes)
    problem = replace(problem, mode=LoadMode.CONSOLIDATE)
    weights = Weights(C=10.0)
    result = solve_exact(problem, weights, SolverParams(proof_work=1e-9))
    assert result.status is ExactStatus.FEASIBLE
    assert result.bound <= energy(problem, weights, problem.current).total


def test_building_the_model_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that takes longer to build than there is time is given up, with nothing proven."""
    problem = random_problem(1, pods=40, nodes=6, waiting=0.2, room=1.2)
    # It is asked once for every part of the model: the time is up at the hundredth.
    asked = iter(range(100))
    watch = Watch(stopped=lambda: next(asked, None) is None)
    result = solve_exact(problem, Weights(), watch=watch)
    assert (result.placement == problem.current).all()
    assert result.bound == -math.inf
    assert result.stopped_by is StopReason.USER
    assert not place_most(problem, watch=watch).proven


def test_the_stop_button_ends_the_search(crowded: Problem) -> None:
    """A stop from another thread is heard within a fraction of a second."""
    began = time.monotonic()
    watch = Watch(stopped=lambda: time.monotonic() - began > 0.5)
    params = SolverParams(time_limit_s=60.0)
    found = CP_SAT.improve(crowded, Weights(), crowded.current, params, watch)
    assert time.monotonic() - began < 5.0
    assert found.stopped_by is StopReason.USER
    assert feasible(crowded, found.placement)


def test_the_trace_never_rises(crowded: Problem) -> None:
    """The best energy so far falls from that of the placement it began with to the answer's."""
    heard: list[float | None] = []
    watch = Watch(report=lambda _stage, _progress, reached: heard.append(reached))
    params = SolverParams(time_limit_s=2.0)
    found = CP_SAT.improve(crowded, Weights(), crowded.current, params, watch)
    energies = [reached for _, reached in found.trace]
    assert energies[0] == energy(crowded, Weights(), crowded.current).total
    assert energies[-1] == pytest.approx(energy(crowded, Weights(), found.placement).total)
    assert (np.diff(energies) <= 1e-12).all()
    assert heard
    assert max(reached for reached in heard if reached is not None) <= energies[0]


def test_same_seed_same_answer() -> None:
    """When the search ends by itself its answer is a function of the seed."""
    problem = random_problem(11, pods=6, nodes=3)
    params = SolverParams(seed=7)
    first, second = (
        CP_SAT.improve(problem, Weights(), problem.current, params, Watch()) for _ in range(2)
    )
    assert first.stopped_by is StopReason.OPTIMAL
    assert first.placement.tolist() == second.placement.tolist()


def test_what_is_too_large_is_said_to_be(crowded: Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    """No model is built beyond the limit: the start comes back and nothing is claimed."""
    monkeypatch.setattr(solver, "MAX_PAIRS", 10)
    result = solve_exact(crowded, Weights())
    assert result.status is ExactStatus.TOO_LARGE
    assert result.bound == -math.inf
    assert result.placement.tolist() == crowded.current.tolist()


def test_rounded_loads_still_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """With load told apart in eight steps only, the bound gives way and stays true."""
    monkeypatch.setattr(energy_model, "LEVELS", 8)
    for seed in range(20):
        problem = random_problem(seed, pods=4, nodes=3, mode=LoadMode.SPREAD, traffic=False)
        _, lowest = min(
            score(problem, Weights(), placement) for placement in feasible_placements(problem)
        )
        assert solve_exact(problem, Weights()).bound <= lowest + 1e-9


def two_classes(seed: int, pods: int, sizes: tuple[int, int], nodes: int) -> Problem:
    """Waiting pods of two classes on nodes of 100 that hold some of them, under a spread."""
    requests = np.random.default_rng(seed).integers(*sizes, (pods, 2)).tolist()
    desire = np.where(np.arange(pods) < pods // 2, 100.0, 1.0)
    waiting = [UNPLACED] * pods
    return equal_nodes(nodes, requests, waiting, desire=desire, mode=LoadMode.SPREAD)


@pytest.mark.parametrize("seed", [2, 3, 5])
def test_counts_are_proven_whatever_load_means(seed: int) -> None:
    """How many pods fit is a linear question in a spread too: the relaxation settles it."""
    problem = two_classes(seed, pods=30, sizes=(10, 50), nodes=6)
    assert place_most(problem, SolverParams(proof_work=4.0)).proven


@pytest.mark.parametrize(("unsettled", "expected"), [(1, (False, True)), (2, (True, False))])
def test_counts_and_services_are_proven_apart(
    monkeypatch: pytest.MonkeyPatch, unsettled: int, expected: tuple[bool, bool]
) -> None:
    """Which of those that count alike are placed may stay open without the counts doing so."""
    problem = equal_nodes(1, [[30, 30]] * 5, [UNPLACED] * 5, desire=np.ones(5))
    problem = replace(problem, lifeline=np.array([0, 0, 0, 1, 2]))
    assert place_most(problem).proven
    minimise, asked = solver.Search.minimise, []

    def leave_open(*words: Any, **named: Any) -> Answer:
        asked.append(words)
        answer = minimise(*words, **named)
        return replace(answer, optimal=answer.optimal and len(asked) != unsettled)

    monkeypatch.setattr(solver.Search, "minimise", leave_open)
    found = place_most(problem)
    assert len(asked) == 2
    assert (found.proven, found.kept_proven) == expected
    assert problem.left_out(found.placement)[-1] == 0


def test_an_unsettled_class_leaves_work_for_the_next() -> None:
    """The higher class is filled but not proven within its share; the lower one gets a turn."""
    problem = two_classes(5, pods=40, sizes=(20, 70), nodes=8)
    found = place_most(problem, SolverParams(proof_work=2.0))
    higher, lower, _ = problem.left_out(found.placement)
    assert not found.proven
    assert higher < 20
    assert lower < 20
