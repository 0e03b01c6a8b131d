"""A page's link: what it asked of the controls and none of them took."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import streamlit as st

from kytos.language import LANGUAGES, _, use
from kytos.problem import LoadMode
from kytos.ui.parts import expert
from kytos.ui.parts.controls import HOW, HOW_IN_WORDS, MODE, MODE_NAMES
from kytos.ui.parts.rebalance_controls import FOR_EXPERTS, SURVIVE
from kytos.ui.parts.solver_controls import BY_SIZE, SOLVER_VALUES, UNTIL_CAP
from kytos.ui.parts.text import plain
from kytos.ui.parts.use_controls import LOAD_FROM, LOAD_NAMES
from kytos.ui.session import clusters

_BY_ID: dict[str, Callable[[], Collection[str]]] = {
    clusters.CHOICE: clusters.sample_names,
    MODE: lambda: [mode.value for mode in LoadMode],
}
"""What a link may also name by id: ``cluster=hot-spots``, ``mode=spread``."""
_NAMED: Mapping[str, Mapping[str, str]] = {
    MODE: {mode.value: name for mode, name in MODE_NAMES.items()},
    HOW: {how.value: name for how, name in HOW_IN_WORDS.items()},
    LOAD_FROM: {load.value: name for load, name in LOAD_NAMES.items()},
    SURVIVE: {"node": "node", "zone": "zone"},
    "solver": {BY_SIZE: BY_SIZE},
    "effort": {UNTIL_CAP: UNTIL_CAP},
}
"""By key, what a choice is called: a link holds the name that its writer saw, in any language."""
_SEVERAL = (SURVIVE,)
_FOR_EXPERTS = frozenset({*SOLVER_VALUES, *FOR_EXPERTS, "allow_moves", "allow_preemption", HOW})
"""A link that names one of these opens the page with the switch on."""
_ASKED = "asked by the link"


def read() -> None:
    """Keep what the session's link asks; to be called before a control is drawn.

    Later changes of the link are the controls' own.
    """
    if _ASKED not in st.session_state:
        asked = {key: st.query_params.get_all(key) for key in st.query_params}
        st.session_state[_ASKED] = asked
        for key, values in asked.items():
            if key in _BY_ID and len(values) == 1 and values[0] in _BY_ID[key]():
                st.session_state[key] = values[0]  # by its id, not the name a selector shows
            elif key in _NAMED and values and set(values) <= (named := _by_any_name(key)).keys():
                chosen = [named[value] for value in values]
                st.session_state[key] = chosen if key in _SEVERAL else chosen[-1]
        if _FOR_EXPERTS.intersection(asked):
            expert.turn_on()


def note() -> None:
    """Say once what of the link was not understood; to be called after the controls are drawn.

    Streamlit takes what a control cannot show out of the link without a word.
    """
    asked, st.session_state[_ASKED] = st.session_state[_ASKED], {}
    refused = [
        f"{key}={value}"
        for key, values in asked.items()
        for value in values
        if key in st.session_state and not _taken(key, value)
    ]
    if refused:
        st.warning(
            _("Not understood in the link, and left out: {names}", names=plain(", ".join(refused))),
            icon=":material/link_off:",
        )


def _taken(key: str, asked: str) -> bool:
    """Whether the link still says so, or the control shows it by default and need not say it."""
    if key in st.query_params and asked in st.query_params.get_all(key):
        return True
    shown = st.session_state[key]
    if isinstance(shown, (int, float)) and not isinstance(shown, bool):
        try:
            return float(asked) == shown
        except ValueError:
            return False
    if not isinstance(shown, str):
        return asked.casefold() == str(shown).casefold()
    names = {shown, *(name for name, value in _by_any_name(key).items() if value == shown)}
    return _bare(asked) in map(_bare, names)


def _by_any_name(key: str) -> dict[str, str]:
    """The choices of a control by what they are called in any language."""
    named: dict[str, str] = {}
    for code in LANGUAGES:
        with use(code):
            named |= {_(name): value for value, name in _NAMED.get(key, {}).items()}
    return named


def _bare(name: str) -> str:
    """A name however it is written: the sample web-shop is Web shop to its reader."""
    return name.casefold().replace("-", " ")
