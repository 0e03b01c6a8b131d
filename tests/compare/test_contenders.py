"""Rows of a comparison, held to the referee, to every placement there is, and to each other."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from kytos.cluster import Cluster
from kytos.compare import CompareRequest, Comparison, compare_solvers
from kytos.contract.params import SolverName
from kytos.contract.watch import StopReason, Watch
from kytos.contract.weights import Weights
from kytos.problem import LoadMode
from kytos.referee.feasible import feasible
from tests.brute_force import lowest_energy
from tests.compare.conftest import QUICK, placement_of, problem_of, refereed, small_cluster

BASELINES = [name for name in SolverName if name.traits.baseline]
SOLVERS = (
    SolverName.OPENJIJ_SA,
    SolverName.CP_SAT,
    *(name for name in SolverName if name.traits.baseline),
)


def compared(
    cluster: Cluster,
    mode: LoadMode = LoadMode.CONSOLIDATE,
    weights: Weights = Weights(),
    watch: Watch = Watch(),
    solvers: tuple[SolverName, ...] = SOLVERS,
) -> Comparison:
    request = CompareRequest(mode=mode, solvers=solvers)
    return compare_solvers(cluster, request, weights=weights, params=QUICK, watch=watch)


@pytest.mark.parametrize("mode", list(LoadMode))
def test_each_rows_energy_is_the_referees(five_pods: Cluster, mode: LoadMode) -> None:
    """The moves of a row lead to a feasible placement with just the energy it claims."""
    weights = Weights(A=2, B=3, C=0.5, D=0.7)
    problem = problem_of(five_pods, CompareRequest(mode=mode))
    found = compared(five_pods, mode, weights)
    assert [row.solver for row in found.rows] == list(SOLVERS)
    for row in found.rows:
        assert row.plan is not None
        assert row.plan.energy.total == pytest.approx(refereed(problem, weights, row.plan))
        assert feasible(problem, placement_of(problem, row.plan))
        assert row.plan.metrics.pods_moved == len(row.plan.moves)


@pytest.mark.parametrize("mode", list(LoadMode))
def test_bound_lies_below_all_and_meets_the_optimum(five_pods: Cluster, mode: LoadMode) -> None:
    """No placement at all is below the bound; rows at the optimum, and only they, say so."""
    best = lowest_energy(problem_of(five_pods, CompareRequest(mode=mode)), Weights())
    found = compared(five_pods, mode)
    assert found.bound <= best + 1e-9
    for row in found.rows:
        assert row.plan is not None
        assert row.plan.energy.total >= best - 1e-9
        if row.optimal:
            assert row.plan.energy.total == pytest.approx(best, rel=1e-5)
    exact = next(row for row in found.rows if row.solver is SolverName.CP_SAT)
    assert exact.optimal


def test_baselines_are_shown_as_they_are() -> None:
    """The scheduler spreads where nodes should be freed: worse than nothing, and shown so."""
    packed = small_cluster(3)
    packed = packed.with_placement({pod.id: "node-1" for pod in packed.pods})
    found = compared(packed)
    scheduler = next(row for row in found.rows if row.solver is SolverName.KUBE_SCHEDULER)
    assert scheduler.plan is not None
    assert scheduler.plan.energy.total > found.start.energy.total
    assert scheduler.proposed_energy == scheduler.plan.energy.total
    assert scheduler.plan.moves
    for row in found.rows:
        if not row.baseline:
            assert row.plan is not None
            assert row.plan.energy.total <= found.start.energy.total


def test_one_that_cannot_run_spoils_nothing(
    five_pods: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its row says why and what to do; the others are as without it."""
    monkeypatch.delenv("DWAVE_API_TOKEN", raising=False)
    solvers = (SolverName.DWAVE_QPU, SolverName.FIRST_FIT_DECREASING)
    failed, ran = compared(five_pods, solvers=solvers).rows
    assert failed.plan is None
    assert failed.problem is not None
    assert "dwave-qpu" in failed.problem
    assert ran.plan is not None


def test_stop_before_the_first(five_pods: Cluster) -> None:
    """Stopped at once: every row says so, and there is still a comparison."""
    found = compared(five_pods, watch=Watch(stopped=lambda: True))
    assert {row.problem for row in found.rows} == {"Stopped before its turn."}
    assert found.start.moves == ()


def test_stop_on_the_way_keeps_what_was_found(five_pods: Cluster) -> None:
    """Stopping while the second runs leaves the first whole and the third without a turn."""
    heard: list[str] = []
    watch = Watch(
        stopped=lambda: any(stage.startswith("openjij-sa") for stage in heard),
        report=lambda stage, progress, energy: heard.append(stage),
    )
    solvers = (SolverName.CP_SAT, SolverName.OPENJIJ_SA, SolverName.FIRST_FIT_DECREASING)
    first, second, third = compared(five_pods, watch=watch, solvers=solvers).rows
    assert first.plan is not None
    assert second.stopped_by is StopReason.USER
    assert third.plan is None


def test_progress_names_the_solver_and_only_grows(five_pods: Cluster) -> None:
    """The stage begins with the solver at work; the share is of the whole comparison."""
    heard: list[tuple[str, float]] = []
    watch = Watch(report=lambda stage, progress, energy: heard.append((stage, progress)))
    compared(five_pods, watch=watch, solvers=(SolverName.OPENJIJ_SA, SolverName.CP_SAT))
    assert {stage.split(":")[0] for stage, _ in heard} == {"openjij-sa", "cp-sat", "proof"}
    starts = [share for stage, share in heard if stage == "proof"]
    assert starts == [pytest.approx(2 / 3)]
    assert all(0 <= share <= 1 for _, share in heard)


def test_same_seed_same_rows(five_pods: Cluster) -> None:
    """Two runs differ in nothing but seconds."""
    timed = {"seconds": True, "stages": True, "trace": True, "qubo": {"info": {"seconds"}}}
    first, second = (
        [row.model_dump(exclude=timed) for row in compared(five_pods).rows] for _ in range(2)
    )
    assert first == second


def test_json_holds_all_of_it(five_pods: Cluster) -> None:
    """A comparison written as JSON reads back as the same."""
    found = compared(five_pods)
    assert Comparison.model_validate_json(found.model_dump_json(by_alias=True)) == found


def test_a_solver_named_twice_is_refused() -> None:
    """Two rows of one name could not be told apart."""
    with pytest.raises(ValidationError, match="'cp-sat' is named twice"):
        CompareRequest(solvers=(SolverName.CP_SAT, SolverName.CP_SAT))


def test_nothing_to_move() -> None:
    """A cluster without pods has rows without moves."""
    empty = small_cluster(1, pods=0)
    for row in compared(empty).rows:
        assert row.plan is not None
        assert row.plan.moves == ()
