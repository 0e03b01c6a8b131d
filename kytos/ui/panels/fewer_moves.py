"""The frontier as a slider: what fewer moves than the plan's would still bring."""

from __future__ import annotations

from enum import StrEnum

import streamlit as st

from kytos.compare import Frontier, FrontierPoint, FrontierRequest, frontier
from kytos.language import _
from kytos.problem import LoadMode
from kytos.report import units
from kytos.ui.parts import controls
from kytos.ui.parts.text import plain
from kytos.ui.session import runs
from kytos.ui.session.runs import Answer, Ask

_ALONE = {
    "risk": False,
    "survive": (),
    "least_nodes": {},
    "runbook": False,
    "why_not_freed": False,
}
"""What a frontier does not take: it leads to several plans, each without promises."""


class Beside(StrEnum):
    """What runs beside the question."""

    FEWER = "fewer moves"


def show(answer: Answer) -> None:
    """Draw the slider from no move to all, once it was asked for."""
    if not isinstance(answer.ask, Ask) or not answer.outcome.moves:
        return
    request = answer.ask.request.model_copy(update=_ALONE)
    asked = FrontierRequest(points=12, **request.model_dump())
    ask = Ask(
        Beside.FEWER, answer.loaded.digest, asked, answer.ask.weights, None, answer.ask.params
    )
    kept = runs.last_answer(Beside.FEWER)
    if kept is None or kept.ask != ask:
        if runs.running(Beside.FEWER) is None and st.button(
            _("What would fewer moves bring?"), icon=":material/timeline:"
        ):
            runs.start(frontier, ask, answer.loaded)
        runs.watch(Beside.FEWER)
        return
    swept: Frontier = kept.outcome
    offered = steps(swept)
    moves = st.select_slider(
        _("Moves"),
        list(offered),
        value=max(offered),
        key="fewer moves shown",
        help=_("Each position is a plan of its own: the best found for so many moves."),
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(plain(step_sentence(swept, offered[moves])), width="content")
        st.button(
            _("At most {moves}", moves=units.count(moves, "move")),
            icon=":material/tune:",
            help=_("Sets the limit on moves; the main button then asks for that plan."),
            on_click=controls.set_controls,
            args=({"max_moves": moves},),
        )


def steps(swept: Frontier) -> dict[int, FrontierPoint]:
    """Return the plans worth their moves, by how many those are, fewest first."""
    worth = [point for point in swept.points if not point.dominated]
    return {
        point.plan.metrics.pods_moved: point
        for point in sorted(worth, key=lambda point: point.plan.metrics.pods_moved)
    }


def step_sentence(swept: Frontier, point: FrontierPoint) -> str:
    """Say what a plan on the frontier brings for its moves."""
    start, metrics = swept.points[0].plan.metrics, point.plan.metrics
    words = f"{units.count(metrics.pods_moved, 'move')} → "
    if swept.mode is not LoadMode.CONSOLIDATE:
        return _("{words}unevenness {share:.1f}%", words=words, share=100 * point.unevenness)
    words += _(
        "{nodes} freed", nodes=units.count(start.nodes_in_use - metrics.nodes_in_use, "node")
    )
    if start.price_per_hour is not None and metrics.price_per_hour is not None:
        saved = start.price_per_hour - metrics.price_per_hour
        words += _(", {saved} saved", saved=units.price_per_month(saved))
    return words
