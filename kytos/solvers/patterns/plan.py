"""The cheapest plan: patterns generated, chosen in whole numbers, and bettered piece by piece."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.sparse import csr_matrix, hstack

from kytos.contract.watch import Watch
from kytos.problem import Floats
from kytos.solvers.patterns.assignment import assignment_bound
from kytos.solvers.patterns.columns import (
    FEW_PODS,
    Columns,
    Relaxed,
    generate,
    offer_rows,
    penalty,
    seed,
)
from kytos.solvers.patterns.complete import complete
from kytos.solvers.patterns.dominance import undominated
from kytos.solvers.patterns.improve import (
    Nodes,
    cheapest_hosts,
    construct,
    filled_greedily,
    rank,
    trimmed,
)
from kytos.solvers.patterns.kinds import cheapest_of_few_kinds
from kytos.solvers.patterns.packing import Packing, PatternPlan, total_of
from kytos.solvers.patterns.pieces import GOOD_ENOUGH, improve
from kytos.solvers.patterns.recreate import recreated
from kytos.solvers.patterns.settle import Begun, settled
from kytos.solvers.patterns.traits import traits_of
from kytos.solvers.patterns.volume import volume_bound, volume_prices

GENERATED_CLASSES = 400
"""More classes than this make a linear programme too large to be solved again and again: their pods
are then priced by traits that groups of them share."""

MASTER_COLUMNS = 4_000
"""Patterns that whole numbers are chosen of."""

ASSIGN_SHARE, CONSTRUCT_SHARE = 0.15, 0.4
"""Of the time, for the prices of single pods, and for first plans: later ones better these."""

LARGER_FIRST = (0.2, 0.1, 0.35)
"""Powers beyond 1 of what pods are worth: large ones are dear by their price's own account only
where gaps beside them find no small ones."""

VOLUME_SHARE, SETTLE_SHARE, GENERATE_SHARE, MASTER_SHARE = 0.1, 0.35, 0.5, 0.5
"""Of the time that is left at each stage."""

MANY_SHARE = 0.3
"""Of the time, for prices where classes are many: settling their pods has more need of it."""

VOLUME_SECONDS, MASTER_SECONDS, EXACT_SECONDS, IMPROVE_SECONDS = 10.0, 20.0, 10.0, 20.0


def cheapest_plan(packing: Packing, watch: Watch, randomness: int = 0) -> PatternPlan:
    """Return which nodes to use, what each runs, and what no plan undercuts.

    Parameters
    ----------
    randomness
        Seed of the order in which pieces of the plan are looked at.
    """
    if not packing.demand.any():
        nothing = np.zeros((0, len(packing.demand)), dtype=np.int64)
        return PatternPlan(np.zeros(0, dtype=np.int64), nothing, packing.demand, 0.0, 0.0)
    kept = undominated(packing)
    small = packing.within(kept)
    kinds = np.unique(small.kind[small.kind >= 0])
    if small.most_kinds is None or len(kinds) <= small.most_kinds:
        plan = _plan(replace(small, most_kinds=None), watch, randomness)
    else:
        plan = cheapest_of_few_kinds(small, watch, lambda part, time: _plan(part, time, randomness))
    return replace(plan, offer=np.flatnonzero(kept)[plan.offer])


def _plan(packing: Packing, watch: Watch, randomness: int) -> PatternPlan:
    volume_seconds = min(VOLUME_SECONDS, VOLUME_SHARE * watch.remaining_s)
    bound, counts = volume_bound(packing, volume_seconds)
    many = len(packing.demand) > GENERATED_CLASSES
    prices = volume_prices(packing)
    assigned = assignment_bound(packing, watch.share(ASSIGN_SHARE)) if many else None
    if assigned is not None:
        bound = max(bound, assigned[0])
        return _told(packing, _of_many(packing, assigned[1], bound, watch, randomness), bound)
    begin = watch.share(CONSTRUCT_SHARE)
    best = (
        filled_greedily(packing, prices.worth, watch=begin)
        if many
        else construct(packing, counts, begin)
    )
    columns = Columns(packing, traits_of(packing) if many else None)
    seed(columns)
    for offer, pattern in zip(best[0], best[1], strict=True):
        columns.add(int(offer), pattern)
    relaxed, proven = generate(
        columns, watch.share(MANY_SHARE if many else GENERATE_SHARE), bound, prices
    )
    if not relaxed.missing:
        bound = max(bound, proven)
    begun = Begun.of(packing, columns.offers, columns.matrix, relaxed.uses, keep_pods=not many)
    if packing.demand.sum() > FEW_PODS and _far(packing, best, bound):
        settle_watch = watch.share(SETTLE_SHARE)
        best = settled(packing, best, max(bound, proven), settle_watch, randomness, begun)
    if not many:
        if _far(packing, best, bound):
            best = _cheaper(packing, best, _chosen(columns, relaxed, watch, best))
        best = _cheaper(packing, best, cheapest_hosts(packing, *best))
        if _open(packing, best, bound):
            exact = watch.share(MASTER_SHARE).within(EXACT_SECONDS)
            best, bound = complete(columns, relaxed, best, bound, exact)
    if _open(packing, best, bound):
        best = improve(packing, best, bound, watch.within(IMPROVE_SECONDS), randomness, repacked)
    return _told(packing, best, bound)


def _told(packing: Packing, best: Nodes, bound: float) -> PatternPlan:
    offer, pattern = best
    left = np.maximum(packing.demand - pattern.sum(axis=0), 0)
    total = total_of(packing, offer, pattern)
    return PatternPlan(offer, pattern, left, total, min(bound, total))


def _of_many(packing: Packing, worth: Floats, bound: float, watch: Watch, randomness: int) -> Nodes:
    """A plan for pods of which hardly two are alike: by their own prices, again and again."""
    begin = watch.share(CONSTRUCT_SHARE)
    mean = max(float(worth.mean()), 1e-12)
    best: Nodes | None = None
    for power in LARGER_FIRST:
        if best is not None and begin.reason is not None:
            break
        plan = filled_greedily(packing, worth * (worth / mean) ** power, watch=begin)
        plan = cheapest_hosts(packing, *plan)
        best = plan if best is None else _cheaper(packing, best, plan)
    assert best is not None
    return recreated(packing, best, worth, bound, watch, randomness)


def repacked(packing: Packing, watch: Watch) -> Nodes:
    """Return a plan for a few nodes' pods, in a second or two."""
    best = construct(packing, np.full(len(packing.price), np.nan))
    columns = Columns(packing)
    seed(columns)
    for offer, pattern in zip(best[0], best[1], strict=True):
        columns.add(int(offer), pattern)
    relaxed, _ = generate(columns, watch.share(GENERATE_SHARE), 0.0, exact=False)
    best = _cheaper(packing, best, _chosen(columns, relaxed, watch, best))
    return _cheaper(packing, best, cheapest_hosts(packing, *best))


