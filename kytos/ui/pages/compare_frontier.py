"""Compare's second view: the frontier of what is gained against how many pods move."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from kytos.compare import Frontier, FrontierPoint, FrontierRequest, frontier
from kytos.contract.params import SolverParams
from kytos.contract.watch import StopReason
from kytos.contract.weights import Weights
from kytos.language import N_, _
from kytos.problem import LoadMode
from kytos.questions.rebalance import RebalanceRequest
from kytos.report import units
from kytos.report.figures.compare import Gain, frontier_scatter, gain_of, gains
from kytos.ui.pages.compare_parts import download, draw_empty, draw_plan, mark_old
from kytos.ui.panels import keeping, results
from kytos.ui.session import kept, runs
from kytos.ui.session.clusters import Loaded
from kytos.ui.session.runs import Answer, Ask
from kytos.ui.session.sides import Side, answer_about

_POINT = "frontier point"
"""Key of the plan that is shown below the frontier, by its position."""
_ENDED_EARLY = {
    StopReason.WORK: "",
    StopReason.CLOCK: N_("; the time cap ended it early, so there may be more to find"),
    StopReason.USER: N_("; it was stopped, so there may be more to find"),
    StopReason.OPTIMAL: "",
}


def show(loaded: Loaded, request: RebalanceRequest, weights: Weights, params: SolverParams) -> None:
    """Draw the frontier, and the plan of the point that is chosen on it."""
    about, points, button = st.columns([5, 2, 3], vertical_alignment="bottom")
    with points:
        number = int(
            st.number_input(
                _("Points"), min_value=2, max_value=100, value=12, key="frontier points"
            )
        )
    with button:
        pressed = st.button(
            _("Draw frontier"), type="primary", icon=":material/timeline:", width="stretch"
        )
    asked = FrontierRequest(points=number, **request.model_dump())
    ask = Ask(Side.FRONTIER, loaded.digest, asked, weights, None, params)
    if pressed:
        st.session_state.pop(_POINT, None)
        runs.start(frontier, ask, loaded)
    runs.watch(Side.FRONTIER)
    answer = answer_about(Side.FRONTIER, loaded)
    if answer is None:
        draw_empty(loaded, _("Press *Draw frontier* to see what more moves would bring."))
        return
    kept.remember(answer, frontier_headline)
    mark_old(answer, ask, _("Draw frontier"))
    swept: Frontier = answer.outcome
    with about:
        results.headline(frontier_headline(swept))
    keeping.link(answer)
    _frontier_result(answer, swept)


def _frontier_result(answer: Answer, swept: Frontier) -> None:
    offered = gains(swept)
    gain = offered[0]
    if len(offered) > 1:
        gain = st.segmented_control(
            _("Gain"),
            offered,
            format_func=lambda gain: _(Gain(gain).value).capitalize(),
            default=gain,
            required=True,
            label_visibility="collapsed",
            key="gain",
        )
    positions = range(len(swept.points))
    if st.session_state.get(_POINT) not in positions:
        st.session_state[_POINT] = next(p for p in positions if swept.points[p].present)
    shown = st.session_state[_POINT]
    st.plotly_chart(
        frontier_scatter(swept, gain, shown),
        key="frontier chart",
        on_select=_choose_point,
        selection_mode="points",
        config={"displayModeBar": False},
    )
    choice, note = st.columns([2, 3], vertical_alignment="bottom")
    with choice:
        st.selectbox(
            _("Plan shown"),
            positions,
            format_func=lambda position: point_name(swept, position, gain),
            key=_POINT,
        )
    with note:
        st.caption(
            _(
                "Click a point to see its plan. {plans} in "
                "{seconds:.1f} s, seed {seed}, by refinement "
                "alone{ended}.",
                plans=units.count(len(swept.points), "plan"),
                seconds=swept.seconds,
                seed=swept.seed,
                ended=_(_ENDED_EARLY[swept.stopped_by]),
            )
        )
    results.notes_panel(swept.notes)
    start, point = swept.points[0].plan, swept.points[st.session_state[_POINT]]
    draw_plan(answer, start, point.plan, swept.mode)
    with st.expander(_("All points as a table"), icon=":material/table:"):
        st.dataframe(frontier_table(swept), hide_index=True, key="frontier table")
        download(_("Frontier as JSON"), swept.model_dump_json(by_alias=True), answer, "frontier")


def _choose_point() -> None:
    """Show the plan of the point that was clicked."""
    event = st.session_state["frontier chart"]
    for point in event["selection"]["points"]:
        if point.get("customdata") is not None:
            st.session_state[_POINT] = int(np.ravel(np.array(point["customdata"], dtype=object))[0])


def frontier_headline(swept: Frontier) -> str:
    """Say in one sentence what the far end brings, and what it takes."""
    worth = [point for point in swept.points if not point.dominated]
    far = worth[-1]
    moved = units.count(far.plan.metrics.pods_moved, "pod")
    if far is worth[0]:
        return _("No move brings anything")
    if swept.mode is LoadMode.CONSOLIDATE:
        nodes = swept.points[0].plan.metrics.nodes_in_use - far.plan.metrics.nodes_in_use
        return _(
            "Up to {nodes} freed, for {moved} moved", nodes=units.count(nodes, "node"), moved=moved
        )
    start = swept.points[0].unevenness
    return _(
        "Unevenness from {before:.1f}% down to {after:.1f}%, for {moved} moved",
        before=100 * start,
        after=100 * far.unevenness,
        moved=moved,
    )


def point_name(swept: Frontier, position: int, gain: Gain) -> str:
    """Name a point as the list of plans shows it."""
    point = swept.points[position]
    value = gain_of(swept, point, gain)
    words = _("{pods} moved", pods=units.count(point.plan.metrics.pods_moved, "pod")) + ", "
    if gain is Gain.NODES_FREED:
        words += _("{nodes} freed", nodes=units.count(round(value), "node"))
    elif gain is Gain.PRICE_SAVED:
        words += _("${value:,.2f} saved an hour", value=value)
    else:
        words += _("unevenness {number:.1f}%", number=100 * value)
    return words + (_(" (the sliders' setting)") if point.present else "")


def frontier_table(swept: Frontier) -> pd.DataFrame:
    """Return a row for each point."""
    table = pd.DataFrame([_point_row(point) for point in swept.points])
    return table.dropna(axis="columns", how="all")


def _point_row(point: FrontierPoint) -> dict[str, object]:
    metrics = point.plan.metrics
    remarks = {
        _("the sliders' setting"): point.present,
        _("no better for more moves"): point.dominated,
    }
    return {
        _("Pods moved"): metrics.pods_moved,
        _("Nodes in use"): metrics.nodes_in_use,
        _("Price per hour"): metrics.price_per_hour,
        _("Unevenness"): f"{100 * point.unevenness:.1f}%",
        "C": f"{point.weights.C:.3g}",
        _("Limit on moves"): "" if point.max_moves is None else str(point.max_moves),
        _("Energy"): units.energy(point.plan.energy.total),
        _("Remark"): ", ".join(words for words, holds in remarks.items() if holds),
    }
