"""A session's runs: start, watch, stop, and keep the last answer of each page."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property, partial
from typing import Any

import streamlit as st

from kytos.cluster import Cluster
from kytos.contract.paid import SolverUnavailableError
from kytos.contract.params import SolverName, SolverParams
from kytos.contract.weights import Weights
from kytos.errors import InputError, fault_sentence
from kytos.jobs import FunctionFailed, Job, JobCancelled, JobError, QueueFull
from kytos.language import N_, _, retold
from kytos.questions.parts.known_use import as_asked
from kytos.questions.parts.limits import Limits
from kytos.report.units import energy
from kytos.ui.parts.text import plain
from kytos.ui.session.abandoned import end_with_session
from kytos.ui.session.clusters import Loaded
from kytos.ui.session.pool import workers

POLL_S = 0.4

_log = logging.getLogger(__name__)

_WARMING_UP = N_(
    "warming up: the first run after a start compiles the solvers, later ones need not"
)
"""Said of a run that left the queue and has not reported yet: its worker warms up first."""


@dataclass(frozen=True)
class Ask:
    """Everything an answer depends on; two equal asks get the same answer."""

    question: StrEnum
    digest: str
    request: Any
    weights: Weights
    solver: SolverName | None
    """None where the request says which, or the size decides."""
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
    """A job on its way: `function` asked of `ask`."""

    function: Callable[..., Any]
    ask: Ask | SideAsk
    loaded: Loaded
    change: Change
    job: Job[Any]
    started_s: float


@dataclass(frozen=True)
class Failure:
    """What kept a run from a result, and the solver that could stand in for its own."""

    message: str
    run: Run | None = None
    fallback: SolverName | None = None


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
        cluster, request = self.loaded.cluster, self.ask.request
        if isinstance(request, Limits):
            cluster = as_asked(cluster, request)
        return self.change(cluster, request, self.outcome)


def start(
    function: Callable[..., Any],
    ask: Ask | SideAsk,
    loaded: Loaded,
    change: Change = moved,
    *,
    is_paid: bool = False,
) -> None:
    """Start a solve of `function`; one that still runs for the same question is ended.

    Parameters
    ----------
    change
        Tells what the outcome makes of the cluster.
    is_paid
        Whether a charge was accepted: a worker that dies under it is not followed by another.
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
        job = workers().submit(
            function, loaded.cluster, ask.request, may_repeat=not is_paid, **settings
        )
    except QueueFull as error:
        st.session_state.pop(_key("run", ask.question), None)
        failure = Failure(_("All workers are busy: {error}.", error=retold(str(error))))
        st.session_state[_key("error", ask.question)] = failure
        return
    except JobError as error:  # a full disk: there is no room for the job's notice board
        st.session_state.pop(_key("run", ask.question), None)
        failure = Failure(_("No result: {error}", error=retold(str(error))))
        st.session_state[_key("error", ask.question)] = failure
        return
    end_with_session(job)
    run = Run(function, ask, loaded, change, job, time.monotonic())
    st.session_state[_key("run", ask.question)] = run


def give(answer: Answer) -> None:
    """Make an answer that is there already its page's last one."""
    st.session_state.pop(_key("error", answer.ask.question), None)
    st.session_state[_key("answer", answer.ask.question)] = answer


def running(question: StrEnum) -> Run | None:
    """Return the session's run for a question, if there is one."""
    run: Run | None = st.session_state.get(_key("run", question))
    return run


def last_answer(question: StrEnum) -> Answer | None:
    """Return the session's last answer to a question."""
    answer: Answer | None = st.session_state.get(_key("answer", question))
    return answer


def forget(question: StrEnum) -> None:
    """Drop the session's last answer to a question."""
    st.session_state.pop(_key("answer", question), None)


def watch(question: StrEnum, instead: Callable[[SolverName], None] | None = None) -> None:
    """Draw the run's stage, progress and Stop button, and collect its result when it is there.

    Parameters
    ----------
    instead
        Asks a solver that could stand in for one that cannot be used; left out, the same is asked
        of it again.
    """
    _collect(question)
    failure: Failure | None = st.session_state.get(_key("error", question))
    if failure is not None:
        st.error(plain(failure.message), icon=":material/error:")
        _offer_fallback(question, failure, instead or partial(_again, failure))
    if running(question) is not None:
        _poll(question)


def _offer_fallback(question: StrEnum, failure: Failure, ask: Callable[[SolverName], None]) -> None:
    if failure.fallback is not None:
        st.button(
            _("Use {solver} on this machine instead", solver=failure.fallback.value),
            icon=":material/computer:",
            on_click=_use_fallback,
            args=(question, failure.fallback, ask),
            key=_key("fallback", question),
        )


def _use_fallback(question: StrEnum, solver: SolverName, ask: Callable[[SolverName], None]) -> None:
    st.session_state.pop(_key("error", question), None)
    ask(solver)


def _again(failure: Failure, solver: SolverName) -> None:
    """Ask the same of another solver."""
    run = failure.run
    if run is not None and isinstance(run.ask, Ask):
        start(run.function, replace(run.ask, solver=solver), run.loaded, run.change)


@st.fragment(run_every=POLL_S)
def _poll(question: StrEnum) -> None:
    run = running(question)
    if run is None or run.job.done:
        st.rerun()
        return
    progress = run.job.progress
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        seconds = time.monotonic() - run.started_s
        place = run.job.place
        stage = (
            _("waiting for a worker, place {place} in the queue", place=place)
            if place
            else _(progress.stage or _WARMING_UP)
        )
        words = f"**{stage[:1].upper()}{stage[1:]}** · {seconds:.0f} s"
        if progress.energy is not None:
            words += _(" · best energy {energy}", energy=energy(progress.energy))
        st.progress(min(1.0, max(0.0, progress.share)), text=words)
        st.button(
            _("Stop"),
            icon=":material/stop_circle:",
            help=_("Leave the queue.")
            if place
            else _("End the run now and keep the best found so far."),
            on_click=_stop,
            args=(run,),
            key=_key("stop", question),
        )


def _stop(run: Run) -> None:
    """End a run with the best it has, or take it out of the queue where it has nothing yet."""
    if run.job.place:
        run.job.cancel()
    else:
        run.job.stop()


def _collect(question: StrEnum) -> None:
    run = running(question)
    if run is None or not run.job.done:
        return
    del st.session_state[_key("run", question)]
    try:
        outcome = run.job.result()
    except JobCancelled:
        st.toast(_("Left the queue before its turn; nothing was computed."))
        return
    except SolverUnavailableError as error:
        failure = Failure(_("No result: {error}", error=retold(str(error))), run, error.fallback)
        st.session_state[_key("error", question)] = failure
        return
    except FunctionFailed as error:
        _fail(question, run, error)
        return
    except (InputError, JobError) as error:
        st.session_state[_key("error", question)] = Failure(
            _("No result: {error}", error=retold(str(error))), run
        )
        return
    except Exception as error:
        _fail(question, run, error)
        return
    st.session_state[_key("answer", question)] = Answer(run.ask, run.loaded, run.change, outcome)


def _fail(question: StrEnum, run: Run, error: Exception) -> None:
    """Keep the sentence that Kytos is to blame, and log what happened."""
    _log.error("the run of %s failed", question.value, exc_info=error)
    said = _("No result. {fault}", fault=fault_sentence(error))
    if not isinstance(error, MemoryError):
        said += _(" The log has the details; please report them.")
    st.session_state[_key("error", question)] = Failure(said, run)


def _key(what: str, question: StrEnum) -> str:
    return f"{what} {question.value}"
