"""Compare's first view: the same problem through several solvers, side by side."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from kytos.compare import CompareRequest, Comparison, Plan, Row, compare_solvers
from kytos.contract.params import SolverName, SolverParams
from kytos.contract.weights import Weights
from kytos.language import N_, _, retold
from kytos.questions.rebalance import RebalanceRequest
from kytos.report import units
from kytos.report.figures.compare import energy_by_solver, energy_over_time
from kytos.ui.pages.compare_parts import download, draw_empty, draw_plan, mark_old
from kytos.ui.panels import keeping, results
from kytos.ui.panels import qubo as quantum_panel
from kytos.ui.parts import solver_controls
from kytos.ui.parts.heatmaps import chart
from kytos.ui.parts.text import plain, section
from kytos.ui.session import kept, runs
from kytos.ui.session.clusters import Loaded
from kytos.ui.session.runs import Answer, Ask
from kytos.ui.session.sides import Side, answer_about

_GAP_HELP = N_(
    "How far the energy is above the bound proven for all of them, relative to it; for even load "
    "relative to the sum of squared utilisation."
)
_PROPOSAL_HELP = N_("What the solver reached by itself, before refinement.")


def show(loaded: Loaded, request: RebalanceRequest, weights: Weights, params: SolverParams) -> None:
    """Draw the choice of solvers, and what the last comparison came to."""
    here = solver_controls.solvers_here()
    choice, button = st.columns([4, 1], vertical_alignment="bottom")
    with choice:
        chosen = st.multiselect(
            _("Solvers"),
            [name.value for name in here],
            default=[name.value for name in _first_choice(here)],
            key="compared",
            wrap=True,
        )
    with button:
        pressed = st.button(
            _("Compare"),
            type="primary",
            icon=":material/compare_arrows:",
            width="stretch",
            disabled=not chosen,
            help=None if chosen else _("Choose at least one solver."),
        )
    ask = None
    if chosen:
        names = tuple(SolverName(name) for name in chosen)
        asked = CompareRequest(solvers=names, **request.model_dump())
        ask = Ask(Side.SOLVERS, loaded.digest, asked, weights, None, params)
        if pressed:
            runs.start(compare_solvers, ask, loaded)
    runs.watch(Side.SOLVERS)
    answer = answer_about(Side.SOLVERS, loaded)
    if answer is None:
        draw_empty(loaded, _("Press *Compare* to run the chosen solvers one after another."))
        return
    kept.remember(answer, comparison_sentence)
    mark_old(answer, ask, _("Compare"))
    _solvers_result(answer)


def _first_choice(here: list[SolverName]) -> list[SolverName]:
    wanted = (SolverName.HYBRID, *CompareRequest().solvers)
    return [name for name in wanted if name in here]


def _solvers_result(answer: Answer) -> None:
    comparison: Comparison = answer.outcome
    ran = [row for row in comparison.rows if row.plan is not None]
    saved = savings_line(comparison)
    if saved is not None:
        results.headline(plain(saved))
        st.markdown(solvers_headline(comparison))
    else:
        results.headline(solvers_headline(comparison))
    keeping.link(answer)
    for row in comparison.rows:
        if row.problem is not None:
            st.warning(f"`{row.solver}`: {plain(retold(row.problem))}", icon=":material/block:")
    st.dataframe(
        solvers_table(comparison),
        hide_index=True,
        key="solvers table",
        placeholder="",
        column_config={
            _("Solver"): st.column_config.TextColumn(width=180),
            _("Kind"): st.column_config.TextColumn(width=66),
            _("Energy"): st.column_config.TextColumn(width=70),
            _("Seconds"): st.column_config.NumberColumn(format="%.2f", width=70),
            _("Gap"): st.column_config.NumberColumn(format="percent", help=_(_GAP_HELP), width=64),
            _("Own proposal"): st.column_config.TextColumn(help=_(_PROPOSAL_HELP), width=96),
            _("Nodes in use"): st.column_config.NumberColumn(width=88),
            _("Pods moved"): st.column_config.NumberColumn(width=84),
            _("CPU spread"): st.column_config.NumberColumn(
                format="percent",
                help=_("Standard deviation of the nodes' CPU utilisation."),
                width=80,
            ),
            _("Replica pairs"): st.column_config.NumberColumn(width=88),
            _("Price per hour"): st.column_config.NumberColumn(format="dollar", width=92),
            _("Ended by"): st.column_config.TextColumn(width=66),
        },
    )
    results.notes_panel(comparison.notes)
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(_("**Energy by term**"))
        chart(
            energy_by_solver(comparison), key="energy by solver", alt=_("Energy by term and solver")
        )
    with right:
        st.markdown(_("**Best energy over time**"))
        chart(energy_over_time(comparison), key="energy over time", alt=_("Best energy over time"))
    written = comparison.model_dump_json(by_alias=True)
    download(_("Comparison as JSON"), written, answer, "comparison")
    if not ran:
        return
    section(_("Plan"))
    best = min(ran, key=lambda row: row.plan.energy.total if row.plan else np.inf)
    names = [row.solver.value for row in ran]
    shown = st.selectbox(
        _("Plan of"), names, index=names.index(best.solver.value), key="plan of", width=340
    )
    row = next(row for row in ran if row.solver.value == shown)
    assert row.plan is not None
    for message in row.messages:
        st.info(plain(retold(message)), icon=":material/info:")
    draw_plan(answer, comparison.start, row.plan, comparison.mode)
    with st.expander(_("The QUBO"), icon=":material/function:"):
        quantum_panel.show_compared(answer, row)


_IN_WORDS = {
    SolverName.KUBE_SCHEDULER: N_("the scheduler"),
    SolverName.KUBE_SCHEDULER_MOST_ALLOCATED: N_("the scheduler filling nodes up"),
    SolverName.DESCHEDULER: N_("the descheduler"),
}


def savings_line(comparison: Comparison) -> str | None:
    """Say what the best plan and each usual rule save a month; None where prices are unknown."""
    now = comparison.start.metrics.price_per_hour
    ran = [row for row in comparison.rows if row.plan is not None]
    if now is None or not ran or any(_price(row) is None for row in ran):
        return None
    solvers = [row for row in ran if not row.solver.traits.baseline] or ran
    best = min(solvers, key=lambda row: (_price(row), row.seconds))
    words = [
        _(
            "Saves {price}",
            price=units.price_per_month(now - (_price(best) or 0.0)),
        )
    ]
    words += [
        f"{_(_IN_WORDS.get(row.solver, row.solver.value))} "
        f"{units.price_per_month(now - (_price(row) or 0.0)).split(' ')[0]}"
        for row in ran
        if row.solver.traits.baseline and row is not best
    ]
    return "; ".join(words)


def comparison_sentence(comparison: Comparison) -> str:
    """Say what a comparison comes to in plain words, as a history tells it."""
    return savings_line(comparison) or solvers_headline(comparison).replace("`", "")


def _price(row: Row) -> float | None:
    return None if row.plan is None else row.plan.metrics.price_per_hour


def solvers_headline(comparison: Comparison) -> str:
    """Say in one sentence who came out best, and how good that is."""
    ran = [row for row in comparison.rows if row.plan is not None]
    if not ran:
        return _("No solver ran")
    lowest = min(row.plan.energy.total for row in ran if row.plan is not None)
    close = max(abs(lowest), 1.0) * 1e-9
    winners = [
        row for row in ran if row.plan is not None and row.plan.energy.total <= lowest + close
    ]
    names = ", ".join(f"`{row.solver}`" for row in winners)
    lowest_sentence = _(
        "Lowest energy: {lowest}, by {names}", lowest=units.energy(lowest), names=names
    )
    best = winners[0]
    if best.optimal:
        return _("{found}; proven that none is lower", found=lowest_sentence)
    if best.gap is not None:
        return _(
            "{found}; the gap to the proven bound is {gap:.2g}%",
            found=lowest_sentence,
            gap=100 * best.gap,
        )
    return lowest_sentence


def solvers_table(comparison: Comparison) -> pd.DataFrame:
    """Return a row for the start and for each solver that ran; what tells most comes first.

    On a laptop all but the last column are seen without a scroll.
    """
    rows = [_table_row(_("as it is now"), comparison.start, None)]
    rows += [
        _table_row(row.solver.value, row.plan, row)
        for row in comparison.rows
        if row.plan is not None
    ]
    table = pd.DataFrame(rows)
    pairs = _("Replica pairs")
    if table[pairs].nunique() == 1:  # the same for all says nothing between them
        table = table.drop(columns=pairs)
    return table.dropna(axis="columns", how="all")


def _table_row(name: str, plan: Plan, row: Row | None) -> dict[str, object]:
    proposed = None if row is None else row.proposed_energy
    kind = "" if row is None else (_("baseline") if row.solver.traits.baseline else _("solver"))
    return {
        _("Solver"): name,
        _("Energy"): units.energy(plan.energy.total),
        _("Gap"): None if row is None else row.gap,
        _("Nodes in use"): plan.metrics.nodes_in_use,
        _("Price per hour"): plan.metrics.price_per_hour,
        _("Pods moved"): plan.metrics.pods_moved,
        _("CPU spread"): round(plan.metrics.cpu_spread, 2),
        _("Replica pairs"): plan.metrics.anti_affinity_pairs,
        _("Seconds"): None if row is None else row.seconds,
        _("Ended by"): "" if row is None or row.stopped_by is None else _(row.stopped_by.value),
        _("Kind"): kind,
        _("Own proposal"): "" if proposed is None else units.energy(proposed),
    }
