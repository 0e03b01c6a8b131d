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
from kytos.language import _
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
        cost=_("cost of moving"),
        cost_help=_(
            "An ordinary move is a restart of half a minute. Each minute more that a pod "
            "takes to start counts as another; priority, pod-deletion-cost, being the only replica "
            "or one of a StatefulSet or Job make its move dearer."
        ),
        load_text=lambda B: load_meaning(B, mode),
        cost_text=lambda B, C: move_meaning(B, C, mode, moves_per_node),
        pair_text=lambda B, C, D: pair_meaning(B, C, D, mode, moves_per_node),
    )


def waiting(mode: LoadMode) -> Meanings:
    """Return what the sliders mean where C weighs start-up and latency."""
    return Meanings(
        cost=_("start-up and latency"),
        cost_help=_("How soon a pod starts on its node, and how far it is from those it talks to."),
        load_text=lambda B: load_meaning(B, mode),
        cost_text=lambda B, C: waiting_meaning(B, C, mode),
        pair_text=lambda B, C, D: pair_meaning(B, C, D, mode, waits=True),
    )


def constraint_meaning(A: float) -> str:
    """Say what A's position means."""
    if A >= 1:
        return _("Breaking a rule never pays.")
    return _("Raw samples may bend rules; the plan itself is always repaired.")


def load_meaning(B: float, mode: LoadMode) -> str:
    """Say what B's position means."""
    if B == 0:
        return _("Load does not count.")
    if mode is LoadMode.CONSOLIDATE:
        return _("The price of the nodes in use.")
    if mode is LoadMode.SPREAD:
        return _("Squared distance of each node from the mean utilisation.")
    return _("Squared utilisation, summed over nodes.")


def move_meaning(
    B: float, C: float, mode: LoadMode, moves_per_node: float = LEAST_MOVES_PER_NODE
) -> str:
    """Say what a move costs at these positions."""
    if C == 0:
        return _("Moves cost nothing.")
    if B == 0:
        return _("Nothing is gained by emptying or levelling nodes.")
    if mode is LoadMode.CONSOLIDATE:
        return _(
            "A move must pay back within {time}: freeing a node is worth {moves} ordinary moves.",
            time=_time(PAY_BACK_DAYS * B / C),
            moves=_few(moves_per_node * B / C),
        )
    # A pod of share s moving across a difference d changes the sum by 2s² - 2sd.
    tenth = 0.1
    points = 100 * (tenth + MOVE_IN_SPREAD * C / B / (2 * tenth))
    return _(
        "A pod of a tenth of a node moves to even out more than {points} points.",
        points=_few(points),
    )


def waiting_meaning(B: float, C: float, mode: LoadMode) -> str:
    """Say what a minute of start-up and a millisecond of latency cost at these positions."""
    if C == 0:
        return _("Start-up and latency do not count.")
    milliseconds = LATENCY_MS_PER_MOVE / STARTUP_SECONDS_PER_MOVE * _MINUTE_S
    told = _(
        "A minute of start-up counts like {milliseconds} ms on a unit of traffic",
        milliseconds=_few(milliseconds),
    )
    if B == 0:
        return _("{sentence}.", sentence=told)
    if mode is LoadMode.CONSOLIDATE:
        return _(
            "{told}; a node saved like {minutes} minutes.",
            told=told,
            minutes=_few(LEAST_MOVES_PER_NODE * B / C),
        )
    return _(
        "{told}, or {squared} of squared utilisation.",
        told=told,
        squared=_few(MOVE_IN_SPREAD * C / B),
    )


def pair_meaning(
    B: float,
    C: float,
    D: float,
    mode: LoadMode,
    moves_per_node: float = LEAST_MOVES_PER_NODE,
    *,
    waits: bool = False,
) -> str:
    """Say what two replicas on one node cost at these positions.

    Parameters
    ----------
    waits
        Whether C weighs waiting, as of new pods, rather than moves.
    """
    if D == 0:
        return _("Replicas may share a node freely.")
    if mode is LoadMode.CONSOLIDATE and B > 0:
        pairs = PAIRS_PER_MOVE * moves_per_node * B / D
        return _("Freeing a node is worth {pairs} pairs of replicas on a node.", pairs=_few(pairs))
    if C == 0:
        if waits:
            return _("Two replicas on one node cost; waiting costs nothing.")
        return _("Two replicas on one node cost; moving them apart is free.")
    per_move = PAIR_IN_SPREAD / MOVE_IN_SPREAD
    if mode is LoadMode.CONSOLIDATE:
        per_move = 1 / PAIRS_PER_MOVE
    moves = per_move * D / C
    told = _("one move") if moves == 1 else _("{moves} moves", moves=_few(moves))
    return _("Two replicas on one node cost as much as {told}.", told=told)


def _time(days: float) -> str:
    return (
        _("{days} days", days=_few(days))
        if days >= 1
        else _("{hours} hours", hours=_few(24 * days))
    )


def _few(value: float) -> str:
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"
