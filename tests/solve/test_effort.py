"""How much work an effort stands for."""

from __future__ import annotations

from kytos.contract.params import Effort, SolverName, SolverParams
from kytos.contract.watch import StopReason
from kytos.contract.weights import Weights
from kytos.solve.effort import proof_by_effort, proof_work
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
