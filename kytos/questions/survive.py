"""Plans searched for under a promise: failures they survive, and pools of a least size.

The plan is searched for under the promise, not filtered afterwards. Where it is small enough, one
exact model holds the plan and, for every failure, where its pods would go. Otherwise the plan is
solved, every failure is decided, nodes are held open for those that became fatal, and it is solved
again. Every plan that is kept was decided failure by failure; doing nothing always holds.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from kytos.cluster import Cluster
from kytos.contract.params import SolverParams
from kytos.contract.run_report import Stage
from kytos.contract.watch import StopReason, Watch
from kytos.contract.weights import Weights
from kytos.problem import Bools, Ints, Problem
from kytos.questions.recovery.compiled_cluster import CompiledCluster
from kytos.questions.recovery.risk import failures_of
from kytos.questions.recovery.survey import Kind
from kytos.questions.survival import Pool, Promise, pools_of, promise
from kytos.referee.energy import energy, rank
from kytos.referee.feasible import feasible
from kytos.refine import default_proposals, refine
from kytos.solve.result import Solution
from kytos.solvers.cpsat.survive import Others, solve_surviving

STAGE = "survive failures"

FREE_SHARE = 1 / 3
"""Of the time, what the plan that promises nothing has."""

EXACT_SHARE = 0.4
"""Of the time left, what the one exact model may take."""

EXACT_WORK = 10.0
"""CP-SAT's deterministic seconds on it, unless `proof_work` says otherwise."""

FULL_TO = (0.85, 0.75, 0.65, 0.55)
"""Shares of a node that refinement fills to, in turn, looking for plans with room for a failure."""

LESS_WORK = 4
"""Each such refinement makes so much fewer proposals than one by itself would."""


def survive(
    cluster: Cluster,
    problem: Problem,
    weights: Weights,
    kinds: Sequence[Kind],
    solve_again: Callable[[Problem, Watch], Solution],
    params: SolverParams,
    watch: Watch,
    pools: tuple[Pool, ...] = (),
) -> tuple[Solution, Solution, Promise]:
    """Return the best plan found that keeps the promise, the best without it, and the promise.

    Parameters
    ----------
    solve_again
        Solves a problem that differs from `problem` in what it forbids.
    pools
        Whose least sizes the plan keeps as well.
    """
    searching = watch.within(params.time_limit_s)
    free = solve_again(problem, searching.share(FREE_SHARE))
    began = time.monotonic()
    # Deciding is what the promise rests on: the clock of the search does not cut it short.
    held, compiled = promise(cluster, problem, kinds, watch.untimed(), pools)
    if held.keeps(free.placement):
        return free, free, held
    watch.report(STAGE, 0.0, free.energy.total)
    best, bound = problem.current, free.bound
    for placement, proven in _candidates(held, compiled, free, weights, params, searching):
        bound = max(bound, proven)
        if rank(problem, weights, placement) < rank(problem, weights, best):
            best = placement
    reached = energy(problem, weights, best)
    took, qubo = time.monotonic() - began, free.report.qubo
    report = free.report.model_copy(
        update={
            "seconds": free.report.seconds + took,
            "stages": (*free.report.stages, Stage(name=STAGE, seconds=took, energy=reached.total)),
            "refined_energy": reached.total,
            "stopped_by": searching.reason or StopReason.WORK,
            "qubo": qubo and qubo.model_copy(update={"answer_energy": None}),
        }
    )
    plan = replace(free, placement=best, energy=reached, report=report, bound=bound)
    # Where the longer search came to a better plan that survives, surviving costs nothing.
    better = rank(problem, weights, best) <= rank(problem, weights, free.placement)
    return plan, plan if better else free, held


def _candidates(
    held: Promise,
    compiled: CompiledCluster,
    free: Solution,
    weights: Weights,
    params: SolverParams,
    watch: Watch,
) -> Iterator[tuple[Ints, float]]:
    """Plans that keep the promise, and bounds on all such plans."""
    problem = held.problem
    grown = _grown(held, free.placement, watch)
    yield grown, -math.inf
    exact = _exactly(held, compiled, grown, weights, params, watch)
    if exact is not None:
        placement, bound, optimal = exact
        if held.keeps(placement):
            yield placement, bound
            if optimal:
                return
        else:
            yield _grown(held, placement, watch), bound
    plans = [grown]
    for start in _with_room(problem, weights, params, watch):
        plans.append(_grown(held, start, watch))
        yield plans[-1], -math.inf
    best = min(plans, key=lambda placement: rank(problem, weights, placement))
    hosts = replace(problem, held_open=problem.held_open | problem.in_use(best))
    again = refine(hosts, weights, best, _proposals(problem, params), params.seed, watch).placement
    yield _grown(held, again, watch), -math.inf


