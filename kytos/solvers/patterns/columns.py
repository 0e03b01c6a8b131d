"""Column generation: patterns that pay, and the bound that their prices prove."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_matrix, hstack, vstack

from kytos.contract.watch import Watch
from kytos.problem import Floats, Ints
from kytos.solvers.patterns.filling import best_filling, greedy_fillings
from kytos.solvers.patterns.knapsack import CLOSE
from kytos.solvers.patterns.packing import UNLIMITED, Packing, fits

PAYS = 1e-7
"""A pattern pays when it costs so much less than what its pods are worth, as a share of prices."""

FEW_PODS, ENOUGH = 120, 1e-3
"""Up to so many pods the relaxation is solved to its end; for more, a thousandth will do."""

EXACT_SECONDS = 2.0
"""For the best filling of one offer."""

HARD_LOOKS, HARD_AT_ONCE = 1_000_000, 4
"""For one offer that the quick search leaves open, and patterns after which prices come first."""

PULL = 0.7
"""How far prices are drawn towards those that proved most."""


@dataclass
class Columns:
    """Patterns known so far, each of one offer."""

    packing: Packing
    offer: list[int] = field(default_factory=list)
    counts: list[Ints] = field(default_factory=list)
    _known: set[tuple[int, bytes]] = field(default_factory=set)

    def add(self, offer: int, counts: Ints) -> bool:
        """Add a pattern that is not known yet and breaks nothing."""
        key = (offer, counts.tobytes())
        if key in self._known or not counts.any() or not fits(self.packing, offer, counts):
            return False
        self._known.add(key)
        self.offer.append(offer)
        self.counts.append(counts)
        return True

    @property
    def offers(self) -> Ints:
        """``(columns,)``."""
        return np.array(self.offer, dtype=np.int64)

    @property
    def matrix(self) -> Ints:
        """``(columns, classes)``."""
        return np.array(self.counts, dtype=np.int64).reshape(-1, len(self.packing.demand))

    def price(self) -> Floats:
        """``(columns,)`` of a node and the pods on it."""
        offers = self.offers
        cost: Floats = self.packing.price[offers] + (self.matrix * self.packing.cost.T[offers]).sum(
            axis=1
        )
        return cost


@dataclass(frozen=True)
class Relaxed:
    """The fractional best of the patterns known.

    `uses` ``(columns,)``, `worth` ``(classes,)`` of a pod, `surcharge` ``(offers,)`` that bounds
    on the number of nodes put on each, `missing` pods without a node.
    """

    value: float
    uses: Floats
    worth: Floats
    surcharge: Floats
    charged: float
    """What the bounds take off the value of the pods' worth."""
    missing: float


def offer_rows(packing: Packing) -> tuple[Floats, Floats]:
    """``(rows, offers)`` and ``(rows,)``: the bounds on numbers of nodes, limits of offers too."""
    limited = np.flatnonzero(packing.limit < UNLIMITED)
    limits = np.zeros((len(limited), len(packing.price)))
    limits[np.arange(len(limited)), limited] = 1.0
    own = [row.weight for row in packing.rows]
    weights = np.vstack([limits, *own]) if own else limits
    most = np.concatenate([packing.limit[limited], [row.most for row in packing.rows]])
    return weights, most.astype(float)


def penalty(packing: Packing) -> Floats:
    """``(classes,)`` what leaving a pod without a node counts for: more than any node for it."""
    highest = float(packing.price.max(initial=0.0)) or 1.0
    return np.full(len(packing.demand), 20.0 * highest + float(packing.cost.max(initial=0.0)))


def relax(columns: Columns) -> Relaxed:
    """Return the fractional best of the patterns known, and what it says things are worth."""
    packing = columns.packing
    classes = len(packing.demand)
    matrix = csr_matrix(columns.matrix.T.astype(float))
    weights, most = offer_rows(packing)
    own = (
        csr_matrix(weights[:, columns.offers]) if len(most) else csr_matrix((0, len(columns.offer)))
    )
    left = vstack([-matrix, own])
    slack = vstack([-csr_matrix(np.eye(classes)), csr_matrix((len(most), classes))])
    result = linprog(
        np.concatenate([columns.price(), penalty(packing)]),
        A_ub=hstack([left, slack]).tocsr(),
        b_ub=np.concatenate([-packing.demand.astype(float), most]),
        bounds=(0, None),
        method="highs",
    )
    if result.x is None:
        raise ArithmeticError(f"HiGHS left the patterns undecided: {result.message}")
    duals = -np.asarray(result.ineqlin.marginals)
    worth = np.maximum(duals[:classes], 0.0)
    bounds = np.maximum(duals[classes:], 0.0)
    uses = result.x[: len(columns.offer)]
    return Relaxed(
        value=float(result.fun),
        uses=uses,
        worth=worth,
        surcharge=bounds @ weights if len(most) else np.zeros(len(packing.price)),
        charged=float(bounds @ most),
        missing=float(result.x[len(columns.offer) :].sum()),
    )


