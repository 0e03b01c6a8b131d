"""As many pods as possible, class by class of priority, before any energy is looked at."""

from __future__ import annotations

import math
import time
from collections.abc import Collection
from dataclasses import replace

import numpy as np

from kytos.contract.given import Given
from kytos.contract.params import SolverParams
from kytos.contract.run_report import Stage
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.language import said
from kytos.problem import Ints, Problem
from kytos.questions.parts.build_problem import superincreasing
from kytos.referee.energy import energy
from kytos.referee.incremental import PlacementState
from kytos.refine import default_proposals, refine, repair
from kytos.solve.result import Solution
from kytos.solvers.cpsat import MostPlaced, place_most

EXACT_SECONDS = 5.0
"""What the exact stage may take at the most: on 60 pods x 20 nodes it needs well below one."""

COUNTS = "The counts placed"
"""How the message begins that says whether they are proven."""

PAIRS_PER_SECOND = 40_000
"""Pairs of a pod and a node that the exact stage's model is built from in a second, rules and all
(measured on 500 nodes; twice as fast with few rules)."""

STAGE = "place the most (cp-sat)"
"""The exact stage's name in the report, so that its share is not taken for the named solver's."""


def count_by_class(
    problem: Problem, gives_way: Collection[str] = (), patient: Collection[str] = ()
) -> Problem:
    """Return the problem with running pods that may be given up, and what each class is worth.

    A running pod comes before a waiting one of the same priority: only a higher one may drive it
    out. One of the `patient` (preemptionPolicy Never) drives nobody out, so it comes after every
    running pod that may be given up, whatever its priority.
    """
    running = np.isin(np.array(problem.pods, dtype=np.str_), sorted(gives_way))
    must_place = problem.must_place & ~running
    desire = np.zeros(len(problem.pods))
    rank = 2 * problem.priority + running
    waits = np.isin(np.array(problem.pods, dtype=np.str_), sorted(patient))
    if running.any() and waits.any():
        # Below every running pod, in their own order still.
        above = int(rank[waits].max()) - int(rank[running].min()) + 1
        rank = rank - np.where(waits, max(0, above), 0)
    desire[~must_place] = superincreasing(rank[~must_place])
    return replace(problem, must_place=must_place, desire=desire)


def place_as_many_as_possible(
    problem: Problem, weights: Weights, solution: Solution, params: SolverParams, watch: Watch
) -> Solution:
    """Return a solution that leaves out as few pods as an exact stage can prove or find.

    Where the solution places them all there is nothing to do. What the stage adds is reported
    under its own name, and levelled by refinement afterwards.
    """
    short = problem.left_out(solution.placement)
    if isinstance(params, Given):  # what came from elsewhere is to be seen as it is
        return solution
    if not any(short) or watch.reason is not None:
        return solution
    began = time.monotonic()
    watch.report(STAGE, 0.0, solution.energy.total)
    placement = _fuller(problem, solution.placement, watch)
    most = MostPlaced(placement, proven=True, kept_proven=True)
    if not _all_that_can(problem, placement):
        seconds = min(EXACT_SECONDS, params.time_limit_s)
        most = place_exactly(problem, seconds, watch, placement, params.seed)
    placement = most.placement
    fewest = problem.left_out(placement)
    told = _told(most)
    if fewest < short:
        gained = int((placement >= 0).sum() - (solution.placement >= 0).sum())
        told = said(f"{STAGE} improved on {solution.report.name} ({gained:+d} pods placed). {told}")
        proposals = params.refine_proposals
        placement = refine(
            _with_lifelines_of(problem, placement),
            weights,
            placement,
            default_proposals(problem) if proposals is None else proposals,
            params.seed,
            watch,
        ).placement
    reached = energy(problem, weights, placement)
    took = time.monotonic() - began
    stage = Stage(name=STAGE, seconds=took, energy=reached.total)
    report = solution.report.model_copy(
        update={
            "seconds": solution.report.seconds + took,
            "stages": (*solution.report.stages, stage),
            "refined_energy": reached.total,
            "messages": (*solution.report.messages, told),
        }
    )
    same = problem.left_out(placement) == problem.left_out(solution.placement)
    return replace(
        solution,
        placement=placement,
        energy=reached,
        report=report,
        # A bound is one on placements that leave out as few; refinement may even place more.
        bound=solution.bound if same else -math.inf,
        fewest=(most.proven and most.kept_proven and problem.left_out(placement) == fewest)
        or (same and solution.fewest),
    )