def _proposals(problem: Problem, params: SolverParams) -> int:
    if params.refine_proposals is not None:
        return params.refine_proposals
    return default_proposals(problem) // LESS_WORK


def _with_room(
    problem: Problem, weights: Weights, params: SolverParams, watch: Watch
) -> Iterator[Ints]:
    """Plans that fill nodes less and less, so that there is room for what a failure evicts."""
    proposals = _proposals(problem, params)
    for share in FULL_TO:
        if watch.reason is not None:
            return
        roomy = replace(problem, capacity=np.minimum(problem.capacity, _share(problem, share)))
        yield refine(roomy, weights, problem.current, proposals, params.seed, watch).placement


def _grown(held: Promise, wanted: Ints, watch: Watch) -> Ints:
    """As much of a plan as keeps the promise, by the node that pods leave: halves, then singly.

    Nodes that come free are taken first, the dearest before others.
    """
    problem = held.problem
    moved = wanted != problem.current
    freed = problem.in_use(problem.current) & ~problem.in_use(wanted)
    origins = np.unique(problem.current[moved & (problem.current >= 0)])
    order = origins[np.lexsort((-problem.price[origins], ~freed[origins]))]
    best = problem.current
    groups = [order] if len(order) else []
    while groups and watch.reason is None:
        group = groups.pop()
        grown = np.where(np.isin(problem.current, group), wanted, best)
        if feasible(problem, grown) and held.keeps(grown):
            best = grown
        elif len(group) > 1:
            half = (len(group) + 1) // 2
            groups += [group[half:], group[:half]]
    return best


def _exactly(
    held: Promise,
    compiled: CompiledCluster,
    hint: Ints,
    weights: Weights,
    params: SolverParams,
    watch: Watch,
) -> tuple[Ints, float, bool] | None:
    """The one model of the plan and all its failures; None where nothing came of it."""
    problem = held.problem
    row = {pod.id: at for at, pod in enumerate(compiled.pods)}
    decided = {row[pod] for pod in problem.pods}
    others = np.array(
        [at for at in np.flatnonzero(compiled.evacuates) if at not in decided], dtype=np.int64
    )
    column = {name: at for at, name in enumerate(compiled.resources)}
    # Rows of use that no failure can fill are the plan's alone: others ask nothing of them.
    request = np.zeros((len(others), len(problem.resources)), dtype=np.int64)
    for at, name in enumerate(problem.resources):
        if name in column:
            request[:, at] = compiled.request[others, column[name]]
    masks = []
    index = held.cluster.node_index
    for kind in held.kinds:
        for name, nodes in failures_of(held.cluster, kind):
            if name not in held.exempt[kind]:
                gone: Bools = np.zeros(len(problem.nodes), dtype=np.bool_)
                gone[[index[node] for node in nodes]] = True
                masks.append(gone)
    seconds = EXACT_SHARE * watch.remaining_s
    if math.isinf(seconds):
        seconds = EXACT_SHARE * params.time_limit_s
    work = EXACT_WORK if params.proof_work is None else params.proof_work
    limited = params.model_copy(update={"proof_work": work})
    surviving = solve_surviving(
        problem,
        weights,
        masks,
        Others(
            home=compiled.home[others],
            request=request,
            allowed=compiled.allowed[others],
        ),
        limited,
        watch.within(seconds),
        hint,
        evicted=compiled.evacuates[[row[pod] for pod in problem.pods]],
    )
    if surviving.placement is None or not feasible(problem, surviving.placement):
        return None
    return surviving.placement, surviving.bound, surviving.optimal


def _share(problem: Problem, share: float) -> Ints:
    """``(nodes, resources)`` capacity with cpu and memory cut to a share."""
    capacity = problem.allocatable.copy()
    capacity[:, :2] = np.floor(share * capacity[:, :2]).astype(np.int64)
    return capacity


def with_pools(
    cluster: Cluster,
    problem: Problem,
    least: dict[str, int],
    solve_again: Callable[[Problem, Watch], Solution],
    watch: Watch,
) -> tuple[Problem, Solution]:
    """Solve, hold nodes of pools that got too small, the cheapest first, and solve again.

    Returns
    -------
    The problem with those nodes held, and its solution, whose bound holds without them.
    """
    pools = pools_of(cluster, problem, least)
    before = problem.in_use(problem.current)
    solution = solve_again(problem, watch)
    bound = solution.bound
    while True:
        used = problem.in_use(solution.placement)
        held = problem.held_open.copy()
        for pool in pools:
            freed = np.flatnonzero(before & ~used & pool.members)
            cheapest = freed[np.argsort(problem.price[freed], kind="stable")]
            held[cheapest[: max(0, pool.missing(used))]] = True
        if (held == problem.held_open).all():
            return problem, replace(solution, bound=min(bound, solution.bound))
        problem = replace(problem, held_open=held)
        solution = solve_again(problem, watch)
