"""A session's history: what it uploaded and was answered, found again by its link alone."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import streamlit as st

from kytos.calls.handout import OUTCOMES, before_and_after
from kytos.calls.saved_use import saved_use
from kytos.calls.scenario import Scenario, digest_of, read_scenario
from kytos.cluster import Cluster
from kytos.errors import InputError
from kytos.language import ENGLISH, LANGUAGES, _, language, use
from kytos.questions.outcome import Question
from kytos.report.headlines import headline
from kytos.settings import StoreSettings
from kytos.ui.parts.text import plain
from kytos.ui.session import clusters, sides
from kytos.ui.session.clusters import Loaded
from kytos.ui.session.runs import Answer, Ask, give, last_answer
from kytos.ui.session.sides import Side
from kytos.ui.store import (
    TROUBLES,
    KeptAnswer,
    KeptCluster,
    Store,
    is_name,
    new_name,
    open_store,
)

LINK, ANSWER = "kept", "answer"
"""In a link: the name of a history, and that of one answer."""
_HISTORY = "history name"
_NAMES = "names of answers"
"""From an answer's ask to its name in links, of what this session kept."""
_SEEN = "upload that is kept"
_OFF = "store does not answer"
"""Set while a page is drawn whose reader was told so."""

_log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True)
class Reopened:
    """An answer of the store, as it was given."""

    line: KeptAnswer
    answer: Answer


@st.cache_resource(show_spinner=False)
def store() -> Store:
    """Return the process-wide store."""
    return open_store(StoreSettings.from_environment())


def begin() -> None:
    """Take up the history that the link names, and keep it in the link; each page's first words.

    A new session with the link of a history has its latest upload and answers again: after a
    reload, after the server was started anew, or in another browser.
    """
    named = st.query_params.get(LINK, "")
    st.session_state.pop(_OFF, None)
    known = st.session_state.get(_HISTORY)
    if known is None and is_name(named):
        st.session_state[_HISTORY] = known = named
        _take_up(named)
    if known is not None and named != known:
        st.query_params[LINK] = known  # a page's own link forgets it


def history() -> str | None:
    """Return the session's history, None while there is nothing in it."""
    name: str | None = st.session_state.get(_HISTORY)
    return name


def asked_by_link() -> str | None:
    """Return the name of the answer that the link asks for, once."""
    name = st.query_params.get(ANSWER)
    if name is None:
        return None
    del st.query_params[ANSWER]
    return name


def remember_cluster(loaded: Loaded) -> None:
    """Keep an upload in the session's history."""
    if st.session_state.get(_SEEN) == loaded.digest:
        return
    name, content = _own_history(), _cluster_content(loaded)

    def keep(store: Store) -> bool:
        store.keep_cluster(name, loaded.digest, loaded.cluster.name, content)
        return True

    # One that could not be kept is tried again: the next page may find room.
    if _of_store(keep, otherwise=False):
        st.session_state[_SEEN] = loaded.digest


def remember(answer: Answer, told: Callable[[Any], str] = headline) -> None:
    """Keep an answer in the session's history, once.

    Parameters
    ----------
    told
        Says in a sentence what an outcome comes to.
    """
    ask = answer.ask
    if ask.question not in (*OUTCOMES, *Side) or _key(ask) in _names():
        return
    line = KeptAnswer(
        new_name(),
        answer.loaded.digest,
        ask.question.value,
        answer.loaded.name,
        _headlines(answer, told),
        time.time(),
    )
    content = _of_question(answer, ask) if isinstance(ask, Ask) else sides.written(answer)
    history, cluster = _own_history(), _cluster_content(answer.loaded)
    if _of_store(lambda one: one.keep_answer(line, history, cluster, content), otherwise=False):
        _names()[_key(ask)] = line.id


def _of_question(answer: Answer, ask: Ask) -> dict[str, Any]:
    if ask.question not in OUTCOMES:
        return sides.written(answer)
    scenario: Scenario[Any] = Scenario(
        question=Question(ask.question),
        digest=answer.loaded.digest,
        sample=answer.loaded.sample,
        request=ask.request,
        weights=ask.weights,
        solver=ask.solver,
        params=ask.params.model_copy(update={"consent": False}),
    )
    return {
        "scenario": json.loads(scenario.to_json()),
        "outcome": json.loads(answer.outcome.model_dump_json(by_alias=True)),
    }


def headline_of(line: KeptAnswer) -> str:
    """Return a kept answer's headline in the reader's language, else in English."""
    try:
        told: Any = json.loads(line.headline)
    except ValueError:  # of an older Kytos: English alone
        return line.headline
    return str(told.get(language(), told[ENGLISH])) if isinstance(told, dict) else line.headline


def _headlines(answer: Answer, sentence: Callable[[Any], str]) -> str:
    """An answer's headline in every language that it may be read in, as JSON."""
    told = {}
    for code in LANGUAGES:
        with use(code):
            told[code] = sentence(answer.outcome)
    return json.dumps(told, ensure_ascii=False, sort_keys=True)


def name_of(answer: Answer) -> str | None:
    """Return the name that an answer's link says, None where it is not kept."""
    return _names().get(_key(answer.ask))


def asked_with(line: KeptAnswer) -> Question | Side:
    """Return the question that a kept answer is to, or what was computed beside one."""
    return Question(line.question) if line.question in list(Question) else Side(line.question)


def answers() -> Sequence[KeptAnswer]:
    """Return the session's answers, the latest first."""
    name = history()
    return _of_store(lambda one: one.answers(name), otherwise=[]) if name else ()


