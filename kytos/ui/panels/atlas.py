"""The atlas: every node and every zone failed in turn, as one picture."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from kytos.language import N_, _
from kytos.questions.recovery.atlas import AtlasOutcome, AtlasRequest, atlas
from kytos.questions.recovery.survey import FailureReport
from kytos.report import units
from kytos.report.figures.failures import failure_tiles, outcome_of
from kytos.ui.panels import results
from kytos.ui.parts.heatmaps import Pick, chart
from kytos.ui.parts.text import plain, section
from kytos.ui.session import kept, runs
from kytos.ui.session.clusters import Loaded
from kytos.ui.session.runs import SideAsk
from kytos.ui.session.sides import Side, answer_about


def start(loaded: Loaded, asked: AtlasRequest) -> None:
    """Fail every node in turn, in the background."""
    runs.start(atlas, SideAsk(Side.ATLAS, loaded.digest, asked), loaded)


def watch() -> None:
    """Draw how far it is, while it runs."""
    runs.watch(Side.ATLAS)


def show(loaded: Loaded, on_pick: Pick) -> None:
    """Draw the last atlas, if it is of this cluster; a click on a tile names its node."""
    answer = answer_about(Side.ATLAS, loaded)
    if answer is None:
        return
    kept.remember(answer, atlas_sentence)
    atlas: AtlasOutcome = answer.outcome
    section(_("Every node in turn"))
    limit = answer.ask.request.max_utilization
    filled = (
        ""
        if limit == 1
        else _(" Survivors are filled to {limit} at most.", limit=units.percent(limit))
    )
    st.markdown(f"{atlas_sentence(atlas)}{filled}")
    st.caption(
        _(
            "A tile is a node: ✓ every pod finds another node, a number is how many do not; the "
            "darker, the larger their share. Hover for the pods, click to let that node fail."
        )
    )
    chart(
        failure_tiles(loaded.cluster, atlas.nodes, atlas.zones),
        key="atlas",
        alt=_("What the failure of each node and zone would lose"),
        on_pick=on_pick,
    )
    reports = sorted((*atlas.zones, *atlas.nodes), key=lambda report: -len(report.lost_pods))
    with st.expander(_("As a table"), icon=":material/table:"):
        table = pd.DataFrame([_report_row(report) for report in reports])
        results.table_with_downloads(table, reports, N_("atlas"), loaded.name)


def atlas_sentence(atlas: AtlasOutcome) -> str:
    """Say in a sentence or two which single failures lose pods."""
    words = []
    for kind, reports in (("node", atlas.nodes), ("zone", atlas.zones)):
        checked = [report for report in reports if report.checked]
        if not checked:
            continue
        losing = [report for report in checked if not report.survivable]
        if losing:
            words.append(
                _(
                    "{losing:,} of {checked} would lose pods.",
                    losing=len(losing),
                    checked=units.count(len(checked), kind),
                )
            )
        else:
            words.append(
                _("No single node's failure loses a pod.")
                if kind == "node"
                else _("No single zone's failure loses a pod.")
            )
        if len(checked) < len(reports):
            words.append(
                _(
                    "{unchecked} not checked.",
                    unchecked=units.count(len(reports) - len(checked), kind),
                )
            )
    worst = atlas.worst
    if worst is not None:
        words.append(
            _(
                "Worst, the important pods first: {kind} {name} {outcome}.",
                kind=_(worst.kind),
                name=worst.name,
                outcome=outcome_of(worst),
            )
        )
    return plain(" ".join(words))


def _report_row(report: FailureReport) -> dict[str, object]:
    return {
        _("Fails"): report.name,
        _("Kind"): _(report.kind),
        _("Outcome"): outcome_of(report),
        _("Evacuated"): report.evacuated,
        _("Lost"): len(report.lost_pods),
        _("Highest lost"): None if not report.unplaced else max(report.unplaced),
        _("Not recreated"): report.not_recreated,
        _("CPU peak"): units.percent(report.cpu_peak) if report.checked else "",
        _("Memory peak"): units.percent(report.memory_peak) if report.checked else "",
        _("Proven"): _("yes") if report.checked and report.proven else _("no"),
    }
