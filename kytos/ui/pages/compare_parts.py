"""What both views of the Compare page share: the answer on screen, a plan of it, a download."""

from __future__ import annotations

import json
from typing import Literal

import streamlit as st

from kytos.compare import Plan
from kytos.language import _
from kytos.problem import LoadMode
from kytos.questions.parts.known_use import as_asked
from kytos.questions.parts.limits import CountedAs
from kytos.ui.panels import results
from kytos.ui.parts.heatmaps import change_heatmaps, cluster_heatmap
from kytos.ui.parts.text import section
from kytos.ui.session.clusters import Loaded
from kytos.ui.session.runs import Answer, Ask
from kytos.ui.session.sides import Side

View = Literal[Side.SOLVERS, Side.FRONTIER]
"""What is compared; also the names its runs are kept under."""
VIEWS: tuple[View, ...] = (Side.SOLVERS, Side.FRONTIER)


def mark_old(answer: Answer, ask: Ask | None, label: str) -> None:
    """Say so when the controls are no longer those of the answer."""
    if answer.ask != ask:
        st.warning(
            _(
                "The controls have changed since this result; press *{label}* to update it.",
                label=label,
            ),
            icon=":material/history:",
        )


def draw_empty(loaded: Loaded, invitation: str) -> None:
    """Draw what there is to see before the first answer."""
    section(_("As it is now"))
    st.caption(invitation)
    cluster_heatmap(loaded.cluster)


def draw_plan(answer: Answer, start: Plan, plan: Plan, mode: LoadMode) -> None:
    """Draw one plan as the Rebalance page does: metrics, heatmaps, moves."""
    results.metrics_row(start.metrics, plan.metrics, mode)
    cluster, request = answer.loaded.cluster, answer.ask.request
    if isinstance(request, CountedAs):
        cluster = as_asked(cluster, request)
    change_heatmaps(cluster, cluster.with_placement(plan.changes), frozenset(plan.freed_nodes))
    st.markdown(_("**Moves ({count:,})**", count=len(plan.moves)))
    results.moves_panel(plan.moves, cluster, answer.loaded.name)


def download(label: str, content: str, answer: Answer, what: str) -> None:
    """Offer JSON as a file."""
    st.download_button(
        label,
        json.dumps(json.loads(content), indent=1),
        f"{answer.loaded.name}-{what}.json",
        "application/json",
        icon=":material/download:",
        on_click="ignore",
    )
