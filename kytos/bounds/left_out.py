"""Whether a placement is proven to leave out as few pods as can be, class by class."""

from __future__ import annotations

import numpy as np

from kytos.bounds.volume import most_held
from kytos.pairs import PairMask
from kytos.problem import Bools, Ints, Problem, pairs_with_room


def surely_placed(problem: Problem, placement: Ints, options: PairMask | None = None) -> Bools:
    """``(pods,)`` which have a node wherever as few of each class are left out as here.

    Those that must, and whole classes of which only pods are left out that fit nowhere; `options`
    ``(pods, nodes)`` are where each pod may end, where that is known already.
    """
    options = pairs_with_room(problem) if options is None else options
    stranded = ~options.any(axis=1)
    placed = problem.must_place.copy()
    for desire in np.unique(problem.desire[~problem.must_place]):
        members = ~problem.must_place & (problem.desire == desire)
        if (stranded | (placement >= 0))[members].all():
            placed |= members & ~stranded
    return placed


def proven_fewest(problem: Problem, placement: Ints, options: PairMask) -> bool:
    """Whether no feasible placement comes before this one by `Problem.left_out`.

    Of each class, in turn, as many pods as fit at the most when they are a liquid, the smallest
    first, beside the smallest of the classes above. What that leaves open is not proven here.
    """
    stranded = ~options.any(axis=1)
    optional = ~problem.must_place & ~stranded
    out = optional & (placement < 0)
    down = _down(problem, placement)
    if not out.any():
        return True
    room = most_held(problem).sum(axis=0) - problem.request[problem.must_place].sum(axis=0)
    for desire in np.unique(problem.desire[optional])[::-1]:
        members = optional & (problem.desire == desire)
        fits = int(members.sum())
        request = np.sort(problem.request[members], axis=0).cumsum(axis=0)
        for resource in range(len(problem.resources)):
            fits = min(fits, int((request[:, resource] <= room[resource]).sum()))
        placed = int((members & (placement >= 0)).sum())
        if placed < fits:
            return False
        room = room - (request[placed - 1] if placed else 0)
    nowhere = np.setdiff1d(
        problem.lifeline[problem.lifeline >= 0], problem.lifeline[~stranded | problem.must_place]
    )
    return down == len(nowhere)


def _down(problem: Problem, placement: Ints) -> int:
    """Services that none of their lifeline has a node for."""
    services = problem.lifeline[problem.lifeline >= 0]
    return len(np.setdiff1d(services, problem.lifeline[placement >= 0]))
