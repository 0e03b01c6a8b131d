"""Dashboard and service in one process: the service's paths, and the dashboard on all others."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from fastapi import FastAPI

from kytos.api import Settings, create_app
from kytos.ui.frame import workers

ENTRY = Path(__file__).parents[2] / "app.py"


def create_site() -> FastAPI:
    """Return the application; both halves use one pool of workers."""
    dashboard = st.App(ENTRY)
    site = create_app(
        Settings.from_environment(),
        make_pool=workers,
        beside=dashboard.lifespan(),
        dashboard_login="auth" in st.secrets if _has_secrets() else False,
    )
    site.mount("/", dashboard)
    return site


def _has_secrets() -> bool:
    return any((folder / ".streamlit" / "secrets.toml").exists() for folder in _secret_folders())


def _secret_folders() -> tuple[Path, ...]:
    return (ENTRY.parent, Path.cwd(), Path.home())


app = create_site()
