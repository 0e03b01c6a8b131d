"""The four weights of the energy, with the exchange rates behind slider position 1.

H = A·constraint + B·load + C·cost + D·affinity. The terms are reported in the units in which they
are added, so that sum always holds as it stands. `load` is what `kytos.problem.LoadMode` says, as
it is; the rates below turn moves and pairs into its unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import Field

from kytos.cluster import Frozen
from kytos.problem import LoadMode

if TYPE_CHECKING:
    from kytos.problem import Bools, Floats, Ints, Problem

PAY_BACK_DAYS = 3.0
"""A move must pay back within three days: what it saves in that time is what it may cost."""
RESTART_DAYS = 1.0
"""An ordinary move, a restart, costs as much as its pod costs to run for a day. With the above,
freeing a node is worth three times as many ordinary moves as a node holds pods."""
LEAST_MOVES_PER_NODE = 10.0
"""Freeing a node of mean price is worth at least ten ordinary moves, however few pods it holds."""
PAIRS_PER_MOVE = 2.0
"""An ordinary move is worth two pairs of replicas sharing a node (`Problem.pairs_per_move`)."""
MOVE_IN_SPREAD = 0.01
"""An ordinary move must lower sum (u - mean)^2 by 0.01: a pod of a tenth of a node moves when the
utilisations it moves between differ by more than 15 points."""
PAIR_IN_SPREAD = 0.01
"""Two replicas on one node are worth one ordinary move."""
UNSERVED_IN_SPREAD = 1.0
"""All of one service's demand left unserved weighs, for each replica it would have, as much as a
node at twice the mean load; higher priorities weigh more."""
STARTUP_SECONDS_PER_MOVE = 60.0
"""A pod that starts a minute later costs as much as one ordinary move."""
LATENCY_MS_PER_MOVE = 1.0
"""A millisecond on all of a unit of traffic costs as much as one ordinary move."""
HIGHEST_WEIGHT = 1000.0
"""What a weight may be set to: a thousand times its default."""


class Weights(Frozen):
    """A, B, C and D as the sliders set them; 1 each is the sensible default.

    Examples
    --------
    Moves count half as much as usual:

    >>> Weights(C=0.5)
    Weights(A=1.0, B=1.0, C=0.5, D=1.0)
    """

    A: float = Field(
        1.0, ge=0, le=HIGHEST_WEIGHT, allow_inf_nan=False, description="constraints hold"
    )
    B: float = Field(1.0, ge=0, le=HIGHEST_WEIGHT, allow_inf_nan=False, description="load")
    C: float = Field(
        1.0, ge=0, le=HIGHEST_WEIGHT, allow_inf_nan=False, description="cost of the change"
    )
    D: float = Field(1.0, ge=0, le=HIGHEST_WEIGHT, allow_inf_nan=False, description="affinity")


@dataclass(frozen=True)
class Rates:
    """What one unit of cost and of affinity is worth in units of H_load, at weight 1."""

    cost: float
    affinity: float


def exchange_rates(problem: Problem) -> Rates:
    """Return the rates for a problem's mode, prices and `Problem.moves_per_node`."""
    if problem.mode is LoadMode.CONSOLIDATE:
        node = float(problem.price.mean()) if len(problem.price) else 1.0
        node = node or 1.0
        move = node / problem.moves_per_node
        return Rates(cost=move, affinity=move / problem.pairs_per_move)
    # H_load adds up the slots of time; what a move must gain is meant for each of them.
    return Rates(cost=MOVE_IN_SPREAD * problem.slots, affinity=PAIR_IN_SPREAD * problem.slots)


def moves_per_node(price: Floats, pods: Ints, freeable: Bools) -> float:
    """Return how many ordinary moves freeing a node of mean price is worth at slider position 1.

    A move costs what its pod costs to run in `RESTART_DAYS`: a pod's share of the price of the
    nodes that could be freed. It must pay back within `PAY_BACK_DAYS`. So it is the same work
    whether a node's load is in ten pods or in a hundred.

    Parameters
    ----------
    price
        ``(nodes,)`` per hour.
    pods
        ``(nodes,)`` how many that may move run there.
    freeable
        ``(nodes,)`` whether nothing else holds the node.
    """
    counted = freeable & (pods > 0)
    running, paid = int(pods[counted].sum()), float(price[counted].sum())
    if not running or paid <= 0:
        return LEAST_MOVES_PER_NODE
    restart = RESTART_DAYS * paid / running
    return max(LEAST_MOVES_PER_NODE, PAY_BACK_DAYS * float(price.mean()) / restart)


def pay_back_days(weights: Weights) -> float | None:
    """Return the days a move must pay back within at the sliders' positions; None for no end."""
    return PAY_BACK_DAYS * weights.B / weights.C if weights.C > 0 else None
