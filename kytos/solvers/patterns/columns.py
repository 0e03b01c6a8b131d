"""Column generation: patterns that pay, and the bound that their prices prove."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.sparse import csr_matrix, hstack, vstack

from kytos.contract.watch import Watch
from kytos.problem import Bools, Floats, Ints
from kytos.solvers.patterns.filling import best_filling, greedy_fillings
from kytos.solvers.patterns.knapsack import CLOSE, LOOKS
from kytos.solvers.patterns.packing import UNLIMITED, Packing, Prices, fits

PAYS = 1e-7
"""A pattern pays when it costs so much less than what its pods are worth, as a share of prices."""

FEW_PODS, ENOUGH = 120, 1e-3
"""Up to so many pods the relaxation is solved to its end; for more, a thousandth will do."""

HARD_LOOKS, HARD_AT_ONCE = 1_000_000, 4
"""For one offer that the quick search leaves open, and patterns after which prices come first."""

FEW_LOOKS = 400
"""For one filling of many different pods, of which the densest are all but the best."""

PULL = 0.8
"""How far prices are drawn towards those that proved most."""

MOST_IN_USE = 3
"""Patterns beside each thing asked for that a relaxation is solved over; the others are priced with
what it says, and come in where they pay."""

CLOSEST_OF_GAP = 0.02
"""A filling within this share of the gap that is open is good enough."""


@dataclass
class Columns:
    """Patterns known so far, each of one offer.

    `traits` ``(classes, traits)`` is what is asked of all patterns together, of which as much as of
    all pods: each class by itself where it is left out. With fewer traits than classes less is
    asked, so that what is proven holds all the same; prices are then those of traits.
    """

    packing: Packing
    traits: Floats | None = None
    offer: list[int] = field(default_factory=list)
    counts: list[Ints] = field(default_factory=list)
    _rows: list[Floats] = field(default_factory=list)
    _price: list[float] = field(default_factory=list)
    _known: set[tuple[int, bytes]] = field(default_factory=set)
    _idle: set[int] = field(default_factory=set)

    def add(self, offer: int, counts: Ints) -> bool:
        """Add a pattern that is not known yet and breaks nothing."""
        key = (offer, counts.tobytes())
        if key in self._known or not counts.any() or not fits(self.packing, offer, counts):
            return False
        self._known.add(key)
        self.offer.append(offer)
        self.counts.append(counts)
        self._rows.append(counts.astype(float) if self.traits is None else counts @ self.traits)
        cost = float(counts @ self.packing.cost[:, offer])
        self._price.append(float(self.packing.price[offer]) + cost)
        return True

    def active(self) -> Bools:
        """``(columns,)`` those that the next relaxation begins with."""
        active = np.ones(len(self.offer), dtype=np.bool_)
        active[list(self._idle)] = False
        return active

    def rest(self, idle: Bools) -> None:
        """Leave patterns out of the next relaxation until they pay."""
        self._idle = set(np.flatnonzero(idle).tolist())

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
        return np.array(self._price)

    def rows(self) -> tuple[Floats, Floats]:
        """``(columns, traits)`` of each pattern and ``(traits,)`` of all pods."""
        demand = self.packing.demand.astype(float)
        wanted = demand if self.traits is None else demand @ self.traits
        return np.array(self._rows).reshape(-1, len(wanted)), wanted


@dataclass(frozen=True)
class Relaxed(Prices):
    """The fractional best of the patterns known.

    `uses` ``(columns,)`` how often each is, `missing` pods without a node.
    """

    value: float
    uses: Floats
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
    rows, wanted = columns.rows()
    price, offers = columns.price(), columns.offers
    most_in_use = MOST_IN_USE * (len(wanted) + 100)
    active = columns.active()
    while True:
        relaxed, duals = _solved(
            columns.packing, rows[active], offers[active], price[active], wanted
        )
        beyond = price + relaxed.surcharge[offers] - rows @ duals
        least = PAYS * max(float(columns.packing.price.max()), 1e-9)
        paying = np.flatnonzero(~active & (beyond < -least))
        if not len(paying):
            break
        active[paying[np.argsort(beyond[paying], kind="stable")[:most_in_use]]] = True
    uses = np.zeros(len(offers))
    uses[active] = relaxed.uses
    if active.sum() > most_in_use:
        dearest = np.argsort(np.where(active & (uses <= 0), -beyond, np.inf), kind="stable")
        active[dearest[: int(active.sum()) - most_in_use]] = False
    columns.rest(~active)
    worth = duals if columns.traits is None else columns.traits @ duals
    return replace(relaxed, uses=uses, worth=worth)


def _solved(
    packing: Packing, rows: Floats, offers: Ints, price: Floats, wanted: Floats
) -> tuple[Relaxed, Floats]:
    """The relaxation over some patterns, and ``(traits,)`` what each thing asked for is worth."""
    from scipy.optimize import linprog  # loaded by who needs it

    asked = len(wanted)
    weights, most = offer_rows(packing)
    own = csr_matrix(weights[:, offers]) if len(most) else csr_matrix((0, len(offers)))
    left = vstack([-csr_matrix(rows.T), own])
    slack = vstack([-csr_matrix(np.eye(asked)), csr_matrix((len(most), asked))])
    result = linprog(
        np.concatenate([price, np.full(asked, penalty(packing).max())]),
        A_ub=hstack([left, slack]).tocsr(),
        b_ub=np.concatenate([-wanted, most]),
        bounds=(0, None),
        method="highs",
    )
    if result.x is None:
        raise ArithmeticError(f"HiGHS left the patterns undecided: {result.message}")
    duals = -np.asarray(result.ineqlin.marginals)
    bounds = np.maximum(duals[asked:], 0.0)
    relaxed = Relaxed(
        value=float(result.fun),
        uses=result.x[: len(offers)],
        worth=np.zeros(len(packing.demand)),
        surcharge=bounds @ weights if len(most) else np.zeros(len(packing.price)),
        charged=float(bounds @ most),
        missing=float(result.x[len(offers) :].sum()),
    )
    return relaxed, np.maximum(duals[:asked], 0.0)


def generate(
    columns: Columns,
    watch: Watch,
    known: float,
    prices: Prices | None = None,
    *,
    exact: bool = True,
) -> tuple[Relaxed, float]:
    """Add patterns until none pays or the watch ends.

    Parameters
    ----------
    known
        A lower bound that is known already; the search ends once the patterns meet it.
    prices
        What things may be worth: a start. Prices of successive relaxations swing from one extreme
        to another; those between them and the prices that proved most prove more, sooner
        (Wentges, 1997). Where none between them pays, they are drawn less (Pessoa et al., 2018).
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
    enough = PAYS if few else ENOUGH
    centre: Prices = relaxed if prices is None else prices
    while watch.reason is None and _add_greedily(columns, relaxed):
        relaxed = relax(columns)
    misses = 0
    looks = LOOKS if columns.traits is None else FEW_LOOKS
    while exact and watch.reason is None:
        gap = 1.0 - bound / max(relaxed.value, 1e-12)
        if not relaxed.missing and gap <= enough:
            break
        pull = max(0.0, 1.0 - (misses + 1) * (1.0 - PULL))
        asked = _between(centre, relaxed, pull)
        close = 0.0 if few else max(CLOSE, min(CLOSEST_OF_GAP * gap, 1e-2))
        added, proven, scale = _add_exactly(columns, relaxed, asked, watch, close, looks)
        if proven > bound:
            bound, centre = proven, replace(asked, worth=asked.worth / scale)
        if added:
            relaxed, misses = relax(columns), 0
        elif pull > 0:
            misses += 1
        else:
            break
    return relaxed, bound


