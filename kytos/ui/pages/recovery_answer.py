"""The answer of a recovery as its page shows it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pandas as pd
import streamlit as st

from kytos.language import N_, _, retold
from kytos.questions.recovery.recovery import RecoveryOutcome, SurvivorLoad
from kytos.report import units
from kytos.report.cells import Cell
from kytos.report.figures.failures import failure_tiles, outcome_of
from kytos.report.figures.heatmap import FAILED
from kytos.report.headlines import headline
from kytos.ui.panels import picture, question, results, summary
from kytos.ui.panels.question import QuestionPage
from kytos.ui.parts.heatmaps import change_heatmaps, chart
from kytos.ui.parts.lazy_tabs import Panel
from kytos.ui.parts.text import named, plain
from kytos.ui.session.runs import Answer, Ask


def result(
    page: QuestionPage, answer: Answer, ask: Ask | None, pick: Callable[[str], None]
) -> None:
    """Draw a recovery's answer; a click on a node of its heatmaps is handed to `pick`."""
    outcome: RecoveryOutcome = answer.outcome
    results.headline(plain(headline(outcome)))
    if outcome.failed_nodes:
        st.markdown(_("Failed: {failed_nodes}", failed_nodes=named(outcome.failed_nodes)))
    summary.draw(answer, _cells(outcome))
    results.proof_caption(answer)
    failed = frozenset(outcome.failed_nodes)
    picture.show(answer, failed=failed)
    change_heatmaps(answer.before, answer.after, failed, FAILED, on_pick=pick)
    results.energy_panel(outcome)
    question.result_tabs(page, answer, ask, _panels(answer, outcome))


def _cells(outcome: RecoveryOutcome) -> list[Cell]:
    placed, lost = len(outcome.placements), len(outcome.unplaced)
    stuck = sum(pod.stuck for pod in outcome.unplaced)
    cells = [
        Cell(_("Placed"), f"{placed:,}", remark=_("of {whole:,}", whole=placed + lost)),
        Cell(_("Given up"), f"{lost:,}", remark=_("{stuck:,} stuck", stuck=stuck)),
    ]
    checked = [report for report in outcome.cascade if report.checked]
    if checked and outcome.risk is None:
        fine = sum(report.survivable for report in checked)
        cells.append(
            Cell(
                _("Next failures survived"),
                f"{fine:,}",
                remark=_("of {whole:,}", whole=len(checked)),
            )
        )
    return cells


def _panels(answer: Answer, outcome: RecoveryOutcome) -> dict[str, Panel]:
    panels: dict[str, Panel] = {
        _("Placed ({count:,})", count=len(outcome.placements)): partial(_placed, answer, outcome),
        _("Given up ({count:,})", count=len(outcome.unplaced)): partial(
            _unplaced_table, answer, outcome
        ),
        _("Survivors"): partial(_survivors, answer, outcome),
    }
    if outcome.cascade:
        panels[_("Next failure")] = partial(_cascade, answer, outcome)
    if outcome.moves:
        panels[_("Moves ({count:,})", count=len(outcome.moves))] = lambda: results.moves_panel(
            outcome.moves, answer.loaded.cluster, answer.loaded.name
        )
    if outcome.preempted:
        label = _("Preempted ({count:,})", count=len(outcome.preempted))
        panels[label] = partial(_preempted, answer, outcome)
    panels[_("All figures")] = lambda: results.cells_row(
        results.load_cells(outcome.metrics.before, outcome.metrics.after, levels=True)
    )
    if outcome.left_behind:
        label = _("Not evacuated ({count:,})", count=len(outcome.left_behind))
        panels[label] = partial(_left, outcome)
    return panels


def _placed(answer: Answer, outcome: RecoveryOutcome) -> None:
    if not outcome.placements:
        st.markdown(
            _("No pod was evacuated.") if not outcome.unplaced else _("No pod gets a node.")
        )
        return
    known = {pod.id: pod for pod in answer.loaded.cluster.pods}
    pods = [known[placed.pod] for placed in outcome.placements]
    table = pd.DataFrame(
        {
            _("Pod"): [placed.pod for placed in outcome.placements],
            _("Priority"): [pod.priority for pod in pods],
            _("From"): [pod.node or "" for pod in pods],
            _("To"): [placed.node for placed in outcome.placements],
            **results.request_columns(pods),
        }
    )
    results.table_with_downloads(table, outcome.placements, N_("placements"), answer.loaded.name)


