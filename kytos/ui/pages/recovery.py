"""The Recovery page: nodes that fail in, where their pods go, and what would be lost."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from kytos.calls.answers import recover
from kytos.cluster import Cluster, is_spot
from kytos.errors import InputError
from kytos.language import N_, _, plural
from kytos.problem import LoadMode
from kytos.questions.outcome import Question
from kytos.questions.recovery.atlas import AtlasRequest
from kytos.questions.recovery.failure import HowNodesFail, fail, failing_nodes
from kytos.questions.recovery.recovery import RecoveryRequest
from kytos.report import units
from kytos.report.figures.heatmap import FAILS
from kytos.report.usage import usage
from kytos.ui.pages.recovery_answer import result
from kytos.ui.panels import atlas as atlas_panel
from kytos.ui.panels import question
from kytos.ui.panels.question import QuestionPage
from kytos.ui.parts import controls, expert, meanings
from kytos.ui.parts.controls import Preset
from kytos.ui.parts.heatmaps import cluster_heatmap
from kytos.ui.parts.use_controls import use_limits, use_values
from kytos.ui.session import frame
from kytos.ui.session.clusters import Loaded
from kytos.ui.session.runs import Ask

_NODES, _ZONES, _SPOT = "failed_nodes", "failed_zones", "failed_spot"
_HOW = controls.HOW
_PREEMPTION, _MOVES = "allow_preemption", "allow_moves"
PRESETS = (
    Preset(
        N_("Level"),
        N_("Even load on what is left; survivors' pods move where it pays."),
        {"A": 1.0, "B": 2.0, "C": 0.5, "D": 1.0},
    ),
    Preset(
        N_("Keep apart"),
        N_("Keep replicas of a service on different nodes, even at uneven load."),
        {"A": 1.0, "B": 1.0, "C": 1.0, "D": 4.0},
    ),
    Preset(
        N_("Don't touch"),
        N_("Leave survivors' pods where they are unless an evacuated pod needs the room."),
        {"A": 1.0, "B": 1.0, "C": 5.0, "D": 1.0, _MOVES: False, _PREEMPTION: False},
    ),
)


def request_values(request: RecoveryRequest) -> dict[str, Any]:
    """Return the values of the page's controls by key."""
    return {
        _NODES: list(request.failed_nodes),
        _ZONES: list(request.failed_zones),
        _SPOT: request.failed_spot,
        **controls.headroom_values(request.max_utilization),
        **use_values(request),
        _HOW: request.how,
        _PREEMPTION: request.allow_preemption,
        _MOVES: request.allow_moves,
    }


PAGE = QuestionPage(
    question=Question.RECOVERY,
    title=N_("Recovery"),
    about=(
        N_(
            "Where the pods of failed nodes go, the important first, without overloading a "
            "survivor, and which are given up."
        )
    ),
    button=N_("Recover"),
    icon=":material/healing:",
    function=recover,
    values=request_values,
)


def show() -> None:
    """Draw the page."""
    loaded = frame.begin(_(PAGE.title))
    if loaded is None:
        question.no_cluster()
        return
    with st.sidebar:
        controls.presets(PRESETS)
        filled = controls.headroom(usual=0)  # what is free is for failures
        use = use_limits(loaded)
        settings = question.settings(meanings.moving(LoadMode.SPREAD))
        limits = expert.values(_HOW_PODS_MOVE, _how_pods_move)
    pressed = question.head(PAGE)
    if pressed and not any(st.session_state.get(key) for key in (_NODES, _ZONES, _SPOT)):
        _pick_alone(_fullest(loaded.cluster))
    chosen, run_atlas = _failing(loaded.cluster)
    request = RecoveryRequest(
        **chosen,
        max_utilization=filled,
        **use,
        how=limits[_HOW],
        allow_preemption=limits[_PREEMPTION],
        allow_moves=limits[_MOVES],
        risk=True,
    )
    ask, failing = _checked(request, loaded, settings)
    if run_atlas:
        atlas_panel.start(loaded, AtlasRequest(max_utilization=filled, **use))
    answer = question.run(PAGE, ask, loaded, pressed=pressed)
    atlas_panel.watch()
    if answer is None:
        atlas_panel.show(loaded, _pick_alone)
        question.empty(
            PAGE,
            ask,
            loaded,
            _(
                "Choose what fails, here by clicking nodes or above, and press *Recover*; with "
                "nothing chosen, the fullest node fails."
            ),
            partial(cluster_heatmap, loaded.cluster, frozenset(failing), FAILS, _pick),
        )
        return
    question.stale_note(PAGE, answer, ask)
    result(PAGE, answer, ask, _pick)
    atlas_panel.show(loaded, _pick_alone)


