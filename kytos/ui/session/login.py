"""The dashboard's login, where the operator has configured one."""

from __future__ import annotations

import streamlit as st

from kytos.language import _


def login_is_configured() -> bool:
    """Whether ``.streamlit/secrets.toml`` names an OpenID Connect provider under ``[auth]``."""
    return st.secrets.load_if_toml_exists() and "auth" in st.secrets


def require_login() -> None:
    """Show nothing but a login button until the visitor has logged in; nothing if unconfigured."""
    if not login_is_configured() or st.user.is_logged_in:
        return
    st.write(_("Log in to see the cluster."))
    st.button(_("Log in"), icon=":material/login:", on_click=st.login, type="primary")
    st.stop()