def _unplaced_table(answer: Answer, outcome: RecoveryOutcome) -> None:
    if not outcome.unplaced:
        st.markdown(_("No pod is given up."))
        return
    stuck = [pod for pod in outcome.unplaced if pod.stuck]
    if stuck:
        st.markdown(
            _(
                "{pods} would be stuck even with room: the volume cannot "
                "be reached from any survivor.",
                pods=units.count(len(stuck), "pod"),
            )
        )
    table = pd.DataFrame(
        {
            _("Pod"): [pod.pod for pod in outcome.unplaced],
            _("Priority"): [pod.priority for pod in outcome.unplaced],
            _("Stuck"): [_("by its volume") if pod.stuck else "" for pod in outcome.unplaced],
            _("Why"): [retold(pod.reason) for pod in outcome.unplaced],
        }
    )
    columns = {_("Why"): results.sentences(_("Why"))}
    results.table_with_downloads(
        table, outcome.unplaced, N_("given up"), answer.loaded.name, columns
    )


def _survivors(answer: Answer, outcome: RecoveryOutcome) -> None:
    next_failure = {report.name: outcome_of(report) for report in outcome.cascade}
    table = pd.DataFrame([_survivor_row(load) for load in outcome.survivors])
    if next_failure:
        table[_("If it failed next")] = [
            next_failure.get(load.node, "") for load in outcome.survivors
        ]
    shares = (_("CPU before"), _("CPU after"), _("Memory before"), _("Memory after"))
    results.table_with_downloads(
        table,
        outcome.survivors,
        N_("survivors"),
        answer.loaded.name,
        {name: results.share_bar(name) for name in shares},
    )


def _survivor_row(load: SurvivorLoad) -> dict[str, object]:
    return {
        _("Node"): load.node,
        _("CPU before"): round(load.cpu_before, 2),  # the bars would print more digits
        _("CPU after"): round(load.cpu_after, 2),
        _("Memory before"): round(load.memory_before, 2),
        _("Memory after"): round(load.memory_after, 2),
    }


def _cascade(answer: Answer, outcome: RecoveryOutcome) -> None:
    st.markdown(
        _(
            "Would each survivor's failure be survivable too, on top of this one? A tile is a "
            "node: ✓ every pod finds another node, a number is how many do not."
        )
    )
    unchecked = sum(not report.checked for report in outcome.cascade)
    if unchecked:
        st.caption(
            _(
                "{nodes} not checked: the time was up. Those with most to "
                "lose came first; a longer time cap checks more.",
                nodes=units.count(unchecked, "node"),
            )
        )
    gone = frozenset(outcome.failed_nodes)
    left = tuple(node for node in answer.after.nodes if node.name not in gone)
    chart(
        failure_tiles(answer.after.replace(nodes=left, pods=()), outcome.cascade),
        key="cascade",
        alt=_("What the failure of each survivor would lose"),
    )


def _preempted(answer: Answer, outcome: RecoveryOutcome) -> None:
    known = {pod.id: pod for pod in answer.loaded.cluster.pods}
    pods = [known[pod] for pod in outcome.preempted]
    st.dataframe(
        pd.DataFrame(
            {
                _("Pod"): outcome.preempted,
                _("Priority"): [pod.priority for pod in pods],
                _("Node"): [pod.node for pod in pods],
            }
        ),
        hide_index=True,
        key="preempted",
    )


def _left(outcome: RecoveryOutcome) -> None:
    st.dataframe(
        pd.DataFrame(
            {
                _("Pod"): [left.pod for left in outcome.left_behind],
                _("Why it is not evacuated"): [retold(left.reason) for left in outcome.left_behind],
            }
        ),
        hide_index=True,
        key="left behind",
    )
