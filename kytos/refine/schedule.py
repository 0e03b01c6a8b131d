"""How the work of a refinement is divided: its coolings, its searches and what share each has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kytos.problem import LoadMode, Problem

CHUNK = 1 << 18
"""Proposals between two looks at the clock: some 20 ms, and some 0.2 s under many rules."""


LOOK_S = 0.05
"""Seconds between two looks at a clock that cuts a cooling short."""


@dataclass(frozen=True)
class Mix:
    """Shares of the proposals: rearrangements, chains of the rest, and among swaps those apart."""

    rearranged: float = 0.0
    chains: float = 0.0
    apart: float = 0.0


@dataclass(frozen=True)
class Ladder:
    """One cooling: temperatures as multiples of a typical change, and a share of the budget."""

    hot: float
    cold: float
    share: float
    swaps: float


SPREAD_LADDERS = (
    Ladder(1.0, 1e-2, 0.15, 0.5),
    Ladder(0.1, 1e-3, 0.6, 0.5),
    Ladder(1e-3, 1e-7, 0.15, 0.6),
)
"""Most of the work lies where what moves cost is weighed against what they gain; where they cost
nothing, the last ladder levels to the end (docs/decisions/0091)."""
SMALL_SPREAD_LADDERS = (*4 * (Ladder(0.5, 1e-3, 0.21, 0.5),), Ladder(1e-3, 1e-7, 0.1, 0.6))
"""Where there is time for it: several coolings, each from the best so far. In a nearly full cluster
one ends where it happened to freeze (docs/decisions/0095)."""
MANY_PROPOSALS = 100_000
"""Proposals a pod from which on there is."""
FROM_HOT = 100.0
"""Times a typical change, from where a cooling has forgotten what it began with. Above safety lines
the landscape is that rough: from 0.1 an equal cooling ended 27 % higher (docs/decisions/0271)."""
HEADROOM_LADDERS = (Ladder(FROM_HOT, 1e-2, 0.75, 0.5), Ladder(2.0, 1e-2, 0.25, 0.5))
CONSOLIDATE_LADDERS = (
    Ladder(2.0, 1e-2, 0.08, 0.5),
    Ladder(1.0, 1e-2, 0.08, 0.5),
    Ladder(0.5, 1e-2, 0.08, 0.5),
)
"""Several hot ones: which nodes are freed is settled anew by each, and the best of them is kept."""
POLISH = Ladder(0.03, 1e-3, 0.03, 0.5)
"""After a node was freed: bring home who need not have moved."""
SETTLING = Ladder(1.0, 1e-2, 0.05, 0.5)
"""After nodes to free were chosen: who of their pods goes where, and who makes room for them."""
IN_PLACE = Ladder(0.5, 1e-2, 0.2, 0.5)
"""On the nodes in use and no others: who goes home, and which replicas part."""
UNPACKED = 3
"""Packings on fewer nodes for which the same is done, the cheapest first."""
CHAINS = 0.15
"""Of the proposals, where most moves are forbidden. Elsewhere chains cost more than they gain."""
REARRANGED = 0.003
"""Of the proposals, where headroom is kept: each takes as long as some hundred others, and gets a
large pod past many small ones (docs/decisions/0295)."""
APART, MOSTLY_APART = 0.3, 0.8
"""Of the swaps there, between pods that exclude one another: which is right differs by problem, so
searches side by side differ in it (docs/decisions/0295)."""
FULL = 0.8
"""Of what the nodes offer: from there on few moves fit."""
CHOICES = 3
"""Times that nodes to free are chosen, and their pods settled."""
CHOOSING_SHARE = 0.03
"""Of the budget, for each of these."""
CHOICE_LOOKS = 12_000
"""Looks that the Python of one choice counts for."""
FREEING_SHARE = 0.1
"""Of the budget, for ejection searches that free nodes."""
VACATING_SHARE = 0.03
"""Of the budget, after each ladder, for freeing nodes with few moves."""
LOOKS_PER_PROPOSAL = 8
"""Pods an ejection search looks at in the time of one proposal."""
GRACE = CHUNK
"""Proposals of the final descent that even a spent clock allows."""


def default_proposals(problem: Problem) -> int:
    """Return a sensible budget of work: 10,000 proposals a pod, within 8 and 80 million."""
    return int(np.clip(10_000 * len(problem.pods), 8_000_000, 80_000_000))


def ladders_of(problem: Problem, proposals_per_pod: int) -> tuple[Ladder, ...]:
    """Return the coolings of a refinement, in order."""
    if problem.mode is LoadMode.CONSOLIDATE:
        return CONSOLIDATE_LADDERS
    if problem.keeps_headroom:
        return HEADROOM_LADDERS
    return SMALL_SPREAD_LADDERS if proposals_per_pod >= MANY_PROPOSALS else SPREAD_LADDERS


def mix_of(problem: Problem, chains: float, apart: float = APART) -> Mix:
    """Return what is proposed beside moves and swaps, with so many chains.

    Parameters
    ----------
    apart
        Of the swaps, between pods that exclude one another; 0 unless all pods take part.
    """
    if problem.keeps_headroom and problem.mode is not LoadMode.CONSOLIDATE:
        return Mix(REARRANGED, chains, apart)
    return Mix(chains=chains)


def chain_share(problem: Problem) -> float:
    """Return the share of chains among the proposals: none where most moves are allowed.

    Few are in a consolidation, under a bound for fewer than half the pods, and on full nodes.
    """
    bound = len(problem.pods) if problem.max_moves is None else problem.max_moves
    if problem.mode is LoadMode.CONSOLIDATE or 2 * bound < len(problem.pods):
        return CHAINS
    room = problem.capacity[problem.usable].sum(axis=0)
    held = problem.fixed[problem.usable].sum(axis=0) + problem.request.sum(axis=0)
    return CHAINS if bool((held > FULL * room).any()) else 0.0