def uploads() -> Sequence[KeptCluster]:
    """Return the session's uploads, the latest first."""
    name = history()
    return _of_store(lambda one: one.uploads(name), otherwise=[]) if name else ()


def reopen(name: str) -> Reopened | None:
    """Return a kept answer, None where there is none of that name or it can no longer be read."""
    kept = _of_store(lambda one: one.answer(name), otherwise=None) if is_name(name) else None
    if kept is None:
        return None
    line, cluster, content = kept
    if "side" in content:
        return _reopened_side(line, cluster, content)
    try:
        scenario = read_scenario(
            json.dumps(content["scenario"] | {"sample": None} | cluster).encode()
        )
        outcome = OUTCOMES[scenario.question].model_validate_json(json.dumps(content["outcome"]))
    except (InputError, ValueError, KeyError, TypeError) as error:  # of an older Kytos
        _log.info("a kept answer cannot be read: %s", error)
        return None
    assert scenario.cluster is not None
    loaded = _loaded(scenario.cluster, str(content["scenario"].get("sample")))
    ask = Ask(
        scenario.question,
        loaded.digest,
        scenario.request,
        scenario.weights,
        scenario.solver,
        scenario.params,
    )
    return Reopened(line, Answer(ask, loaded, before_and_after, outcome))


def _reopened_side(line: KeptAnswer, cluster: Any, content: Any) -> Reopened | None:
    asked_of = _cluster(cluster)
    if asked_of is None:
        return None
    try:
        answer = sides.read(content, _loaded(asked_of, str(content.get("sample"))))
    except (ValueError, KeyError, TypeError) as error:  # of an older Kytos
        _log.info("a kept answer cannot be read: %s", error)
        return None
    return Reopened(line, answer)


def use_upload(digest: str) -> None:
    """Make an upload of the history the session's cluster again, where it still is there."""
    name = history()
    cluster = _kept_upload(digest, name) if name else None
    if cluster is not None:
        clusters.keep(clusters.prepare(cluster, sample=None))


def forget() -> None:
    """Drop the session's history from the store, and its link; neither where the store fails."""
    name = history()
    if name is not None and not _of_store(partial(_drop, name), otherwise=False):
        return
    st.session_state.pop(_HISTORY, None)
    st.session_state.pop(_NAMES, None)
    st.query_params.pop(LINK, None)


def choose(loaded: Loaded) -> None:
    """Make a reopened answer's cluster the one that is looked at."""
    if loaded.sample is None:
        clusters.keep(loaded)
    else:
        st.session_state[clusters.CHOICE] = loaded.sample
        st.session_state[clusters.USE] = loaded.cluster.usage is not None


def _take_up(name: str) -> None:
    for upload in uploads()[:1]:
        cluster = _kept_upload(upload.digest, name)
        if cluster is not None:
            clusters.have(clusters.prepare(cluster, sample=None))
            st.session_state[_SEEN] = upload.digest
    for line in answers():
        if last_answer(asked_with(line)) is None:
            again = reopen(line.id)
            if again is not None:
                give(again.answer)
                _names()[_key(again.answer.ask)] = line.id


def _of_store(ask: Callable[[Store], T], otherwise: T) -> T:
    """Ask the store; where it fails say so, once to a page, and go on without it."""
    try:
        return ask(store())
    except TROUBLES as error:
        _log.warning("the store of uploads and answers failed: %s", error)
        cause = getattr(error, "orig", None) or error
    if not st.session_state.get(_OFF):
        st.session_state[_OFF] = True
        st.warning(
            _(
                "The history is off: its file cannot be read or written ({cause}). Pages answer "
                "as ever, but what they answer now goes with this tab.",
                cause=plain(str(cause)),
            ),
            icon=":material/history_toggle_off:",
        )
    return otherwise


def _drop(history: str, store: Store) -> bool:
    store.forget(history)
    return True


def _kept_upload(digest: str, history: str) -> Cluster | None:
    content = _of_store(lambda one: one.cluster(digest, history), otherwise=None)
    return None if content is None else _cluster(content)


def _own_history() -> str:
    if history() is None:
        st.session_state[_HISTORY] = st.query_params[LINK] = new_name()
    name = history()
    assert name is not None
    return name


def _names() -> dict[str, str]:
    names: dict[str, str] = st.session_state.setdefault(_NAMES, {})
    return names


def _key(ask: Any) -> str:
    asked = [getattr(ask, name, None) for name in ("weights", "solver", "params")]
    return repr((ask.question.value, ask.digest, ask.request, *asked))


def _loaded(cluster: Cluster, sample: str) -> Loaded:
    """The sample itself where it is still what it was, so that it is not taken for an upload."""
    if sample in clusters.sample_names():
        same = clusters.load(sample, with_use=cluster.usage is not None)
        if same.digest == digest_of(cluster):
            return same
    return clusters.prepare(cluster, sample=None)


def _cluster_content(loaded: Loaded) -> dict[str, Any]:
    cluster = loaded.cluster
    content = {
        "digest": loaded.digest,
        "cluster": cluster.model_dump(mode="json", by_alias=True, exclude_defaults=True),
    }
    if cluster.usage is not None:
        content["use"] = saved_use(cluster.usage).model_dump(mode="json", exclude_defaults=True)
    return content


def _cluster(content: Any) -> Cluster | None:
    question = {"question": Question.REBALANCE, "request": {}}
    try:
        return read_scenario(json.dumps(question | content).encode()).cluster
    except (InputError, ValueError, TypeError) as error:  # of an older Kytos
        _log.info("a kept cluster cannot be read: %s", error)
        return None
