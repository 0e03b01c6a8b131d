"""A session's runs: start, watch, stop, and keep the last answer of each page."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import streamlit as st

from kytos.cluster import Cluster
from kytos.hamiltonian.weights import Weights
from kytos.jobs import Job, QueueFull
from kytos.outcome import Question
from kytos.solvers.base import SolverName, SolverParams
from kytos.ui.clusters import Loaded
from kytos.ui.frame import workers
from kytos.ui.text import plain
from kytos.units import energy

POLL_S = 0.4


@dataclass(frozen=True)
class Ask:
    """Everything an answer depends on; two equal asks get the same answer."""

    question: Question
    digest: str
    request: Any
    weights: Weights
    solver: SolverName
    params: SolverParams


@dataclass(frozen=True)
class Run:
    """A solve on its way."""

    ask: Ask
    loaded: Loaded
    job: Job[Any]
    started_s: float


@dataclass(frozen=True)
class Answer:
    """The last result of a page, with what was asked."""

    ask: Ask
    loaded: Loaded
    outcome: Any

    @cached_property
    def after(self) -> Cluster:
        """The cluster as it would be."""
        return self.loaded.cluster.with_placement(self.outcome.placement)


def start(function: Callable[..., Any], ask: Ask, loaded: Loaded) -> None:
    """Start a solve of `function`; one that still runs for the same question is ended."""
    current = running(ask.question)
    if current is not None:
        current.job.cancel()
    st.session_state.pop(_key("error", ask.question), None)
    try:
        job = workers().submit(
            function,
            loaded.cluster,
            ask.request,
            weights=ask.weights,
            solver=ask.solver,
            params=ask.params,
        )
    except QueueFull as error:
        st.session_state.pop(_key("run", ask.question), None)
        st.session_state[_key("error", ask.question)] = f"All workers are busy: {error}."
        return
    st.session_state[_key("run", ask.question)] = Run(ask, loaded, job, time.monotonic())


def running(question: Question) -> Run | None:
    """Return the session's run for a question, if there is one."""
    run: Run | None = st.session_state.get(_key("run", question))
    return run


def last_answer(question: Question) -> Answer | None:
    """Return the session's last answer to a question."""
    answer: Answer | None = st.session_state.get(_key("answer", question))
    return answer


def watch(question: Question) -> None:
    """Draw the run's stage, progress and Stop button, and collect its result when it is there."""
    _collect(question)
    message = st.session_state.get(_key("error", question))
    if message:
        st.error(plain(message), icon=":material/error:")
    if running(question) is not None:
        _poll(question)


@st.fragment(run_every=POLL_S)
def _poll(question: Question) -> None:
    run = running(question)
    if run is None or run.job.done:
        st.rerun()
        return
    progress = run.job.progress
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        seconds = time.monotonic() - run.started_s
        stage = progress.stage or "waiting for a worker"
        words = f"**{stage[:1].upper()}{stage[1:]}** · {seconds:.0f} s"
        if progress.energy is not None:
            words += f" · best energy {energy(progress.energy)}"
        st.progress(min(1.0, max(0.0, progress.share)), text=words)
        st.button(
            "Stop",
            icon=":material/stop_circle:",
            help="End the run now and keep the best found so far.",
            on_click=run.job.stop,
            key=_key("stop", question),
        )


def _collect(question: Question) -> None:
    run = running(question)
    if run is None or not run.job.done:
        return
    del st.session_state[_key("run", question)]
    try:
        outcome = run.job.result()
    except (RuntimeError, ValueError, MemoryError) as error:
        st.session_state[_key("error", question)] = f"No result: {error}"
        return
    st.session_state[_key("answer", question)] = Answer(run.ask, run.loaded, outcome)


def _key(what: str, question: Question) -> str:
    return f"{what} {question.value}"
