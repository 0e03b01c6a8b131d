"""Opens an answer that is there already on its question's page, its controls as it was asked."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError

from kytos.calls.handout import Opened
from kytos.questions.outcome import Question
from kytos.ui.pages import autoscale, fleet, placement, rebalance, recovery
from kytos.ui.panels.question import QuestionPage
from kytos.ui.parts import controls
from kytos.ui.session import clusters, kept, runs
from kytos.ui.session.clusters import Loaded
from kytos.ui.session.runs import Answer, Ask

PAGES: dict[Question, tuple[QuestionPage, str]] = {
    Question.REBALANCE: (rebalance.PAGE, "pages/1_Rebalance.py"),
    Question.RECOVERY: (recovery.PAGE, "pages/2_Recovery.py"),
    Question.PLACEMENT: (placement.PAGE, "pages/3_Placement.py"),
    Question.AUTOSCALE: (autoscale.PAGE, "pages/4_Autoscale.py"),
    Question.FLEET: (fleet.PAGE, "pages/6_Fleet.py"),
}
"""Each question's page and its file."""

_NEXT = "page to open"


def again(answer: Answer) -> None:
    """Open an answer that was kept, with its cluster chosen."""
    assert isinstance(answer.ask, Ask)
    kept.choose(answer.loaded)
    give(answer.ask, answer.loaded, answer.outcome)


def give(ask: Ask, loaded: Loaded, outcome: object) -> None:
    """Make an answer its page's last one, and set the page's controls as it was asked."""
    page, _ = PAGES[Question(ask.question)]
    controls.set_controls(page.values(ask.request))
    controls.set_controls(controls.setting_values(ask.weights, ask.solver, ask.params))
    runs.give(Answer(ask, loaded, page.change, outcome))


def take(opened: Opened) -> None:
    """Take a handout's cluster as the session's and its answer as its page's; to be followed."""
    scenario = opened.scenario
    assert scenario is not None
    assert scenario.cluster is not None
    loaded = clusters.prepare(scenario.cluster, sample=None)
    clusters.keep(loaded)
    ask = Ask(
        scenario.question,
        loaded.digest,
        scenario.request,
        scenario.weights,
        scenario.solver,
        scenario.params,
    )
    give(ask, loaded, opened.outcome)
    st.session_state[_NEXT] = scenario.question


def follow() -> None:
    """Go to the page of what was taken, if anything was; a callback cannot."""
    question = st.session_state.pop(_NEXT, None)
    if question is not None:
        go(question)


def go(question: Question) -> None:
    """Go to a question's page; where it is run by itself there is none to go to."""
    with suppress(StreamlitPageNotFoundError):
        st.switch_page(PAGES[question][1])
