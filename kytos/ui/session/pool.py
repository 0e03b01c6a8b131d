"""The workers that all sessions share."""

from __future__ import annotations

import streamlit as st

from kytos.jobs import Pool
from kytos.questions.warm_up import warm_up
from kytos.settings import PoolSettings


@st.cache_resource(show_spinner=False)
def workers() -> Pool:
    """Return the process-wide pool of workers; the first call starts them."""
    settings = PoolSettings.from_environment()
    return Pool(
        settings.workers,
        settings.queue,
        warm_up=warm_up,
        preload=("kytos.calls.in_worker", warm_up.__module__),
    )
