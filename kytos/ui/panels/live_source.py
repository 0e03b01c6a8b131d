"""A live cluster in the dashboard: choose a context, see how old it is, read it anew, save it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import streamlit as st

from kytos.errors import SourceError
from kytos.extras import MissingExtraError
from kytos.language import N_, _, plural, retold
from kytos.sources.snapshot import Snapshot, snapshot_bytes, snapshot_name
from kytos.ui.parts.text import plain

_CONTEXT = "live context"
METRICS = "live metrics"
"""Key of the switch that asks what pods use."""
_AGES = (
    (86_400, N_("{number} day ago"), N_("{number} days ago")),
    (3_600, N_("{number} hour ago"), N_("{number} hours ago")),
    (60, N_("{number} minute ago"), N_("{number} minutes ago")),
)
_AGE_SECONDS = 15
"""How often the age is told anew."""


def context_picker(read: Callable[[str], None]) -> None:
    """Draw the contexts of the local kubeconfig; `read` is called with the one to read."""
    st.markdown(_("Or read it live, through the kubeconfig of the machine Kytos runs on:"))
    try:
        from kytos.kube.connection import contexts  # an extra

        offered = contexts()
    except MissingExtraError as error:
        st.info(plain(f"{retold(str(error))}."), icon=":material/extension_off:")
        return
    except SourceError as error:
        st.error(plain(retold(str(error))), icon=":material/error:")
        return
    if not offered:
        st.caption(_("There is none: set `KUBECONFIG`, as for kubectl."))
        return
    st.selectbox(_("Context"), offered, key=_CONTEXT)
    st.toggle(
        _("Ask metrics-server too"),
        key=METRICS,
        help=_("What pods use now, and what VerticalPodAutoscalers recommend."),
    )
    st.button(
        _("Read the cluster"),
        icon=":material/cloud_download:",
        on_click=lambda: _with_spinner(read, st.session_state[_CONTEXT]),
        width="stretch",
    )
    st.caption(_("Only lists are asked for, no Secrets; nothing is changed."))


def snapshot_row(snapshot: Snapshot, read: Callable[[str], None]) -> None:
    """Draw what is shown of a snapshot: its age, what it lacks, and how to renew and save it."""
    age, again, save = st.columns([3, 1, 1], vertical_alignment="center")
    with age:
        _age(snapshot)
    again.button(
        _("Refresh"),
        icon=":material/refresh:",
        on_click=_with_spinner,
        args=(read, snapshot.context),
        width="stretch",
    )
    save.download_button(
        _("Save snapshot"),
        data=lambda: snapshot_bytes(snapshot),
        file_name=snapshot_name(snapshot),
        mime="application/json",
        icon=":material/save:",
        on_click="ignore",
        width="stretch",
        help=_("A file that the upload, the command line and the HTTP service read."),
    )
    if snapshot.notes:
        lacking = "\n".join(f"- {plain(retold(note.message))}" for note in snapshot.notes)
        st.warning(
            _("Not all of the cluster could be read:\n{lacking}", lacking=lacking),
            icon=":material/warning:",
        )


@st.fragment(run_every=_AGE_SECONDS)
def _age(snapshot: Snapshot) -> None:
    age = age_in_words(datetime.now(UTC) - snapshot.taken_at)
    st.caption(
        _(
            "Read live through context **{context}**, {age}.",
            context=plain(snapshot.context),
            age=age,
        )
    )


def age_in_words(age: timedelta) -> str:
    """Return an age as people say it, for example ``3 minutes ago``."""
    seconds = max(age.total_seconds(), 0.0)
    for length, one, many in _AGES:
        if seconds >= length:
            number = int(seconds // length)
            return plural(one, many, number)
    return _("just now")


def _with_spinner(read: Callable[[str], None], context: str) -> None:
    with st.spinner(_("Reading the cluster of {context}", context=plain(context))):
        read(context)
