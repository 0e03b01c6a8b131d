"""The sidebar's controls of what pods really use: what is levelled, and its limit."""

from __future__ import annotations

from typing import Any

import streamlit as st

from kytos.language import N_, _
from kytos.questions.parts.limits import Limits, LoadFrom
from kytos.report.use import has_use
from kytos.ui.parts.held import hold
from kytos.ui.session.clusters import Loaded

LOAD_FROM, MAX_USED, RIGHT_SIZED = "load_from", "max_used", "right_sized"
LOAD_NAMES = {LoadFrom.REQUESTS: N_("Requests"), LoadFrom.USAGE: N_("Use")}


def use_limits(loaded: Loaded) -> dict[str, Any]:
    """Draw what pods count for, where their use is known; return it as fields of a request."""
    if not has_use(loaded.cluster):
        return {}
    load_from = LoadFrom(
        st.segmented_control(
            _("Pods count for"),
            [LoadFrom.REQUESTS.value, LoadFrom.USAGE.value],
            format_func=lambda name: _(LOAD_NAMES[LoadFrom(name)]),
            default=LoadFrom.REQUESTS.value,
            required=True,
            key=LOAD_FROM,
            bind="query-params",
            width="stretch",
            help=_(
                "Use: load is levelled hour by hour as it was seen, and nodes have room for it. "
                "Requests have to fit in any case."
            ),
        )
    )
    most = 100
    if load_from is LoadFrom.USAGE:
        hold(MAX_USED, _("Used at most (%)"), 10, 100)
        most = st.slider(
            _("Used at most (%)"),
            min_value=10,
            max_value=100,
            value=100,
            step=5,
            key=MAX_USED,
            bind="query-params",
            help=_(
                "Of each node, in 95 % of the time, by all of its pods together. Where more is "
                "used already it may stay, and never grows."
            ),
        )
    sized = st.toggle(
        _("As if right-sized"),
        key=RIGHT_SIZED,
        bind="query-params",
        help=_("Asks as if each container requested what it was seen to need."),
    )
    return {"load_from": load_from, "max_used": most / 100, "right_sized": sized}


def use_values(request: Limits) -> dict[str, Any]:
    """Return the values of these controls by key, as `set_controls` takes them."""
    return {
        LOAD_FROM: request.load_from.value,
        MAX_USED: round(100 * request.max_used),
        RIGHT_SIZED: request.right_sized,
    }
