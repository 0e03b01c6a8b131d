"""Scenarios on a page: ready ones to try, saving what is asked, and opening a file again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from kytos.calls.handout import read_question
from kytos.calls.saved_use import saved_use
from kytos.calls.scenario import Scenario, read_scenario
from kytos.contract.watch import StopReason
from kytos.errors import InputError, SourceError
from kytos.language import _, retold, said
from kytos.questions.outcome import Question
from kytos.report.wording import scenario_sentence
from kytos.sources.packed import is_page
from kytos.ui.parts import controls, solver_controls
from kytos.ui.parts.text import plain
from kytos.ui.session import clusters
from kytos.ui.session.clusters import Loaded
from kytos.ui.session.runs import Ask
from kytos.ui.shipped import SAMPLES

READY = SAMPLES / "scenarios"
"""Holds the ready scenarios; a question's file names begin with its page's name."""

_FILE = "scenario file"
_ERROR = "scenario error"
_READY = "a ready scenario was pressed"
_SAID = "scenario said"

Values = Callable[[Any], Mapping[str, Any]]
"""From a request to the values of the controls it came from, by key."""


def ready_scenarios(question: Question, values: Values) -> bool:
    """Draw a button for each ready scenario of a question, and say whether one was pressed.

    It chooses the cluster and sets all before the page is drawn, so that it can be asked at once.
    """
    remark = st.session_state.get(_SAID)
    if remark:
        st.info(remark, icon=":material/schedule:")
    paths = sorted(READY.glob(f"{question.value.replace('_', '')}-*.json"))
    if not paths:
        return False
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.caption(_("Try:"), width="content")
        for path in paths:
            scenario = _ready(path.read_bytes())
            st.button(
                _(scenario.title),
                icon=":material/play_lesson:",
                on_click=_apply_ready,
                args=(scenario, question, values),
                key=f"ready {path.stem}",
            )
    _refusal()
    return bool(st.session_state.pop(_READY, False))


def scenario_panel(
    ask: Ask, loaded: Loaded, values: Values, ended: StopReason | None = None
) -> None:
    """Draw the download of this page's scenario and the opening of another.

    Parameters
    ----------
    ended
        What ended the answer that is shown, if any is.
    """
    st.markdown(
        _(
            "A scenario holds the cluster, the weights, the solver, the seed and the budget; the "
            "page's link holds the controls too. {scenario_sentence}",
            scenario_sentence=scenario_sentence(ended),
        )
    )
    st.download_button(
        _("Save scenario"),
        lambda: _scenario(ask, loaded, ended).to_json(),
        f"{ask.question}-scenario.json",
        "application/json",
        icon=":material/save:",
        on_click="ignore",
    )
    st.file_uploader(
        _("Open a scenario or a handout"),
        type=["json", "html"],
        key=_FILE,
        on_change=_open,
        args=(ask.question, values),
    )
    _refusal()


# Shipped with the app: the same for every session, and a Scenario is never changed.
@st.cache_resource(show_spinner=False, max_entries=32)
def _ready(content: bytes) -> Scenario[Any]:
    return read_scenario(content)


def _refusal() -> None:
    error = st.session_state.get(_ERROR)
    if error:
        st.error(plain(retold(error)), icon=":material/error:")


def _scenario(ask: Ask, loaded: Loaded, ended: StopReason | None) -> Scenario[Any]:
    usage = loaded.cluster.usage
    return Scenario(
        question=ask.question,
        digest=loaded.digest,
        sample=loaded.sample,
        cluster=None if loaded.sample else loaded.cluster,
        use=None if loaded.sample or usage is None else saved_use(usage),
        sample_use=loaded.sample is not None and usage is not None,
        request=ask.request,
        weights=ask.weights,
        solver=ask.solver,
        params=ask.params,
        ended=ended,
    )


def _open(question: Question, values: Values) -> None:
    file = st.session_state[_FILE]
    st.session_state.pop(_ERROR, None)
    if file is None:
        return
    try:
        content = file.getvalue()
        scenario = read_question(content, file.name) if is_page(content) else read_scenario(content)
    except InputError as error:
        st.session_state[_ERROR] = str(error)
        return
    _apply(scenario, question, values)


def _apply_ready(scenario: Scenario[Any], question: Question, values: Values) -> None:
    _apply(scenario, question, values)
    st.session_state[_READY] = _ERROR not in st.session_state


def _apply(scenario: Scenario[Any], question: Question, values: Values) -> None:
    st.session_state.pop(_ERROR, None)
    st.session_state.pop(_SAID, None)
    try:
        if scenario.question is not question:
            asked = scenario.question.value.replace("_", "")
            raise SourceError(
                said(f"this scenario asks for {asked}; open it on the page of that name")
            )
        _choose(scenario)
    except InputError as error:
        st.session_state[_ERROR] = str(error)
        return
    if scenario.ended in (StopReason.CLOCK, StopReason.USER):
        st.session_state[_SAID] = _(
            "When this scenario was saved: {scenario_sentence}",
            scenario_sentence=scenario_sentence(scenario.ended),
        )
    controls.set_controls(values(scenario.request))
    controls.set_controls(
        solver_controls.setting_values(scenario.weights, scenario.solver, scenario.params)
    )


def _choose(scenario: Scenario[Any]) -> None:
    if scenario.cluster is not None:
        clusters.keep(clusters.prepare(scenario.cluster, sample=None))
        return
    name = str(scenario.sample)
    if name not in clusters.sample_names():
        raise SourceError(said(f"there is no sample cluster named {name!r} here"))
    if scenario.sample_use and not clusters.has_use(name):
        raise SourceError(said(f"the sample cluster {name!r} has no week of use here"))
    loaded = clusters.load(name, with_use=scenario.sample_use)
    if scenario.digest is not None and loaded.digest != scenario.digest:
        raise SourceError(
            said(
                f"the sample cluster {name!r} has changed since the scenario was saved, so it "
                "would not give the same answer"
            )
        )
    st.session_state[clusters.CHOICE] = name
    st.session_state[clusters.USE] = scenario.sample_use
