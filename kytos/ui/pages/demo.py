"""The guided demo: three stories that run on click, a sentence a step, and end at the handout."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from kytos.calls.answers import CarryOut, carry_out
from kytos.calls.handout import before_and_after
from kytos.contract.params import SolverParams
from kytos.contract.runbook import Runbook
from kytos.contract.weights import Weights
from kytos.language import _
from kytos.questions.autoscale.autoscale import AutoscaleOutcome
from kytos.questions.outcome import Outcome, Question
from kytos.questions.rebalance import RebalanceOutcome
from kytos.questions.recovery.recovery import RecoveryOutcome
from kytos.report import units
from kytos.report.boxes import boxes, coloured_services
from kytos.report.figures.boxes import boxes_figure
from kytos.report.figures.timeline import timeline
from kytos.report.headlines import headline
from kytos.report.summary import summary_cells
from kytos.report.wording import proof_sentence
from kytos.ui.pages import opening
from kytos.ui.pages.demo_stories import SAMPLE, STORIES, Story, Told
from kytos.ui.panels import handout
from kytos.ui.panels.results import cells_row, energy_panel
from kytos.ui.parts.heatmaps import change_heatmaps, chart
from kytos.ui.parts.text import plain, section
from kytos.ui.session import background, clusters, frame, runs
from kytos.ui.session.clusters import Loaded
from kytos.ui.session.runs import Answer, Ask

_STORY, _STEP = "demo story", "demo step"
_BARE = """<style>
[data-testid="stSidebar"], [data-testid="stExpandSidebarButton"] {display: none}
.stMainBlockContainer {max-width: 1280px}
</style>"""
"""A story has the whole window: what else there is to click waits until it is left."""
_FULL = """<script>
if (!window.kytosFullScreen) {
  window.kytosFullScreen = true;
  document.addEventListener("keydown", (event) => {
    const typing = ["INPUT", "TEXTAREA"].includes(document.activeElement?.tagName);
    const shown = document.querySelector(".st-key-demo-next");
    if (event.key === "f" && shown && !typing && !event.ctrlKey && !event.metaKey)
      document.fullscreenElement ? document.exitFullscreen()
        : document.documentElement.requestFullscreen();
  });
}
</script>"""

STEPS = 6


def show() -> None:
    """Draw the page."""
    opening.follow()
    story = st.session_state.get(_STORY)
    frame.begin(_("Demo"))
    if SAMPLE not in clusters.sample_names():
        st.title(_("Guided demo"), anchor=False)
        st.info(_("The stories are of the sample {sample}, which is not here.", sample=SAMPLE))
        return
    if story is None:
        _choice()
        return
    st.html(_BARE)
    st.html(_FULL, unsafe_allow_javascript=True)
    _step(story, STORIES[story])


def _choice() -> None:
    st.title(_("Guided demo"), anchor=False)
    st.caption(
        _(
            "Three stories of a shop, each under two minutes. Keys: 1, 2 or 3 starts one; right "
            "and left turn the page; f is full screen; Escape leaves."
        )
    )
    cards = st.container(key="stories")
    for number, (story, told) in enumerate(STORIES.items(), 1):
        with cards, st.container(border=True, height="stretch"):
            section(_(told.title))
            st.markdown(_(told.about))
            st.button(
                _("Start: {title}", title=_(told.title)),
                key=f"start {story}",
                icon=told.icon,
                type="primary" if number == 1 else "secondary",
                shortcut=str(number),
                on_click=_start,
                args=(story,),
                width="stretch",
            )


def _start(story: Story) -> None:
    st.session_state[_STORY], st.session_state[_STEP] = story, 0
    told, loaded = STORIES[story], clusters.load(SAMPLE)
    ask = _ask(told, loaded)
    if _ahead(ask) is None and runs.last_answer(story) is None:
        background.give_way()
        runs.start(_page(told).function, replace(ask, question=story), loaded)


def _turn(by: int) -> None:
    st.session_state[_STEP] = min(max(st.session_state[_STEP] + by, 0), STEPS - 1)


def _leave() -> None:
    st.session_state.pop(_STORY, None)


def _step(story: Story, told: Told) -> None:
    loaded, step = clusters.load(SAMPLE), int(st.session_state[_STEP])
    head = st.container()
    if _answer(story, told, loaded) is None:
        runs.watch(story)  # collects the answer, where it is there by now
    answer = _answer(story, told, loaded)
    waits = answer is None and step > 0
    runbook = _runbook(story, answer) if answer is not None and step == STEPS - 2 else None
    head.title(plain(_sentence(told, loaded, answer, step, runbook)), anchor=False)
    with head.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            _("{title} · {step} of {steps}", title=_(told.title), step=step + 1, steps=STEPS),
            width="content",
        )
        st.button(
            _("Back"),
            icon=":material/arrow_back:",
            shortcut="Left",
            key="demo back",
            disabled=step == 0,
            on_click=_turn,
            args=(-1,),
        )
        st.button(
            _("Next"),
            icon=":material/arrow_forward:",
            shortcut="Right",
            type="primary",
            key="demo-next",
            disabled=waits or step == STEPS - 1,
            on_click=_turn,
            args=(1,),
        )
        st.button(
            _("Leave"),
            icon=":material/close:",
            shortcut="Escape",
            key="demo leave",
            on_click=_leave,
        )
    if step == 0 or answer is None:
        _boxes(loaded.cluster, "demo before")
    else:
        _drawn(answer, step, runbook)


def _drawn(answer: Answer, step: int, runbook: Runbook | None) -> None:
    freed = frozenset(getattr(answer.outcome, "freed_nodes", ()))
    if step == 1:
        _boxes(answer.after, "demo after", freed)
    elif step == 2:
        cells_row(summary_cells(answer.outcome, answer.after))
        change_heatmaps(answer.before, answer.after, freed)
    elif step == 3:
        energy_panel(answer.outcome)
    elif step == STEPS - 2:
        if runbook is not None and runbook.steps:
            chart(
                timeline(runbook), key="demo timeline", alt=_("Which node is left and filled when")
            )
    else:
        with st.container(horizontal=True):
            handout.download(answer)
            st.button(
                _("Open in {title}", title=_(_page_of(answer).title)),
                icon=":material/open_in_new:",
                on_click=_open,
                args=(answer,),
            )
        st.caption(_("The page behind the answer lets you change every weight and rule of it."))


def _open(answer: Answer) -> None:
    """Leave for the page behind the answer; a callback, as the cluster's selector is drawn here."""
    _leave()
    opening.again(answer)
    opening.next_is(Question(answer.ask.question))


