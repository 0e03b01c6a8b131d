"""Nobody sees a cluster before they have logged in, where the operator asks for it."""

from __future__ import annotations

from importlib.metadata import requires
from importlib.util import find_spec

import pytest
from packaging.requirements import Requirement
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import ROOT, words

AUTH = {
    "redirect_uri": "http://localhost:8501/oauth2callback",
    "cookie_secret": "a long random text",
    "client_id": "kytos",
    "client_secret": "secret",
    "server_metadata_url": "https://login.example.org/.well-known/openid-configuration",
}
PAGES = ["app.py", *(f"pages/{path.name}" for path in sorted((ROOT / "pages").glob("[0-9]*.py")))]


def opened(path: str, *, is_logged_in: bool) -> AppTest:
    """A page as a visitor finds it, with a provider configured."""
    app = AppTest.from_file(str(ROOT / path), default_timeout=60)
    app.secrets["auth"] = AUTH
    app.user["is_logged_in"] = is_logged_in
    return app.run()


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_sees_the_button_alone(path: str) -> None:
    """On every page: no cluster, no upload, no navigation, nothing but the way in."""
    app = opened(path, is_logged_in=False)
    assert not app.exception
    assert [button.label for button in app.button] == ["Log in"]
    assert "Log in to see the cluster." in words(app)
    assert not app.metric
    assert not app.title
    assert not app.selectbox
    assert not app.sidebar.children


def test_who_has_logged_in_sees_the_cluster() -> None:
    """As without a login."""
    app = opened("app.py", is_logged_in=True)
    assert not app.exception
    assert app.title[0].value == "Web shop"
    assert "Log in" not in [button.label for button in app.button]


def test_what_a_login_needs_is_installed_with_kytos() -> None:
    """Streamlit's own list of it, asked for by Kytos and not there by another library's luck."""
    asked = [Requirement(line) for line in requires("kytos-orchestration") or ()]
    assert any(line.name == "streamlit" and "auth" in line.extras for line in asked)
    assert find_spec("authlib")
    assert find_spec("httpx")
