"""The Placement page: new pods in, a node for each, and what the runners-up would cost."""

from __future__ import annotations

from typing import Any

import streamlit as st
from pydantic import ValidationError
from streamlit.elements.lib.column_types import ColumnConfig

from kytos.calls.answers import place
from kytos.cluster import Cluster
from kytos.errors import InputError, SourceError, first_problem
from kytos.language import N_, _, said
from kytos.problem import LoadMode
from kytos.questions.outcome import Question
from kytos.questions.placement.new_objects import NewPod, NodeShape
from kytos.questions.placement.placement import planned_cluster
from kytos.questions.placement.request import PlacementOutcome, PlacementRequest
from kytos.questions.placement.startup_and_latency import Latency, StartupSeconds
from kytos.report import units
from kytos.sources.admission import Admission
from kytos.sources.templates import pods_of_manifests
from kytos.ui.pages.placement_answer import result
from kytos.ui.panels import question
from kytos.ui.panels.question import QuestionPage
from kytos.ui.parts import controls, meanings, tables
from kytos.ui.parts.controls import Preset
from kytos.ui.parts.held import hold
from kytos.ui.parts.tables import Row, edited_rows
from kytos.ui.parts.use_controls import use_limits, use_values
from kytos.ui.session import frame
from kytos.ui.session.runs import Ask

_MODE, _WAITING, _YAML = "placement_mode", "place_waiting", "manifests"
_PODS, _TRAFFIC, _SHAPES, _GROWTH = "new pods", "traffic", "node shapes", "growth"
_YAML_HINT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: reports}
spec:
  replicas: 3
  template: …"""
PRESETS = (
    Preset(
        N_("Even out"),
        N_("Level CPU and memory, and keep replicas apart."),
        {_MODE: LoadMode.SPREAD.value, "A": 1.0, "B": 1.0, "C": 1.0, "D": 3.0},
    ),
    Preset(
        N_("Start soon"),
        N_("Start-up and latency count most."),
        {_MODE: LoadMode.SPREAD.value, "A": 1.0, "B": 1.0, "C": 5.0, "D": 1.0},
    ),
    Preset(
        N_("Cut cost"),
        N_("Fill nodes that are in use before others, and buy as little as possible."),
        {_MODE: LoadMode.CONSOLIDATE.value, "A": 1.0, "B": 1.0, "C": 0.2, "D": 0.2},
    ),
)
_FIRST_PODS: tuple[Row, ...] = (
    {"id": "new", "count": 3, "cpu_request": 500, "mem_request": 512, "service": "new"},
)
"""What the table opens with, so that *Place* has something to place."""


def request_values(request: PlacementRequest) -> dict[str, Any]:
    """Return the values of the page's controls by key."""
    return {
        _MODE: request.mode.value,
        _WAITING: request.waiting,
        **controls.headroom_values(request.max_utilization),
        **use_values(request),
        _YAML: request.manifest_text,
        **tables.filling(_PODS, [_row(pod) for pod in request.new_pods]),
        **tables.filling(_TRAFFIC, [edge.model_dump(by_alias=True) for edge in request.traffic]),
        **tables.filling(_SHAPES, [_row(shape) for shape in request.node_shapes]),
        **tables.filling(
            _GROWTH,
            [{"service": name, "factor": factor} for name, factor in request.growth.items()],
        ),
        **request.latency_ms.model_dump(),
        **request.startup_s.model_dump(),
    }


def _row(entry: NewPod | NodeShape) -> Row:
    return entry.model_dump(exclude_defaults=True) | {"count": entry.count}


def _change(
    cluster: Cluster, request: PlacementRequest, outcome: PlacementOutcome
) -> tuple[Cluster, Cluster]:
    after = planned_cluster(cluster, request, outcome)
    return after.with_placement(dict.fromkeys(outcome.placement)), after


PAGE = QuestionPage(
    question=Question.PLACEMENT,
    title=N_("Placement"),
    about=(
        N_(
            "The node for each new pod, near those it talks to and where it starts soonest. "
            "Pods that run stay where they are."
        )
    ),
    button=N_("Place"),
    icon=":material/add_location_alt:",
    function=place,
    values=request_values,
    change=_change,
)


def show() -> None:
    """Draw the page."""
    loaded = frame.begin(_(PAGE.title))
    if loaded is None:
        question.no_cluster()
        return
    with st.sidebar:
        controls.presets(PRESETS)
        mode = controls.load_mode(LoadMode.SPREAD, key=_MODE)
        waiting = _waiting(loaded.cluster)
        limits = {"max_utilization": controls.headroom(), **use_limits(loaded)}
        settings = question.settings(meanings.waiting(mode))
    pressed = question.head(PAGE)
    ask = None
    try:
        request = _request(loaded.cluster, mode, waiting=waiting).model_copy(
            update={"risk": True, **limits}
        )
        ask = Ask(PAGE.question, loaded.digest, request, *settings)
    except InputError as error:
        question.refused(error)
    answer = question.run(PAGE, ask, loaded, pressed=pressed)
    if answer is None:
        question.empty(PAGE, ask, loaded, _("Describe the new pods and press *Place*."))
        return
    question.stale_note(PAGE, answer, ask)
    result(PAGE, answer, ask)


def _waiting(cluster: Cluster) -> bool:
    number = sum(pod.waiting for pod in cluster.pods)
    if _WAITING not in st.session_state and _WAITING not in st.query_params:
        st.session_state[_WAITING] = bool(number)  # what waits is the question that is there
    chosen = st.toggle(
        _("Waiting pods too ({number:,})", number=number),
        key=_WAITING,
        bind="query-params",
        disabled=not number,
        help=_("Pods of the cluster that wait for a node are placed with the new ones."),
    )
    return bool(chosen and number)


