"""How much work an effort stands for."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from kytos.contract.params import Effort, SolverName, SolverParams
from kytos.contract.watch import StopReason
from kytos.contract.weights import Weights
from kytos.refine import default_proposals
from kytos.solve.effort import first_try, proof_by_effort, proof_work
from kytos.solve.solve import solve
from tests.problems import random_problem


def test_quick_cuts_the_proof_but_not_cp_sat_itself() -> None:
    """Asked for by name it solves the problem, whatever others are spared."""
    problem = random_problem(3, pods=5, nodes=3, room=2.5)
    quick = SolverParams(effort=Effort.QUICK)
    assert proof_by_effort(problem, quick) == 0.0
    thorough = SolverParams(effort=Effort.THOROUGH)
    assert proof_by_effort(problem, thorough) == 5 * proof_work(problem, SolverParams()) > 0
    assert proof_by_effort(problem, quick.model_copy(update={"proof_work": 7.0})) == 7.0
    solution = solve(problem, Weights(), SolverName.CP_SAT, quick)
    assert solution.report.stopped_by is StopReason.OPTIMAL


def proposals_made(monkeypatch: pytest.MonkeyPatch, params: SolverParams) -> list[int]:
    """Proposals of each refinement that a small solve made."""
    made: list[int] = []
    door = importlib.import_module("kytos.solve.solve")
    refine = door.refine

    def counted(problem: Any, weights: Any, placement: Any, proposals: int, *rest: Any) -> Any:
        made.append(proposals)
        return refine(problem, weights, placement, proposals, *rest)

    monkeypatch.setattr(door, "refine", counted)
    solve(SMALL, Weights(), SolverName.OPENJIJ_SA, params)
    return made


SMALL = random_problem(3, pods=5, nodes=3, room=2.5)


def test_a_first_try_that_is_proven_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little work and a proof are enough where nothing better exists."""
    assert proposals_made(monkeypatch, SolverParams()) == [default_proposals(SMALL) // 8]


def test_a_first_try_without_proof_is_followed_by_all_the_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What could not be proven is refined as long as ever."""
    monkeypatch.setattr("kytos.solve.effort.FIRST_PROOF", 0.0)
    whole = default_proposals(SMALL)
    assert proposals_made(monkeypatch, SolverParams()) == [whole // 8, whole]


@pytest.mark.parametrize(
    "said", [{"refine_proposals": 10}, {"proof_work": 1.0}, {"effort": Effort.QUICK}]
)
def test_work_that_was_asked_for_is_done_at_once(said: dict[str, object]) -> None:
    """Counted work, and quick's that is proven by nothing, has no try before it."""
    assert first_try(SMALL, SolverParams().model_copy(update=said)) is None
    paid = SolverParams().with_hybrid(block_sampler=SolverName.DWAVE_QPU)
    assert first_try(SMALL, paid) is None
