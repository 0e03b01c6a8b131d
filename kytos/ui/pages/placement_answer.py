"""The answer of a placement as its page shows it."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from kytos.language import N_, _, retold
from kytos.problem import LoadMode
from kytos.questions.placement.request import PlacementOutcome
from kytos.report import units
from kytos.report.cells import Cell
from kytos.report.figures.options import cost_by_node
from kytos.report.headlines import headline
from kytos.ui.panels import picture, question, results, summary
from kytos.ui.panels.question import QuestionPage
from kytos.ui.parts.heatmaps import change_heatmaps, chart
from kytos.ui.parts.lazy_tabs import Panel
from kytos.ui.parts.text import plain
from kytos.ui.session.runs import Answer, Ask


def result(page: QuestionPage, answer: Answer, ask: Ask | None) -> None:
    """Draw a placement's answer below its page's button."""
    outcome: PlacementOutcome = answer.outcome
    results.headline(plain(headline(outcome)))
    st.markdown(scheduler_sentence(outcome))
    summary.draw(answer, _cells(outcome))
    results.proof_caption(answer)
    picture.show(answer)
    change_heatmaps(answer.before, answer.after)
    results.energy_panel(outcome)
    panels: dict[str, Panel] = {
        _("Placements ({count:,})", count=len(outcome.placements)): partial(
            _placements, answer, outcome
        ),
        _("Runners-up"): partial(_runners_up, outcome),
    }
    panels[_("All figures")] = lambda: results.cells_row(
        results.load_cells(
            outcome.metrics.before,
            outcome.metrics.after,
            levels=outcome.mode is not LoadMode.CONSOLIDATE,
        )
    )
    if outcome.unplaced:
        panels[_("No node ({count:,})", count=len(outcome.unplaced))] = partial(
            _unplaced, answer, outcome
        )
    question.result_tabs(page, answer, ask, panels)


def scheduler_sentence(outcome: PlacementOutcome) -> str:
    """Say how the plan compares to what the default scheduler would have chosen."""
    its = outcome.default_scheduler
    off_choice = sum(its.get(pod) not in (None, node) for pod, node in outcome.placement.items())
    missing = sum(
        its.get(pod) is None for pod, node in outcome.placement.items() if node is not None
    )
    if not off_choice and not missing:
        return _("The default scheduler would choose the same nodes.")
    deeds = []
    if off_choice:
        deeds.append(_("put {pods} elsewhere", pods=units.count(off_choice, "pod")))
    if missing:
        deeds.append(_("leave {missing:,} without a node", missing=missing))
    energies = _(
        "{scheduler} against {plan}",
        scheduler=units.energy(outcome.default_scheduler_energy),
        plan=units.energy(outcome.energy.after.total),
    )
    return plain(
        _(
            "The default scheduler would {deeds}, at an energy of {energies}.",
            deeds=_(" and ").join(deeds),
            energies=energies,
        )
    )


def _cells(outcome: PlacementOutcome) -> list[Cell]:
    placed, without = len(outcome.placements), len(outcome.unplaced)
    slowest = max((pod.startup_s for pod in outcome.placements), default=0.0)
    waits = [pod.latency_ms for pod in outcome.placements if pod.latency_ms > 0]
    latency = _("{milliseconds:.2g} ms", milliseconds=sum(waits) / len(waits)) if waits else ""
    return [
        Cell(_("Placed"), f"{placed:,}", remark=_("of {whole:,} new", whole=placed + without)),
        Cell(_("Slowest start"), f"{slowest:.0f} s", remark=_("to running")),
        *([Cell(_("Latency"), latency, remark=_("mean"))] if latency else []),
    ]


def _placements(answer: Answer, outcome: PlacementOutcome) -> None:
    if not outcome.placements:
        st.markdown(_("No pod gets a node."))
        return
    known = {pod.id: pod for pod in answer.after.pods}
    bought = frozenset(outcome.bought_nodes)
    table = pd.DataFrame(
        {
            _("Pod"): [pod.pod for pod in outcome.placements],
            _("Node"): [
                _("{node} (to buy)", node=pod.node) if pod.node in bought else pod.node
                for pod in outcome.placements
            ],
            _("Default scheduler"): [
                outcome.default_scheduler.get(pod.pod) or _("no node") for pod in outcome.placements
            ],
            _("Start-up (s)"): [pod.startup_s for pod in outcome.placements],
            _("Latency (ms)"): [pod.latency_ms for pod in outcome.placements],
            **results.request_columns([known[pod.pod] for pod in outcome.placements]),
        }
    )
    results.table_with_downloads(
        table, outcome.placements, N_("placements"), answer.loaded.name, _wait_columns()
    )


def _runners_up(outcome: PlacementOutcome) -> None:
    if not outcome.placements:
        st.markdown(_("No pod gets a node."))
        return
    pod = st.selectbox(_("Pod"), [placed.pod for placed in outcome.placements], key="option of")
    options = [option for option in outcome.alternatives if option.pod == pod]
    st.caption(
        _("What this pod adds to the energy on each node, all others as planned. ✓ is chosen.")
    )
    chart(
        cost_by_node(options, outcome.weights),
        key="options",
        alt=_("What the pod would cost on each node, by term"),
    )
    st.dataframe(
        pd.DataFrame(
            {
                _("Node"): [option.node for option in options],
                _("Energy"): [units.energy(option.total) for option in options],
                _("Start-up (s)"): [option.startup_s for option in options],
                _("Latency (ms)"): [option.latency_ms for option in options],
            }
        ),
        hide_index=True,
        key="option table",
        column_config=_wait_columns(),
    )


def _unplaced(answer: Answer, outcome: PlacementOutcome) -> None:
    table = pd.DataFrame(
        {
            _("Pod"): [pod.pod for pod in outcome.unplaced],
            _("Priority"): [pod.priority for pod in outcome.unplaced],
            _("Why"): [retold(pod.reason) for pod in outcome.unplaced],
        }
    )
    results.table_with_downloads(table, outcome.unplaced, N_("no node"), answer.loaded.name)


def _wait_columns() -> dict[str, ColumnConfig]:
    return {
        _("Start-up (s)"): st.column_config.NumberColumn(format="%.0f"),
        _("Latency (ms)"): st.column_config.NumberColumn(format="%.2f"),
    }
