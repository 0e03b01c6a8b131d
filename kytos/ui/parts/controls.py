"""The sidebar's controls that questions share: weights, goal, headroom, names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from kytos.cluster import HOSTNAME, Cluster
from kytos.contract.weights import Weights
from kytos.language import N_, _
from kytos.problem import LoadMode
from kytos.questions.recovery.failure import HowNodesFail
from kytos.ui.parts import expert, meanings
from kytos.ui.parts.held import hold
from kytos.ui.parts.meanings import Meanings

FREE = "free"
"""Key of the headroom's control, and its name in the page's link."""
MOST_FREE = 90
USUAL_FREE = 10
"""Percent of each node that a page keeps free unless told otherwise."""
KEEP = "keep_nodes"
MODE = "mode"
"""Key of the mode's control, and its name in the page's link."""
HOW = "how"
"""Key of the choice of how nodes fail, and its name in the page's link."""
_HIGHEST = 5.0
MODE_NAMES = {
    LoadMode.CONSOLIDATE: N_("Fewer nodes"),
    LoadMode.SPREAD: N_("Even load"),
    LoadMode.SQUARES: N_("Avoid full nodes"),
}
HOW_IN_WORDS = {
    HowNodesFail.DELETED: N_("deleted (or tainted out-of-service)"),
    HowNodesFail.NOT_READY: N_("only not ready"),
}


@dataclass(frozen=True)
class Preset:
    """A named position of the sliders."""

    name: str
    help: str
    values: Mapping[str, Any]


PRESETS = (
    Preset(
        N_("Cut cost"),
        N_("Empty as many nodes as possible; moves are cheap."),
        {MODE: LoadMode.CONSOLIDATE.value, "A": 1.0, "B": 1.0, "C": 0.2, "D": 0.2},
    ),
    Preset(
        N_("Spread out"),
        N_("Level CPU and memory, and keep replicas apart."),
        {MODE: LoadMode.SPREAD.value, "A": 1.0, "B": 1.0, "C": 1.0, "D": 3.0},
    ),
    Preset(
        N_("Don't touch"),
        N_("Move only what pays back within 14 hours."),
        {MODE: LoadMode.CONSOLIDATE.value, "A": 1.0, "B": 1.0, "C": 5.0, "D": 1.0},
    ),
)


def presets(offered: Sequence[Preset] = PRESETS) -> None:
    """Draw presets as a row of buttons."""
    with st.container(horizontal=True, gap="small"):
        for preset in offered:
            st.button(
                _(preset.name),
                help=_(preset.help),
                on_click=set_controls,
                args=(preset.values,),
                key=f"preset {preset.name}",
                width="stretch",
            )


def set_controls(values: Mapping[str, Any]) -> None:
    """Set controls by their keys; only before the page draws them, as a callback is."""
    for key, value in values.items():
        st.session_state[key] = value


def headroom(usual: int = USUAL_FREE) -> float:
    """Draw what stays free of every node; return the share that pods may fill one to."""
    hold(FREE, _("Kept free (%)"), 0, MOST_FREE)
    free = st.slider(
        _("Keep at least this much free (%)"),
        min_value=0,
        max_value=MOST_FREE,
        value=usual,
        step=5,
        key=FREE,
        bind="query-params",
        help=_(
            "Of each node's CPU and memory. Where more is taken already it may stay, "
            "and never grows."
        ),
    )
    return (100 - free) / 100


def headroom_values(max_utilization: float) -> dict[str, Any]:
    """Return the value of the headroom's control by key."""
    return {FREE: round(100 * (1 - max_utilization))}


def kept_nodes(cluster: Cluster) -> tuple[str, ...]:
    """Draw the choice of nodes that are never freed, by name or by label."""
    labels = {
        f"{key}={value}"
        for node in cluster.nodes
        for key, value in node.labels.items()
        if key != HOSTNAME
    }
    names = [node.name for node in cluster.nodes]
    return names_chosen(
        _("Never free these nodes"), KEEP, [*names, *sorted(labels)], _("nodes, labels")
    )


def weights_meaning(told: Meanings) -> Weights:
    """Draw the four sliders, each with what its position means."""
    A = _slider("A", _("A · constraints"))
    st.caption(meanings.constraint_meaning(A))
    B = _slider("B", _("B · load"))
    st.caption(told.load_text(B))
    C = _slider("C", f"C · {told.cost}", told.cost_help or None)
    st.caption(told.cost_text(B, C))
    D = _slider("D", _("D · replicas apart"))
    st.caption(told.pair_text(B, C, D))
    return Weights(A=A, B=B, C=C, D=D)


def load_mode(default: LoadMode = LoadMode.CONSOLIDATE, key: str = MODE) -> LoadMode:
    """Draw the choice of what H_load means."""
    modes = [mode.value for mode in LoadMode if _offered(mode, key)]
    chosen = st.segmented_control(
        _("Goal"),
        [default.value, *(mode for mode in modes if mode != default.value)],
        format_func=lambda mode: _(MODE_NAMES[LoadMode(mode)]),
        default=default.value,
        required=True,
        key=key,
        bind="query-params",
        width="stretch",
    )
    return LoadMode(chosen)


def _offered(mode: LoadMode, key: str) -> bool:
    """Whether a goal is in the choice: the plain sum of squares is for experts, or was asked."""
    return mode is not LoadMode.SQUARES or expert.is_on() or st.session_state.get(key) == mode


def names_chosen(
    label: str, key: str, names: Sequence[str], placeholder: str, help: str | None = None
) -> tuple[str, ...]:
    """Draw a choice of several of the cluster's names."""
    # What was chosen for another cluster is dropped: a name must fit this one.
    known = set(names)
    if key in st.session_state:
        st.session_state[key] = [name for name in st.session_state[key] if name in known]
    chosen = st.multiselect(
        label,
        names,
        key=key,
        bind="query-params",
        placeholder=_(placeholder),
        help=help,
    )
    return tuple(chosen)


def _slider(key: str, label: str, help: str | None = None) -> float:
    hold(key, label, 0.0, _HIGHEST)
    chosen = st.slider(
        label, 0.0, _HIGHEST, value=1.0, step=0.1, key=key, bind="query-params", help=help
    )
    return float(chosen)
