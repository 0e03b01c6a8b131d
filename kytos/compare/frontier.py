"""The frontier: what can be gained against how many pods move, over a sweep of weights.

One problem is built once. The price of a move (weight C) is swept adaptively: of two neighbouring
plans the next price is the one at which both cost the same, which either finds a plan between them
or shows that no price reaches one (Cohon 1978, the non-inferior set estimation method; Aneja and
Nair 1979). Where no price helps further, the number of moves is limited to what lies between.
Every refinement begins with a plan found before.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from pydantic import Field

from kytos.cluster import Cluster, Frozen, Note
from kytos.compare.plan import Plan, plan_of
from kytos.contract.params import SolverParams
from kytos.contract.runbook import NotCarriedOut
from kytos.contract.watch import StopReason, Watch
from kytos.contract.weights import HIGHEST_WEIGHT, Weights
from kytos.problem import Ints, LoadMode, Problem
from kytos.questions.parts.known_use import as_asked
from kytos.questions.parts.limits import NotHeldToFailures
from kytos.questions.parts.notes import answer_notes
from kytos.questions.rebalance import RebalanceRequest, pinned_pods, rebalance_problem
from kytos.referee.energy import EnergyTerms, energy
from kytos.referee.feasible import has_left
from kytos.refine import default_proposals, refine
from kytos.solve.solve import solve

CHEAP_MOVES = 0.01
"""C at the far end, as a multiple of B (or D): moves all but free, yet none made for nothing."""

WARM_START = 2
"""A point takes this much less than a refinement by itself: it begins with a plan next to it."""

ROUNDING = 1e-12
"""Loads that differ by less do so because floats were added in another order."""


class FrontierRequest(NotCarriedOut, NotHeldToFailures, RebalanceRequest):
    """A rebalance, and how finely its frontier is drawn."""

    points: int = Field(12, ge=2, le=100, description="plans of the frontier to look for")


class FrontierPoint(Frozen):
    """One plan, found under some price of a move."""

    weights: Weights
    """A, B and D as asked, C as swept."""
    max_moves: int | None
    """The limit on moves it was found under, None for none."""
    plan: Plan
    """Its energy is under the weights asked, not those it was found under."""
    unevenness: float
    """Root mean square distance of the nodes' utilisation from the mean (squares: from 0)."""
    present: bool
    """The plan of a rebalance under the weights asked: where the sliders stand."""
    dominated: bool
    """Another plan loads the cluster no worse with no more moves."""


class Frontier(Frozen):
    """The plans between doing nothing and moving as if moves were free, by pods moved."""

    mode: LoadMode
    weights: Weights
    points: tuple[FrontierPoint, ...]
    seed: int
    seconds: float
    stopped_by: StopReason
    notes: tuple[Note, ...] = ()
    """What was read and not honoured, left out or assumed."""


def frontier(
    cluster: Cluster,
    request: FrontierRequest = FrontierRequest(),
    *,
    weights: Weights = Weights(),
    params: SolverParams = SolverParams(),
    watch: Watch = Watch(),
) -> Frontier:
    """Return plans of a rebalance from no move to moves all but free.

    Where the sliders stand the plan is solved as a rebalance is, so that both show the same one;
    refinement alone finds the others. Of `params` it takes the seed, its proposals for each point,
    and the time cap for all of them. The first point is the cluster as it is.
    """
    began = time.monotonic()
    watch = watch.within(params.time_limit_s)
    cluster = as_asked(cluster, request)
    problem = rebalance_problem(cluster, request, pinned_pods(cluster, request))
    plans, reason = _sweep(problem, weights, request.points, params, watch)
    return Frontier(
        mode=request.mode,
        weights=weights,
        points=_points(problem, weights, plans, cluster),
        seed=params.seed,
        seconds=time.monotonic() - began,
        stopped_by=reason,
        notes=answer_notes(cluster),
    )


@dataclass(frozen=True)
class _Step:
    """A refinement to do: under which weights and limit, and from which placement ``(pods,)``."""

    weights: Weights
    max_moves: int | None
    start: Ints


@dataclass(frozen=True)
class _Found:
    """A placement and what it was found under."""

    step: _Step
    placement: Ints
    terms: EnergyTerms
    """Unweighted terms; `total` is under the weights it was found under."""
    moved: int

    def total(self, weights: Weights) -> float:
        """H of it under other weights."""
        return self.rest(weights) + weights.C * self.terms.cost

    def rest(self, weights: Weights) -> float:
        """H without the cost of moving."""
        terms = self.terms
        return weights.A * terms.constraint + weights.B * terms.load + weights.D * terms.affinity


def _sweep(
    problem: Problem, weights: Weights, points: int, params: SolverParams, watch: Watch
) -> tuple[list[_Found], StopReason]:
    """Find up to `points` plans, the start and the sliders' own first, then the far end."""
    stay = _found(problem, _Step(weights, 0, problem.current), problem.current)
    plans = [stay]
    scale = max(weights.B, weights.D) or 1.0
    cheap = _priced(weights, CHEAP_MOVES * scale)
    ends = [_Step(weights, None, problem.current), _Step(cheap, None, problem.current)]
    while len(plans) < points and len(problem.pods) > 1:
        step = ends.pop(0) if ends else _next_step(plans, weights, cheap)
        if step is None or watch.reason is not None:
            break
        if len(plans) > 1:
            # What was found so far may already be better under the new weights than its start.
            step = replace(step, start=_best_start(plans, step))
        part = _part(watch, len(plans), points)
        # A seed of its own, so that no point repeats another's luck.
        if len(plans) == 1:
            placement = solve(problem, weights, None, params, part).placement
        else:
            placement = _refined(problem, step, params, params.seed + len(plans), part)
        plans.append(_found(problem, step, placement))
    return plans, watch.reason or StopReason.WORK


