"""Dashboard and service in one process: the service's paths, and the dashboard on all others."""

from __future__ import annotations

import streamlit as st

from kytos.api import Dashboard, Settings, create_app
from kytos.ui.session.login import login_is_configured
from kytos.ui.session.pool import workers
from kytos.ui.shipped import APP

_dashboard = st.App(APP)

app = create_app(
    Settings.from_environment(),
    make_pool=workers,
    dashboard=Dashboard(
        app=_dashboard,
        lifespan=_dashboard.lifespan(),
        asks_for_login=login_is_configured(),
    ),
)
