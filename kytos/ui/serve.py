"""Dashboard and service in one process: the service's paths, and the dashboard on all others."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from kytos.api import Dashboard, Settings, create_app
from kytos.ui.session.frame import workers
from kytos.ui.session.login import login_is_configured

_dashboard = st.App(Path(__file__).parents[2] / "app.py")

app = create_app(
    Settings.from_environment(),
    make_pool=workers,
    dashboard=Dashboard(
        app=_dashboard,
        lifespan=_dashboard.lifespan(),
        asks_for_login=login_is_configured(),
    ),
)
