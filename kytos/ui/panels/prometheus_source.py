"""A Prometheus server asked from the dashboard what the pods on screen really use."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from kytos.extras import LIVE, how_to_install, installed
from kytos.language import _
from kytos.settings import UseSettings
from kytos.sources.usage.prometheus_live import Progress, Window, read_prometheus, window_of
from kytos.ui.parts.text import plain
from kytos.usage import Usage

URL, DAYS, STEP = "prometheus url", "prometheus days", "prometheus step"
_USUAL = Window()
_MOST_DAYS = 60


def prometheus_picker(ask: Callable[[Callable[[], Usage]], None]) -> None:
    """Draw the address and the window to ask for; `ask` is called with what asks then."""
    st.markdown(_("Or ask a Prometheus that scrapes its kubelets what its pods really use:"))
    if not installed(LIVE):
        st.info(
            plain(f"{how_to_install(_('Asking a Prometheus server'), LIVE)}."),
            icon=":material/extension_off:",
        )
        return
    settings = UseSettings.from_environment()
    if settings.prometheus_url:
        st.caption(_("Address: {url}", url=plain(settings.prometheus_url)))
    else:
        st.text_input(
            _("Address of Prometheus"), key=URL, placeholder="http://localhost:9090", max_chars=2000
        )
    days, step = st.columns(2)
    days.number_input(
        _("Days to look back"), min_value=0.01, max_value=float(_MOST_DAYS), value=7.0, key=DAYS
    )
    step.number_input(
        _("Seconds a sample"), min_value=1, max_value=86_400, value=int(_USUAL.step_s), key=STEP
    )
    st.button(
        _("Ask Prometheus"),
        icon=":material/monitoring:",
        on_click=lambda: ask(_read),
        width="stretch",
    )
    if settings.prometheus_token is not None and not settings.prometheus_url:
        st.caption(
            _(
                "The token in KYTOS_PROMETHEUS_TOKEN is sent to the address in "
                "KYTOS_PROMETHEUS_URL alone, which is not set."
            )
        )


def _read() -> Usage:
    """Ask as the controls say, telling how far it is.

    Whoever opens the page may name an address: the operator's token goes to the operator's alone.
    """
    settings = UseSettings.from_environment()
    secret = settings.prometheus_token if settings.prometheus_url else None
    url = settings.prometheus_url or str(st.session_state.get(URL) or "")
    window = window_of(float(st.session_state[DAYS]), float(st.session_state[STEP]))
    bar = st.progress(0.0, text=_("Asking Prometheus"))
    try:
        return read_prometheus(
            url,
            window,
            token=None if secret is None else secret.get_secret_value(),
            progress=_told_by(bar.progress),
        )
    finally:
        bar.empty()


def _told_by(draw: Callable[..., object]) -> Progress:
    names = {
        "cpu": "CPU",
        "memory": _("memory"),
        "throttled": _("throttling"),
        "oom": _("OOM kills"),
    }

    def tell(name: str, share: float) -> None:
        what = names.get(name, _("reading"))
        draw(
            min(share, 1.0),
            text=_("Asking Prometheus: {what}, {share:.0%}", what=what, share=share),
        )

    return tell
