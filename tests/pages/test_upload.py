"""A file that is uploaded is read, even where Streamlit calls nobody for it."""

from __future__ import annotations

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
