"""The door to the solvers: feasible, never worse, repeatable, compiled once, honest about parts."""

from __future__ import annotations

import gc
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kytos.bounds import CertificateStatus, certificate
from kytos.contract.paid import SolverUnavailableError
from kytos.contract.params import SolverName, SolverParams
from kytos.contract.solver import Availability
from kytos.contract.watch import StopReason, Watch
from kytos.contract.weights import Weights
from kytos.errors import InputError
from kytos.hamiltonian import model, qubo
from kytos.hamiltonian.model import build_model
from kytos.problem import LoadMode, Problem
from kytos.referee.energy import energy
from kytos.referee.feasible import feasible
from kytos.solve.solve import solve
from kytos.solvers.cpsat import solve_exact
from tests.brute_force import lowest_energy
from tests.problems import problems, random_problem
from tests.solvers.baselines.test_baselines import equal_nodes

QUICK = SolverParams(num_reads=2, num_sweeps=50, refine_proposals=20_000)
LOCAL = [
    SolverName.OPENJIJ_SA,
    SolverName.CP_SAT,
    SolverName.KUBE_SCHEDULER,
    SolverName.FIRST_FIT_DECREASING,
]


@pytest.fixture
def mid_sized() -> Problem:
    """Large enough that a solve has stages to stop between."""
    return random_problem(11, pods=60, nodes=10, room=2.0, waiting=0.0)


@pytest.mark.parametrize("solver", LOCAL)
@settings(max_examples=15, deadline=None)
@given(problem=problems(), seed=st.integers(0, 5))
def test_an_answer_breaks_nothing_and_is_never_worse(
    solver: SolverName, problem: Problem, seed: int
) -> None:
    """Whatever the solver, also from starts that are overcommitted or not allowed."""
    params = QUICK.model_copy(update={"seed": seed, "time_limit_s": 2.0})
    solution = solve(problem, Weights(), solver, params)
    assert feasible(problem, solution.placement)
    assert solution.energy == energy(problem, Weights(), solution.placement)
    assert solution.energy.total <= solution.start_energy.total


@pytest.mark.parametrize("solver", [SolverName.OPENJIJ_SA, SolverName.HYBRID])
def test_what_no_qubo_holds_is_told_and_counted_without_one(solver: SolverName) -> None:
    """Nothing is annealed, the answer says so, and it is still as good as CP-SAT's."""
    problem = random_problem(8, pods=6, nodes=3, room=2.0, waiting=0.0, further=True)
    assert problem.safety is not None
    solution = solve(problem, Weights(), solver, QUICK)
    (told,) = (one for one in solution.report.messages if "QUBO" in one)
    assert "safety lines" in told
    assert solution.report.qubo is None
    assert feasible(problem, solution.placement)
    exact = solve_exact(problem, Weights(), QUICK)
    assert solution.energy.total == pytest.approx(
        energy(problem, Weights(), exact.placement).total, rel=1e-6
    )
    with pytest.raises(InputError, match=r"safety lines.*use hybrid or cp-sat"):
        build_model(problem)


def test_same_seed_same_answer(mid_sized: Problem) -> None:
    """When the work ended it, a second run gives the same placement."""
    first, second = (solve(mid_sized, Weights(), params=QUICK) for _ in range(2))
    assert first.report.stopped_by is StopReason.WORK
    assert (first.placement == second.placement).all()


