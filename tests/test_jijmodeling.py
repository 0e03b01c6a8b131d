"""docs/jijmodeling.md holds the problem that is annealed: its objective is the referee's H."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jijmodeling as jm
import numpy as np
import pytest

from kytos.contract.weights import Weights
from kytos.problem import LoadMode, Problem
from kytos.referee.energy import energy
from kytos.referee.feasible import feasible
from tests.problems import random_problem

PAGE = Path(__file__).parent.parent / "docs" / "jijmodeling.md"
WEIGHTS = Weights(A=2, B=1.5, C=0.5, D=3)


@pytest.fixture(scope="module")
def page() -> dict[str, Any]:
    """What the code of the page defines, run from top to bottom."""
    code = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    defined: dict[str, Any] = {}
    exec(compile("\n".join(code), str(PAGE), "exec"), defined)
    return defined


def asked(seed: int, mode: LoadMode) -> Problem:
    """Waiting pods, unequal nodes, traffic, soft costs; none of the rules that the page omits."""
    problem = random_problem(seed, pods=5, nodes=3, mode=mode, rules=False, room=2.5)
    return replace(problem, pairings=(), zone_pairs=bool(seed % 2))


def evaluated(page: dict[str, Any], problem: Problem) -> Callable[[np.ndarray], tuple[float, bool]]:
    """The objective of the page's model at a placement, and whether its constraints hold."""
    model: jm.Problem = page["problem"]
    instance = model.eval(page["data"](problem, WEIGHTS))
    ids = {(one.name, *one.subscripts): one.id for one in instance.decision_variables}

    def at(placement: np.ndarray) -> tuple[float, bool]:
        state = dict.fromkeys(ids.values(), 0.0)
        used = problem.in_use(placement)
        for pod, node in enumerate(placement):
            if node >= 0:
                state[ids["x", pod, int(node)]] = 1.0
        for node in np.flatnonzero(used):
            state[ids["y", int(node)]] = 1.0
        solution = instance.evaluate(state)
        return float(solution.objective), bool(solution.feasible)

    return at


@pytest.mark.parametrize("mode", LoadMode)
@pytest.mark.parametrize("seed", [0, 1, 9])
def test_the_objective_is_h(page: dict[str, Any], seed: int, mode: LoadMode) -> None:
    """At random placements that break no capacity, pods that wait among them, to 1e-9."""
    problem = asked(seed, mode)
    at, rng, held = evaluated(page, problem), np.random.default_rng(seed), 0
    overcommitted = bool((problem.initial_held > problem.capacity).any())
    for _ in range(40):
        placement = rng.integers(-1, len(problem.nodes), len(problem.pods))
        found, holds = at(placement)
        if not overcommitted:
            assert holds == feasible(problem, placement)
        if holds:
            held += 1
            expected = energy(problem, WEIGHTS, placement).total
            assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert held > 1


def test_a_term_left_out_would_be_seen(page: dict[str, Any]) -> None:
    """Each of the four terms, desire among them, is something other than 0 at some placement."""
    terms = np.zeros(4)
    for seed in range(3):
        problem = asked(seed, LoadMode.SPREAD)
        found = energy(problem, WEIGHTS, np.where(problem.must_place, problem.current, -1))
        terms += np.abs([found.constraint, found.load, found.cost, found.affinity])
    assert (terms > 0).all()
