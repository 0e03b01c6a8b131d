"""Few types only: sets of types planned for in turn, those that volumes find cheapest first."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from itertools import combinations

import numpy as np

from kytos.contract.watch import Watch
from kytos.problem import Bools, Floats
from kytos.solvers.patterns.columns import Columns, Relaxed, generate, seed
from kytos.solvers.patterns.packing import Packing, PatternPlan
from kytos.solvers.patterns.volume import volume_bound, volume_prices

ANY_SHARE, SET_SHARE, VOLUME_SHARE = 0.25, 0.5, 0.1
"""Of the time: what types of any number cost at least; one set of types; which set is next."""

MOST_PRICED = 400
"""Classes up to which patterns of every type are generated, for the bound."""

MOST_SETS = 60

Kinds = frozenset[int]


def cheapest_of_few_kinds(
    packing: Packing, watch: Watch, plan_of: Callable[[Packing, Watch], PatternPlan]
) -> PatternPlan:
    """Return the cheapest plan that buys no more types than `Packing.most_kinds`.

    A set of types is planned for by itself, as if there were no others. No plan with a set that
    was looked at is cheaper than that set's own bound; none with another is cheaper than what
    volumes alone say of all sets that are left; and none is cheaper than with types of any number.

    Parameters
    ----------
    plan_of
        Plans for a packing whose types are not counted.
    """
    any_number, liked = _of_any_number(replace(packing, most_kinds=None), watch.share(ANY_SHARE))
    best: PatternPlan | None = None
    tried: list[Kinds] = []
    closed, left = np.inf, 0.0
    while len(tried) < MOST_SETS:
        seconds = VOLUME_SHARE * watch.remaining_s
        left, counts = volume_bound(packing, seconds, barred=tried)
        if best is not None and (left >= _reached(best) or watch.reason is not None):
            break
        kinds = _next(packing, counts, liked, tried)
        if kinds is None:
            break
        chosen: Bools = (packing.kind < 0) | np.isin(packing.kind, sorted(kinds))
        part = replace(packing.within(chosen), most_kinds=None)
        plan = plan_of(part, watch.share(SET_SHARE))
        plan = replace(plan, offer=np.flatnonzero(chosen)[plan.offer])
        closed = min(closed, np.inf if plan.left.any() and plan.bound >= plan.total else plan.bound)
        tried.append(kinds)
        if best is None or _rank(plan) < _rank(best):
            best = plan
    assert best is not None
    bound = max(any_number, min(closed, left))
    return replace(best, bound=min(bound, best.total))


def _rank(plan: PatternPlan) -> tuple[int, float]:
    return int(plan.left.sum()), plan.total


def _reached(plan: PatternPlan) -> float:
    """What another plan has to undercut; one that leaves pods out is no measure."""
    return np.inf if plan.left.any() else plan.total


def _of_any_number(packing: Packing, watch: Watch) -> tuple[float, Floats]:
    """What no plan with types of any number undercuts, and ``(offers,)`` how many it would buy."""
    liked = np.zeros(len(packing.price))
    if len(packing.demand) > MOST_PRICED:
        return 0.0, liked
    columns = Columns(packing)
    seed(columns)
    relaxed, proven = generate(columns, watch, 0.0, volume_prices(packing))
    if relaxed.missing:
        return 0.0, liked
    return proven, _uses(packing, columns, relaxed)


def _uses(packing: Packing, columns: Columns, relaxed: Relaxed) -> Floats:
    uses = np.zeros(len(packing.price))
    np.add.at(uses, columns.offers, relaxed.uses)
    return uses


def _next(
    packing: Packing, counts: Floats, liked: Floats, tried: Collection[Kinds]
) -> Kinds | None:
    """A set of types that was not tried: those that volumes buy, filled up with those liked."""
    assert packing.most_kinds is not None
    every = np.unique(packing.kind[packing.kind >= 0])
    paid = np.array([(liked * packing.price)[packing.kind == one].sum() for one in every])
    cheap = np.array(
        [
            (packing.price / np.maximum(packing.capacity[:, 0], 1))[packing.kind == one].min()
            for one in every
        ]
    )
    fill = every[np.lexsort((cheap, -paid))].tolist()
    bought: list[int] = []
    if tried or not liked.any():
        bought = np.unique(
            packing.kind[(np.nan_to_num(counts) > 0.5) & (packing.kind >= 0)]
        ).tolist()
    begun = bought[: packing.most_kinds]
    rest = [one for one in fill if one not in begun]
    for more in combinations(rest, packing.most_kinds - len(begun)):
        kinds = frozenset((*begun, *more))
        if kinds not in tried:
            return kinds
    return None
