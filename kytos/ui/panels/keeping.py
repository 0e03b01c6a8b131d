"""What can be done with an answer as a whole: hand it out, link to it, go back and forth."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

import streamlit as st

from kytos.language import _
from kytos.ui.panels import handout
from kytos.ui.session import kept
from kytos.ui.session.runs import Answer


def row(answer: Answer) -> None:
    """Draw the row of buttons below an answer's summary."""
    with st.container(horizontal=True, gap="small"):
        handout.download(answer)
        name = kept.name_of(answer)
        if name is None:
            return
        _link(name)
        older, newer = _beside(answer, name)
        _step(_("Undo"), ":material/undo:", older, _("Back to the answer before this one."))
        _step(_("Redo"), ":material/redo:", newer, _("Forth to the answer after this one."))


def link(answer: Answer) -> None:
    """Draw the link to an answer that is kept, alone."""
    name = kept.name_of(answer)
    if name is not None:
        _link(name)


def _link(name: str) -> None:
    with st.popover(_("Link"), icon=":material/link:", width="content"):
        st.markdown(
            _(
                "Whoever has this link sees this answer and its cluster, and nothing else; "
                "nobody can guess it."
            )
        )
        st.code(link_to(name), language=None, wrap_lines=True)


def link_to(name: str) -> str:
    """Return the whole link to an answer, from where the page was asked."""
    here = urlsplit(st.context.url or "")
    return urlunsplit((here.scheme, here.netloc, here.path, f"{kept.ANSWER}={name}", ""))


def _beside(answer: Answer, name: str) -> tuple[str | None, str | None]:
    """The answers to the same question before and after one, by their names."""
    names = [one.id for one in kept.answers() if one.question == answer.ask.question.value]
    if name not in names:
        return None, None
    at = names.index(name)
    return names[at + 1] if at + 1 < len(names) else None, names[at - 1] if at else None


def _step(label: str, icon: str, name: str | None, about: str) -> None:
    st.button(label, icon=icon, help=about, disabled=name is None, on_click=reopen, args=(name,))


def reopen(name: str) -> None:
    """Open a kept answer on its page, controls and cluster as they were; a callback."""
    from kytos.ui.pages import opening  # the pages import the panels

    again = kept.reopen(name)
    if again is not None:
        opening.again(again.answer)