def _request(cluster: Cluster, mode: LoadMode, *, waiting: bool) -> PlacementRequest:
    """Draw what is to be placed, and read it.

    Raises
    ------
    SourceError
        Naming the row and column that cannot be.
    """
    pods, pasted, traffic, growth, shapes, times = st.tabs(
        [
            _("New pods"),
            _("From YAML"),
            _("Traffic"),
            _("Growth"),
            _("Nodes to buy"),
            _("Latency and start-up"),
        ]
    )
    with pods:
        new_pods = edited_rows(_PODS, () if waiting else _FIRST_PODS, _pod_columns())
    with pasted:
        text = st.text_area(
            _("Manifests: Pods, Deployments, StatefulSets, Jobs"),
            key=_YAML,
            height=200,
            placeholder=_YAML_HINT,
            persist_state="session",
        )
        typed = sum(int(row.get("count", 1)) for row in new_pods)
        if text.strip() and typed:
            st.caption(
                _(
                    "They are placed together with the {pods} of the table "
                    "under *New pods*; empty it to place these alone.",
                    pods=units.count(typed, "pod"),
                )
            )
    with traffic:
        edges = edited_rows(_TRAFFIC, (), _traffic_columns())
        st.caption(_("Between pods or services; latency counts by weight."))
    with growth:
        grown = edited_rows(_GROWTH, (), _growth_columns())
        st.caption(_("The load foreseen, as a multiple of what a service's pods request."))
    with shapes:
        offered = edited_rows(_SHAPES, (), _shape_columns())
        st.caption(_("Nodes that can be bought; what no pod needs is not."))
    with times:
        latency, startup = _times()
    for position, row in enumerate(grown):
        if row.keys() != {"service", "factor"}:
            raise SourceError(said("needs a service and a factor"), f"growth[{position}]")
    # What cannot be read is said while it is typed, not once it is asked.
    pods_of_manifests(text, "the pasted manifests", Admission.of(cluster))
    try:
        return PlacementRequest.model_validate(
            {
                "new_pods": new_pods,
                "manifest_text": text,
                "waiting": waiting,
                "traffic": edges,
                "latency_ms": latency,
                "startup_s": startup,
                "growth": {row["service"]: row["factor"] for row in grown},
                "node_shapes": offered,
                "mode": mode,
            }
        )
    except ValidationError as error:
        raise first_problem(error) from error


def _times() -> tuple[Row, Row]:
    st.markdown(_("**Milliseconds between two pods**"))
    latency = _numbers(
        Latency(),
        {
            "same_node": _("same node"),
            "same_zone": _("same zone"),
            "other_zone": _("another zone"),
            "other_region": _("another region"),
        },
    )
    st.markdown(_("**Seconds until a pod runs**"))
    startup = _numbers(
        StartupSeconds(),
        {
            "image_present": _("image on the node"),
            "image_pull": _("image to be pulled"),
            "node_ready": _("more, on a node that is up"),
        },
    )
    return latency, startup


def _numbers(defaults: Latency | StartupSeconds, labels: dict[str, str]) -> Row:
    numbers = {}
    for column, (field, label) in zip(st.columns(4), labels.items(), strict=False):
        with column:
            hold(field, label.capitalize(), 0.0, 86_400.0)
        numbers[field] = column.number_input(
            label.capitalize(),
            min_value=0.0,
            max_value=86_400.0,
            value=float(getattr(defaults, field)),
            key=field,
            bind="query-params",
        )
    return numbers


def _pod_columns() -> dict[str, ColumnConfig]:
    return {
        "id": st.column_config.TextColumn(_("Name"), required=True),
        "count": st.column_config.NumberColumn(_("Count"), min_value=1, step=1, default=1),
        "cpu_request": st.column_config.NumberColumn(
            _("CPU (millicores)"), min_value=0, required=True
        ),
        "mem_request": st.column_config.NumberColumn(_("Memory (MiB)"), min_value=0, required=True),
        "image": st.column_config.TextColumn(_("Image")),
        "priority": st.column_config.NumberColumn(_("Priority"), step=1),
        "service": st.column_config.TextColumn(_("Service")),
    }


def _traffic_columns() -> dict[str, ColumnConfig]:
    return {
        "from": st.column_config.TextColumn(_("From"), help=_("pod or service"), required=True),
        "to": st.column_config.TextColumn(_("To"), help=_("pod or service"), required=True),
        "weight": st.column_config.NumberColumn(_("Weight"), min_value=0, default=1),
    }


def _growth_columns() -> dict[str, ColumnConfig]:
    return {
        "service": st.column_config.TextColumn(_("Service"), required=True),
        "factor": st.column_config.NumberColumn(_("Grows by"), min_value=0, default=1.5),
    }


def _shape_columns() -> dict[str, ColumnConfig]:
    return {
        "id": st.column_config.TextColumn(_("Name"), required=True),
        "count": st.column_config.NumberColumn(_("At most"), min_value=1, step=1, default=1),
        "cpu_capacity": st.column_config.NumberColumn(
            _("CPU (millicores)"), min_value=1, required=True
        ),
        "mem_capacity": st.column_config.NumberColumn(
            _("Memory (MiB)"), min_value=1, required=True
        ),
        "zone": st.column_config.TextColumn(_("Zone")),
        "price_per_hour": st.column_config.NumberColumn(
            _("Price per hour"), min_value=0, format="dollar"
        ),
        "startup_seconds": st.column_config.NumberColumn(
            _("Boot seconds"), min_value=0, default=90
        ),
    }
