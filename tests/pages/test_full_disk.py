"""A disk that fills, or turns read-only, while the dashboard runs: pages answer and say so."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sql
from streamlit.testing.v1 import AppTest

from kytos.jobs.board import Board
from kytos.settings import StoreSettings
from kytos.ui.session import kept
from kytos.ui.store import Store, open_store
from tests.pages.conftest import ROOT, button, page, wait_for_result, words
from tests.pages.test_history import SMALL


@pytest.fixture
def full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store that has room for its tables and for nothing else, as on a full disk."""
    store = Store(tmp_path / "kept", days=1, mib=1)
    with store._engine.begin() as database:
        pages = database.exec_driver_sql("PRAGMA page_count").scalar()

    def limit(connection: object, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")  # type: ignore[attr-defined]

    store._engine.dispose()
    sql.event.listen(store._engine, "connect", limit)
    monkeypatch.setattr(kept, "store", lambda: store)
    return store


def uploaded() -> AppTest:
    noise = Random(0)
    pods = [
        # Names that do not shrink: the row needs pages of its own in the store.
        {"id": noise.randbytes(100).hex(), "cpu_request": 1, "mem_request": 1, "current_node": node}
        for node in ("cheap", "dear")
        for _ in range(40)
    ]
    content = json.dumps(SMALL | {"pods": pods}).encode()
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    uploader = app.file_uploader(key="cluster files")
    return uploader.set_value([("small.json", content, "application/json")]).run()


@pytest.mark.usefixtures("full")
def test_a_full_store_is_said_and_pages_answer() -> None:
    """The store's file has no room: one warning to a page, and the question is answered."""
    app = uploaded()
    assert not app.exception
    app = page(app, "1_Rebalance")
    button(app, "Rebalance").click().run()
    app = wait_for_result(app)
    print(words(app)[:600])
    assert not app.exception
    assert "40 pods" in words(app)
    assert "moves" in words(app)
    assert [one.value.count("history is off") for one in app.warning] == [1]
    app = page(app, "7_History")
    assert not app.exception


def test_a_full_temporary_folder_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without room for a job's notice board the page says what to do, and the next run works."""

    def refuse(_: Path) -> Board:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    app = page(AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run(), "1_Rebalance")
    with monkeypatch.context() as patch:
        patch.setattr(Board, "make", refuse)
        button(app, "Rebalance").click().run()
        assert not app.exception
        assert "free some room" in " ".join(one.value for one in app.error)


def test_a_user_without_a_home_has_a_store_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's user may have no home at all."""

    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    assert open_store(StoreSettings()).in_memory
