"""The *Expert* switch: what most never touch is drawn only once it is on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from kytos.language import _

KEY = "expert"
_ON = "expert on"
"""The switch's last position: a widget's own is lost with the page."""
_KEPT = "expert settings"
"""Values by key, of every control behind the switch: they hold while they are not drawn."""

Values = Mapping[str, Any]


def switch() -> bool:
    """Draw the switch; it stays as it is from page to page."""
    st.session_state[KEY] = is_on()
    return st.toggle(
        _("Expert"),
        key=KEY,
        on_change=_switched,
        help=_("Everything else: solver, seed, budgets, and rules of who may move."),
    )


def _switched() -> None:
    st.session_state[_ON] = st.session_state[KEY]


def is_on() -> bool:
    """Whether what is behind the switch is drawn."""
    return bool(st.session_state.get(_ON, False))


def turn_on() -> None:
    """Show what is behind the switch; to be called before it is drawn."""
    st.session_state[_ON] = True


def values(usual: Values, draw: Callable[[], None]) -> dict[str, Any]:
    """Return the values of controls that are drawn only for an expert.

    Parameters
    ----------
    usual
        Every control's key and its value where nobody set it.
    draw
        Draws the controls.
    """
    kept: dict[str, Any] = st.session_state.setdefault(_KEPT, {})
    state = st.session_state
    if is_on():
        for key in usual:
            if key in kept and key not in state:
                state[key] = kept[key]
        draw()
    for key, value in usual.items():
        kept[key] = state[key] if key in state else kept.get(key, value)
    _told_apart(usual, kept)
    return {key: kept[key] for key in usual}


def _told_apart(usual: Values, kept: Values) -> None:
    """Say what of the hidden settings is not as usual, with a button that makes it so."""
    other = tuple(sorted(key for key, value in usual.items() if _plain(kept[key]) != _plain(value)))
    if is_on() or not other:
        return
    names = ", ".join(key.replace("_", " ") for key in other)
    st.caption(_("Not as usual under *Expert*: {names}", names=names))
    st.button(
        _("Back to usual"),
        icon=":material/undo:",
        on_click=_forget,
        args=(other,),
        key=f"usual {names}",
    )


def _forget(keys: tuple[str, ...]) -> None:
    kept: dict[str, Any] = st.session_state.get(_KEPT, {})
    for key in keys:
        kept.pop(key, None)
        st.session_state.pop(key, None)


def _plain(value: Any) -> Any:
    """A choice of several reads back as a list."""
    return tuple(value) if isinstance(value, list) else value
