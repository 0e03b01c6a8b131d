"""What we would get anyway: the usual tools on the same problem, as they are.

They are shown even where they are worse than doing nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from kytos.cluster import Cluster
from kytos.contract.params import SolverName, SolverParams
from kytos.contract.solver import Placer
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.problem import Ints, Problem
from kytos.questions.qubo.problem_of import problem_for_placers
from kytos.referee.energy import energy
from kytos.referee.feasible import feasible
from kytos.solve.registry import find_solver

NOTHING = "doing nothing"


@dataclass(frozen=True)
class Proposal:
    """What one of the usual tools would do.

    Attributes
    ----------
    energy
        H of it.
    left_out
        Pods that it finds no node for.
    """

    energy: float
    left_out: int


def propose(
    problem: Problem, weights: Weights, name: SolverName, params: SolverParams, watch: Watch
) -> Ints:
    """Return the placement ``(pods,)`` one of the usual tools makes of a problem, unrefined."""
    placer = find_solver(name)
    assert isinstance(placer, Placer)
    placement = placer.place(problem, weights, params, watch)
    if not feasible(problem, placement):
        raise AssertionError(f"{name.value} broke a rule; please report this problem")
    return placement


def proposals(
    cluster: Cluster, request: object, weights: Weights, params: SolverParams
) -> dict[str, Proposal]:
    """Return what each of the usual tools would do about a question, and what nothing would."""
    problem = problem_for_placers(request, cluster, weights)

    def judged(placement: Ints) -> Proposal:
        return Proposal(energy(problem, weights, placement).total, int((placement < 0).sum()))

    tools = {
        name.value: judged(propose(problem, weights, name, params, Watch()))
        for name in sorted(SolverName)
        if name.traits.baseline
    }
    return {NOTHING: judged(problem.current)} | tools
