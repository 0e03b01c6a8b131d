"""Opens an answer that is there already on its question's page, its controls as it was asked."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError

from kytos.calls.handout import Opened
from kytos.language import N_
from kytos.questions.outcome import Question
from kytos.ui.pages import autoscale, compare, fleet, placement, rebalance, recovery
from kytos.ui.panels.question import QuestionPage
from kytos.ui.parts import controls, rebalance_controls, solver_controls
from kytos.ui.session import clusters, kept, runs
from kytos.ui.session.clusters import Loaded
from kytos.ui.session.runs import Answer, Ask
from kytos.ui.session.sides import Side

PAGES: dict[Question, tuple[QuestionPage, str]] = {
    Question.REBALANCE: (rebalance.PAGE, "pages/1_Rebalance.py"),
    Question.RECOVERY: (recovery.PAGE, "pages/2_Recovery.py"),
    Question.PLACEMENT: (placement.PAGE, "pages/3_Placement.py"),
    Question.AUTOSCALE: (autoscale.PAGE, "pages/4_Autoscale.py"),
    Question.FLEET: (fleet.PAGE, "pages/6_Fleet.py"),
}
"""Each question's page and its file."""
SIDES: dict[Side, tuple[str, str]] = {
    Side.SOLVERS: (N_("Compare"), "pages/5_Compare.py"),
    Side.FRONTIER: (N_("Compare"), "pages/5_Compare.py"),
    Side.ATLAS: (N_("Recovery"), PAGES[Question.RECOVERY][1]),
    Side.CURVE: (N_("Autoscale"), PAGES[Question.AUTOSCALE][1]),
}
"""The title and the file of the page that each computation stands on."""

_NEXT = "page to open"


def again(answer: Answer) -> None:
    """Open an answer that was kept, with its cluster chosen."""
    kept.choose(answer.loaded)
    ask = answer.ask
    if isinstance(ask, Ask) and ask.question in PAGES:
        give(ask, answer.loaded, answer.outcome)
        return
    if isinstance(ask, Ask):
        controls.set_controls(rebalance_controls.rebalance_values(ask.request))
        controls.set_controls(solver_controls.setting_values(ask.weights, ask.solver, ask.params))
        controls.set_controls({compare.VIEW: Side(ask.question)})
    runs.give(answer)


def give(ask: Ask, loaded: Loaded, outcome: object) -> None:
    """Make an answer its page's last one, and set the page's controls as it was asked."""
    page, _ = PAGES[Question(ask.question)]
    controls.set_controls(page.values(ask.request))
    controls.set_controls(solver_controls.setting_values(ask.weights, ask.solver, ask.params))
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
    next_is(scenario.question)


def next_is(question: Question | Side) -> None:
    """Say whose page a callback leads to; to be followed."""
    st.session_state[_NEXT] = question


def follow() -> None:
    """Go to the page of what was taken, if anything was; a callback cannot."""
    question = st.session_state.pop(_NEXT, None)
    if question is not None:
        go(question)


def title_of(question: Question | Side) -> str:
    """Return what the page of a question is called, or of what was computed beside one."""
    return SIDES[question][0] if isinstance(question, Side) else PAGES[question][0].title


def go(question: Question | Side) -> None:
    """Go to a question's page; where it is run by itself there is none to go to."""
    page = SIDES[question][1] if isinstance(question, Side) else PAGES[question][1]
    with suppress(StreamlitPageNotFoundError):
        st.switch_page(page)
