"""A file that is uploaded is read, even where Streamlit calls nobody for it."""

from __future__ import annotations

import json

import pytest
from streamlit.runtime.state.session_state import SessionState
from streamlit.testing.v1 import AppTest


def test_a_file_that_nobody_was_called_for_is_read(
    plain_app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when it comes while the page's first run is under way: it is refused, not lost."""
    upload = plain_app.file_uploader(key="cluster files")
    monkeypatch.setattr(SessionState, "_call_callbacks", lambda *_, **__: None)
    upload.set_value([("broken.json", b"{no json}", "application/json")]).run()
    assert any("could not be read" in error.value for error in plain_app.error)


def test_a_cluster_that_nobody_was_called_for_is_shown(
    plain_app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It becomes the chosen one, though the selector was drawn before the file was seen."""
    node = {"id": "n", "cpu_capacity": 1000, "mem_capacity": 1000}
    pod = {"id": "p", "cpu_request": 1, "mem_request": 1, "current_node": "n"}
    content = json.dumps({"nodes": [node], "pods": [pod]}).encode()
    upload = plain_app.file_uploader(key="cluster files")
    monkeypatch.setattr(SessionState, "_call_callbacks", lambda *_, **__: None)
    upload.set_value([("mine.json", content, "application/json")]).run()
    assert not plain_app.exception
    assert plain_app.title[0].value == "mine"
    assert plain_app.session_state["cluster"] == "upload"
