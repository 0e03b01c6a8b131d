"""The Autoscale page: request rates in, replicas per service, and who is held back."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from functools import partial
from typing import Any

import streamlit as st
from pydantic import ValidationError
from streamlit.elements.lib.column_types import ColumnConfig

from kytos.calls.answers import autoscale
from kytos.cluster import Cluster, Phase
from kytos.contract.weights import PAIR_IN_SPREAD, UNSERVED_IN_SPREAD
from kytos.errors import InputError, first_problem
from kytos.language import N_, _
from kytos.problem import LoadMode
from kytos.questions.autoscale.autoscale import AutoscaleOutcome, scaled_cluster
from kytos.questions.autoscale.autoscalers import rates_of
from kytos.questions.autoscale.request import AutoscaleRequest
from kytos.questions.autoscale.traffic_curve import traffic_curve
from kytos.questions.autoscale.wanted import scaling_step
from kytos.questions.outcome import Question
from kytos.ui.pages.autoscale_answer import curve_sentence, result
from kytos.ui.panels import question, results
from kytos.ui.panels.question import QuestionPage
from kytos.ui.parts import controls, tables
from kytos.ui.parts.controls import Preset
from kytos.ui.parts.held import hold
from kytos.ui.parts.meanings import Meanings, load_meaning
from kytos.ui.parts.tables import Row, edited_rows
from kytos.ui.parts.use_controls import use_limits, use_values
from kytos.ui.session import frame, kept, runs
from kytos.ui.session.clusters import Loaded
from kytos.ui.session.runs import Ask, SideAsk
from kytos.ui.session.sides import Side, answer_about

_SERVICES, _FACTOR, _CPU, _MEMORY = "services", "traffic_factor", "cpu_margin", "mem_margin"
_TARGET = 100.0
"""Requests per second of one replica where no autoscaler tells; the rate begins at that of the
replicas there are, so that nothing changes before one is edited."""
_FACTORS = tuple(number / 4 for number in range(1, 13))
"""Of the curve: a quarter to three times the traffic."""
PRESETS = (
    Preset(N_("Serve all"), N_("No margin stays free."), {_CPU: 0, _MEMORY: 0, "C": 2.0, "D": 1.0}),
    Preset(N_("Reserve"), N_("A fifth of CPU and memory stays free."), {_CPU: 20, _MEMORY: 20}),
    Preset(N_("Apart"), N_("New replicas on nodes of their own."), {"B": 1.0, "C": 1.0, "D": 4.0}),
)


def request_values(request: AutoscaleRequest) -> dict[str, Any]:
    """Return the values of the page's controls by key."""
    rows = [service.model_dump(exclude_none=True) for service in request.services]
    return {
        **tables.filling(_SERVICES, rows),
        _FACTOR: 1.0,
        _CPU: round(100 * request.cpu_margin),
        _MEMORY: round(100 * request.mem_margin),
        **controls.headroom_values(request.max_utilization),
        **use_values(request),
    }


def _change(
    cluster: Cluster, request: AutoscaleRequest, outcome: AutoscaleOutcome
) -> tuple[Cluster, Cluster]:
    return cluster, scaled_cluster(cluster, request, outcome)


PAGE = QuestionPage(
    question=Question.AUTOSCALE,
    title=N_("Autoscale"),
    about=(
        N_(
            "Replicas per service from request rates, held back when the cluster's spare capacity "
            "is short."
        )
    ),
    button=N_("Autoscale"),
    icon=":material/trending_up:",
    function=autoscale,
    values=request_values,
    change=_change,
)


def unserved() -> Meanings:
    """Return what the sliders mean where C weighs demand left unserved."""

    def cost_text(B: float, C: float) -> str:
        if C == 0 or B == 0:
            return _("Counts are settled by priority, whatever the sliders say.")
        worth = UNSERVED_IN_SPREAD * C / B
        return _(
            "A replica that is missing weighs up to {worth:.3g} of squared utilisation.",
            worth=worth,
        )

    def pair_text(B: float, _C: float, D: float) -> str:
        if D == 0 or B == 0:
            return _("Replicas may share a node freely.") if D == 0 else _("Replicas go apart.")
        return _(
            "Two replicas on one node weigh {squared:.3g} of squared utilisation.",
            squared=PAIR_IN_SPREAD * D / B,
        )

    return Meanings(
        cost=_("unserved demand"),
        load_text=lambda B: load_meaning(B, LoadMode.SPREAD),
        cost_text=cost_text,
        pair_text=pair_text,
    )


