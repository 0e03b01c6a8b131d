"""The atlas: every node and every zone failed in turn, as one picture."""

from __future__ import annotations

from enum import StrEnum

import pandas as pd
import streamlit as st

from kytos.questions.recovery.atlas import AtlasOutcome, AtlasRequest, atlas
from kytos.questions.recovery.survey import FailureReport
from kytos.report import units
from kytos.report.figures.failures import failure_tiles, outcome_of
from kytos.ui.panels import results
from kytos.ui.parts.heatmaps import Pick, chart
from kytos.ui.parts.text import plain, section
from kytos.ui.session import runs
from kytos.ui.session.clusters import Loaded
from kytos.ui.session.runs import SideAsk


class Beside(StrEnum):
    """What runs beside the question."""

    ATLAS = "atlas"


def start(loaded: Loaded, asked: AtlasRequest) -> None:
    """Fail every node in turn, in the background."""
    runs.start(atlas, SideAsk(Beside.ATLAS, loaded.digest, asked), loaded)


def watch() -> None:
    """Draw how far it is, while it runs."""
    runs.watch(Beside.ATLAS)


def show(loaded: Loaded, on_pick: Pick) -> None:
    """Draw the last atlas, if it is of this cluster; a click on a tile names its node."""
    answer = runs.last_answer(Beside.ATLAS)
    if answer is None or answer.loaded.digest != loaded.digest:
        return
    found: AtlasOutcome = answer.outcome
    section("Every node in turn")
    limit = answer.ask.request.max_utilization
    filled = "" if limit == 1 else f" Survivors are filled to {units.percent(limit)} at most."
    st.markdown(f"{atlas_sentence(found)}{filled}")
    st.caption(
        "A tile is a node: ✓ every pod finds another node, a number is how many do not; the "
        "darker, the larger their share. Hover for the pods, click to let that node fail."
    )
    chart(
        failure_tiles(loaded.cluster, found.nodes, found.zones),
        key="atlas",
        alt="What the failure of each node and zone would lose",
        on_pick=on_pick,
    )
    reports = sorted((*found.zones, *found.nodes), key=lambda report: -len(report.lost_pods))
    with st.expander("As a table", icon=":material/table:"):
        table = pd.DataFrame([_report_row(report) for report in reports])
        results.table_with_downloads(table, reports, "atlas", loaded.name)


def atlas_sentence(found: AtlasOutcome) -> str:
    """Say in a sentence or two which single failures lose pods."""
    words = []
    for kind, reports in (("node", found.nodes), ("zone", found.zones)):
        checked = [report for report in reports if report.checked]
        if not checked:
            continue
        losing = [report for report in checked if not report.survivable]
        if losing:
            words.append(f"{len(losing):,} of {units.count(len(checked), kind)} would lose pods.")
        else:
            words.append(f"No single {kind}'s failure loses a pod.")
        if len(checked) < len(reports):
            words.append(f"{units.count(len(reports) - len(checked), kind)} not checked.")
    worst = found.worst
    if worst is not None:
        words.append(
            f"Worst, the important pods first: {worst.kind} {worst.name} {outcome_of(worst)}."
        )
    return plain(" ".join(words))


def _report_row(report: FailureReport) -> dict[str, object]:
    return {
        "Fails": report.name,
        "Kind": report.kind,
        "Outcome": outcome_of(report),
        "Evacuated": report.evacuated,
        "Lost": len(report.lost_pods),
        "Highest lost": None if not report.unplaced else max(report.unplaced),
        "Not recreated": report.not_recreated,
        "CPU peak": units.percent(report.cpu_peak) if report.checked else "",
        "Memory peak": units.percent(report.memory_peak) if report.checked else "",
        "Proven": "yes" if report.checked and report.proven else "no",
    }