def _told(most: MostPlaced) -> str:
    """What is proven of a placement: its counts, then the choice among pods that count alike."""
    if not most.proven:
        return said(f"{COUNTS} are the best found; that no more fit is not proven.")
    told = said(f"{COUNTS}, class by class, are proven the most possible")
    if most.kept_proven:
        return f"{told}."
    return said(f"{told}; that no other choice keeps more services up is not proven.")


def place_quickly(problem: Problem, watch: Watch) -> tuple[Ints, bool]:
    """Return a placement ``(pods,)`` for a quick verdict, and whether its counts are proven.

    They are where every pod is placed that has a node at all with no other come.
    """
    placement = repair(problem, Weights(), problem.current, watch)
    if _all_that_can(problem, placement):
        return placement, True
    placement = _fuller(problem, placement, watch)
    return placement, _all_that_can(problem, placement)


def place_exactly(
    problem: Problem, seconds: float, watch: Watch, hint: Ints, seed: int = 0
) -> MostPlaced:
    """Return a placement no worse than `hint`, by the exact stage, and what of it is proven.

    Where even building its model would take longer than that, the hint is all there is.
    """
    if problem.allowed.sum() > PAIRS_PER_SECOND * min(seconds, watch.remaining_s):
        return MostPlaced(hint, proven=False, kept_proven=False)
    return place_most(problem, SolverParams(time_limit_s=seconds, seed=seed), watch, hint=hint)


def _with_lifelines_of(problem: Problem, placement: Ints) -> Problem:
    """Return the problem with the replicas that are placed as their service's lifeline.

    Which of several comes to be the one is the exact stage's choice; refinement keeps to it.
    """
    placed = placement >= 0
    spare = np.isin(problem.lifeline, problem.lifeline[placed]) & ~placed
    return replace(problem, lifeline=np.where(spare, -1, problem.lifeline))


def _all_that_can(problem: Problem, placement: Ints) -> bool:
    out = ~problem.must_place & (placement < 0)
    return not (out & problem.allowed.any(axis=1)).any()


def _fuller(problem: Problem, placement: Ints, watch: Watch) -> Ints:
    """Return what leaves out fewer pods: `placement`, or one filled anew, small pods first.

    Where not all fit, more small ones do than large ones; refinement fits the large in first.
    """
    filled = repair(problem, Weights(), _smallest_first(problem, watch), watch)
    return min((placement, filled), key=problem.left_out)


def _smallest_first(problem: Problem, watch: Watch) -> Ints:
    """``(pods,)`` each class in turn, the highest first, the pods that take least before others.

    Each goes to the node it leaves the fullest. Pods that run stay.
    """
    state = PlacementState(problem, problem.current)
    total = np.maximum((problem.capacity - problem.fixed).clip(min=0).sum(axis=0), 1)
    size = (problem.request / total).max(axis=1)
    offered = np.maximum(problem.capacity, 1)
    order = np.lexsort((size, ~problem.sole, -problem.desire))
    waits = (problem.current < 0) & problem.allowed.any(axis=1)
    for pod in order[waits[order]]:
        if watch.reason is not None:
            break
        nodes = np.flatnonzero(state.fits(int(pod)))
        if len(nodes):
            share = (state.held[nodes] / offered[nodes]).max(axis=1)
            state.place(int(pod), int(nodes[share.argmax()]))
    return state.placement
