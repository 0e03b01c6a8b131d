"""The Rebalance page: weights and solver in, one call, and what would change."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pandas as pd
import streamlit as st

from kytos.calls.answers import rebalance
from kytos.cluster import INSTANCE_TYPE, Cluster
from kytos.language import N_, _, retold
from kytos.questions.outcome import Question
from kytos.questions.rebalance import RebalanceOutcome
from kytos.report.headlines import headline
from kytos.report.wording import (
    no_change_sentence,
    nodes_by_reason,
    none_may_move,
    searched_to_its_end,
)
from kytos.ui.panels import fewer_moves, picture, question, results, summary
from kytos.ui.panels.pinned import pinned_table
from kytos.ui.panels.question import QuestionPage
from kytos.ui.parts import controls, rebalance_controls, solver_controls
from kytos.ui.parts.heatmaps import change_heatmaps
from kytos.ui.parts.lazy_tabs import Panel
from kytos.ui.parts.text import named, plain
from kytos.ui.session import frame
from kytos.ui.session.runs import Answer, Ask

PAGE = QuestionPage(
    question=Question.REBALANCE,
    title=N_("Rebalance"),
    about=(
        N_("Which running pods to move, and where, so that fewer nodes are needed or load is even.")
    ),
    button=N_("Rebalance"),
    icon=":material/balance:",
    function=rebalance,
    values=rebalance_controls.rebalance_values,
)


def show() -> None:
    """Draw the page."""
    loaded = frame.begin(_(PAGE.title))
    if loaded is None:
        question.no_cluster()
        return
    with st.sidebar:
        controls.presets()
        request, weights = rebalance_controls.rebalance_controls(loaded)
        settings = (weights, *solver_controls.solver())
    ask = Ask(PAGE.question, loaded.digest, request, *settings)
    pressed = question.head(PAGE)
    answer = question.run(PAGE, ask, loaded, pressed=pressed)
    if answer is None:
        question.empty(PAGE, ask, loaded, _("Press *Rebalance* to see what would change."))
        return
    question.stale_note(PAGE, answer, ask)
    _result(answer, ask)


def _result(answer: Answer, ask: Ask) -> None:
    outcome: RebalanceOutcome = answer.outcome
    if outcome.nothing_to_do:
        _no_move(outcome)
    else:
        results.headline(plain(headline(outcome)))
        if outcome.freed_nodes:
            st.markdown(_("Freed: {freed_nodes}", freed_nodes=named(outcome.freed_nodes)))
    if outcome.survival_price is not None:
        st.markdown(plain(retold(outcome.survival_price.sentence)))
    for reason, nodes in nodes_by_reason(outcome.kept_nodes).items():
        st.caption(
            plain(
                _(
                    "Stays whatever is decided: {names} ({reason})",
                    names=", ".join(nodes),
                    reason=retold(reason),
                )
            )
        )
    summary.draw(answer)
    results.proof_caption(answer)
    fewer_moves.show(answer)
    picture.show(answer, frozenset(outcome.freed_nodes))
    worth = [
        retold(told.sentence) for told in (outcome.possible, outcome.karpenter) if told is not None
    ]
    if worth:
        st.caption(plain("  \n".join(worth)))
    change_heatmaps(answer.before, answer.after, frozenset(outcome.freed_nodes))
    results.energy_panel(outcome)
    cluster, name = answer.loaded.cluster, answer.loaded.name
    panels: dict[str, Panel] = {
        _("Moves ({count:,})", count=len(outcome.moves)): lambda: results.moves_panel(
            outcome.moves, cluster, name
        )
    }
    if outcome.freed_nodes:
        freed = _("Freed ({count:,})", count=len(outcome.freed_nodes))
        panels[freed] = partial(_freed, cluster, outcome)
    if outcome.why_not_freed is not None:
        panels[_("Why not freed")] = lambda: _stays(outcome)
    panels[_("Pinned")] = lambda: pinned_table(answer.loaded)
    panels[_("All figures")] = partial(
        results.metrics_row, outcome.metrics.before, outcome.metrics.after, outcome.mode
    )
    question.result_tabs(PAGE, answer, ask, panels)


def _stays(outcome: RebalanceOutcome) -> None:
    """Draw what keeps each node that stays in use."""
    told = outcome.why_not_freed or ()
    table = pd.DataFrame(
        {
            _("Node"): [stays.node for stays in told],
            _("Kept by"): [_(stays.keeper.value.replace("_", " ")) for stays in told],
            _("Why it is not freed"): [retold(stays.reason) for stays in told],
            _("What would free it"): [retold(stays.change) for stays in told],
            _("Proven"): [stays.proven for stays in told],
        }
    )
    st.dataframe(table, hide_index=True, width="stretch")


def _no_move(outcome: RebalanceOutcome) -> None:
    """Say that nothing moves, and why; only a search that came to its end calls that a success."""
    words = plain(no_change_sentence(outcome))
    if none_may_move(outcome):
        st.info(f"**{words}**", icon=":material/push_pin:")
    elif searched_to_its_end(outcome):
        st.success(f"**{words}**", icon=":material/check_circle:")
    else:
        st.info(f"**{words}**")


def _freed(cluster: Cluster, outcome: RebalanceOutcome) -> None:
    """Draw the nodes that come free; what still runs on them is what runs on every node."""
    nodes = [cluster.nodes[cluster.node_index[name]] for name in outcome.freed_nodes]
    left = Counter(move.origin for move in outcome.moves)
    table = pd.DataFrame(
        {
            _("Node"): [node.name for node in nodes],
            _("Zone"): [node.zone or "" for node in nodes],
            _("Type"): [node.labels.get(INSTANCE_TYPE, "") for node in nodes],
            _("Pods that leave"): [left[node.name] for node in nodes],
            _("Price per hour"): [node.price_per_hour for node in nodes],
        }
    )
    results.table_with_downloads(
        table,
        nodes,
        N_("freed nodes"),
        cluster.name,
        {_("Price per hour"): st.column_config.NumberColumn(format="$%.3f")},
    )
