"""The language of a session's reader: asked of link and browser, chosen on every page."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from kytos.language import LANGUAGES, _, closest, language, read_by

LINK = "lang"
"""In a link: the code of the language it opens in."""
_CHOSEN = "language chosen"
"""Outlives a page, which a control's own value does not."""
_CONTROL = "language"
_CALLED = (
    *("mode", "how", "load_from", "survive", "solver", "effort", "view", "picture", "measure"),
    *("shown measure", "compare view", "fleet may stay", "fleet survive", "pinned reason"),
    "sampler target",
)
"""Controls whose options are called otherwise in another language: they keep their choice."""


def of_session() -> str | None:
    """Return the language of the session that is drawn, None where none is.

    What was chosen comes before what the link asks, and that before the browser's own.
    """
    if get_script_run_ctx(suppress_warning=True) is None:
        return None
    for code in (st.session_state.get(_CHOSEN), st.query_params.get(LINK)):
        if code in LANGUAGES:
            return str(code)
    return closest([st.context.locale or ""])


def control() -> None:
    """Draw the choice of the language, and keep in the link what was chosen."""
    asked = st.query_params.get(LINK)
    if asked in LANGUAGES and _CHOSEN not in st.session_state:
        st.session_state[_CHOSEN] = asked
    chosen = st.session_state.get(_CHOSEN)
    if chosen is not None and chosen != asked:
        st.query_params[LINK] = chosen  # a page's own link forgets it
    st.session_state[_CONTROL] = language()
    st.segmented_control(
        _("Language"),
        list(LANGUAGES),
        format_func=LANGUAGES.__getitem__,
        required=True,
        label_visibility="collapsed",
        key=_CONTROL,
        on_change=_choose,
        width="content",
    )


def _choose() -> None:
    st.session_state[_CHOSEN] = st.session_state[_CONTROL]
    # A browser says what an option is called; in the other language nothing is called that.
    for key in _CALLED:
        if key in st.session_state:
            st.session_state[key] = st.session_state[key]


read_by(of_session)  # for every thread that ever draws a session: fragments and callbacks too
