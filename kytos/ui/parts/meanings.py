"""What the positions of the four sliders mean for a question, in plain words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kytos.contract.weights import (
    LATENCY_MS_PER_MOVE,
    LEAST_MOVES_PER_NODE,
    MOVE_IN_SPREAD,
    PAIR_IN_SPREAD,
    PAIRS_PER_MOVE,
    PAY_BACK_DAYS,
    STARTUP_SECONDS_PER_MOVE,
)
from kytos.problem import LoadMode

_MINUTE_S = 60.0


@dataclass(frozen=True)
class Meanings:
    """What the sliders mean for one question.

    Attributes
    ----------
    cost
        What C weighs, in a few words.
    load_text, cost_text, pair_text
        Say what B, what B and C, and what B, C and D come to.
    cost_help
        What C's term is made of.
    """

    cost: str
    load_text: Callable[[float], str]
    cost_text: Callable[[float, float], str]
    pair_text: Callable[[float, float, float], str]
    cost_help: str = ""


def moving(mode: LoadMode, moves_per_node: float = LEAST_MOVES_PER_NODE) -> Meanings:
    """Return what the sliders mean where C weighs moves.

    Parameters
    ----------
    moves_per_node
        `kytos.problem.Problem.moves_per_node` of the cluster at hand.
    """
    return Meanings(
        cost="cost of moving",
        cost_help="An ordinary move is a restart of half a minute. Each minute more that a pod "
        "takes to start counts as another; priority, pod-deletion-cost, being the only replica or "
        "one of a StatefulSet or Job make its move dearer.",
        load_text=lambda B: load_meaning(B, mode),
        cost_text=lambda B, C: move_meaning(B, C, mode, moves_per_node),
        pair_text=lambda B, C, D: pair_meaning(B, C, D, mode, moves_per_node),
    )


def waiting(mode: LoadMode) -> Meanings:
    """Return what the sliders mean where C weighs start-up and latency."""
    return Meanings(
        cost="start-up and latency",
        cost_help="How soon a pod starts on its node, and how far it is from those it talks to.",
        load_text=lambda B: load_meaning(B, mode),
        cost_text=lambda B, C: waiting_meaning(B, C, mode),
        pair_text=lambda B, C, D: pair_meaning(B, C, D, mode).replace(
            "moving them apart is free", "waiting costs nothing"
        ),
    )


def constraint_meaning(A: float) -> str:
    """Say what A's position means."""
    if A >= 1:
        return "Breaking a rule never pays."
    return "Raw samples may bend rules; the plan itself is always repaired."


def load_meaning(B: float, mode: LoadMode) -> str:
    """Say what B's position means."""
    if B == 0:
        return "Load does not count."
    if mode is LoadMode.CONSOLIDATE:
        return "The price of the nodes in use."
    if mode is LoadMode.SPREAD:
        return "Squared distance of each node from the mean utilisation."
    return "Squared utilisation, summed over nodes."


def move_meaning(
    B: float, C: float, mode: LoadMode, moves_per_node: float = LEAST_MOVES_PER_NODE
) -> str:
    """Say what a move costs at these positions."""
    if C == 0:
        return "Moves cost nothing."
    if B == 0:
        return "Nothing is gained by emptying or levelling nodes."
    if mode is LoadMode.CONSOLIDATE:
        return (
            f"A move must pay back within {_time(PAY_BACK_DAYS * B / C)}: freeing a node is worth "
            f"{_few(moves_per_node * B / C)} ordinary moves."
        )
    # A pod of share s moving across a difference d changes the sum by 2s² - 2sd.
    tenth = 0.1
    points = 100 * (tenth + MOVE_IN_SPREAD * C / B / (2 * tenth))
    return f"A pod of a tenth of a node moves to even out more than {_few(points)} points."


def waiting_meaning(B: float, C: float, mode: LoadMode) -> str:
    """Say what a minute of start-up and a millisecond of latency cost at these positions."""
    if C == 0:
        return "Start-up and latency do not count."
    milliseconds = LATENCY_MS_PER_MOVE / STARTUP_SECONDS_PER_MOVE * _MINUTE_S
    told = f"A minute of start-up counts like {_few(milliseconds)} ms on a unit of traffic"
    if B == 0:
        return f"{told}."
    if mode is LoadMode.CONSOLIDATE:
        return f"{told}; a node saved like {_few(LEAST_MOVES_PER_NODE * B / C)} minutes."
    return f"{told}, or {_few(MOVE_IN_SPREAD * C / B)} of squared utilisation."


def pair_meaning(
    B: float,
    C: float,
    D: float,
    mode: LoadMode,
    moves_per_node: float = LEAST_MOVES_PER_NODE,
) -> str:
    """Say what two replicas on one node cost at these positions."""
    if D == 0:
        return "Replicas may share a node freely."
    if mode is LoadMode.CONSOLIDATE and B > 0:
        pairs = PAIRS_PER_MOVE * moves_per_node * B / D
        return f"Freeing a node is worth {_few(pairs)} pairs of replicas on a node."
    if C == 0:
        return "Two replicas on one node cost; moving them apart is free."
    per_move = PAIR_IN_SPREAD / MOVE_IN_SPREAD
    if mode is LoadMode.CONSOLIDATE:
        per_move = 1 / PAIRS_PER_MOVE
    moves = per_move * D / C
    told = "one move" if moves == 1 else f"{_few(moves)} moves"
    return f"Two replicas on one node cost as much as {told}."


def _time(days: float) -> str:
    return f"{_few(days)} days" if days >= 1 else f"{_few(24 * days)} hours"


def _few(value: float) -> str:
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"
