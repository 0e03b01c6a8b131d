"""The Compare page: several solvers side by side, or the frontier of gain against moves."""

from __future__ import annotations

import json
from enum import StrEnum

import numpy as np
import pandas as pd
import streamlit as st

from kytos import units
from kytos.compare import (
    BASELINES,
    CompareRequest,
    Comparison,
    Frontier,
    FrontierPoint,
    FrontierRequest,
    Plan,
    Row,
    compare_solvers,
    frontier,
)
from kytos.figures.compare import (
    Gain,
    energy_by_solver,
    energy_over_time,
    frontier_scatter,
    gain_of,
    gains,
)
from kytos.hamiltonian.weights import Weights
from kytos.optimize.rebalance import RebalanceRequest
from kytos.problem import LoadMode
from kytos.solvers.base import SolverName, SolverParams, StopReason
from kytos.ui import controls, frame, links, quantum_panel, results, runs
from kytos.ui.clusters import Loaded
from kytos.ui.heatmaps import change_heatmaps, chart, cluster_heatmap
from kytos.ui.runs import Answer, Ask
from kytos.ui.text import plain

_POINT = "frontier point"
"""Key of the plan that is shown below the frontier, by its position."""


class View(StrEnum):
    """What is compared; also the names its runs are kept under."""

    SOLVERS = "compare solvers"
    FRONTIER = "frontier"


_NAMES = {View.SOLVERS: "Solvers side by side", View.FRONTIER: "Gain against moves"}
_ENDED_EARLY = {
    StopReason.WORK: "",
    StopReason.CLOCK: "; the time cap ended it early, so there may be more to find",
    StopReason.USER: "; it was stopped, so there may be more to find",
    StopReason.OPTIMAL: "",
}
_ABOUT = {
    View.SOLVERS: (
        "The same problem through several solvers, each judged by the same referee, beside what "
        "the scheduler and the usual rules would do."
    ),
    View.FRONTIER: (
        "What can be gained for how many moves: the price of a move is swept while the other "
        "weights stay as the sliders are."
    ),
}


def show() -> None:
    """Draw the page."""
    loaded = frame.begin("Compare")
    if loaded is None:
        st.info("Choose a cluster on the Cluster page first.", icon=":material/info:")
        return
    with st.sidebar:
        controls.presets()
        request = controls.rebalance_request(loaded.cluster)
        weights = controls.weights(request.mode)
        with st.expander("Budget", icon=":material/tune:"):
            params = controls.budget()
    heading, switch = st.columns([4, 5], vertical_alignment="bottom")
    with switch:
        view = View(
            st.segmented_control(
                "View",
                list(View),
                format_func=lambda view: _NAMES[View(view)],
                default=View.SOLVERS,
                required=True,
                label_visibility="collapsed",
                key="compare view",
                width="stretch",
            )
        )
    with heading:
        st.title("Compare", anchor=False)
    st.caption(f"{_ABOUT[view]} Nothing is changed in the cluster.")
    links.note()
    if view is View.SOLVERS:
        _solvers_view(loaded, request, weights, params)
    else:
        _frontier_view(loaded, request, weights, params)


def _solvers_view(
    loaded: Loaded, request: RebalanceRequest, weights: Weights, params: SolverParams
) -> None:
    here = controls.solvers_here()
    choice, button = st.columns([4, 1], vertical_alignment="bottom")
    with choice:
        chosen = st.multiselect(
            "Solvers",
            [name.value for name in here],
            default=[name.value for name in _first_choice(here)],
            key="compared",
            wrap=True,
        )
    with button:
        pressed = st.button(
            "Compare",
            type="primary",
            icon=":material/compare_arrows:",
            width="stretch",
            disabled=not chosen,
            help=None if chosen else "Choose at least one solver.",
        )
    ask = None
    if chosen:
        names = tuple(SolverName(name) for name in chosen)
        asked = CompareRequest(solvers=names, **request.model_dump())
        ask = Ask(View.SOLVERS, loaded.digest, asked, weights, None, params)
        if pressed:
            runs.start(compare_solvers, ask, loaded)
    runs.watch(View.SOLVERS)
    answer = _answer(View.SOLVERS, loaded)
    if answer is None:
        _empty(loaded, "Press *Compare* to run the chosen solvers one after another.")
        return
    _mark_old(answer, ask, "Compare")
    _solvers_result(answer)


