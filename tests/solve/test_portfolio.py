"""What follows refinement: never worse, every rule kept, ended by progress, the same for a seed."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.families import FAMILIES, nearly_full
from kytos.contract.params import Effort, SolverParams
from kytos.contract.watch import StopReason, Watch
from kytos.contract.weights import Weights
from kytos.problem import Ints, LoadMode, Problem
from kytos.referee.energy import energy, rank
from kytos.referee.feasible import feasible
from kytos.refine import refine, repair
from kytos.solve import portfolio
from kytos.solve.portfolio import Search, Searched, Way, rule_of, run_search, search_on
from kytos.solve.solve import solve
from kytos.solve.threads import Runner, threads
from tests.problems import random_problem

CHEAP = FAMILIES["nearly full spread 60 x 10"].weights
SMALL = SolverParams(num_reads=1, num_sweeps=50)


FLOOR_S = 3.5
"""Past a cap: cores shared with other tests, and one piece of work."""


@pytest.fixture(autouse=True)
def little_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Searches of milliseconds: what is held here does not hang on how long they are."""
    monkeypatch.setattr(portfolio, "FEWEST", 0)
    monkeypatch.setattr(portfolio, "FEWEST_ON_SETS", 0)
    monkeypatch.setattr(portfolio, "FIRST_PART", 200)
    monkeypatch.setattr(portfolio, "LEAST_WORK", 0.02)


@pytest.fixture
def tight() -> Problem:
    """18 pods of skewed sizes that nearly fill four nodes."""
    return nearly_full(18, 4, 101)


def searched(
    problem: Problem, begin: Ints, params: SolverParams = SMALL, runner: Runner = threads
) -> Searched:
    rule = rule_of(problem, params)
    return search_on(problem, CHEAP, begin, params, Watch(), runner, rule)


@pytest.mark.parametrize("way", list(Way))
@pytest.mark.parametrize("mode", list(LoadMode))
def test_no_way_makes_a_plan_worse_or_breaks_a_rule(way: Way, mode: LoadMode) -> None:
    """Rules between pods, starts that are overcommitted, pods that wait: whatever there is."""
    for seed in range(2):
        problem = random_problem(seed, pods=14, nodes=5, mode=mode)
        begin = repair(problem, Weights(), problem.current)
        search = Search(way, proposals=20_000, level=0, seed=seed)
        reached, _ = run_search(problem, Weights(), begin, SMALL, search, Watch())
        assert feasible(problem, reached)
        assert rank(problem, Weights(), reached) <= rank(problem, Weights(), begin)


def test_an_exact_region_betters_what_a_swap_of_its_pods_betters(tight: Problem) -> None:
    """CP-SAT over all nodes of a small cluster is no worse than a short refinement."""
    search = Search(Way.EXACT, proposals=3_000_000, level=6, seed=1)
    exact, _ = run_search(tight, CHEAP, tight.current, SMALL, search, Watch())
    refined = refine(tight, CHEAP, tight.current, 5_000, seed=1)
    assert energy(tight, CHEAP, exact).total <= refined.energy + 1e-9


def test_the_answer_hangs_on_seed_and_workers_alone(tight: Problem) -> None:
    """Side by side or one after another: who is first does not matter."""
    params = SMALL.model_copy(update={"seed": 3})

    def one_after_another(function, shared, items, watch):  # type: ignore[no-untyped-def]
        return (function(*shared, item, watch) for item in items)

    first, second = (
        searched(tight, tight.current, params, runner) for runner in (threads, one_after_another)
    )
    assert (first.placement == second.placement).all()
    assert first.stopped_by is StopReason.WORK


def test_a_nearly_full_spread_falls_well_below_refinement(tight: Problem) -> None:
    """Swaps of a large pod for small ones are what a full cluster needs."""
    refined = refine(tight, CHEAP, tight.current, 20_000, seed=1)
    after = searched(tight, refined.placement)
    assert feasible(tight, after.placement)
    assert energy(tight, CHEAP, after.placement).total < 0.9 * refined.energy
    gained = sum(stage.gained or 0.0 for stage in after.stages)
    assert gained == pytest.approx(
        refined.energy - energy(tight, CHEAP, after.placement).total, rel=1e-6
    )


