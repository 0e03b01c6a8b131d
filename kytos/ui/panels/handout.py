"""The handout of an answer, to download."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import streamlit as st

from kytos.calls.catalogue import asked
from kytos.calls.handout import handout
from kytos.calls.saved_use import saved_use
from kytos.calls.scenario import Scenario
from kytos.language import _, language, use
from kytos.ui.session.runs import Answer, Ask

MOST_WORK = 20_000
"""Changes times pods up to which a download works out a runbook: more is no matter of a click."""


def download(answer: Answer) -> None:
    """Draw the button that downloads an answer as one page."""
    if not isinstance(answer.ask, Ask):
        return
    stem = re.sub(r"[^\w.-]+", "-", answer.loaded.name).strip("-") or "cluster"
    st.download_button(
        _("Handout"),
        partial(_in_language, language(), answer),  # made in a thread that knows no session
        f"{stem}-{answer.ask.question.value.replace('_', '')}.html",
        "text/html",
        icon=":material/description:",
        on_click="ignore",
        help=_(
            "One page that needs no network: summary, pictures, moves, runbook, proof. It holds "
            "the cluster, so that uploading it opens this answer again."
        ),
    )


def _in_language(code: str, answer: Answer) -> str:
    with use(code):
        return page_of(answer)


def page_of(answer: Answer) -> str:
    """Return an answer's handout."""
    assert isinstance(answer.ask, Ask)
    ask, cluster = answer.ask, answer.loaded.cluster
    scenario: Scenario[Any] = Scenario(
        question=ask.question,
        digest=answer.loaded.digest,
        cluster=cluster,
        use=None if cluster.usage is None else saved_use(cluster.usage),
        request=ask.request,
        weights=ask.weights,
        solver=ask.solver,
        params=ask.params.model_copy(update={"consent": False}),
    )
    told = answer.outcome.model_copy(update={"asked": asked(ask.request, ask.solver, ask.params)})
    return handout(scenario, told, most_work=MOST_WORK)