_HOW_PODS_MOVE: dict[str, Any] = {_PREEMPTION: True, _HOW: HowNodesFail.DELETED, _MOVES: False}


def _how_pods_move() -> None:
    """Draw what else decides where pods of failed nodes may go."""
    st.toggle(
        _("Lower survivors may give way"),
        value=True,
        key=_PREEMPTION,
        bind="query-params",
        help=_("Pods of survivors make room for evacuated ones of higher priority (preemption)."),
    )
    st.radio(
        _("Failed nodes are"),
        list(HowNodesFail),
        format_func=lambda how: _(controls.HOW_IN_WORDS[how]),
        key=_HOW,
        bind="query-params",
        help=_(
            "A node that only stops answering keeps its StatefulSet pods: they stay Terminating."
        ),
    )
    st.toggle(
        _("Survivors' pods may move"),
        key=_MOVES,
        bind="query-params",
        help=_("Pods of survivors move to other survivors to make room."),
    )


def _failing(cluster: Cluster) -> tuple[dict[str, Any], bool]:
    """Draw what fails: nodes by name, whole zones, all spot nodes; or, if pressed, each in turn."""
    zones = sorted({node.zone for node in cluster.nodes if node.zone is not None})
    spot = sum(map(is_spot, cluster.nodes))
    nodes, whole = st.columns([3, 2], vertical_alignment="bottom")
    with nodes:
        names = [node.name for node in cluster.nodes]
        failed = controls.names_chosen(_("Nodes that fail"), _NODES, names, _("choose nodes"))
    with whole:
        failed_zones = controls.names_chosen(
            _("Zones that fail"), _ZONES, zones, _("choose zones") if zones else _("no zone labels")
        )
    # A row that wraps: columns of a narrow window would cut the labels.
    with st.container(horizontal=True, vertical_alignment="center"):
        all_of_them = st.toggle(
            _("All spot nodes ({spot:,})", spot=spot),
            key=_SPOT,
            bind="query-params",
            disabled=not spot,
            help=None if spot else _("No node carries a provisioner's spot label."),
        )
        st.button(
            _("Any one node"),
            icon=":material/bolt:",
            help=_("Chooses the fullest node; *Fail every node in turn* tries them all."),
            on_click=_pick_alone,
            args=(_fullest(cluster),),
        )
        each_in_turn = st.button(
            _("Fail every node in turn"),
            icon=":material/grid_on:",
            help=_("Tries each node and each zone by itself and shows which failures lose pods."),
        )
    chosen = {_NODES: failed, _ZONES: failed_zones, _SPOT: bool(all_of_them and spot)}
    return chosen, each_in_turn


def _pick(node: str) -> None:
    """Let a clicked node fail, or no longer."""
    chosen = st.session_state.get(_NODES, [])
    left = [name for name in chosen if name != node]
    controls.set_controls({_NODES: left if node in chosen else [*chosen, node]})


def _pick_alone(node: str) -> None:
    """Let a clicked node fail and nothing else."""
    controls.set_controls({_NODES: [node], _ZONES: [], _SPOT: False})


def _fullest(cluster: Cluster) -> str:
    totals = usage(cluster)
    return totals.nodes[int(totals.share[:, :2].max(axis=1).argmax())]


def _checked(
    request: RecoveryRequest, loaded: Loaded, settings: Any
) -> tuple[Ask | None, tuple[str, ...]]:
    """What is asked, and the nodes it fails, with what that hits in a line.

    None, and the reason, where it cannot be.
    """
    try:
        nodes = failing_nodes(
            loaded.cluster, request.failed_nodes, request.failed_zones, spot=request.failed_spot
        )
        failure = fail(loaded.cluster, nodes, request.how)
    except InputError as error:
        question.refused(error)
        return None, ()
    if nodes:
        ended = len(failure.left_behind)
        told = plural(
            "{number:,} node of {whole:,} fails: {pods} to evacuate",
            "{number:,} nodes of {whole:,} fail: {pods} to evacuate",
            len(nodes),
            whole=len(loaded.cluster.nodes),
            pods=units.count(len(failure.evacuees), "pod"),
        )
        if ended and len(nodes) == 1:
            told += _("; {ended:,} more, of DaemonSets and the like, gone with it", ended=ended)
        elif ended:
            told += _("; {ended:,} more, of DaemonSets and the like, gone with them", ended=ended)
        st.caption(_("{sentence}.", sentence=told))
    return Ask(PAGE.question, loaded.digest, request, *settings), nodes
