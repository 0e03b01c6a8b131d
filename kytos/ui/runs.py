"""A session's runs: start, watch, stop, and keep the last answer of each page."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

import streamlit as st

from kytos.cluster import Cluster
from kytos.hamiltonian.weights import Weights
from kytos.jobs import Job, QueueFull
from kytos.solvers.base import SolverName, SolverParams
from kytos.ui.clusters import Loaded
from kytos.ui.frame import workers
from kytos.ui.text import plain
from kytos.units import energy

POLL_S = 0.4


@dataclass(frozen=True)
class Ask:
    """Everything an answer depends on; two equal asks get the same answer."""

    question: StrEnum
    digest: str
    request: Any
    weights: Weights
    solver: SolverName | None
    """None where the request says which."""
    params: SolverParams


@dataclass(frozen=True)
class SideAsk:
    """What a computation beside a page's question depends on: an atlas, a curve."""

    question: StrEnum
    digest: str
    request: Any


Change = Callable[[Cluster, Any, Any], tuple[Cluster, Cluster]]
"""From a cluster, a request and its outcome to the cluster before and after, node by node alike."""


def moved(cluster: Cluster, _: Any, outcome: Any) -> tuple[Cluster, Cluster]:
    """Return the cluster, and the same with its pods where the outcome's placement has them."""
    return cluster, cluster.with_placement(outcome.placement)


@dataclass(frozen=True)
class Run:
    """A job on its way."""

    ask: Ask | SideAsk
    loaded: Loaded
    change: Change
    job: Job[Any]
    started_s: float


@dataclass(frozen=True)
class Answer:
    """The last result of a page, with what was asked."""

    ask: Ask | SideAsk
    loaded: Loaded
    change: Change
    outcome: Any

    @property
    def before(self) -> Cluster:
        """The cluster as it is, with the nodes of `after`."""
        return self._clusters[0]

    @property
    def after(self) -> Cluster:
        """The cluster as it would be."""
        return self._clusters[1]

    @cached_property
    def _clusters(self) -> tuple[Cluster, Cluster]:
        return self.change(self.loaded.cluster, self.ask.request, self.outcome)


def start(
    function: Callable[..., Any], ask: Ask | SideAsk, loaded: Loaded, change: Change = moved
) -> None:
    """Start a solve of `function`; one that still runs for the same question is ended.

    Parameters
    ----------
    change
        Tells what the outcome makes of the cluster.
    """
    current = running(ask.question)
    if current is not None:
        current.job.cancel()
    st.session_state.pop(_key("error", ask.question), None)
    settings: dict[str, Any] = {}
    if isinstance(ask, Ask):
        settings = {"weights": ask.weights, "params": ask.params}
        if ask.solver is not None:
            settings["solver"] = ask.solver
    try:
        job = workers().submit(function, loaded.cluster, ask.request, **settings)
    except QueueFull as error:
        st.session_state.pop(_key("run", ask.question), None)
        st.session_state[_key("error", ask.question)] = f"All workers are busy: {error}."
        return
    st.session_state[_key("run", ask.question)] = Run(ask, loaded, change, job, time.monotonic())


def running(question: StrEnum) -> Run | None:
    """Return the session's run for a question, if there is one."""
    run: Run | None = st.session_state.get(_key("run", question))
    return run


def last_answer(question: StrEnum) -> Answer | None:
    """Return the session's last answer to a question."""
    answer: Answer | None = st.session_state.get(_key("answer", question))
    return answer


def watch(question: StrEnum) -> None:
    """Draw the run's stage, progress and Stop button, and collect its result when it is there."""
    _collect(question)
    message = st.session_state.get(_key("error", question))
    if message:
        st.error(plain(message), icon=":material/error:")
    if running(question) is not None:
        _poll(question)


@st.fragment(run_every=POLL_S)
def _poll(question: StrEnum) -> None:
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


def _collect(question: StrEnum) -> None:
    run = running(question)
    if run is None or not run.job.done:
        return
    del st.session_state[_key("run", question)]
    try:
        outcome = run.job.result()
    except (RuntimeError, ValueError, MemoryError) as error:
        st.session_state[_key("error", question)] = f"No result: {error}"
        return
    st.session_state[_key("answer", question)] = Answer(run.ask, run.loaded, run.change, outcome)


def _key(what: str, question: StrEnum) -> str:
    return f"{what} {question.value}"
