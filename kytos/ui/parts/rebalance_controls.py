"""What a rebalance takes, drawn in the sidebar: goal, moves, exclusions and who may move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st
from pydantic import ValidationError

from kytos.cluster import DEFAULT_SCHEDULER, MEMORY, Cluster
from kytos.contract.weights import Weights
from kytos.errors import first_problem
from kytos.language import N_, _
from kytos.questions.parts.limits import carries
from kytos.questions.parts.wishes import Wishes
from kytos.questions.rebalance import RebalanceRequest, moves_worth_a_node
from kytos.ui.parts import expert, meanings
from kytos.ui.parts.controls import (
    KEEP,
    MODE,
    headroom,
    headroom_values,
    kept_nodes,
    load_mode,
    names_chosen,
    weights_meaning,
)
from kytos.ui.parts.held import hold
from kytos.ui.parts.meanings import Meanings
from kytos.ui.parts.text import plain
from kytos.ui.parts.use_controls import use_limits, use_values
from kytos.ui.session.clusters import Loaded

MOST_MOVES = 100_000
SURVIVE = "survive"
LEAST = "least_nodes"
WHY = "why_not_freed"
WISHES = "wishes"
_WISHED = tuple(Wishes.model_fields)
_WISHES_EXAMPLE = Wishes(safety_lines={MEMORY: 0.8}, least_zones={"web": 2})
_MOST_PODS_LISTED = 2_000
"""Beyond that a browser takes long over the list; services and namespaces are still there."""
GROUPS = N_("pods, services, namespaces")


def rebalance_controls(
    loaded: Loaded, *, promises: bool = True
) -> tuple[RebalanceRequest, Weights]:
    """Draw what a rebalance takes: goal, headroom, most moves, exclusions and the four weights.

    Parameters
    ----------
    promises
        Whether the plan may be held to surviving failures.
    """
    cluster = loaded.cluster
    mode = load_mode()
    max_utilization = headroom()
    use = use_limits(loaded)
    hold("max_moves", _("Moves"), 0, MOST_MOVES)
    max_moves = st.number_input(
        _("At most this many moves"),
        min_value=0,
        max_value=MOST_MOVES,
        value=None,
        step=1,
        placeholder=_("no limit"),
        key="max_moves",
        bind="query-params",
    )
    names = pods_and_groups(cluster)
    with st.expander(_("Exclusions"), icon=":material/lock:"):
        must_stay = names_chosen(
            _("Keep in place"), "must_stay", names, GROUPS, help=_("These pods do not move.")
        )
        keep_nodes = kept_nodes(cluster)
        least_nodes = pools_of_at_least(cluster) if promises else {}
    survive: tuple[str, ...] = ()
    why = False
    if promises:
        why = st.toggle(
            _("Say why nodes are not freed"),
            key=WHY,
            bind="query-params",
            help=_("Empties each node that stays with the exact solver: takes a while."),
        )
        survive = tuple(
            st.pills(
                _("Survive the failure of any one"),
                ["node", "zone"],
                format_func=lambda kind: _("node") if kind == "node" else _("zone"),
                selection_mode="multi",
                key=SURVIVE,
                bind="query-params",
                help=_(
                    "Whatever one of them fails after the plan, all pods it evicts find a node. "
                    "What could not be survived before the plan may stay so."
                ),
            )
        )
    sliders = st.container()  # above the switch, though what they mean depends on what is below
    expert.switch()
    others = sorted({pod.scheduler for pod in cluster.pods} - {DEFAULT_SCHEDULER})
    further = expert.values(FOR_EXPERTS, lambda: _who_may_move(names, others))
    request = RebalanceRequest(
        mode=mode,
        max_utilization=max_utilization,
        keep_nodes=keep_nodes,
        risk=promises,
        survive=survive,
        why_not_freed=why,
        least_nodes=least_nodes,
        max_moves=max_moves,
        zone_pairs=further["zones"],
        may_move=tuple(name for name in further["may_move"] if name in names),
        must_stay=must_stay,
        move_custom_controllers=further["move_custom_controllers"],
        schedulers=tuple(name for name in further["schedulers"] if name in others),
        **_wishes(further[WISHES]),
        **use,
    )
    with sliders:
        weights = weights_meaning(rebalance_meanings(loaded, request))
    return request, weights


def _who_may_move(names: Sequence[str], others: Sequence[str]) -> None:
    """Draw the finer rules of who moves, by pod, controller and scheduler."""
    st.toggle(
        _("Keep replicas apart by zone too"),
        key="zones",
        bind="query-params",
        help=_("Two replicas of one service in one zone count like two on one node."),
    )
    with st.expander(_("Who may move"), icon=":material/lock_open:"):
        names_chosen(
            _("Let move"), "may_move", names, GROUPS, help=_("Though care would pin them.")
        )
        st.toggle(
            _("Custom controllers' pods may move"),
            key="move_custom_controllers",
            bind="query-params",
            help=_("Pods of a TaskRun, a SparkApplication and the like: may it start them again?"),
        )
        names_chosen(
            _("Schedulers to treat as the default"),
            "schedulers",
            others,
            _("none"),
            help=_("Pods of other schedulers stay by default, and their nodes with them."),
        )
    with st.expander(_("Room and company"), icon=":material/tune:"):
        st.text_area(
            _("As JSON"),
            key=WISHES,
            placeholder=_as_typed(_WISHES_EXAMPLE),
            help=_("Of these, as docs/settings.md tells them: {names}", names=", ".join(_WISHED)),
        )


def _wishes(typed: str) -> dict[str, Any]:
    """Return what was typed of `Wishes`; what cannot be read is said and left out."""
    if not typed.strip():
        return {}
    try:
        read = Wishes.model_validate_json(typed)
    except ValidationError as error:
        st.warning(
            _("Room and company are left out: {error}", error=plain(str(first_problem(error)))),
            icon=":material/data_object:",
        )
        return {}
    return {name: getattr(read, name) for name in read.model_fields_set}


def pools_of_at_least(cluster: Cluster) -> dict[str, int]:
    """Draw the least sizes of pools; what cannot be read is said and left out."""
    typed = st.text_input(
        _("Pools of at least"),
        key=LEAST,
        bind="query-params",
        placeholder="pool=web:3, pool=db:2",
        help=_("By label: so many of the nodes that carry it stay in use."),
    )
    least: dict[str, int] = {}
    for entry in filter(None, map(str.strip, typed.split(","))):
        label, _colon, count = entry.rpartition(":")
        if count.isdecimal() and any(carries(node, label) for node in cluster.nodes):
            least[label] = int(count)
        else:
            st.warning(
                _(
                    "Left out: {entry} is no key=value:number with a label of these nodes.",
                    entry=plain(entry),
                ),
                icon=":material/label_off:",
            )
    return least


def rebalance_meanings(loaded: Loaded, request: RebalanceRequest) -> Meanings:
    """Return what the sliders mean for a rebalance of a cluster."""
    worth = _moves_worth_a_node(loaded.digest, request.model_dump_json(), loaded.cluster, request)
    return meanings.moving(request.mode, worth)


@st.cache_data(max_entries=64, show_spinner=False)
def _moves_worth_a_node(
    digest: str,  # noqa: ARG001
    asked: str,  # noqa: ARG001
    _cluster: Cluster,
    _request: RebalanceRequest,
) -> float:
    """Cached by the cluster's digest and what is asked of it."""
    return moves_worth_a_node(_cluster, _request)


