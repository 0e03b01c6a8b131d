"""How an answer is carried out: waves as picture and table, promised beside forecast, downloads."""

from __future__ import annotations

from enum import StrEnum

import pandas as pd
import streamlit as st

from kytos.calls.answers import CarryOut, carry_out
from kytos.contract.runbook import Runbook, RunbookRequest, Way
from kytos.language import N_, _, retold
from kytos.report import units
from kytos.report.figures.timeline import ROWS, timeline
from kytos.report.runbook import WAYS, forecast_header, forecast_rows
from kytos.runbook.kubectl import ONLY_DRAINS, shell_script
from kytos.ui.panels import results
from kytos.ui.parts.heatmaps import chart
from kytos.ui.parts.text import begun, named, plain
from kytos.ui.session import runs
from kytos.ui.session.runs import Answer, SideAsk

AT_ONCE = 20_000
"""Changes times pods up to which a runbook is a matter of a second: more is a job of its own."""


class Beside(StrEnum):
    """What runs beside the question."""

    RUNBOOK = "runbook"


def show(answer: Answer) -> None:
    """Draw the tab of an answer."""
    how = _how(answer.ask.question.value)
    asked = CarryOut(asked=answer.ask.request, outcome=answer.outcome, how=how)
    runbook = _runbook(answer, asked)
    if runbook is None:
        return
    if not runbook.steps:
        st.info(_("There is no step to carry out."), icon=":material/info:")
        return
    _verdict(runbook)
    table = pd.DataFrame(forecast_rows(runbook), columns=list(map(begun, forecast_header())))
    st.dataframe(table, hide_index=True, key="forecast")
    for note in runbook.notes:
        st.caption(plain(f"{begun(retold(note))}."))
    chart(timeline(runbook), key="timeline", alt=_("Which node is left and filled in which wave"))
    touched = {node for step in runbook.steps for node in (step.node, step.to) if node}
    if len(touched) > ROWS:
        st.caption(
            _(
                "The {rows} nodes with most to do of {count:,}; the table has all.",
                rows=ROWS,
                count=len(touched),
            )
        )
    columns = {
        _("Wave"): st.column_config.NumberColumn(width=70),
        _("Step"): st.column_config.TextColumn(width=90),
        _("Pod"): results.names(_("Pod")),
        _("Why"): results.reasons(_("Why")),
    }
    results.table_with_downloads(
        _steps(runbook), runbook.steps, N_("steps"), answer.loaded.name, columns
    )
    if runbook.left_out:
        left = [{_("Left out"): one.pod, _("Why"): retold(one.reason)} for one in runbook.left_out]
        st.dataframe(pd.DataFrame(left), hide_index=True, key="left out of the runbook")
    _downloads(runbook, answer.loaded.name)


def _how(question: str) -> RunbookRequest:
    """Draw how it is to be carried out."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        way = st.segmented_control(
            _("Way"),
            [one.value for one in Way],
            default=Way.DRAIN.value,
            required=True,
            format_func=lambda one: f"{one}: {_(WAYS[one])}",
            key=f"way {question}",
            help=_(
                "A drain needs a drain's rights; the scheduler chooses where pods go. "
                "Steering gates each replacement and nominates it to its node."
            ),
        )
        parallel = st.number_input(
            _("Pods at a time"), 1, 1000, 10, key=f"max_parallel {question}", width=130
        )
        settle = st.number_input(
            _("Seconds after a wave"), 0.0, 3600.0, 5.0, 1.0, key=f"settle_s {question}", width=170
        )
        surge = st.toggle(
            _("Surge"),
            key=f"surge {question}",
            help=_("A service's only replica gets a second one first; the old one goes then."),
        )
    return RunbookRequest(
        way=Way(way or Way.DRAIN), surge=surge, max_parallel=int(parallel), settle_s=settle
    )


def _runbook(answer: Answer, asked: CarryOut) -> Runbook | None:
    """Return the runbook: at once where it is quick, else once it was asked for."""
    given = answer.outcome.runbook
    if given is not None and _made_as(given, asked.how):
        return given  # type: ignore[no-any-return]
    ask = SideAsk(Beside.RUNBOOK, answer.loaded.digest, asked)
    kept = st.session_state.get("runbook kept")
    if kept is not None and kept[0] == ask:
        return kept[1]  # type: ignore[no-any-return]
    made = runs.last_answer(Beside.RUNBOOK)
    if made is not None and made.ask == ask:
        return made.outcome  # type: ignore[no-any-return]
    if asked.work <= AT_ONCE:
        runbook = carry_out(answer.loaded.cluster, asked)
        st.session_state["runbook kept"] = ask, runbook
        return runbook
    if st.button(_("Work out the steps"), icon=":material/checklist:"):
        runs.start(carry_out, ask, answer.loaded)
    runs.watch(Beside.RUNBOOK)
    return None


def _made_as(runbook: Runbook, how: RunbookRequest) -> bool:
    return RunbookRequest(**{name: getattr(runbook, name) for name in how.model_fields}) == how


def _verdict(runbook: Runbook) -> None:
    """Say whether the promise is expected to come true."""
    if runbook.falls_short is not None:
        st.warning(
            _("Falls short: {falls_short}.", falls_short=plain(retold(runbook.falls_short))),
            icon=":material/warning:",
        )
    else:
        forecast = getattr(runbook.forecast, runbook.way.value)
        st.success(
            _(
                "Expected to come true: {nodes} in use, "
                "{nodes_in_use:,} promised; "
                "{pods} left waiting.",
                nodes=units.count(forecast.nodes_in_use, "node"),
                nodes_in_use=runbook.promised.nodes_in_use,
                pods=units.count(forecast.pods_pending, "pod"),
            ),
            icon=":material/check_circle:",
        )
    if runbook.remove_nodes:
        st.markdown(
            _("Ready to be removed then: {remove_nodes}", remove_nodes=named(runbook.remove_nodes))
        )


def _steps(runbook: Runbook) -> pd.DataFrame:
    return pd.DataFrame(
        {
            _("Wave"): [step.wave for step in runbook.steps],
            _("Step"): [step.action.value for step in runbook.steps],
            _("Pod"): [step.pod or "" for step in runbook.steps],
            _("Node"): [step.node or "" for step in runbook.steps],
            _("To"): [step.to or "" for step in runbook.steps],
            _("Why"): [retold(step.why) for step in runbook.steps],
        }
    )


def _downloads(runbook: Runbook, name: str) -> None:
    with st.container(horizontal=True):
        st.download_button(
            _("Runbook as JSON"),
            runbook.model_dump_json(indent=1),
            f"{name}-runbook.json",
            "application/json",
            icon=":material/download:",
            on_click="ignore",
        )
        if runbook.way is Way.DRAIN:
            st.download_button(
                _("Shell script"),
                shell_script(runbook, name),
                f"{name}-runbook.sh",
                "text/x-shellscript",
                icon=":material/terminal:",
                on_click="ignore",
            )
        else:
            st.caption(_("{sentence}.", sentence=begun(ONLY_DRAINS)))
