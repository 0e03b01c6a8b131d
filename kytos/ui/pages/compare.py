"""The Compare page: several solvers side by side, or the frontier of gain against moves."""

from __future__ import annotations

import streamlit as st

from kytos.language import N_, _
from kytos.ui.pages import compare_frontier as frontier_view
from kytos.ui.pages import compare_solvers as solvers_view
from kytos.ui.pages.compare_parts import VIEWS, View
from kytos.ui.panels import question
from kytos.ui.parts import controls, links, rebalance_controls, solver_controls
from kytos.ui.session import frame
from kytos.ui.session.sides import Side

_NAMES: dict[View, str] = {
    Side.SOLVERS: N_("Solvers side by side"),
    Side.FRONTIER: N_("Gain against moves"),
}
_ABOUT = {
    Side.SOLVERS: (
        N_(
            "The same problem through several solvers, each judged by the same referee, beside "
            "what the scheduler and the usual rules would do."
        )
    ),
    Side.FRONTIER: (
        N_(
            "What can be gained for how many moves: the price of a move is swept while the other "
            "weights stay as the sliders are."
        )
    ),
}

VIEW = "compare view"
"""Key of the switch between the views."""


def show() -> None:
    """Draw the page."""
    loaded = frame.begin(_("Compare"))
    if loaded is None:
        question.no_cluster()
        return
    with st.sidebar:
        controls.presets()
        request, weights = rebalance_controls.rebalance_controls(loaded, promises=False)
        params = solver_controls.budget()
    heading, switch = st.columns([4, 5], vertical_alignment="bottom")
    with switch:
        view: View = st.segmented_control(
            _("View"),
            VIEWS,
            format_func=lambda view: _(_NAMES[view]),
            default=Side.SOLVERS,
            required=True,
            label_visibility="collapsed",
            key=VIEW,
            width="stretch",
        )
    with heading:
        st.title(_("Compare"), anchor=False)
    st.caption(_("{about} Nothing is changed in the cluster.", about=_(_ABOUT[view])))
    links.note()
    if view == Side.SOLVERS:
        solvers_view.show(loaded, request, weights, params)
    else:
        frontier_view.show(loaded, request, weights, params)
