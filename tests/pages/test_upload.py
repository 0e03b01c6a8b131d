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


def test_no_editor_of_prices_keeps_its_cluster(plain_app: AppTest) -> None:
    """Streamlit remembers every widget of a session with what its callback holds."""
    for number in range(3):
        node = {"id": f"n{number}", "cpu_capacity": 1000, "mem_capacity": 1000}
        pod = {"id": "p", "cpu_request": 1, "mem_request": 1, "current_node": f"n{number}"}
        content = json.dumps({"nodes": [node], "pods": [pod]}).encode()
        upload = plain_app.file_uploader(key="cluster files")
        upload.set_value([(f"c{number}.json", content, "application/json")]).run()
    assert plain_app.title[0].value == "c2"
    state = plain_app.session_state._state._state
    widgets = state._new_widget_state.widget_metadata.values()
    editors = [widget for widget in widgets if "-prices " in widget.id]
    assert len(editors) == 3 + 1  # and the sample's before them
    held = [arg for widget in editors for arg in widget.callback_args or ()]
    held += [cell.cell_contents for one in editors for cell in one.callback.__closure__ or ()]
    assert [type(thing) for thing in held] == [str] * len(editors)