def _next_step(plans: Sequence[_Found], weights: Weights, cheap: Weights) -> _Step | None:
    """The price, or else the limit on moves, that may find a plan in the widest opening."""
    return _next_price(plans, weights) or _next_limit(plans, cheap)


def _next_price(plans: Sequence[_Found], weights: Weights) -> _Step | None:
    """The price of a move that makes both ends of the widest untried opening equally good."""
    tried = {round(one.step.weights.C, 9) for one in plans}
    widest, step = 0.0, None
    for left, right in pairwise(_hull(plans, weights)):
        saved = left.rest(weights) - right.rest(weights)
        paid = right.terms.cost - left.terms.cost
        price = saved / paid
        # By load, not by H: replicas that sit better are no reason for a point of their own.
        opening = (left.terms.load - right.terms.load) * paid
        if opening > widest and price <= HIGHEST_WEIGHT and round(price, 9) not in tried:
            widest, step = opening, _Step(_priced(weights, price), None, right.placement)
    return step


def _hull(plans: Sequence[_Found], weights: Weights) -> list[_Found]:
    """The plans some price of a move makes best, by rising cost: the lower left convex hull."""
    hull: list[_Found] = []
    for one in sorted(plans, key=lambda one: (one.terms.cost, one.rest(weights))):
        if hull and (
            one.rest(weights) >= hull[-1].rest(weights) or one.terms.cost <= hull[-1].terms.cost
        ):
            continue
        while len(hull) > 1 and _above(hull[-2], hull[-1], one, weights):
            hull.pop()
        hull.append(one)
    return hull


def _above(left: _Found, middle: _Found, right: _Found, weights: Weights) -> bool:
    """Whether `middle` lies on or above the line from `left` to `right`."""
    return (left.rest(weights) - middle.rest(weights)) * (right.terms.cost - left.terms.cost) <= (
        left.rest(weights) - right.rest(weights)
    ) * (middle.terms.cost - left.terms.cost)


def _next_limit(plans: Sequence[_Found], cheap: Weights) -> _Step | None:
    """A limit on moves halfway across the widest opening between what was found or tried."""
    worth = _undominated(plans)
    most = max(one.moved for one in worth)
    tried = {one.step.max_moves for one in plans if one.step.max_moves is not None}
    marks = sorted({one.moved for one in worth} | {limit for limit in tried if limit < most})
    left, right = max(pairwise(marks), key=lambda pair: pair[1] - pair[0], default=(0, 0))
    if right - left < 2:
        return None
    return _Step(cheap, (left + right) // 2, plans[0].placement)


def _best_start(plans: Sequence[_Found], step: _Step) -> Ints:
    """Of what was found and keeps the step's limit, the placement best under its weights."""
    limit = step.max_moves
    within = [one for one in plans if limit is None or one.moved <= limit]
    return min(within, key=lambda one: one.total(step.weights)).placement


def _refined(problem: Problem, step: _Step, params: SolverParams, seed: int, watch: Watch) -> Ints:
    limits = [limit for limit in (problem.max_moves, step.max_moves) if limit is not None]
    limited = replace(problem, max_moves=min(limits, default=None))
    proposals = params.refine_proposals
    if proposals is None:
        proposals = default_proposals(problem) // WARM_START
    return refine(limited, step.weights, step.start, proposals, seed, watch).placement


def _found(problem: Problem, step: _Step, placement: Ints) -> _Found:
    terms = energy(problem, step.weights, placement)
    return _Found(step, placement, terms, int(has_left(problem, placement).sum()))


def _undominated(plans: Iterable[_Found]) -> list[_Found]:
    """The plans no other beats in load with no more moves."""
    worth: list[_Found] = []
    for one in sorted(plans, key=lambda one: (one.moved, one.terms.load)):
        if not worth or one.terms.load < worth[-1].terms.load - ROUNDING:
            worth.append(one)
    return worth


def _points(
    problem: Problem, weights: Weights, plans: Sequence[_Found], cluster: Cluster
) -> tuple[FrontierPoint, ...]:
    """The plans by pods moved, each once, those not worth having and the present one marked."""
    present = plans[min(1, len(plans) - 1)]  # the sliders' own is the first that is looked for
    each = {one.placement.tobytes(): one for one in reversed(plans)}
    worth = {one.placement.tobytes() for one in _undominated(each.values())}
    return tuple(
        FrontierPoint(
            weights=one.step.weights,
            max_moves=one.step.max_moves,
            plan=plan_of(problem, weights, one.placement, cluster),
            unevenness=_unevenness(problem, one.placement),
            present=key == present.placement.tobytes(),
            dominated=key not in worth,
        )
        for key, one in sorted(each.items(), key=lambda item: (item[1].moved, item[1].terms.load))
    )


def _unevenness(problem: Problem, placement: Ints) -> float:
    """Root of the mean of H_load's squares, over the pairs of node and resource it counts."""
    counted = problem.load_allocatable > 0
    if problem.mode is not LoadMode.SQUARES:
        counted = counted & problem.usable[:, None]
    middle = 0.0 if problem.mode is LoadMode.SQUARES else problem.mean_load
    distance = (problem.utilisation(placement) - middle)[counted]
    return float(np.sqrt((distance**2).mean())) if len(distance) else 0.0


def _priced(weights: Weights, price: float) -> Weights:
    return weights.model_copy(update={"C": min(HIGHEST_WEIGHT, price)})


def _part(watch: Watch, position: int, points: int) -> Watch:
    """A watch whose reports count the points."""

    def report(_: str, progress: float, reached: float | None) -> None:
        watch.report(f"point {position + 1} of {points}", (position + progress) / points, reached)

    return replace(watch, report=report)