def _first_choice(here: list[SolverName]) -> list[SolverName]:
    wanted = (SolverName.HYBRID, *CompareRequest().solvers)
    return [name for name in wanted if name in here]


def _solvers_result(answer: Answer) -> None:
    comparison: Comparison = answer.outcome
    ran = [row for row in comparison.rows if row.plan is not None]
    results.headline(solvers_headline(comparison))
    for row in comparison.rows:
        if row.problem is not None:
            st.warning(f"`{row.solver}`: {plain(row.problem)}", icon=":material/block:")
    st.dataframe(
        solvers_table(comparison),
        hide_index=True,
        key="solvers table",
        placeholder="",
        column_config={
            "Solver": st.column_config.TextColumn(width=200),
            "Kind": st.column_config.TextColumn(width=70),
            "Seconds": st.column_config.NumberColumn(format="%.2f"),
            "Gap": st.column_config.NumberColumn(format="percent", help=_GAP_HELP),
            "Own proposal": st.column_config.TextColumn(help=_PROPOSAL_HELP),
            "CPU spread": st.column_config.NumberColumn(
                format="percent", help="Standard deviation of the nodes' CPU utilisation."
            ),
            "Price per hour": st.column_config.NumberColumn(format="dollar"),
        },
    )
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Energy by term**")
        chart(energy_by_solver(comparison), key="energy by solver", alt="Energy by term and solver")
    with right:
        st.markdown("**Best energy over time**")
        chart(energy_over_time(comparison), key="energy over time", alt="Best energy over time")
    _comparison_download(answer)
    if not ran:
        return
    st.subheader("Plan", anchor=False)
    best = min(ran, key=lambda row: row.plan.energy.total if row.plan else np.inf)
    names = [row.solver.value for row in ran]
    shown = st.selectbox(
        "Plan of", names, index=names.index(best.solver.value), key="plan of", width=340
    )
    row = next(row for row in ran if row.solver.value == shown)
    assert row.plan is not None
    for message in row.messages:
        st.info(plain(message), icon=":material/info:")
    _plan(answer, comparison.start, row.plan, comparison.mode)
    with st.expander("The QUBO", icon=":material/function:"):
        quantum_panel.show_compared(answer, row)


_GAP_HELP = (
    "How far the energy is above the bound proven for all of them, relative to it; for even load "
    "relative to the sum of squared utilisation."
)
_PROPOSAL_HELP = "What the solver reached by itself, before refinement."


def solvers_headline(comparison: Comparison) -> str:
    """Say in one sentence who came out best, and how good that is."""
    ran = [row for row in comparison.rows if row.plan is not None]
    if not ran:
        return "No solver ran"
    lowest = min(row.plan.energy.total for row in ran if row.plan is not None)
    close = max(abs(lowest), 1.0) * 1e-9
    winners = [
        row for row in ran if row.plan is not None and row.plan.energy.total <= lowest + close
    ]
    names = ", ".join(f"`{row.solver}`" for row in winners)
    found = f"Lowest energy: {units.energy(lowest)}, by {names}"
    best = winners[0]
    if best.optimal:
        return f"{found}; proven that none is lower"
    if best.gap is not None:
        return f"{found}; the gap to the proven bound is {100 * best.gap:.2g}%"
    return found


def solvers_table(comparison: Comparison) -> pd.DataFrame:
    """Return a row for the start and for each solver that ran."""
    rows = [_table_row("as it is now", comparison.start, None)]
    rows += [
        _table_row(row.solver.value, row.plan, row)
        for row in comparison.rows
        if row.plan is not None
    ]
    table = pd.DataFrame(rows)
    return table.dropna(axis="columns", how="all")


