"""Ends the runs of browser sessions that are gone, so that they hold no worker."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from kytos.jobs import Job

GRACE_S = 5.0
"""A browser that lost its connection for less comes back to its run."""

LOOK_S = 1.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Kept:
    session: str
    job: Job[Any]
    seen_s: float
    """When the session was last there."""


class Abandoned:
    """The runs under way, by session.

    Parameters
    ----------
    is_there
        Whether a session, by its id, still has its browser.
    now
        A clock that only goes forward, in seconds.
    """

    def __init__(
        self, is_there: Callable[[str], bool], now: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin with none."""
        self._is_there = is_there
        self._now = now
        self._lock = threading.Lock()
        self._kept: list[_Kept] = []

    def keep(self, session: str, job: Job[Any]) -> None:
        """Look after a run."""
        with self._lock:
            self._kept.append(_Kept(session, job, self._now()))

    def look(self) -> None:
        """End each run whose session has been gone for `GRACE_S`, and forget those that ended."""
        with self._lock:
            under_way = [kept for kept in self._kept if not kept.job.done]
            now = self._now()
            self._kept = [
                replace(kept, seen_s=now) if self._is_there(kept.session) else kept
                for kept in under_way
            ]
            gone = [kept for kept in self._kept if now - kept.seen_s >= GRACE_S]
        for kept in gone:
            _log.info("a run is ended: its browser is gone")
            kept.job.cancel()

    def look_for_ever(self) -> None:
        """Look every `LOOK_S`, whatever a look comes to; a thread of its own."""
        while True:
            time.sleep(LOOK_S)
            try:
                self.look()
            except Exception:
                _log.exception("looking for abandoned runs failed; it goes on")


def end_with_session(job: Job[Any]) -> None:
    """End a run once the browser session that asked for it is gone."""
    context = get_script_run_ctx()
    if context is not None and runtime.exists():
        _abandoned().keep(context.session_id, job)


@st.cache_resource(show_spinner=False)
def _abandoned() -> Abandoned:
    abandoned = Abandoned(_is_there)
    threading.Thread(target=abandoned.look_for_ever, name="abandoned runs", daemon=True).start()
    return abandoned


def _is_there(session: str) -> bool:
    """Say whether a browser still holds the session; without a server nobody can have left it."""
    return not runtime.exists() or runtime.get_instance().is_active_session(session)