def _between(centre: Prices, relaxed: Relaxed, pull: float) -> Prices:
    """Prices drawn from those of the patterns towards others."""
    if not pull:
        return relaxed
    return Prices(
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
    for class_ in range(len(packing.demand) if columns.traits is None else 0):
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
    columns: Columns, relaxed: Relaxed, asked: Prices, watch: Watch, close: float, looks: int
) -> tuple[int, float, float]:
    """Add the best filling of each offer by the prices `asked`, and return the bound they prove.

    Only patterns that pay by those of `relaxed` are counted.

    The bound is Farley's: with prices such that no pattern pays, what the pods are worth is one.
    Prices are scaled down until none does; for offers of which there are only so many, what a node
    is worth beyond its price is taken off instead.

    Returns
    -------
    tuple
        Patterns added, the bound, and the scale it took.
    """
    packing = columns.packing
    value = asked.worth[:, None] - packing.cost
    charge = packing.price + asked.surcharge
    real = relaxed.worth[:, None] - packing.cost
    paid = packing.price + relaxed.surcharge
    least = PAYS * max(float(packing.price.max()), 1e-9)
    bounds, unclear, added = np.zeros(len(charge)), list[int](), 0
    for offer in range(len(charge)):
        if watch.reason is not None:
            return added, -math.inf, 1.0
        worth, counts = best_filling(
            packing, offer, value[:, offer], close, looks, least=max(float(charge[offer]), 0.0)
        )
        bounds[offer] = worth
        if counts.any() and float(counts @ real[:, offer]) - paid[offer] > least:
            added += columns.add(offer, counts)
        elif worth > charge[offer] * (1 + close) + least:
            unclear.append(offer)
    if not added and unclear and columns.traits is None:
        # Where the quick search ended early: a better filling, or proof that there is none.
        for offer in sorted(unclear, key=lambda one: -bounds[one] / max(float(charge[one]), 1e-9)):
            if watch.reason is not None or added >= HARD_AT_ONCE:
                break
            worth, counts = best_filling(
                packing,
                offer,
                value[:, offer],
                close,
                HARD_LOOKS,
                max(float(charge[offer]), 0.0),
            )
            bounds[offer] = min(bounds[offer], worth)
            if counts.any() and float(counts @ real[:, offer]) - paid[offer] > least:
                added += columns.add(offer, counts)
    over = bounds - charge
    limited = packing.limit < UNLIMITED
    excess = float((packing.limit * np.maximum(over, 0.0))[limited].sum())
    free = ~limited
    if (over[free & (charge <= 1e-12)] > 1e-12).any():
        return added, -math.inf, 1.0
    scaled = free & (charge > 1e-12)
    scale = max(1.0, float((bounds[scaled] / charge[scaled]).max(initial=1.0)))
    pods = float(asked.worth @ packing.demand)
    return added, pods / scale - asked.charged - excess, scale
