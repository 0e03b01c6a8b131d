"""Runs of CP-SAT on one model, within one limit of work and one of time."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass

import numpy as np

from kytos.contract.params import SolverParams
from kytos.contract.watch import StopReason, Watch
from kytos.problem import UNPLACED, Ints, LoadMode
from kytos.solvers.cpsat.library import cp_model
from kytos.solvers.cpsat.objective import Objective
from kytos.solvers.cpsat.rules import RulesModel

POLL_S = 0.05
"""How often the stop button is looked at while CP-SAT searches."""


@dataclass(frozen=True)
class Answer:
    """What one run found and proved, in the units of its objective, or of H where it was given."""

    placement: Ints | None
    bound: float
    optimal: bool


class Search:
    """Runs CP-SAT on one model several times within one limit of work and one of time."""

    def __init__(
        self,
        model: RulesModel,
        params: SolverParams,
        watch: Watch,
        workers: int = 1,
    ) -> None:
        """Begin with all of `params.proof_work` left, and the time that `watch` leaves."""
        self._workers = workers
        self.model = model
        self._params = params
        self._watch = watch
        self._seconds = watch.remaining_s
        self._work = math.inf if params.proof_work is None else params.proof_work
        self._worked = 0.0
        self._last_ended_by = StopReason.CLOCK
        self.solver: cp_model.CpSolver | None = None
        """The last run that came to a solution."""

    @property
    def ended_by(self) -> StopReason:
        """What ended a search that proved nothing optimal."""
        if self._watch.reason is not None:
            return self._watch.reason
        return self._last_ended_by

    def minimise(
        self,
        expression: cp_model.LinearExpr,
        hint: Ints,
        objective: Objective | None = None,
        share: float = 1.0,
        lost: float = 0.0,
    ) -> Answer:
        """Minimise an expression within a share of the limits that are left.

        Parameters
        ----------
        objective
            Turns its value and bound into energy.
        lost
            What pods left out cost beside it, for those who watch.
        """
        remaining = share * self._watch.remaining_s
        work = share * (self._work - self._worked)
        if remaining <= 0 or work <= 0 or self._watch.reason is not None:
            return Answer(None, -math.inf, optimal=False)
        cp = self.model.cp
        cp.minimize(expression)
        cp.clear_hints()  # type: ignore[no-untyped-call]
        for pod, options in enumerate(self.model.x):
            for node, variable in options.items():
                cp.add_hint(variable, int(hint[pod] == node))
        solver = cp_model.CpSolver()
        solver.parameters.random_seed = self._params.seed
        solver.parameters.num_workers = self._workers
        problem = self.model.problem
        squares = problem.mode is not LoadMode.CONSOLIDATE and bool(problem.load_request.any())
        if objective is not None and squares:
            # The linear relaxation of a square bounds nothing and takes most of the time: on 100
            # pods x 10 nodes H fell from 1.12 to 0.25 in 5 s without it, not at all in 10 s with.
            solver.parameters.linearization_level = 0
        solver.parameters.max_time_in_seconds = remaining
        solver.parameters.max_deterministic_time = work
        done = threading.Event()
        guard = threading.Thread(target=self._guard, args=(solver, done), daemon=True)
        guard.start()
        try:
            status = solver.solve(cp, Progress(self._watch, self._seconds, objective, lost))
        finally:
            done.set()
            guard.join()
        worked = solver.response_proto.deterministic_time
        self._worked += worked
        self._last_ended_by = StopReason.WORK if worked >= work else StopReason.CLOCK
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            # A search cut short before its first solution reports a bound of 0, proven or not.
            return Answer(None, -math.inf, optimal=False)
        self.solver = solver
        bound = solver.best_objective_bound
        if objective is not None:
            # 64-bit integers pass through a double: allow for its last bits.
            bound = objective.value(bound - abs(bound) * 1e-14) - objective.coefficient_error
        placement = np.full(len(self.model.x), UNPLACED, dtype=np.int64)
        for pod, options in enumerate(self.model.x):
            for node, variable in options.items():
                if solver.boolean_value(variable):
                    placement[pod] = node
        return Answer(placement, bound, status == cp_model.OPTIMAL)

    def _guard(self, solver: cp_model.CpSolver, done: threading.Event) -> None:
        """Pass the stop button on: CP-SAT calls back at new solutions only, which may be never."""
        while not done.wait(POLL_S):
            if self._watch.reason is not None:
                solver.stop_search()


class Progress(cp_model.CpSolverSolutionCallback):
    """Tells the watch of every better solution."""

    def __init__(
        self, watch: Watch, seconds: float, objective: Objective | None, lost: float = 0.0
    ) -> None:
        """Report to `watch`, as energy where the objective is known; `lost` is added to it."""
        super().__init__()
        self._watch = watch
        self._seconds = seconds
        self._objective = objective
        self._lost = lost

    def on_solution_callback(self) -> None:
        """Report the energy of a new best solution."""
        reached = None
        if self._objective is not None:
            reached = self._lost + self._objective.value(self.objective_value)
        self._watch.report("cp-sat", min(1.0, self.wall_time / self._seconds), reached)
