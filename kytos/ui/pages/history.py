"""The History page: what was asked before, opened again, or two answers side by side."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from kytos.language import _, moment
from kytos.questions.outcome import Question
from kytos.report.boxes import boxes, coloured_services
from kytos.report.differences import Differences, differences
from kytos.report.figures.boxes import boxes_figure
from kytos.report.headlines import headline
from kytos.settings import StoreSettings
from kytos.ui.pages import opening
from kytos.ui.panels.results import as_csv
from kytos.ui.parts.heatmaps import chart
from kytos.ui.parts.text import plain, section
from kytos.ui.session import clusters, frame, kept
from kytos.ui.session.runs import Answer, Ask
from kytos.ui.store import KeptAnswer

_SHOWN = 50
_UNREAD = "answer not read"
_LEFT, _RIGHT = "left answer", "right answer"


def show() -> None:
    """Draw the page."""
    opening.follow()
    frame.begin(_("History"))
    st.title(_("History"), anchor=False)
    if st.session_state.pop(_UNREAD, False):
        st.error(_("It can no longer be read."), icon=":material/error:")
    st.caption(_where())
    lines = kept.answers()
    if not lines:
        st.info(_("No answer yet: ask on any page, and it is kept."), icon=":material/info:")
    else:
        _list(lines)
        _side_by_side(lines)
    _uploads()
    if kept.history() is not None:
        section(_("Forget"))
        st.markdown(_("All uploads and answers listed here go from the server; links to them end."))
        st.button(_("Forget everything"), icon=":material/delete:", on_click=kept.forget)


def _where() -> str:
    settings = StoreSettings.from_environment()
    place = _("in the server's memory") if kept.store().in_memory else _("on the server")
    return _(
        "Kept {place} for {store_days:g} days, and found only by whoever has the link: "
        "this page's address for all of it, an answer's own for that one.",
        place=place,
        store_days=settings.store_days,
    )


def _list(lines: Sequence[KeptAnswer]) -> None:
    section(_("Answers"))
    for line in lines[:_SHOWN]:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(
                f"**{plain(kept.headline_of(line))}**  \n{_title(line)} · {plain(line.cluster)} · "
                f"{_when(line.made_at)}"
            )
            st.button(
                _("Open"),
                key=f"open {line.id}",
                icon=":material/open_in_new:",
                on_click=_open,
                args=(line,),
            )
    if len(lines) > _SHOWN:
        st.caption(_("The latest {shown} of {count:,}.", shown=_SHOWN, count=len(lines)))


def _open(line: KeptAnswer) -> None:
    """Open an answer and its cluster; a callback, as both set controls of this page too."""
    again = kept.reopen(line.id)
    if again is None:
        st.session_state[_UNREAD] = True
        return
    opening.again(again.answer)
    opening.next_is(kept.asked_with(line))


def _side_by_side(lines: Sequence[KeptAnswer]) -> None:
    lines = [line for line in lines if isinstance(kept.asked_with(line), Question)]
    if len(lines) < 2:
        return
    section(_("Two side by side"))
    told = {
        line.id: f"{_title(line)}: {kept.headline_of(line)} ({_when(line.made_at)})"
        for line in lines
    }
    left, right = st.columns(2)
    with left:
        first = st.selectbox(_("One"), list(told), 1, format_func=told.__getitem__, key=_LEFT)
    with right:
        second = st.selectbox(_("Other"), list(told), 0, format_func=told.__getitem__, key=_RIGHT)
    reopened = [kept.reopen(name) for name in (first, second)]
    if reopened[0] is None or reopened[1] is None:
        st.error(_("One of them can no longer be read."), icon=":material/error:")
        return
    pair = (reopened[0].answer, reopened[1].answer)
    for column, answer, key in zip((left, right), pair, ("left", "right"), strict=True):
        with column:
            st.markdown(f"**{plain(headline(answer.outcome))}**")
            freed = frozenset(getattr(answer.outcome, "freed_nodes", ()))
            drawn = boxes(answer.after, freed)
            chart(
                boxes_figure(drawn, coloured_services(answer.before)),
                key=f"boxes {key}",
                alt=_("Nodes as boxes after the left answer")
                if key == "left"
                else _("Nodes as boxes after the right answer"),
            )
    _differences(_between(*pair))


def _between(one: Answer, other: Answer) -> Differences:
    assert isinstance(one.ask, Ask)
    assert isinstance(other.ask, Ask)
    return differences(
        one.outcome,
        other.outcome,
        (one.ask.request, one.ask.solver, one.ask.params),
        (other.ask.request, other.ask.solver, other.ask.params),
    )


def _differences(told: Differences) -> None:
    header = ("", _("One"), _("Other"), _("Difference"))
    st.markdown(_("**What they come to**"))
    st.dataframe(pd.DataFrame(told.figures, columns=header), hide_index=True, key="figures")
    if told.settings:
        st.markdown(_("**What was asked differently**"))
        rows = pd.DataFrame(told.settings, columns=header[:3])
        st.dataframe(rows, hide_index=True, key="settings")
    if not told.placements:
        st.markdown(_("Every pod that both know is on the same node in both."))
        return
    st.markdown(_("**Pods on another node ({count:,})**", count=len(told.placements)))
    table = pd.DataFrame(told.placements, columns=(_("Pod"), _("One"), _("Other")))
    st.dataframe(table, hide_index=True, key="placements")
    st.download_button(
        _("Differences as CSV"),
        as_csv(table),
        "differences.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
    )


def _uploads() -> None:
    uploads = kept.uploads()
    if not uploads:
        return
    section(_("Uploads"))
    own = clusters.uploaded().digest if clusters.own_name() is not None else None
    for upload in uploads[:_SHOWN]:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain(upload.name)}** · {_when(upload.made_at)}")
            st.button(
                _("In use") if upload.digest == own else _("Use"),
                key=f"use {upload.digest}",
                disabled=upload.digest == own,
                on_click=kept.use_upload,
                args=(upload.digest,),
            )


def _title(line: KeptAnswer) -> str:
    return _(opening.title_of(kept.asked_with(line)))


def _when(seconds: float) -> str:
    return moment(datetime.fromtimestamp(seconds, UTC))
