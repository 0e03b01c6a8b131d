"""The answer of an autoscale as its page shows it."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from kytos.language import N_, _, retold
from kytos.questions.autoscale.autoscale import AutoscaleOutcome
from kytos.questions.autoscale.traffic_curve import TrafficCurve
from kytos.report import units
from kytos.report.cells import Cell
from kytos.report.figures.replicas import MOST_LINES, replica_bars, traffic_lines
from kytos.report.headlines import headline
from kytos.ui.panels import picture, question, results, summary
from kytos.ui.panels.question import QuestionPage
from kytos.ui.parts.heatmaps import change_heatmaps, chart
from kytos.ui.parts.lazy_tabs import Panel
from kytos.ui.parts.text import named, plain
from kytos.ui.session.runs import Answer, Ask
from kytos.ui.session.sides import Side, answer_about


def result(page: QuestionPage, answer: Answer, ask: Ask | None, factor: float) -> None:
    """Draw an autoscale's answer, for the traffic times `factor`."""
    outcome: AutoscaleOutcome = answer.outcome
    results.headline(plain(headline(outcome)))
    held_back = tuple(action.service for action in outcome.actions if action.suppressed)
    if held_back:
        st.markdown(_("Held back: {held_back}", held_back=named(held_back)))
    summary.draw(answer, _cells(outcome))
    results.proof_caption(answer)
    picture.show(answer)
    change_heatmaps(answer.before, answer.after)
    results.energy_panel(outcome)
    panels: dict[str, Panel] = {
        _("Services ({count:,})", count=len(outcome.actions)): partial(_services, answer, outcome),
        _("Traffic"): partial(_curve, answer, factor),
        _("New replicas ({count:,})", count=len(outcome.placements)): partial(
            _new, answer, outcome
        ),
    }
    panels[_("All figures")] = lambda: results.cells_row(
        results.load_cells(outcome.metrics.before, outcome.metrics.after, levels=True)
    )
    if outcome.removed:
        panels[_("Removed ({count:,})", count=len(outcome.removed))] = partial(
            _removed, answer, outcome
        )
    question.result_tabs(page, answer, ask, panels)


def _cells(outcome: AutoscaleOutcome) -> list[Cell]:
    now = sum(action.current_replicas for action in outcome.actions)
    then = sum(action.recommended_replicas for action in outcome.actions)
    missing = sum(action.desired_replicas for action in outcome.actions) - then
    margin = outcome.margin
    return [
        Cell(_("Replicas"), f"{then:,}", f"{then - now:+,}" if then != now else None),
        Cell(_("Missing"), f"{missing:,}", remark=_("of desired")),
        Cell(
            _("CPU free"),
            units.percent(margin.cpu_after),
            remark=_("was {before}", before=units.percent(margin.cpu_before)),
        ),
        Cell(
            _("Memory free"),
            units.percent(margin.memory_after),
            remark=_("was {before}", before=units.percent(margin.memory_before)),
        ),
    ]


def _services(answer: Answer, outcome: AutoscaleOutcome) -> None:
    if not outcome.actions:
        st.markdown(_("No service was asked for."))
        return
    chart(
        replica_bars(outcome.actions),
        key="replicas",
        alt=_("Current, desired and recommended replicas of each service"),
    )
    table = pd.DataFrame(
        {
            _("Service"): [action.service for action in outcome.actions],
            _("Current"): [action.current_replicas for action in outcome.actions],
            _("Desired"): [action.desired_replicas for action in outcome.actions],
            _("Recommended"): [action.recommended_replicas for action in outcome.actions],
            _("Held back"): [_("yes") if action.suppressed else "" for action in outcome.actions],
            _("Why"): [retold(action.reason) for action in outcome.actions],
        }
    )
    columns = {_("Why"): results.sentences(_("Why"))}
    results.table_with_downloads(
        table, outcome.actions, N_("services"), answer.loaded.name, columns
    )


def _curve(answer: Answer, factor: float) -> None:
    beside = answer_about(Side.CURVE, answer.loaded)
    if beside is None or not beside.outcome.points:
        st.markdown(_("The curve is being drawn; it is here as soon as it is done."))
        return
    curve: TrafficCurve = beside.outcome
    last, first = curve.points[-1], curve.points[0]
    by_change = sorted(
        last.desired, key=lambda service: (first.desired[service] - last.desired[service], service)
    )
    services = by_change
    if len(by_change) > MOST_LINES:
        services = st.multiselect(
            _("Services drawn"),
            by_change,
            default=by_change[:MOST_LINES],
            max_selections=MOST_LINES,
        )
    st.caption(
        _(
            "Recommended replicas (dotted: desired) and what stays free (dashed: what has to), "
            "with every rate of the table multiplied. The vertical line is the slider."
        )
    )
    chart(
        traffic_lines(curve, services, factor),
        key="curve",
        alt=_("Recommended replicas and free capacity against traffic"),
    )
    table = pd.DataFrame(
        [
            {
                _("Traffic"): point.factor,
                _("Recommended"): sum(point.recommended.values()),
                _("Desired"): sum(point.desired.values()),
                _("CPU free"): units.percent(point.margin.cpu_after),
                _("Memory free"): units.percent(point.margin.memory_after),
                _("Held back"): ", ".join(point.suppressed),
            }
            for point in curve.points
        ]
    )
    columns = {_("Held back"): results.sentences(_("Held back"))}
    results.table_with_downloads(
        table, curve.points, N_("traffic curve"), answer.loaded.name, columns
    )


def curve_sentence(curve: TrafficCurve) -> str:
    """Say how far the curve goes and whether all is served at its end."""
    last = curve.points[-1]
    return _(
        "Up to {factor:g} times the traffic: {held} held back",
        factor=last.factor,
        held=units.count(len(last.suppressed), "service"),
    )


def _new(answer: Answer, outcome: AutoscaleOutcome) -> None:
    if not outcome.placements:
        st.markdown(_("No new replica."))
        return
    known = {pod.id: pod for pod in answer.after.pods}
    table = pd.DataFrame(
        {
            _("Service"): [replica.service for replica in outcome.placements],
            _("Pod"): [replica.pod for replica in outcome.placements],
            _("Node"): [replica.node for replica in outcome.placements],
            **results.request_columns([known[replica.pod] for replica in outcome.placements]),
        }
    )
    results.table_with_downloads(table, outcome.placements, N_("new replicas"), answer.loaded.name)


def _removed(answer: Answer, outcome: AutoscaleOutcome) -> None:
    table = pd.DataFrame(
        {
            _("Service"): [replica.service for replica in outcome.removed],
            _("Pod"): [replica.pod for replica in outcome.removed],
            _("Node"): [replica.node or _("none") for replica in outcome.removed],
        }
    )
    results.table_with_downloads(table, outcome.removed, N_("removed"), answer.loaded.name)
