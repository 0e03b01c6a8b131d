"""Tabs of which only the one that is looked at is drawn."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import streamlit as st

Panel = Callable[[], None]


def lazy_tabs(panels: Mapping[str, Panel], key: str) -> None:
    """Draw a tab for each panel, and the panel of the one that is open.

    Parameters
    ----------
    panels
        By label. A count in parentheses may change without another tab being opened.
    key
        The tabs' own; which one was opened last outlives a page switch under ``KEY open``.
    """
    labels = list(panels)
    kept = st.session_state.get(_open(key))
    opened = next((label for label in labels if _name(label) == kept), labels[0])
    if st.session_state.get(key) not in (None, *labels):
        st.session_state[key] = opened
    tabs = st.tabs(labels, default=opened, key=key, on_change=_keep, args=(key,))
    for tab, draw in zip(tabs, panels.values(), strict=True):
        if tab.open:
            with tab:
                draw()


def _keep(key: str) -> None:
    st.session_state[_open(key)] = _name(str(st.session_state[key]))


def _open(key: str) -> str:
    return f"{key} open"


def _name(label: str) -> str:
    return re.sub(r" ?\([\d,.]+\)$", "", label)
