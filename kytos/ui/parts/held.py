"""Keeps what a scenario or a link sets within the range of its control, and says so."""

from __future__ import annotations

import streamlit as st

from kytos.language import _

_HELD = "values held"
"""In the session: by key what was asked for, and what the control shows instead."""


def hold(key: str, label: str, low: float, high: float) -> None:
    """Bring a control's value within its range; call it where the control is drawn, before it.

    Requests take wider ranges than controls do, so a scenario written elsewhere may hold more than
    a slider goes to, which Streamlit answers with an error.
    """
    told: dict[str, tuple[float, float]] = st.session_state.setdefault(_HELD, {})
    value = st.session_state.get(key)
    if not isinstance(value, (int, float)):
        told.pop(key, None)
        return
    if not low <= value <= high:
        nearest = type(low)(min(max(value, low), high))
        told[key] = (value, nearest)
        st.session_state[key] = nearest
    asked, shown = told.get(key, (value, None))
    if shown is None or st.session_state[key] != shown:
        told.pop(key, None)
        return
    st.caption(
        _(
            ":material/info: {label}: {asked:,.12g} was asked for, and {shown:,.12g} is taken, the "
            "most that can be set here.",
            label=label,
            asked=asked,
            shown=shown,
        )
        if asked > shown
        else _(
            ":material/info: {label}: {asked:,.12g} was asked for, and {shown:,.12g} is taken, the "
            "least that can be set here.",
            label=label,
            asked=asked,
            shown=shown,
        )
    )