def rebalance_values(request: RebalanceRequest) -> dict[str, Any]:
    """Return the values of a rebalance's controls by key, as `set_controls` takes them."""
    return {
        MODE: request.mode.value,
        "max_moves": request.max_moves,
        **headroom_values(request.max_utilization),
        **use_values(request),
        KEEP: list(request.keep_nodes),
        SURVIVE: list(request.survive),
        WHY: request.why_not_freed,
        LEAST: ", ".join(f"{label}:{count}" for label, count in request.least_nodes.items()),
        "zones": request.zone_pairs,
        "may_move": list(request.may_move),
        "must_stay": list(request.must_stay),
        "move_custom_controllers": request.move_custom_controllers,
        "schedulers": list(request.schedulers),
        WISHES: _as_typed(request),
    }


def _as_typed(wishes: Wishes) -> str:
    told = wishes.model_dump_json(include=set(_WISHED), exclude_defaults=True, by_alias=True)
    return "" if told == "{}" else told


FOR_EXPERTS: Mapping[str, Any] = {
    "zones": False,
    "may_move": (),
    "move_custom_controllers": False,
    "schedulers": (),
    WISHES: "",
}
"""What is drawn for experts only, by key: its value where nobody set it."""


def pods_and_groups(cluster: Cluster) -> list[str]:
    """Namespaces, services and, where they are not too many to choose from, pods."""
    running = [pod for pod in cluster.pods if pod.holds_capacity]
    groups = {pod.namespace for pod in running} | {pod.service for pod in running if pod.service}
    pods = {pod.id for pod in running} if len(running) <= _MOST_PODS_LISTED else set()
    return sorted(groups | pods)