def test_normal_ends_when_a_round_gains_nothing(tight: Problem) -> None:
    """From a plan that no search betters, one round is all that is spent."""
    begin = searched(tight, tight.current).placement
    rounds = []

    def counted(function, shared, items, watch):  # type: ignore[no-untyped-def]
        rounds.append(len(items))
        return iter([(shared[2], 0.0) for _ in items])

    searched(tight, begin, SMALL, counted)
    assert rounds == [SMALL.workers]
    searched(tight, begin, SMALL.model_copy(update={"effort": Effort.THOROUGH}), counted)
    assert len(rounds) == 1 + portfolio.RULES[Effort.THOROUGH].patience


def test_a_way_that_never_gains_gets_fewer_searches(tight: Problem) -> None:
    """Its share falls, but not to nothing: what is left may become its kind."""
    asked: list[Way] = []

    def only_regions_gain(function, shared, items, watch):  # type: ignore[no-untyped-def]
        for item in items:
            asked.append(item.way)
            yield function(*shared, item, watch) if item.way is Way.REGIONS else (shared[2], 0.0)

    params = SMALL.model_copy(update={"effort": Effort.THOROUGH})
    searched(tight, tight.current, params, only_regions_gain)
    early, late = asked[:4], asked[4:]
    assert early.count(Way.REGIONS) < 4
    assert late.count(Way.REGIONS) > late.count(Way.COOLING) > 0


def test_a_time_as_effort_is_used_and_kept(tight: Problem) -> None:
    """It goes on where *normal* has long ended, and not beyond."""
    given = {"effort": 1.5, "time_limit_s": 1.5, "proof_work": 0.0, "refine_proposals": 1_000}
    params = SMALL.model_copy(update=given)
    solve(tight, CHEAP, params=SMALL)  # Libraries are loaded by whoever needs them first.
    began = time.monotonic()
    answer = solve(tight, CHEAP, params=params)
    assert 1.0 <= time.monotonic() - began <= 1.5 + FLOOR_S
    assert answer.report.stopped_by is StopReason.CLOCK
    assert any(stage.name.startswith("search by") for stage in answer.report.stages)


def test_counted_work_is_all_that_is_done(tight: Problem) -> None:
    """Who gives proposals gets those; a search is on request then."""
    counted = SMALL.model_copy(update={"refine_proposals": 1_000})
    assert rule_of(tight, counted).rounds == 0
    assert rule_of(tight, counted.model_copy(update={"effort": Effort.THOROUGH})).rounds > 0
    quick = solve(tight, CHEAP, params=SMALL.model_copy(update={"effort": Effort.QUICK}))
    assert [stage.name for stage in quick.report.stages][-1] == "refine"


def test_a_plan_at_its_bound_is_left_alone() -> None:
    """Nothing is searched where nothing better exists."""
    problem = replace(nearly_full(12, 4, 1), price=np.zeros(4), mode=LoadMode.CONSOLIDATE)
    answer = solve(problem, Weights(C=1, D=0), params=SMALL)
    assert not any(stage.name.startswith("search by") for stage in answer.report.stages)


def test_a_plan_made_before_is_begun_with(tight: Problem) -> None:
    """A little has changed: the new plan is as good as one from scratch, for less work."""
    before = solve(tight, CHEAP, params=SMALL)
    moved = tight.current.copy()
    changed = replace(tight, current=np.where(np.arange(len(moved)) == 3, before.placement, moved))
    cold = solve(changed, CHEAP, params=SMALL)
    warm = solve(changed, CHEAP, params=SMALL, last=before.placement)
    assert feasible(changed, warm.placement)
    assert warm.report.stages[0].name == "last plan"
    assert warm.energy.total <= cold.energy.total * 1.1 + 1e-9
    assert warm.report.num_reads == 1


def test_a_plan_made_before_that_no_longer_holds_is_repaired() -> None:
    """Pods left out, pods that do not fit: what can be kept of it is."""
    for seed in range(3):
        problem = random_problem(seed, pods=12, nodes=4)
        last = np.full(12, seed, dtype=np.int64)
        params = SMALL.model_copy(update={"refine_proposals": 500})
        answer = solve(problem, Weights(), params=params, last=last)
        assert feasible(problem, answer.placement)
        assert answer.energy.total <= answer.start_energy.total + 1e-9