def _table_row(name: str, plan: Plan, row: Row | None) -> dict[str, object]:
    proposed = None if row is None else row.proposed_energy
    kind = "" if row is None else ("baseline" if row.solver in BASELINES else "solver")
    return {
        "Solver": name,
        "Kind": kind,
        "Energy": units.energy(plan.energy.total),
        "Own proposal": "" if proposed is None else units.energy(proposed),
        "Gap": None if row is None else row.gap,
        "Nodes in use": plan.metrics.nodes_in_use,
        "Price per hour": plan.metrics.price_per_hour,
        "Pods moved": plan.metrics.pods_moved,
        "CPU spread": round(plan.metrics.cpu_spread, 2),
        "Replica pairs": plan.metrics.anti_affinity_pairs,
        "Seconds": None if row is None else row.seconds,
        "Ended by": "" if row is None or row.stopped_by is None else row.stopped_by.value,
    }


def _frontier_view(
    loaded: Loaded, request: RebalanceRequest, weights: Weights, params: SolverParams
) -> None:
    about, points, button = st.columns([3, 1, 1], vertical_alignment="bottom")
    with points:
        number = int(
            st.number_input("Points", min_value=2, max_value=100, value=12, key="frontier points")
        )
    with button:
        pressed = st.button(
            "Draw frontier", type="primary", icon=":material/timeline:", width="stretch"
        )
    asked = FrontierRequest(points=number, **request.model_dump())
    ask = Ask(View.FRONTIER, loaded.digest, asked, weights, None, params)
    if pressed:
        st.session_state.pop(_POINT, None)
        runs.start(frontier, ask, loaded)
    runs.watch(View.FRONTIER)
    answer = _answer(View.FRONTIER, loaded)
    if answer is None:
        _empty(loaded, "Press *Draw frontier* to see what more moves would bring.")
        return
    _mark_old(answer, ask, "Draw frontier")
    found: Frontier = answer.outcome
    with about:
        results.headline(frontier_headline(found))
    _frontier_result(answer, found)


def _frontier_result(answer: Answer, found: Frontier) -> None:
    offered = gains(found)
    gain = offered[0]
    if len(offered) > 1:
        gain = st.segmented_control(
            "Gain",
            offered,
            format_func=lambda gain: Gain(gain).value.capitalize(),
            default=gain,
            required=True,
            label_visibility="collapsed",
            key="gain",
        )
    positions = range(len(found.points))
    if st.session_state.get(_POINT) not in positions:
        st.session_state[_POINT] = next(p for p in positions if found.points[p].present)
    shown = st.session_state[_POINT]
    st.plotly_chart(
        frontier_scatter(found, gain, shown),
        key="frontier chart",
        on_select=_choose_point,
        selection_mode="points",
        config={"displayModeBar": False},
    )
    choice, note = st.columns([2, 3], vertical_alignment="bottom")
    with choice:
        st.selectbox(
            "Plan shown",
            positions,
            format_func=lambda position: point_name(found, position, gain),
            key=_POINT,
        )
    with note:
        st.caption(
            f"Click a point to see its plan. {units.count(len(found.points), 'plan')} in "
            f"{found.seconds:.1f} s, seed {found.seed}, by refinement "
            f"alone{_ENDED_EARLY[found.stopped_by]}."
        )
    start, point = found.points[0].plan, found.points[st.session_state[_POINT]]
    _plan(answer, start, point.plan, found.mode)
    with st.expander("All points as a table", icon=":material/table:"):
        st.dataframe(frontier_table(found), hide_index=True, key="frontier table")
        _download("Frontier as JSON", found.model_dump_json(by_alias=True), answer, "frontier")


def _choose_point() -> None:
    """Show the plan of the point that was clicked."""
    event = st.session_state["frontier chart"]
    for point in event["selection"]["points"]:
        if point.get("customdata") is not None:
            st.session_state[_POINT] = int(np.ravel(np.array(point["customdata"], dtype=object))[0])


