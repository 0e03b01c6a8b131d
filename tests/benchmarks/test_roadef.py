"""The challenge's instances: read, judged by hand, and the same as problems of Kytos."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.roadef.as_problem import WEIGHTS, as_problem
from benchmarks.roadef.contestants import CONTESTANTS
from benchmarks.roadef.instance import Instance, load, path_of, read
from benchmarks.roadef.official import Cost, broken, cost
from benchmarks.roadef.published import PUBLISHED
from kytos.contract.params import SolverParams
from kytos.referee.energy import energy
from kytos.referee.feasible import feasible
from kytos.solve.solve import solve

MODEL = """
2
1 10
0 1
3
0 0 10 8 6 4  0 1 2
0 1 10 8 6 4  1 0 2
1 1 10 8 6 4  2 2 0
2
2 1 1
0 0
3
0 5 2 7
0 3 3 8
1 4 1 9
1
0 1 2
10
3 5 11
"""
START = "0 1 0"
"""Two resources, the first transient; two processes of a service that needs two locations and the
neighbourhoods of the other service."""


@pytest.fixture
def by_hand() -> Instance:
    """Small enough to count on paper."""
    return read("by hand", MODEL, START)


def test_the_cost_is_the_one_counted_by_hand(by_hand: Instance) -> None:
    """Moving process 1 to machine 2 and process 2 to machine 1."""
    # At first machine 0 holds 9 and 3, machine 1 holds 3 and 3; load 10 * (9 - 6), balance
    # 10 * (2 * 1 - 5 < 0), 10 * (2 * 7 - 5) and 10 * (2 * 10 - 8).
    assert cost(by_hand, by_hand.start) == Cost(30, 90 + 120, 0, 0, 0)
    # After: 5 and 2, 4 and 1, 3 and 3; balance 2 * 5 - 6, 2 * 6 - 7, 2 * 7 - 5; moves cost
    # 8 + 9, one of each service, and 2 + 1 from machine to machine.
    assert cost(by_hand, (0, 2, 1)) == Cost(0, 40 + 50 + 90, 3 * 17, 5 * 1, 11 * 3)


@pytest.mark.parametrize(
    ("assignment", "told"),
    [
        ((0, 1, 0), None),
        ((0, 2, 1), "neighbourhood"),
        ((0, 0, 0), "two processes"),
        ((1, 2, 0), "locations"),
        ((2, 1, 0), "neighbourhood"),
    ],
)
def test_what_breaks_a_rule_is_told_and_infeasible(
    by_hand: Instance, assignment: tuple[int, ...], told: str | None
) -> None:
    """The official checker and the referee agree on every rule."""
    words = {"neighbourhood": "runs where", "two processes": "two processes", "locations": "in 1 l"}
    said = broken(by_hand, assignment)
    assert feasible(as_problem(by_hand), np.array(assignment)) == (told is None) == (not said)
    if told:
        assert any(words[told] in one for one in said)


def test_both_places_are_held_of_a_transient_resource(by_hand: Instance) -> None:
    """Machine 0 has 9 of 10 of the first resource in use: nobody of 3 comes while they move."""
    instance = replace(by_hand, services=tuple(replace(s, needs=()) for s in by_hand.services))
    # Process 0 leaves and process 1 comes: 4 + 3 in the end, 12 in between.
    assert any("machine 0 holds 12" in one for one in broken(instance, (1, 0, 0)))
    assert not feasible(as_problem(instance), np.array((1, 0, 0)))
    at_once = replace(instance, transient=(False, False))
    assert not any("machine 0" in one for one in broken(at_once, (1, 0, 0)))


def test_the_smallest_instance_starts_at_its_published_cost() -> None:
    """Of the challenge's own checker: a1_1 begins at 49,528,750."""
    instance = load("a1_1")
    assert cost(instance, instance.start).total == 49_528_750


@pytest.mark.parametrize("name", ["a1_1", "a1_3", "a2_2", "a2_4"])
def test_energy_is_the_official_cost_along_a_walk(name: str) -> None:
    """Whatever valid assignment is walked to, H is the cost, and both say what is valid."""
    if path_of(name, "model") is None:
        pytest.skip(f"{name} is not here: only ../shared/benchmarks/roadef2012 has it")
    instance = load(name)
    problem, rng = as_problem(instance), np.random.default_rng(1)
    placement = problem.current.copy()
    for _ in range(12):
        proposal = placement.copy()
        moved = rng.integers(len(placement), size=3)
        proposal[moved] = rng.integers(len(problem.nodes), size=3)
        valid = not broken(instance, proposal.tolist())
        assert feasible(problem, proposal) == valid
        placement = proposal if valid else placement
    official = cost(instance, placement.tolist()).total
    assert energy(problem, WEIGHTS, placement).total == pytest.approx(official, rel=1e-12)


@pytest.mark.parametrize("name", list(CONTESTANTS))
def test_every_contestant_keeps_the_rules_and_betters_the_start(name: str) -> None:
    """In a second each comes close to the published 44,306,501 of a1_1, which nobody is below."""
    instance = load("a1_1")
    assignment = CONTESTANTS[name](as_problem(instance), 1.0, 1).tolist()
    assert broken(instance, assignment) == []
    assert PUBLISHED["a1_1"] <= cost(instance, assignment).total <= 49_528_750


def test_the_published_cost_of_the_smallest_instance_is_reached() -> None:
    """By work, not by the clock, so wherever it runs: 44,306,501."""
    instance = load("a1_1")
    params = SolverParams(seed=1, workers=2, time_limit_s=300.0)
    solution = solve(as_problem(instance), WEIGHTS, params=params)
    assert cost(instance, solution.placement.tolist()).total == PUBLISHED["a1_1"]


@pytest.mark.parametrize("text", [MODEL.rsplit("11", 1)[0], MODEL + " 1", "2\n1 10"])
def test_a_file_that_is_cut_off_is_refused(text: str) -> None:
    """No number is guessed."""
    with pytest.raises(ValueError, match="end"):
        read("cut", text, START)
