"""The picture of a plan: nodes as boxes, before and after, and any node's own page."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from kytos.cluster import CPU, MEMORY, Cluster
from kytos.language import N_, _, retold
from kytos.questions.outcome import Outcome
from kytos.report import units
from kytos.report.boxes import boxes, coloured_services, grouped, table_of
from kytos.report.figures.boxes import boxes_figure
from kytos.report.fullness import fullness
from kytos.report.usage import usage
from kytos.ui.parts.drawn import drawn
from kytos.ui.parts.heatmaps import chart
from kytos.ui.parts.text import plain
from kytos.ui.session.runs import Answer

_BEFORE, _AFTER = N_("Before"), N_("After")
_SHOWN, _FIND = "picture", "find in the picture"
_OPEN = "node page"


def show(
    answer: Answer, freed: frozenset[str] = frozenset(), failed: frozenset[str] = frozenset()
) -> None:
    """Draw the nodes of an answer as boxes, with a switch from before to after.

    Parameters
    ----------
    freed, failed
        Names of nodes that come free, and of those that have failed; they fade into a tray.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        view = st.segmented_control(
            _("Picture"),
            [_BEFORE, _AFTER],
            format_func=_,
            default=_AFTER,
            required=True,
            key=_SHOWN,
        )
        services = coloured_services(answer.before)
        names = [*sorted(services), *(node.name for node in answer.after.nodes)]
        marked = st.selectbox(
            _("Find a service or a node"),
            names,
            index=None,
            key=_FIND,
            placeholder=_("service or node"),
            width=260,
        )
        nodes = set(answer.after.node_index)
        if marked in nodes:
            st.button(_("Open its page"), icon=":material/dns:", on_click=_open, args=(marked,))
    cluster = answer.after if view == _AFTER else answer.before
    gone = (freed, failed) if view == _AFTER else (frozenset(), frozenset())
    chart(
        drawn(_picture, cluster, gone, tuple(services), marked),
        key="boxes",
        alt=_("Nodes as boxes filled by their pods, {view}", view=_(view).lower()),
        on_pick=_open,
        ready=True,
    )
    st.caption(
        _(
            "A box is a group of alike nodes, as high as one of them has cores; a block is what a "
            "service asks of the fuller of CPU and memory. Fullest first. Find a node by its name "
            "for its pods and reasons."
        )
        if grouped(cluster)
        else _(
            "A box is a node, as high as it has cores; a block is a pod, as high as its share of "
            "the fuller of CPU and memory. Fullest first. Click a node for its pods and reasons."
        )
    )
    with st.expander(
        _("The picture as a table"), icon=":material/table:", on_change="rerun"
    ) as table:
        if table.open:
            st.dataframe(
                pd.DataFrame(table_of(boxes(cluster, *gone))), hide_index=True, key="boxes table"
            )
    node = st.session_state.pop(_OPEN, None)
    if node in nodes:
        st.dialog(_("Node {node}", node=plain(node)), width="large")(
            partial(node_page, answer, node)
        )()


def _picture(
    cluster: Cluster,
    gone: tuple[frozenset[str], frozenset[str]],
    services: tuple[str, ...],
    marked: str | None,
) -> go.Figure:
    return boxes_figure(boxes(cluster, *gone), services, marked)


def _open(node: str) -> None:
    if node:
        st.session_state[_OPEN] = node


def node_page(answer: Answer, node: str) -> None:
    """Draw one node: how full it is before and after, and each of its pods with the reason."""
    left, right = st.columns(2)
    for column, label, cluster in (
        (left, _("Before"), answer.before),
        (right, _("After"), answer.after),
    ):
        share = usage(cluster).share[cluster.node_index[node], :2]
        highest = float(max(share)) if len(share) else 0.0
        level = fullness(highest)
        told = _(
            "CPU {cpu}, memory {memory}",
            cpu=units.percent(float(share[0])),
            memory=units.percent(float(share[1])),
        )
        column.metric(
            label,
            told,
            level.word,
            delta_color=level.colour,
            delta_arrow="off",
            icon=level.icon,
        )
    rows = pod_rows(answer, node)
    if not rows:
        st.markdown(_("No pod runs here, before or after."))
        return
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        key="pods of the node",
        column_config={_("Why"): st.column_config.TextColumn(width="large")},
    )


def pod_rows(answer: Answer, node: str) -> list[dict[str, object]]:
    """Return the pods that run on a node before or after, each with what becomes of it and why."""
    before, after = _nodes_of(answer.before), _nodes_of(answer.after)
    outcome: Outcome = answer.outcome
    why = {move.pod: retold(move.why) for move in getattr(outcome, "moves", ())}
    rows = []
    known = {pod.id: pod for pod in (*answer.before.pods, *answer.after.pods)}
    for pod in known.values():
        start, end = before.get(pod.id), after.get(pod.id)
        if node not in (start, end):
            continue
        if start == end:
            becomes = _("stays")
            pinned = answer.loaded.pinned.get(pod.id)
            reason = retold(pinned) if pinned else _("no better node at these weights")
        elif start == node:
            becomes = _("leaves to {end}", end=end) if end else _("ends")
            reason = why.get(pod.id, "")
        else:
            becomes = _("comes from {start}", start=start) if start else _("is new")
            reason = why.get(pod.id, "")
        rows.append(
            {
                _("Pod"): pod.id,
                _("Service"): pod.service or "",
                _("Becomes"): becomes,
                _("Why"): reason,
                _("CPU (cores)"): pod.requests.get(CPU, 0) / 1000,
                _("Memory (GiB)"): round(pod.requests.get(MEMORY, 0) / 2**30, 2),
            }
        )
    return rows


def _nodes_of(cluster: Cluster) -> Mapping[str, str]:
    return {pod.id: node.name for node in cluster.nodes for pod in cluster.pods_by_node[node.name]}
