"""The frame of a question's page: title, main button, run, and the tabs of its result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import streamlit as st

from kytos.contract.params import SolverName, SolverParams
from kytos.contract.weights import Weights
from kytos.errors import InputError
from kytos.language import _, retold
from kytos.questions.outcome import Question
from kytos.ui.panels import carry_out, results, use
from kytos.ui.panels import qubo as quantum_panel
from kytos.ui.panels.scenarios import Values, ready_scenarios, scenario_panel
from kytos.ui.panels.why_not import why_not_panel
from kytos.ui.parts import controls, expert, links, solver_controls
from kytos.ui.parts.heatmaps import cluster_heatmap
from kytos.ui.parts.lazy_tabs import Panel, lazy_tabs
from kytos.ui.parts.meanings import Meanings
from kytos.ui.parts.text import plain, section
from kytos.ui.session import background, kept, runs
from kytos.ui.session.clusters import Loaded
from kytos.ui.session.runs import Answer, Ask, Change, SideAsk, moved


@dataclass(frozen=True)
class QuestionPage:
    """One question's page.

    Attributes
    ----------
    about
        What the page answers, in a sentence.
    button, icon
        Of the main button.
    function
        Answers the question in a worker.
    values
        From a request to the values of the page's own controls.
    change
        Tells what an outcome makes of the cluster.
    """

    question: Question
    title: str
    about: str
    button: str
    icon: str
    function: Callable[..., Any]
    values: Values
    change: Change = moved


def head(page: QuestionPage) -> bool:
    """Draw the title, the main button and the ready scenarios; say whether one was pressed."""
    heading, button = st.columns([9, 4], vertical_alignment="bottom")
    with heading:
        st.title(_(page.title), anchor=False)
        st.caption(_("{about} Nothing is changed in the cluster.", about=_(page.about)))
    with button:
        pressed = st.button(_(page.button), type="primary", icon=page.icon, width="stretch")
    return ready_scenarios(page.question, page.values) or pressed


def settings(meanings: Meanings) -> tuple[Weights, SolverName | None, SolverParams]:
    """Draw the weights, the switch and, for an expert, the solver, as an `Ask` takes them."""
    weights = controls.weights_meaning(meanings)
    expert.switch()
    return weights, *solver_controls.solver()


def no_cluster() -> None:
    """Say what to do where there is no cluster."""
    st.info(_("Choose a cluster on the Cluster page first."), icon=":material/info:")


def refused(error: InputError) -> None:
    """Say what is wrong with what was given; it stays as it was typed."""
    st.error(plain(retold(str(error))), icon=":material/error:")


def run(page: QuestionPage, ask: Ask | None, loaded: Loaded, *, pressed: bool) -> Answer | None:
    """Start when pressed, watch, and return the last answer if it is about this cluster.

    Parameters
    ----------
    ask
        None where what was given cannot be asked.
    """
    if pressed and ask is not None:
        background.give_way()
        runs.start(page.function, ask, loaded, page.change)
    links.note()
    runs.watch(page.question)
    answer = runs.last_answer(page.question)
    if answer is not None:
        kept.remember(answer)
    return answer if answer is not None and answer.loaded.digest == loaded.digest else None


def empty(
    page: QuestionPage,
    ask: Ask | None,
    loaded: Loaded,
    invitation: str,
    heatmap: Panel | None = None,
) -> None:
    """Draw what there is to see before the first answer.

    Parameters
    ----------
    heatmap
        Draws the cluster, where a page does more with it than show it.
    """
    section(_("As it is now"))
    if runs.running(page.question) is None:
        st.caption(invitation)
    (heatmap or partial(cluster_heatmap, loaded.cluster))()
    if ask is not None:
        with st.expander(_("Scenario"), icon=":material/folder_open:"):
            scenario_panel(ask, loaded, page.values)


def stale_note(page: QuestionPage, answer: Answer, ask: Ask | None) -> None:
    """Say so when the controls are no longer those of the answer."""
    if _same(answer, ask):
        return
    solver = answer.ask.solver if isinstance(answer.ask, Ask) else None
    if solver is not None and solver not in solver_controls.solvers_here():
        st.info(
            _(
                "This is the answer of `{solver}`, asked for under *QUBO*; *{button}* asks "
                "the solver of the controls.",
                solver=solver.value,
                button=_(page.button),
            ),
            icon=":material/info:",
        )
        return
    st.warning(
        _(
            "The controls have changed since this result; press *{button}* to update it.",
            button=_(page.button),
        ),
        icon=":material/history:",
    )


def result_tabs(
    page: QuestionPage, answer: Answer, ask: Ask | None, own: Mapping[str, Panel]
) -> None:
    """Draw a page's own panels in tabs, and after them those that every question has."""
    panels: dict[str, Panel] = {
        **own,
        **use.panels(answer),
        _("Carry out"): lambda: carry_out.show(answer),
        _("Solver"): lambda: results.solver_panel(answer.outcome),
        _("QUBO"): lambda: quantum_panel.show(answer),
        _("Why not"): lambda: why_not_panel(answer.after),
    }
    if ask is not None:
        same = _same(answer, ask)
        ended = answer.outcome.solver.stopped_by if same else None
        panels[_("Scenario")] = lambda: scenario_panel(ask, answer.loaded, page.values, ended)
    lazy_tabs(panels, f"{page.question} tabs")


def _same(answer: Answer, ask: Ask | None) -> bool:
    """Whether the controls are those of the answer; what is told of risk is no control."""
    return ask is not None and _but_for_risk(answer.ask) == _but_for_risk(ask)


def _but_for_risk(ask: Ask | SideAsk) -> Ask | SideAsk:
    if not isinstance(ask, Ask) or not hasattr(ask.request, "risk"):
        return ask
    return replace(ask, request=ask.request.model_copy(update={"risk": True}))
