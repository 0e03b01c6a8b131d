"""Nodes that leave room for what a failure evicts: what they cost at least, from volumes alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix, vstack

from kytos.problem import Bools, Floats, Ints
from kytos.solvers.patterns.packing import Packing
from kytos.solvers.patterns.volume import volume_rows

MOST_ENTRIES = 400_000
"""Coefficients of failures that are written down; rows beyond are left out, which proves less."""


@dataclass(frozen=True)
class Reserve:
    """What has to be survived.

    Attributes
    ----------
    evicted
        ``(classes,)`` how many pods of each find another node when theirs fails.
    together
        Each ``(offers,)`` bool: nodes that fail at once.
    singly
        ``(offers,)`` whether the failure of one node has to be survived.
    capacity
        ``(offers, resources)`` what a node has for pods that a failure brings to it.
    """

    evicted: Ints
    together: Sequence[Bools]
    singly: Bools
    capacity: Ints


def reserve_bound(
    packing: Packing, reserve: Reserve, seconds: float, room: float = 0.0
) -> tuple[float, Floats]:
    """Return a lower bound of every plan that survives, and numbers of nodes that might do.

    What a failure leaves must offer what all pods that it could evict need, of each resource and
    within each set of offers that classes may use. Nodes may stand by empty.

    Parameters
    ----------
    room
        Share by which the nodes are to have more than that: with any the first value returned is
        no bound.

    Returns
    -------
    tuple
        The bound, and ``(offers,)`` whole numbers; NaN where no time was enough for any.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp  # loaded by who needs it

    rows, least, members = volume_rows(packing)
    refuge, _, _ = volume_rows(replace(packing, capacity=reserve.capacity))
    evicted = reserve.evicted @ members
    offers = len(packing.price)
    scale = np.maximum(least, 1e-9)
    rows, refuge = rows / scale[:, None], refuge / scale[:, None]
    least, evicted = least / scale, evicted / scale
    least, evicted = least * (1 + room), evicted * (1 + room)
    most = np.minimum(packing.limit, 2 * packing.demand.sum() + 1).astype(float)
    budget = MOST_ENTRIES
    parts = [csr_matrix(rows)]
    lower = [least]
    asked = np.flatnonzero(evicted > 0)
    for group in reserve.together:
        chosen = asked[: max(0, budget // max(1, offers))]
        budget -= len(chosen) * offers
        parts.append(csr_matrix(np.where(group[None, :], 0.0, refuge[chosen])))
        lower.append(evicted[chosen])
    constraints = []
    kinds = np.unique(packing.kind[packing.kind >= 0])
    counted = packing.most_kinds is not None
    single = np.flatnonzero(reserve.singly & (most > 0))
    chosen = asked[: max(0, budget // max(1, offers + 2 * len(single)))]
    # A node of an offer in use may fail: the largest of those takes most of each row with it.
    wide = offers + len(single) + len(chosen)
    width = wide + (len(kinds) if counted else 0)
    constraints.append(LinearConstraint(_wider(vstack(parts), width), np.concatenate(lower)))
    if len(single):
        count = len(single)
        own = np.arange(count)
        linked = coo_matrix(
            (
                np.concatenate([-np.ones(count), most[single]]),
                (np.tile(own, 2), np.concatenate([single, offers + own])),
            ),
            shape=(count, width),
        )
        constraints.append(LinearConstraint(linked.tocsr(), 0))
        for at, row in enumerate(chosen):
            lost = offers + count + at
            takes = coo_matrix(
                (
                    np.concatenate([np.ones(count), -refuge[row, single]]),
                    (np.tile(own, 2), np.concatenate([np.full(count, lost), offers + own])),
                ),
                shape=(count, width),
            )
            constraints.append(LinearConstraint(takes.tocsr(), 0))
            left = np.zeros((1, width))
            left[0, :offers], left[0, lost] = refuge[row], -1.0
            constraints.append(LinearConstraint(csr_matrix(left), evicted[row]))
    constraints += [
        LinearConstraint(_wider(csr_matrix(bound.weight[None, :]), width), -np.inf, bound.most)
        for bound in packing.rows
    ]
    if packing.most_kinds is not None:
        belongs = (packing.kind[:, None] == kinds[None, :]) * -most[:, None]
        own_kind = packing.kind >= 0
        linked = np.zeros((int(own_kind.sum()), width))
        linked[:, :offers] = np.eye(offers)[own_kind]
        linked[:, wide:] = belongs[own_kind]
        constraints.append(LinearConstraint(csr_matrix(linked), -np.inf, 0))
        few = np.zeros((1, width))
        few[0, wide:] = 1.0
        constraints.append(LinearConstraint(csr_matrix(few), -np.inf, packing.most_kinds))
    price = np.zeros(width)
    price[:offers] = packing.price
    upper = np.concatenate([most, np.ones(len(single)), np.full(len(chosen), np.inf)])
    whole = np.concatenate([np.ones(offers + len(single)), np.zeros(len(chosen))])
    if counted:
        upper = np.concatenate([upper, np.ones(len(kinds))])
        whole = np.concatenate([whole, np.ones(len(kinds))])
    result = milp(
        price,
        constraints=constraints,
        bounds=Bounds(0, upper),
        integrality=whole,
        options={"time_limit": max(seconds, 0.05), "mip_rel_gap": 1e-3 if room else 1e-6},
    )
    cheapest = float((packing.demand * packing.cost.min(axis=1, initial=np.inf)).sum())
    proven = getattr(result, "mip_dual_bound", None)
    bound_ = 0.0 if proven is None or not math.isfinite(proven) else max(0.0, float(proven))
    counts = np.full(offers, np.nan) if result.x is None else np.rint(result.x[:offers])
    # What HiGHS leaves undecided by its tolerances is not proven.
    return bound_ * (1 - 1e-7) + (cheapest if math.isfinite(cheapest) else 0.0), counts


def _wider(matrix: csr_matrix, width: int) -> csr_matrix:
    matrix = csr_matrix(matrix)
    return csr_matrix((matrix.data, matrix.indices, matrix.indptr), shape=(matrix.shape[0], width))