def frontier_headline(found: Frontier) -> str:
    """Say in one sentence what the far end brings, and what it takes."""
    worth = [point for point in found.points if not point.dominated]
    far = worth[-1]
    moved = units.count(far.plan.metrics.pods_moved, "pod")
    if far is worth[0]:
        return "No move brings anything"
    if found.mode is LoadMode.CONSOLIDATE:
        nodes = found.points[0].plan.metrics.nodes_in_use - far.plan.metrics.nodes_in_use
        return f"Up to {units.count(nodes, 'node')} freed, for {moved} moved"
    start = found.points[0].unevenness
    return (
        f"Unevenness from {100 * start:.1f}% down to {100 * far.unevenness:.1f}%, for {moved} moved"
    )


def point_name(found: Frontier, position: int, gain: Gain) -> str:
    """Name a point as the list of plans shows it."""
    point = found.points[position]
    value = gain_of(found, point, gain)
    words = units.count(point.plan.metrics.pods_moved, "pod") + " moved, "
    if gain is Gain.NODES_FREED:
        words += f"{units.count(round(value), 'node')} freed"
    elif gain is Gain.PRICE_SAVED:
        words += f"${value:,.2f} saved an hour"
    else:
        words += f"unevenness {100 * value:.1f}%"
    return words + (" (the sliders' setting)" if point.present else "")


def frontier_table(found: Frontier) -> pd.DataFrame:
    """Return a row for each point."""
    table = pd.DataFrame([_point_row(point) for point in found.points])
    return table.dropna(axis="columns", how="all")


def _point_row(point: FrontierPoint) -> dict[str, object]:
    metrics = point.plan.metrics
    remarks = {
        "the sliders' setting": point.present,
        "no better for more moves": point.dominated,
    }
    return {
        "Pods moved": metrics.pods_moved,
        "Nodes in use": metrics.nodes_in_use,
        "Price per hour": metrics.price_per_hour,
        "Unevenness": f"{100 * point.unevenness:.1f}%",
        "C": f"{point.weights.C:.3g}",
        "Limit on moves": "" if point.max_moves is None else str(point.max_moves),
        "Energy": units.energy(point.plan.energy.total),
        "Remark": ", ".join(words for words, holds in remarks.items() if holds),
    }


def _plan(answer: Answer, start: Plan, plan: Plan, mode: LoadMode) -> None:
    """Draw one plan as the Rebalance page does: metrics, heatmaps, moves."""
    results.metrics_row(start.metrics, plan.metrics, mode)
    cluster = answer.loaded.cluster
    change_heatmaps(cluster, cluster.with_placement(plan.changes), frozenset(plan.freed_nodes))
    st.markdown(f"**Moves ({len(plan.moves):,})**")
    results.moves_panel(plan.moves, cluster, answer.loaded.name)


def _answer(view: View, loaded: Loaded) -> Answer | None:
    """The view's last answer if it is about the cluster on screen."""
    answer = runs.last_answer(view)
    return answer if answer is not None and answer.loaded.digest == loaded.digest else None


def _mark_old(answer: Answer, ask: Ask | None, label: str) -> None:
    if answer.ask != ask:
        st.warning(
            f"The controls have changed since this result; press *{label}* to update it.",
            icon=":material/history:",
        )


def _empty(loaded: Loaded, invitation: str) -> None:
    st.subheader("As it is now", anchor=False)
    st.caption(invitation)
    cluster_heatmap(loaded.cluster)


def _comparison_download(answer: Answer) -> None:
    _download(
        "Comparison as JSON", answer.outcome.model_dump_json(by_alias=True), answer, "comparison"
    )


def _download(label: str, content: str, answer: Answer, what: str) -> None:
    st.download_button(
        label,
        json.dumps(json.loads(content), indent=1),
        f"{answer.loaded.name}-{what}.json",
        "application/json",
        icon=":material/download:",
        on_click="ignore",
    )
