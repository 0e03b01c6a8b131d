"""What many different pods have in common: what they ask for in all, by size and proportion."""

from __future__ import annotations

import numpy as np

from kytos.problem import Floats, Ints
from kytos.solvers.patterns.packing import Packing

PROPORTIONS, SIZES = 4, 4
"""Groups by how much memory there is to the CPU, and in each of these by size."""

MOST_HOMES = 12
"""Different sets of offers that pods may use which are told apart."""


def traits_of(packing: Packing) -> Floats:
    """``(classes, traits)`` what a pod of each class adds: its requests, within its own group.

    A relaxation that covers only these prices pods of a group by their requests; pods of different
    sizes may be worth more or less for them, which volumes alone do not say. Each trait comes to as
    much as there are pods in the group.
    """
    group = _groups(packing)
    traits = []
    for one in np.unique(group):
        inside = group == one
        pods = float(packing.demand[inside].sum())
        for resource in range(packing.request.shape[1]):
            amount = np.where(inside, packing.request[:, resource], 0).astype(float)
            total = float(amount @ packing.demand)
            if total > 0:
                traits.append(amount * pods / total)
    return np.array(traits).T


def _groups(packing: Packing) -> Ints:
    """``(classes,)``."""
    _, home = np.unique(packing.allowed, axis=0, return_inverse=True)
    if home.max(initial=0) >= MOST_HOMES:
        home = np.zeros(len(packing.demand), dtype=np.int64)
    # Pods too large for most nodes are not priced with those that fill the gaps beside them.
    hosts = (packing.fit > 0).sum(axis=1)
    home = 2 * home + (hosts < len(packing.price) / 2)
    wanted = np.maximum((packing.request * packing.demand[:, None]).sum(axis=0), 1)
    share = packing.request[:, :2] / wanted[:2] + 1e-12
    group = home.astype(np.int64)
    for values, parts in ((share[:, 1] / share[:, 0], PROPORTIONS), (share.sum(axis=1), SIZES)):
        split = np.zeros(len(group), dtype=np.int64)
        for one in np.unique(group):
            inside = np.flatnonzero(group == one)
            order = np.argsort(values[inside], kind="stable")
            split[inside[order]] = np.arange(len(inside)) * parts // len(inside)
        _, group = np.unique(group * parts + split, return_inverse=True)
    numbers: Ints = group.astype(np.int64)
    return numbers