def generate(
    columns: Columns, watch: Watch, known: float, *, exact: bool = True
) -> tuple[Relaxed, float]:
    """Add patterns until none pays or the watch ends.

    Parameters
    ----------
    known
        A lower bound that is known already; the search ends once the patterns meet it.
    exact
        Whether fillings are looked for exactly where none is found greedily; without that nothing
        is proven.

    Returns
    -------
    tuple
        The relaxation over the patterns known, and the best lower bound proven.
    """
    bound = known
    relaxed = relax(columns)
    few = int(columns.packing.demand.sum()) <= FEW_PODS
    enough, close = (PAYS, 0.0) if few else (ENOUGH, CLOSE)
    centre, pull = relaxed, PULL
    while watch.reason is None:
        if not relaxed.missing and relaxed.value - bound <= enough * max(relaxed.value, 1e-12):
            break
        if _add_greedily(columns, relaxed):
            relaxed = relax(columns)
            continue
        if not exact:
            break
        asked = _between(centre, relaxed, pull)
        added, proven = _add_exactly(columns, relaxed, asked, watch, close)
        if proven > bound:
            bound, centre = proven, asked
        if added:
            relaxed, pull = relax(columns), PULL
        elif pull:
            pull = 0.0  # what pays by these prices may not by others
        else:
            break
    return relaxed, bound


def _between(centre: Relaxed, relaxed: Relaxed, pull: float) -> Relaxed:
    """What things are worth, drawn towards where the best bound was proven.

    Prices of successive relaxations swing from one extreme to another; those between them prove
    more, sooner (Wentges, 1997).
    """
    if not pull:
        return relaxed
    return replace(
        relaxed,
        worth=pull * centre.worth + (1 - pull) * relaxed.worth,
        surcharge=pull * centre.surcharge + (1 - pull) * relaxed.surcharge,
        charged=pull * centre.charged + (1 - pull) * relaxed.charged,
    )


def seed(columns: Columns) -> None:
    """Add patterns to begin with: each offer filled in every order, and with one class only."""
    packing = columns.packing
    even = np.ones(packing.allowed.shape)
    for fillings in greedy_fillings(packing, even, packing.demand):
        for offer, counts in enumerate(fillings):
            columns.add(offer, counts)
    for class_ in range(len(packing.demand)):
        usable = np.flatnonzero(packing.fit[class_] > 0)
        if not len(usable):
            continue
        each = (packing.price[usable] + 1e-9) / packing.fit[class_, usable]
        for offer in usable[np.argsort(each, kind="stable")[:2]]:
            counts = np.zeros(len(packing.demand), dtype=np.int64)
            counts[class_] = packing.fit[class_, offer]
            columns.add(int(offer), counts)


def _add_greedily(columns: Columns, relaxed: Relaxed) -> bool:
    packing = columns.packing
    value = relaxed.worth[:, None] - packing.cost
    charge = packing.price + relaxed.surcharge
    added = 0
    for fillings in greedy_fillings(packing, value, packing.demand):
        gain = (fillings * value.T).sum(axis=1) - charge
        for offer in np.flatnonzero(gain > PAYS * max(float(packing.price.max()), 1e-9)):
            added += columns.add(int(offer), fillings[offer])
    return added > 0


def _add_exactly(
    columns: Columns, relaxed: Relaxed, asked: Relaxed, watch: Watch, close: float
) -> tuple[int, float]:
    """Add the best filling of each offer by the prices `asked`, and return the bound they prove.

    Only patterns that pay by those of `relaxed` are counted.

    The bound is Farley's: with prices such that no pattern pays, what the pods are worth is one.
    Prices are scaled down until none does; for offers of which there are only so many, what a node
    is worth beyond its price is taken off instead.
    """
    packing = columns.packing
    value = asked.worth[:, None] - packing.cost
    charge = packing.price + asked.surcharge
    real = relaxed.worth[:, None] - packing.cost
    paid = packing.price + relaxed.surcharge
    added, excess = 0, 0.0
    bounds, unclear = np.zeros(len(charge)), list[int]()
    scale_needed = np.zeros(len(charge))
    least = PAYS * max(float(packing.price.max()), 1e-9)
    for offer in range(len(charge)):
        if watch.reason is not None:
            return added, -math.inf
        worth, counts = best_filling(
            packing, int(offer), value[:, offer], min(EXACT_SECONDS, watch.remaining_s), close
        )
        if worth > charge[offer] + least and float(counts @ real[:, offer]) - paid[offer] <= least:
            unclear.append(offer)
        bounds[offer] = worth
        if float(counts @ real[:, offer]) - paid[offer] > least:
            added += columns.add(int(offer), counts)
    if not added and unclear:
        # Where the quick search ended early: a better filling, or proof that there is none.
        for offer in sorted(unclear, key=lambda one: -bounds[one] / max(float(charge[one]), 1e-9)):
            if watch.reason is not None or added >= HARD_AT_ONCE:
                break
            seconds = min(EXACT_SECONDS, watch.remaining_s)
            worth, counts = best_filling(
                packing, offer, value[:, offer], seconds, close, HARD_LOOKS
            )
            bounds[offer] = min(bounds[offer], worth)
            if float(counts @ real[:, offer]) - paid[offer] > least:
                added += columns.add(offer, counts)
    for offer in range(len(charge)):
        worth = bounds[offer]
        over = worth - charge[offer]
        if packing.limit[offer] < UNLIMITED:
            excess += packing.limit[offer] * max(0.0, over)
        elif charge[offer] > 1e-12:
            scale_needed[offer] = worth / charge[offer]
        elif over > 1e-12:
            return added, -math.inf
    scale = max(1.0, float(scale_needed.max(initial=1.0)))
    pods = float(asked.worth @ packing.demand)
    return added, pods / scale - asked.charged - excess
