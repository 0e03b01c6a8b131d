"""Saving what a page asks as a scenario file, and opening one again."""

from __future__ import annotations

import streamlit as st

from kytos.scenario import Scenario, read_scenario
from kytos.sources.errors import SourceError
from kytos.ui import clusters, controls
from kytos.ui.clusters import Loaded
from kytos.ui.runs import Ask
from kytos.ui.text import plain

_FILE = "scenario file"
_ERROR = "scenario error"


def scenario_panel(ask: Ask, loaded: Loaded) -> None:
    """Draw the download of this page's scenario and the opening of another."""
    st.markdown(
        "A scenario holds the cluster, the weights, the solver, the seed and the budget: opened "
        "again it gives the same answer. The page's link holds the controls too."
    )
    st.download_button(
        "Save scenario",
        lambda: _scenario(ask, loaded).to_json(),
        f"{ask.question}-scenario.json",
        "application/json",
        icon=":material/save:",
        on_click="ignore",
    )
    st.file_uploader("Open a scenario", type=["json"], key=_FILE, on_change=_open)
    error = st.session_state.get(_ERROR)
    if error:
        st.error(plain(error), icon=":material/error:")


def _scenario(ask: Ask, loaded: Loaded) -> Scenario:
    return Scenario(
        digest=loaded.digest,
        sample=loaded.sample,
        cluster=None if loaded.sample else loaded.cluster,
        request=ask.request,
        weights=ask.weights,
        solver=ask.solver,
        params=ask.params,
    )


def _open() -> None:
    file = st.session_state[_FILE]
    st.session_state.pop(_ERROR, None)
    if file is None:
        return
    try:
        scenario = read_scenario(file.getvalue())
        _choose(scenario)
    except SourceError as error:
        st.session_state[_ERROR] = str(error)
        return
    controls.set_controls(
        controls.control_values(
            scenario.request, scenario.weights, scenario.solver, scenario.params
        )
    )


def _choose(scenario: Scenario) -> None:
    if scenario.cluster is not None:
        clusters.keep(clusters.prepare(scenario.cluster, sample=None))
        return
    name = str(scenario.sample)
    if name not in clusters.sample_names():
        raise SourceError(f"there is no sample cluster named {name!r} here")
    if clusters.load(name).digest != scenario.digest:
        raise SourceError(
            f"the sample cluster {name!r} has changed since the scenario was saved, so it would "
            "not give the same answer"
        )
    st.session_state[clusters.CHOICE] = name
