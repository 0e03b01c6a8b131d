"""Answers worked out before anybody asks: one at a time, and only while no worker has other work.

They are kept by the cluster's digest and the question, for all sessions: who has the digest has
the cluster, so nobody learns anything of another's.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import streamlit as st

from kytos.jobs import Job, JobError
from kytos.settings import BackgroundSettings
from kytos.ui.session.clusters import Loaded
from kytos.ui.session.pool import workers
from kytos.ui.session.runs import Ask

_MOST_KEPT = 64
_log = logging.getLogger(__name__)


@dataclass
class Entry:
    """One answer on its way, or there.

    Attributes
    ----------
    failed
        Why there is none, as a sentence; empty while that is not so.
    """

    job: Job[Any] | None
    outcome: Any = None
    failed: str = ""

    @property
    def over(self) -> bool:
        """Whether there is nothing more to come."""
        return self.job is None


@st.cache_resource(show_spinner=False)
def _board() -> OrderedDict[Any, Entry]:
    return OrderedDict()


def allowed() -> bool:
    """Whether the operator lets answers be worked out ahead."""
    return BackgroundSettings.from_environment().background


def entry(ask: Ask) -> Entry | None:
    """Return what there is of an answer."""
    kept = _board().get(_key(ask))
    if kept is not None and kept.job is not None and kept.job.done:
        _collect(kept)
    return kept


def begin(function: Any, ask: Ask, loaded: Loaded) -> None:
    """Start on an answer, unless a worker is busy: the next call will see."""
    pool, board = workers(), _board()
    if pool.busy or _key(ask) in board:
        return
    try:
        job = pool.submit(
            function, loaded.cluster, ask.request, weights=ask.weights, params=ask.params
        )
    except JobError:  # the queue is full, or the disk: whoever asks is told
        return
    board[_key(ask)] = Entry(job)
    while len(board) > _MOST_KEPT:
        board.popitem(last=False)


def give_way() -> None:
    """End what is being worked out ahead: somebody asks."""
    board = _board()
    for key, kept in list(board.items()):
        if kept.job is not None and not kept.job.done:
            kept.job.cancel() if kept.job.place else kept.job.stop()
            board.pop(key, None)


def _collect(kept: Entry) -> None:
    assert kept.job is not None
    try:
        kept.outcome = kept.job.result()
    except Exception as error:  # whatever it was: a finding less, and the page goes on
        _log.info("no answer ahead of the question: %s", error)
        kept.failed = str(error)
    kept.job = None


def _key(ask: Ask) -> tuple[str, str, str]:
    return ask.digest, ask.question.value, ask.request.model_dump_json()