def test_a_solve_compiles_nothing_that_leaks(
    mid_sized: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PyQUBO leaks with every compile: what is annealed comes from arrays, and says so."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("compiled")

    monkeypatch.setattr(qubo, "compile_model", refuse)
    monkeypatch.setattr(model, "compile_model", refuse)
    params = QUICK.model_copy(update={"max_variables": 30})
    solution = solve(mid_sized, Weights(), solver=SolverName.OPENJIJ_SA, params=params)
    assert solution.report.qubo is not None
    assert solution.report.qubo.built_from == "arrays"


def test_the_whole_model_can_be_annealed(mid_sized: Problem) -> None:
    """On request all pods and nodes are in the QUBO; by default the part that fits."""
    part = solve(mid_sized, Weights(), params=QUICK.model_copy(update={"max_variables": 60}))
    whole = solve(mid_sized, Weights(), params=QUICK.model_copy(update={"max_variables": 10_000}))
    assert part.report.qubo is not None
    assert whole.report.qubo is not None
    assert part.report.qubo.pods < part.report.qubo.pods_total == whole.report.qubo.pods


def test_reads_tell_what_of_their_energy_is_for_pods_left_out() -> None:
    """No read can place all of these: each pays at least what the answer does, and they say so."""
    problem = random_problem(3, pods=12, nodes=3, room=0.6, waiting=1.0)
    solution = solve(problem, Weights(A=2), solver=SolverName.OPENJIJ_SA, params=QUICK)
    qubo, left_out = solution.report.qubo, 2 * solution.energy.constraint
    assert left_out >= 2
    assert qubo is not None
    assert len(qubo.read_left_out) == len(qubo.read_objectives)
    assert min(qubo.read_left_out) >= left_out
    net = qubo.net_of(left_out)
    assert min(net.read_left_out) >= 0
    assert net.sampler_objective == min(net.read_objectives) == min(qubo.read_objectives) - left_out
    assert (net.reads, net.strength) == (qubo.reads, qubo.strength)


def test_the_sampler_is_not_credited_with_what_refinement_found(mid_sized: Problem) -> None:
    """The report tells the two apart, and refinement never loses what the sampler found."""
    report = solve(mid_sized, Weights(), params=QUICK).report
    assert report.qubo is not None
    assert report.proposed_energy == report.qubo.sampler_objective
    assert report.refined_energy <= report.proposed_energy
    assert [stage.name for stage in report.stages] == [
        "build",
        "sample",
        "decode and repair",
        "refine",
    ]


def test_a_stop_still_answers(mid_sized: Problem) -> None:
    """Stopped at once: the start is the answer, and the report says who stopped."""
    solution = solve(mid_sized, Weights(), params=QUICK, watch=Watch(stopped=lambda: True))
    assert feasible(mid_sized, solution.placement)
    assert solution.report.stopped_by is StopReason.USER


def test_the_clock_is_a_cap(mid_sized: Problem) -> None:
    """A budget of work far beyond the cap ends at the cap, and the report says so."""
    params = SolverParams(num_sweeps=100_000, refine_proposals=10**10, time_limit_s=1.0)
    solve(mid_sized, Weights(), params=QUICK)  # Kernels loaded before the clock runs.
    began = time.monotonic()
    solution = solve(mid_sized, Weights(), params=params)
    assert time.monotonic() - began < 3.0
    assert solution.report.stopped_by is StopReason.CLOCK


def test_nothing_to_decide_is_an_answer() -> None:
    """A problem without pods returns at once."""
    problem = random_problem(0, pods=0, nodes=2, rules=False, traffic=False)
    assert solve(problem, Weights()).placement.shape == (0,)


def test_a_solver_that_cannot_be_used_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a token a QPU is refused in a sentence, before anything is built."""
    monkeypatch.delenv("DWAVE_API_TOKEN", raising=False)
    monkeypatch.setattr(
        "kytos.solvers.dwave.qpu.Qpu.available",
        lambda _: Availability(False, "set DWAVE_API_TOKEN"),
    )
    with pytest.raises(SolverUnavailableError, match="DWAVE_API_TOKEN"):
        solve(random_problem(1), Weights(), SolverName.DWAVE_QPU)


@pytest.mark.parametrize("mode", list(LoadMode))
def test_more_weight_on_cost_never_moves_more(mode: LoadMode) -> None:
    """At optimal answers the cost term falls as C rises."""
    problem = random_problem(4, pods=6, nodes=3, mode=mode, waiting=0.0, room=2.0)
    problem = replace(problem, traffic=None)
    costs = [
        solve(problem, Weights(C=c), SolverName.CP_SAT).energy.cost for c in (0.1, 1.0, 10.0, 100.0)
    ]
    assert (np.diff(costs) <= 1e-9).all()


@pytest.mark.parametrize("solver", [SolverName.OPENJIJ_SA, SolverName.HYBRID])
@pytest.mark.parametrize("mode", list(LoadMode))
def test_a_proof_says_how_good_the_plan_is_or_betters_it(
    solver: SolverName, mode: LoadMode
) -> None:
    """With work for cp-sat a poor plan ends at the optimum, and the bound meets it."""
    problem = random_problem(4, pods=6, nodes=3, mode=mode, waiting=0.0, room=2.0)
    hasty = SolverParams(num_reads=1, num_sweeps=1, refine_proposals=0, proof_work=0).with_hybrid(
        blocks=0
    )
    plain = solve(problem, Weights(), solver, hasty)
    proven = solve(problem, Weights(), solver, hasty.model_copy(update={"proof_work": 20.0}))
    lowest = lowest_energy(problem, Weights())
    assert plain.bound == -np.inf
    assert proven.energy.total == pytest.approx(lowest, abs=1e-9)
    assert proven.bound == pytest.approx(lowest, abs=1e-4)
    assert proven.report.stopped_by is StopReason.OPTIMAL
    assert proven.report.stages[-1].name == "cp-sat"


def test_a_baseline_is_left_as_it_is() -> None:
    """What the usual tools would do is shown, not bettered, whatever work a proof is given."""
    problem = random_problem(4, pods=6, nodes=3, waiting=0.0, room=2.0)
    answer = solve(
        problem, Weights(), SolverName.FIRST_FIT_DECREASING, SolverParams(proof_work=20.0)
    )
    assert [stage.name for stage in answer.report.stages] == ["place"]


@pytest.mark.parametrize("seed", range(4))
def test_a_quick_proof_is_the_default(seed: int) -> None:
    """A consolidate of forty pods on eight nodes comes with the proof that it is optimal."""
    problem = equal_nodes(8, [(20, 15 + pod % 7) for pod in range(36)], [n % 8 for n in range(36)])
    answer = solve(problem, Weights(), params=SolverParams(seed=seed))
    given = certificate(problem, Weights(), answer.placement, answer.bound)
    assert given.status is CertificateStatus.OPTIMAL


@pytest.mark.parametrize("seed", range(2))
def test_a_small_spread_ends_at_its_optimum(seed: int) -> None:
    """The default answer on 14 pods of which 4 may move is the one the exact solver proves."""
    requests = [(20 + 7 * pod % 19, 20 + 5 * pod % 17) for pod in range(14)]
    current = [pod // 3 for pod in range(14)]
    problem = replace(equal_nodes(6, requests, current), mode=LoadMode.SPREAD, max_moves=4)
    answer = solve(problem, Weights(C=0.2), params=SolverParams(seed=seed))
    assert answer.report.stages[-1].name == "cp-sat"
    assert answer.report.stopped_by is StopReason.OPTIMAL


def test_memory_stays_flat_over_60_solves() -> None:
    """PyQUBO leaks 3 to 46 MiB a compile; solving one problem at 60 slider positions must not."""
    problem = random_problem(7, pods=12, nodes=5, room=2.0, waiting=0.0)
    for round_ in range(20):
        solve(problem, Weights(C=1 + round_ / 100), params=QUICK)
    gc.collect()
    before = _resident_mb()
    for round_ in range(60):
        solve(problem, Weights(C=2 + round_ / 100), params=QUICK)
    gc.collect()
    assert _resident_mb() - before < 50


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6
