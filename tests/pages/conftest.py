"""The pages, run without a browser."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def nothing_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """No findings are worked out: each test's own run has the workers to itself."""
    monkeypatch.setenv("KYTOS_BACKGROUND", "false")


@pytest.fixture
def plain_app() -> AppTest:
    """The app at its first page, as it opens for someone new."""
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()


@pytest.fixture
def app() -> AppTest:
    """The app at its first page, with *Expert* switched on: every control is drawn."""
    expert = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    expert.session_state["expert on"] = True
    return expert.run()


def page(app: AppTest, name: str) -> AppTest:
    """Go to a page as a click in the navigation does."""
    return app.switch_page(f"pages/{name}.py").run()


def wait_for_result(app: AppTest, timeout_s: float = 280.0) -> AppTest:
    """Rerun, as the polling fragment does, until the run is over."""
    deadline = time.monotonic() + timeout_s
    while any(button.label == "Stop" for button in app.button):
        assert time.monotonic() < deadline, "the run did not end"
        time.sleep(0.2)
        app.run()
    return app


def wait_for_turn(app: AppTest, timeout_s: float = 280.0) -> AppTest:
    """Rerun until a worker has taken the run."""
    deadline = time.monotonic() + timeout_s
    while any("waiting" in str(bar.proto.text).lower() for bar in app.get("progress")):
        assert time.monotonic() < deadline, "no worker took the run"
        time.sleep(0.2)
        app.run()
    return app


def button(app: AppTest, label: str):  # type: ignore[no-untyped-def]
    """The button with a label."""
    return next(button for button in app.button if button.label == label)


def tab(app: AppTest, of: str, name: str) -> AppTest:
    """Open the tab of a page's result whose label begins with `name`; only an open one is drawn."""
    label = next(shown.label for shown in app.tabs if shown.label.startswith(name))
    app.session_state[f"{of} tabs open"] = label.split(" (")[0]
    return app.run()


def words(app: AppTest) -> str:
    """All text a person reads on the page."""
    kinds = (app.markdown, app.caption, app.title, app.subheader, app.error, app.success)
    return "\n".join(
        str(element.value) for kind in (*kinds, app.warning, app.info) for element in kind
    )


def metric(app: AppTest, label: str):  # type: ignore[no-untyped-def]
    """The metric with a label."""
    return next(metric for metric in app.metric if metric.label == label)