def _boxes(cluster: Any, key: str, freed: frozenset[str] = frozenset()) -> None:
    figure = boxes_figure(boxes(cluster, freed), coloured_services(cluster))
    chart(figure, key=key, alt=_("Nodes as boxes filled by their pods"))


def _sentence(
    told: Told, loaded: Loaded, answer: Answer | None, step: int, runbook: Runbook | None
) -> str:
    """The one sentence of a step."""
    if step == 0:
        return told.now(loaded, told.request(loaded))
    if answer is None:
        return _("Kytos works it out now")
    outcome: Outcome = answer.outcome
    if step == 1:
        return headline(outcome)
    if step == 2:
        return _worth(outcome)
    if step == 3:
        return proof_sentence(outcome)
    if step == STEPS - 2:
        return _carried_out(runbook)
    return _("Take it with you: one page that needs no network and opens this very answer again")


def _worth(outcome: Outcome) -> str:
    if isinstance(outcome, RebalanceOutcome):
        before, after = outcome.metrics.before, outcome.metrics.after
        restarts = _("{pods} restart once", pods=units.count(len(outcome.moves), "pod"))
        if before.price_per_hour is None or after.price_per_hour is None:
            return restarts
        year = units.price_per_year(before.price_per_hour - after.price_per_hour)
        return _("That is {year} less, and {restarts}", year=year, restarts=restarts)
    if isinstance(outcome, RecoveryOutcome):
        placed, lost = len(outcome.placements), len(outcome.unplaced)
        ends = _("{lost:,} have to wait", lost=lost) if lost else _("none has to wait")
        return _(
            "{pods} start on other nodes, and {ends}", pods=units.count(placed, "pod"), ends=ends
        )
    assert isinstance(outcome, AutoscaleOutcome)
    now = sum(action.current_replicas for action in outcome.actions)
    then = sum(action.recommended_replicas for action in outcome.actions)
    held = sum(action.suppressed for action in outcome.actions)
    ends = (
        _("{services} held back", services=units.count(held, "service"))
        if held
        else _("no service is held back")
    )
    return _("{now:,} replicas become {then:,}, and {ends}", now=now, then=then, ends=ends)


def _carried_out(runbook: Runbook | None) -> str:
    if runbook is None or not runbook.steps:
        return _("There is nothing to carry out by hand")
    forecast = getattr(runbook.forecast, runbook.way.value)
    waiting = units.count(forecast.pods_pending, "pod") if forecast.pods_pending else _("no pod")
    waves = max(step.wave for step in runbook.steps)
    return _(
        "Carried out in {waves}; the scheduler is expected to leave "
        "{nodes} in use and "
        "{waiting} waiting",
        waves=units.count(waves, "wave"),
        nodes=units.count(forecast.nodes_in_use, "node"),
        waiting=waiting,
    )


def _runbook(story: Story, answer: Answer) -> Runbook:
    made: dict[Story, Runbook] = st.session_state.setdefault("demo runbooks", {})
    if story not in made:
        asked = CarryOut(asked=answer.ask.request, outcome=answer.outcome)
        made[story] = carry_out(answer.loaded.cluster, asked)
    return made[story]


def _answer(story: Story, told: Told, loaded: Loaded) -> Answer | None:
    ask = _ask(told, loaded)
    outcome = _ahead(ask)
    if outcome is None:
        run = runs.last_answer(story)
        outcome = None if run is None else run.outcome
    return None if outcome is None else Answer(ask, loaded, before_and_after, outcome)


def _ahead(ask: Ask) -> Any | None:
    entry = background.entry(ask)
    return None if entry is None else entry.outcome


def _ask(told: Told, loaded: Loaded) -> Ask:
    request = told.request(loaded)
    return Ask(told.question, loaded.digest, request, Weights(), None, SolverParams())


def _page(told: Told) -> Any:
    return opening.PAGES[told.question][0]


def _page_of(answer: Answer) -> Any:
    return opening.PAGES[Question(answer.ask.question)][0]
