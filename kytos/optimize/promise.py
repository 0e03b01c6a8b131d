"""Keeping recovery's promise: as many pods as possible, class by class, before any energy."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import replace

import numpy as np

from kytos.hamiltonian.energy import energy
from kytos.hamiltonian.weights import Weights
from kytos.optimize.building import superincreasing
from kytos.problem import Ints, Problem
from kytos.refine import default_proposals, refine, repair
from kytos.solve import Solution
from kytos.solvers.base import SolverParams, Stage, Watch
from kytos.solvers.cpsat import place_most

EXACT_SECONDS = 5.0
"""What the exact stage may take at the most: on 60 pods x 20 nodes it needs well below one."""

STAGE = "place the most (cp-sat)"
"""The exact stage's name in the report, so that its share is not taken for the named solver's."""


def promise(problem: Problem, gives_way: Collection[str] = ()) -> Problem:
    """Return the problem with running pods that may be given up, and what each class is worth.

    A running pod comes before a waiting one of the same priority: only a higher one may drive it
    out.
    """
    running = np.isin(np.array(problem.pods, dtype=np.str_), sorted(gives_way))
    must_place = problem.must_place & ~running
    desire = np.zeros(len(problem.pods))
    desire[~must_place] = superincreasing((2 * problem.priority + running)[~must_place])
    return replace(problem, must_place=must_place, desire=desire)


def keep_promise(
    problem: Problem, weights: Weights, solution: Solution, params: SolverParams, watch: Watch
) -> Solution:
    """Return a solution that leaves out as few pods as an exact stage can prove or find.

    Where the solution places them all there is nothing to do. What the stage adds is reported
    under its own name, and levelled by refinement afterwards.
    """
    short = problem.left_out(solution.placement)
    if not any(short) or watch.reason is not None:
        return solution
    began = time.monotonic()
    watch.report(STAGE, 0.0, solution.energy.total)
    exact = place_most(
        problem,
        params.model_copy(update={"time_limit_s": min(EXACT_SECONDS, params.time_limit_s)}),
        watch,
        hint=solution.placement,
    )
    placement, fewest = exact.placement, problem.left_out(exact.placement)
    told = (
        "The counts placed, class by class, are proven the most possible."
        if exact.proven
        else "The counts placed are the best found; that no more fit is not proven."
    )
    if fewest < short:
        gained = int((placement >= 0).sum() - (solution.placement >= 0).sum())
        told = f"{STAGE} improved on {solution.report.name.value} ({gained:+d} pods placed). {told}"
        proposals = params.refine_proposals
        placement = refine(
            problem,
            weights,
            placement,
            default_proposals(problem) if proposals is None else proposals,
            params.seed,
            watch,
        ).placement
    found = energy(problem, weights, placement)
    seconds = time.monotonic() - began
    stage = Stage(name=STAGE, seconds=seconds, energy=found.total)
    report = solution.report.model_copy(
        update={
            "seconds": solution.report.seconds + seconds,
            "stages": (*solution.report.stages, stage),
            "refined_energy": found.total,
            "messages": (*solution.report.messages, told),
        }
    )
    return replace(solution, placement=placement, energy=found, report=report)


def place_quickly(problem: Problem, seconds: float, watch: Watch) -> tuple[Ints, bool]:
    """Return a placement ``(pods,)`` for a quick verdict, and whether its counts are proven.

    Pods are fitted in by priority; the exact stage is asked only where that leaves some out.
    """
    placement = repair(problem, Weights(), problem.current, watch)
    if not any(problem.left_out(placement)):
        return placement, True
    exact = place_most(problem, SolverParams(time_limit_s=seconds), watch, hint=placement)
    return exact.placement, exact.proven