def show() -> None:
    """Draw the page."""
    loaded = frame.begin(_(PAGE.title))
    if loaded is None:
        question.no_cluster()
        return
    with st.sidebar:
        controls.presets(PRESETS)
        hold(_FACTOR, _("Traffic"), 0.0, 5.0)
        factor = st.slider(
            _("Traffic (x)"),
            min_value=0.0,
            max_value=5.0,
            value=1.0,
            step=0.05,
            key=_FACTOR,
            bind="query-params",
            help=_("Multiplies every service's rate."),
        )
        margins = {
            "cpu_margin": _margin(_("CPU that stays free (%)"), _CPU),
            "mem_margin": _margin(_("Memory that stays free (%)"), _MEMORY),
            "max_utilization": controls.headroom(),
            **use_limits(loaded),
        }
        settings = question.settings(unserved())
    pressed = question.head(PAGE)
    ask = None
    try:
        base = _request(loaded, margins)
        request = scaled(base, factor)
        scaling_step(loaded.cluster, request)
        ask = Ask(PAGE.question, loaded.digest, request, *settings)
        if pressed:
            runs.start(
                partial(traffic_curve, factors=_FACTORS),
                SideAsk(Side.CURVE, loaded.digest, base),
                loaded,
            )
    except InputError as error:
        question.refused(error)
    answer = question.run(PAGE, ask, loaded, pressed=pressed)
    runs.watch(Side.CURVE)
    beside = answer_about(Side.CURVE, loaded)
    if beside is not None and beside.outcome.points:
        kept.remember(beside, curve_sentence)
    if answer is None:
        question.empty(PAGE, ask, loaded, _("Set the rates and press *Autoscale*."))
        return
    question.stale_note(PAGE, answer, ask)
    result(PAGE, answer, ask, factor)


def _margin(label: str, key: str) -> float:
    hold(key, label, 0, 90)
    return st.slider(label, 0, 90, value=0, step=5, key=key, bind="query-params") / 100


def _request(loaded: Loaded, margins: dict[str, Any]) -> AutoscaleRequest:
    """Draw the services, and read them.

    Raises
    ------
    SourceError
        Naming the row and column that cannot be.
    """
    rows = edited_rows(_SERVICES, prefilled(loaded.cluster), _columns(), about=loaded.digest)
    told = (
        _("the cluster's HorizontalPodAutoscalers") if loaded.cluster.autoscalers else _("the pods")
    )
    st.caption(
        _(
            "Prefilled from {told}. A rate is in what one replica's target is: requests a second, "
            "or percent for a utilisation.",
            told=told,
        )
    )
    results.notes_panel(rates_of(loaded.cluster)[1])
    try:
        return AutoscaleRequest.model_validate({"services": rows, "risk": True, **margins})
    except ValidationError as error:
        raise first_problem(error) from error


def prefilled(cluster: Cluster) -> list[Row]:
    """Return a row for each service that an autoscaler is there for, or else that runs pods."""
    replicas = Counter(
        pod.service
        for pod in cluster.pods
        if pod.service is not None
        and pod.keeps_node
        and not pod.terminating
        and pod.phase not in (Phase.SUCCEEDED, Phase.FAILED)
    )
    if cluster.autoscalers:
        return [{"enabled": True, **rate} for rate in rates_of(cluster)[0]]
    return [
        {
            "id": service,
            "enabled": True,
            "request_rate": _TARGET * number,
            "target_rate": _TARGET,
            "min_replicas": 1,
        }
        for service, number in sorted(replicas.items(), key=lambda item: (-item[1], item[0]))
        if number > 1
    ]


def scaled(request: AutoscaleRequest, factor: float) -> AutoscaleRequest:
    """Return the request with every rate multiplied, as the decimal numbers they were typed as."""
    times = Fraction(str(factor))
    services = tuple(
        service.model_copy(
            update={"request_rate": float(Fraction(str(service.request_rate)) * times)}
        )
        for service in request.services
    )
    return request.model_copy(update={"services": services})


def _columns() -> dict[str, ColumnConfig]:
    return {
        "id": st.column_config.TextColumn(_("Service"), required=True, width=120),
        "enabled": st.column_config.CheckboxColumn(_("Scales"), default=True, width=76),
        "request_rate": st.column_config.NumberColumn(
            _("Rate"), min_value=0, required=True, width=70
        ),
        "target_rate": st.column_config.NumberColumn(
            _("Target per replica"), required=True, width=150
        ),
        "min_replicas": st.column_config.NumberColumn(
            _("Min"), min_value=0, step=1, default=1, width=60
        ),
        "max_replicas": st.column_config.NumberColumn(_("Max"), min_value=0, step=1, width=60),
        "priority": st.column_config.NumberColumn(
            _("Priority"), step=1, width=76, help=_("left out: as the service's pods")
        ),
        "cpu_request": st.column_config.NumberColumn(
            _("CPU (millicores)"),
            min_value=0,
            width=116,
            help=_("of one replica; left out: as the service's pods"),
        ),
        "mem_request": st.column_config.NumberColumn(
            _("Memory (MiB)"),
            min_value=0,
            width=103,
            help=_("of one replica; left out: as the service's pods"),
        ),
        "replicas": st.column_config.NumberColumn(
            _("Replicas"),
            min_value=0,
            step=1,
            width=78,
            help=_("left out: as many as pods are listed"),
        ),
    }
