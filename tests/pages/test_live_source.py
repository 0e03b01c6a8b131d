"""A live cluster in the dashboard, against a real API server's recorded answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from kytos.ui.panels.live_source import age_in_words
from tests.pages.conftest import ROOT, button, metric, words
from tests.replay_server import ReplayServer, replay_server, write_kubeconfig


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ReplayServer]:
    """An API server, and the kubeconfig that leads to it."""
    with replay_server() as found:
        path = write_kubeconfig(tmp_path / "kubeconfig", found.url)
        monkeypatch.setenv("KUBECONFIG", str(path))
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield found


@pytest.fixture
def app(server: ReplayServer) -> AppTest:
    """The app at its first page, with that kubeconfig."""
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()


def read(app: AppTest, context: str) -> AppTest:
    """Choose a context and read it."""
    app.selectbox(key="live context").select(context)
    return button(app, "Read the cluster").click().run()


def test_a_context_is_chosen_and_read(app: AppTest, server: ReplayServer) -> None:
    """The live cluster takes the sample's place, and the page says how old it is."""
    assert list(app.selectbox(key="live context").options) == ["lab", "viewer", "stranger"]
    assert server.asked == []
    read(app, "lab")
    assert not app.exception
    assert app.title[0].value == "lab"
    assert metric(app, "Nodes").value == "20"
    assert metric(app, "Running pods").value == "165"
    assert metric(app, "Price").value.startswith("$")
    assert "Read live through context **lab**, just now." in words(app)
    assert {asked.method for asked in server.asked} == {"GET"}


def test_refresh_reads_it_anew(app: AppTest, server: ReplayServer) -> None:
    """Refresh asks the same context again and shows what changed."""
    read(app, "viewer")
    before = len(server.asked)
    server.forbid("/apis/policy/v1/poddisruptionbudgets")
    button(app, "Refresh").click().run()
    assert len(server.asked) == 2 * before
    said = words(app).replace("\\", "")
    assert "poddisruptionbudgets may not be listed (403): plans may move" in said


def test_a_failed_refresh_leaves_the_cluster(app: AppTest, server: ReplayServer) -> None:
    """What was read before stays, beside the reason."""
    read(app, "lab")
    server.forbid("/api/v1/nodes")
    button(app, "Refresh").click().run()
    assert not app.exception
    assert "the cluster stays as it was" in words(app)
    assert "nodes may not be listed" in words(app)
    assert app.title[0].value == "lab"
    assert metric(app, "Nodes").value == "20"


def test_refused_credentials_are_said(app: AppTest) -> None:
    """The sample stays; the sentence names the context and holds no token."""
    read(app, "stranger")
    assert app.title[0].value == "Web shop"
    assert "does not accept the credentials" in words(app)
    assert "5ecret" not in words(app)


def test_no_kubeconfig_is_said(server: ReplayServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one there is nothing to choose, and the page says what to set."""
    monkeypatch.setenv("KUBECONFIG", "/nowhere/kubeconfig")
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    assert not app.exception
    assert "set `KUBECONFIG`" in words(app)
    assert all(button.label != "Read the cluster" for button in app.button)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-5, "just now"), (59, "just now"), (60, "1 minute ago"), (7_100, "1 hour ago"),
     (7_200, "2 hours ago"), (200_000, "2 days ago")],
)  # fmt: skip
def test_age_as_people_say_it(seconds: int, said: str) -> None:
    """One unit, rounded down; a clock that runs behind is no negative age."""
    assert age_in_words(timedelta(seconds=seconds)) == said
