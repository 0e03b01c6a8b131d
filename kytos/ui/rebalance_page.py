"""The Rebalance page: weights and solver in, one call, and what would change."""

from __future__ import annotations

import streamlit as st

from kytos import units
from kytos.optimize.rebalance import RebalanceOutcome, rebalance
from kytos.outcome import Question
from kytos.problem import LoadMode
from kytos.ui import controls, frame, results, runs
from kytos.ui.cluster_page import pinned_table
from kytos.ui.clusters import Loaded
from kytos.ui.heatmaps import change_heatmaps, cluster_heatmap
from kytos.ui.runs import Answer, Ask
from kytos.ui.scenarios import scenario_panel
from kytos.ui.text import plain

_NAMED_NODES = 12
"""Freed nodes named in the headline; the rest are counted."""


def show() -> None:
    """Draw the page."""
    loaded = frame.begin("Rebalance")
    if loaded is None:
        st.info("Choose a cluster on the Cluster page first.", icon=":material/info:")
        return
    ask = _inputs(loaded)
    heading, button = st.columns([4, 1], vertical_alignment="bottom")
    with heading:
        st.title("Rebalance", anchor=False)
        st.caption(
            "Which running pods to move, and where, so that fewer nodes are needed or load is "
            "even. Nothing is changed in the cluster."
        )
    with button:
        pressed = st.button("Rebalance", type="primary", icon=":material/balance:", width="stretch")
    if pressed:
        runs.start(rebalance, ask, loaded)
    runs.watch(Question.REBALANCE)
    answer = runs.last_answer(Question.REBALANCE)
    if answer is None or answer.loaded.digest != loaded.digest:
        st.subheader("As it is now", anchor=False)
        st.caption("Press *Rebalance* to see what would change.")
        cluster_heatmap(loaded.cluster)
        with st.expander("Scenario", icon=":material/folder_open:"):
            scenario_panel(ask, loaded)
        return
    _result(answer, ask)


def _inputs(loaded: Loaded) -> Ask:
    with st.sidebar:
        controls.presets()
        request = controls.rebalance_request()
        weights = controls.weights(request.mode)
        with st.expander("Solver and budget", icon=":material/tune:"):
            solver, params = controls.solver()
    return Ask(Question.REBALANCE, loaded.digest, request, weights, solver, params)


def _result(answer: Answer, ask: Ask) -> None:
    outcome: RebalanceOutcome = answer.outcome
    if answer.ask != ask:
        st.warning(
            "The controls have changed since this result; press *Rebalance* to update it.",
            icon=":material/history:",
        )
    if outcome.nothing_to_do:
        st.success("**Already best found: no move pays.**", icon=":material/check_circle:")
    else:
        st.markdown(f"#### {headline(outcome)}")
        if outcome.freed_nodes:
            st.markdown(_freed(outcome.freed_nodes))
    results.metrics_row(outcome.metrics.before, outcome.metrics.after, outcome.mode)
    st.caption(results.certificate_sentence(outcome.certificate, outcome.mode))
    change_heatmaps(answer.loaded.cluster, answer.after, frozenset(outcome.freed_nodes))
    moves, energy, solver, pinned, scenario = st.tabs(
        [f"Moves ({len(outcome.moves):,})", "Energy", "Solver and QUBO", "Pinned", "Scenario"]
    )
    with moves:
        results.moves_panel(outcome.moves, answer.loaded.cluster, answer.loaded.name)
    with energy:
        results.energy_panel(outcome)
    with solver:
        results.solver_panel(outcome)
    with pinned:
        pinned_table(answer.loaded)
    with scenario:
        scenario_panel(ask, answer.loaded)


def headline(outcome: RebalanceOutcome) -> str:
    """Say in one sentence what the moves come to."""
    moved = units.count(len(outcome.moves), "pod")
    before, after = outcome.metrics.before, outcome.metrics.after
    if outcome.freed_nodes:
        freed = units.count(len(outcome.freed_nodes), "node")
        verb = "comes" if len(outcome.freed_nodes) == 1 else "come"
        words = f"{freed} {verb} free by moving {moved}"
        if before.price_per_hour is not None and after.price_per_hour is not None:
            saved = before.price_per_hour - after.price_per_hour
            if saved > 0:
                words += f", saving {units.price(saved)} ({units.price_per_month(saved)})"
        return plain(words)
    if outcome.mode is LoadMode.CONSOLIDATE:
        return plain(f"Moving {moved} lowers the energy; no node comes free")
    return plain(
        f"Moving {moved} takes the CPU spread from {units.percent(before.cpu_spread)} to "
        f"{units.percent(after.cpu_spread)} and the memory spread from "
        f"{units.percent(before.memory_spread)} to {units.percent(after.memory_spread)}"
    )


def _freed(nodes: tuple[str, ...]) -> str:
    named = ", ".join(f"**{plain(name)}**" for name in nodes[:_NAMED_NODES])
    more = len(nodes) - _NAMED_NODES
    return f"Freed: {named}" + (f" and {more:,} more" if more > 0 else "")