def _far(packing: Packing, plan: Nodes, bound: float) -> bool:
    return total_of(packing, *plan) - bound > GOOD_ENOUGH * max(bound, 1e-12)


def _open(packing: Packing, plan: Nodes, bound: float) -> bool:
    return total_of(packing, *plan) - bound > 1e-9 * max(1.0, bound)


def _cheaper(packing: Packing, one: Nodes, other: Nodes) -> Nodes:
    return min(one, other, key=lambda plan: rank(packing, plan))


def _chosen(columns: Columns, relaxed: Relaxed, watch: Watch, best: Nodes) -> Nodes:
    """Choose patterns in whole numbers; pods covered twice are taken off again."""
    from scipy.optimize import Bounds, LinearConstraint, milp  # loaded by who needs it

    packing = columns.packing
    price, matrix, offers = columns.price(), columns.matrix, columns.offers
    reduced = price + relaxed.surcharge[offers] - matrix @ relaxed.worth
    taken = np.argsort(reduced, kind="stable")[:MASTER_COLUMNS]
    weights, most = offer_rows(packing)
    classes = len(packing.demand)
    cover = hstack([csr_matrix(matrix[taken].T.astype(float)), csr_matrix(np.eye(classes))])
    rows = [LinearConstraint(cover.tocsr(), packing.demand, np.inf)]
    if len(most):
        own = hstack([csr_matrix(weights[:, offers[taken]]), csr_matrix((len(most), classes))])
        rows.append(LinearConstraint(own.tocsr(), -np.inf, most))
    upper = np.concatenate([np.full(len(taken), np.inf), packing.demand])
    seconds = min(MASTER_SECONDS, MASTER_SHARE * watch.remaining_s)
    result = milp(
        np.concatenate([price[taken], penalty(packing)]),
        constraints=rows,
        bounds=Bounds(0, upper),
        integrality=np.ones(len(upper)),
        options={"time_limit": max(seconds, 0.05), "mip_rel_gap": 1e-5},
    )
    if result.x is None:
        return best
    times = np.rint(result.x[: len(taken)]).astype(np.int64)
    offer, pattern = np.repeat(offers[taken], times), np.repeat(matrix[taken], times, axis=0)
    return trimmed(packing, offer, pattern)
