"""Heatmaps on a page: one cluster, or before and after side by side, with one switch for both."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from functools import partial

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from kytos.cluster import Cluster
from kytos.language import N_, _
from kytos.report.figures.heatmap import (
    FREED,
    TABLE_LIMIT,
    Mark,
    Measure,
    difference_table,
    difference_tiles,
    use_gap_table,
    use_gap_tiles,
    utilisation_table,
    utilisation_tiles,
)
from kytos.report.figures.scale import Scale, difference_scale, utilisation_scale
from kytos.report.figures.sheet import pickable
from kytos.report.units import percent, resource_name
from kytos.report.usage import usage
from kytos.report.use import has_use, used
from kytos.ui.parts.drawn import drawn

Pick = Callable[[str], None]
_ALL = "all"
_REQUESTS, _USE, _GAP = N_("Requests"), N_("Use (p95)"), N_("Use less requests")
_MEASURES = (_REQUESTS, _USE, _GAP)
_ALT = {_REQUESTS: N_("Utilisation of each node"), _USE: N_("Use of each node, 95th percentile")}
_SIDE_BY_SIDE = N_("Before and after")
_DIFFERENCE = N_("Difference")


def cluster_heatmap(
    cluster: Cluster,
    marked: frozenset[str] = frozenset(),
    mark: Mark = FREED,
    on_pick: Pick | None = None,
) -> None:
    """Draw the utilisation of a cluster with a switch for the resource.

    Parameters
    ----------
    on_pick
        Called with the name of a node that is clicked.
    """
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        measure = _measure_switch(cluster, "measure", _MEASURES)
        resource = _resource_switch(cluster, "resource", _measured_by(measure))
    if measure == _GAP:
        gap = (
            drawn(use_gap_table, cluster)
            if resource == _ALL
            else drawn(use_gap_tiles, cluster, resource)
        )
        chart(
            gap, key="use gap", alt=_("Use less requests of each node, in points"), on_pick=on_pick
        )
        _scale(difference_scale())
        st.caption(
            _("Use (p95) less requests, in points: blue nodes are asked for more than is used.")
        )
        return
    figure = _utilisation(cluster, resource, marked, mark, _measured_by(measure))
    chart(figure, key="heatmap", alt=_(_ALT[measure]), on_pick=on_pick)
    _scale(utilisation_scale())
    behind(_("The heatmap as a table"), lambda: utilisation_rows(cluster), "heatmap table")


def change_heatmaps(
    before: Cluster,
    after: Cluster,
    marked: frozenset[str] = frozenset(),
    mark: Mark = FREED,
    on_pick: Pick | None = None,
) -> None:
    """Draw before and after, where `marked` nodes are named so, or their difference.

    Parameters
    ----------
    on_pick
        Called with the name of a node that is clicked before.
    """
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        measure = _measure_switch(before, "shown measure", _MEASURES[:2])
        of = _measured_by(measure)
        resource = _resource_switch(before, "shown resource", of)
        view = st.segmented_control(
            _("View"),
            [_SIDE_BY_SIDE, _DIFFERENCE],
            format_func=_,
            default=_SIDE_BY_SIDE,
            required=True,
            label_visibility="collapsed",
            key="view",
        )
    if view == _DIFFERENCE:
        figure = (
            drawn(difference_table, before, after, of)
            if resource == _ALL
            else drawn(difference_tiles, before, after, resource, of)
        )
        chart(figure, key="difference", alt=_("Change of utilisation of each node, in points"))
        _scale(difference_scale())
        behind(_("The difference as a table"), lambda: change_rows(before, after), "change table")
        return
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(_("**Before**"))
        figure = _utilisation(before, resource, measure=of)
        chart(figure, key="before", alt=_("Utilisation of each node before"), on_pick=on_pick)
    with right:
        tiles = resource != _ALL and marked
        st.markdown(
            _("**After** · {sign} {word}", sign=mark.sign, word=_(mark.word))
            if tiles
            else _("**After**")
        )
        figure = _utilisation(after, resource, marked, mark, of)
        chart(figure, key="after", alt=_("Utilisation of each node after"))
    _scale(utilisation_scale())
    behind(_("Both heatmaps as a table"), lambda: change_rows(before, after), "change table")


def behind(label: str, rows: Callable[[], list[dict[str, object]]], key: str) -> None:
    """Draw what opens to the table behind a picture, for whoever cannot see it."""
    with st.expander(label, icon=":material/table:", on_change="rerun", key=f"{key} opened") as one:
        if one.open:
            st.dataframe(pd.DataFrame(rows()), hide_index=True, key=key)


def utilisation_rows(cluster: Cluster) -> list[dict[str, object]]:
    """Return how full each node is by resource, as the heatmap shows it."""
    held = usage(cluster)
    rows = []
    for at, node in enumerate(held.nodes):
        row: dict[str, object] = {_("Node"): node, _("Zone"): cluster.nodes[at].zone or ""}
        for column, name in enumerate(held.resources):
            if held.offered[:, column].any():
                offers = held.offered[at, column] > 0
                told = percent(float(held.share[at, column])) if offers else ""
                row[resource_name(name)] = told
        rows.append(row)
    return rows


def change_rows(before: Cluster, after: Cluster) -> list[dict[str, object]]:
    """Return how full each node is by resource before and after."""
    node, zone = _("Node"), _("Zone")
    then = {row[node]: row for row in utilisation_rows(after)}
    return [
        {node: row[node], zone: row[zone]}
        | {
            f"{name} {word}": shown.get(name, "")
            for name in row
            if name not in (node, zone)
            for word, shown in ((_("before"), row), (_("after"), then.get(row[node], {})))
        }
        for row in utilisation_rows(before)
    ]


def chart(
    figure: go.Figure,
    *,
    key: str,
    alt: str,
    on_pick: Pick | None = None,
    ready: bool = False,
) -> None:
    """Draw a figure with the few controls a reader needs.

    Parameters
    ----------
    on_pick
        Makes the nodes of a heatmap clickable; called with the name of one that is clicked.
    ready
        Whether the figure's points name their nodes already.
    """
    if on_pick is None:
        st.plotly_chart(figure, key=key, alt=alt, config={"displayModeBar": False})
        return
    # A figure remembers what is selected; a new one for each click tells every click alike.
    clicks = st.session_state.setdefault(_clicks(key), 0)
    st.plotly_chart(
        figure if ready else pickable(figure),
        key=f"{key} {clicks}",
        alt=alt,
        config={"displayModeBar": False},
        on_select=partial(picked, key, on_pick),
        selection_mode="points",
    )


def picked(key: str, on_pick: Pick) -> None:
    """Tell which node was clicked, and let the next click find a figure with nothing selected."""
    clicks = st.session_state.get(_clicks(key), 0)
    shown = st.session_state.get(f"{key} {clicks}")
    if shown is None:  # a second click on a figure that the first has replaced already
        return
    points = shown["selection"]["points"]
    st.session_state[_clicks(key)] = clicks + 1
    nodes = [str(point["customdata"][0]) for point in points if point.get("customdata")]
    for node in dict.fromkeys(nodes):
        on_pick(node)


def _clicks(key: str) -> str:
    return f"{key} clicks"


def _utilisation(
    cluster: Cluster,
    resource: str,
    marked: frozenset[str] = frozenset(),
    mark: Mark = FREED,
    measure: Measure = usage,
) -> go.Figure:
    if resource == _ALL:
        return drawn(utilisation_table, cluster, marked, mark, measure)
    return drawn(utilisation_tiles, cluster, resource, marked, mark, measure)


def _measure_switch(cluster: Cluster, key: str, offered: Sequence[str]) -> str:
    """Draw what is shown, where use is known beside requests."""
    if not has_use(cluster):
        return _REQUESTS
    chosen: str = st.segmented_control(
        _("Shown"),
        offered,
        format_func=_,
        default=offered[0],
        required=True,
        label_visibility="collapsed",
        key=key,
    )
    return chosen


def _measured_by(measure: str) -> Measure:
    return usage if measure == _REQUESTS else used


def _resource_switch(cluster: Cluster, key: str, measure: Measure = usage) -> str:
    levels = measure(cluster)
    offered = [
        name for column, name in enumerate(levels.resources) if levels.offered[:, column].any()
    ]
    options = ([_ALL] if len(cluster.nodes) <= TABLE_LIMIT else []) + offered
    chosen: str = st.segmented_control(
        _("Resource"),
        options,
        format_func=lambda name: _("All resources") if name == _ALL else resource_name(name),
        default=options[0],
        required=True,
        label_visibility="collapsed",
        key=key,
    )
    return chosen


def _scale(scale: Scale) -> None:
    """Draw what the colours mean; a strip of HTML is a tenth of a figure, and never too narrow."""
    labels = [html.escape(_(label)) for label in scale.labels]
    told = f"{html.escape(_('Colour scale'))}: {labels[0]}, {labels[-1]}"
    ticks = "".join(f"<span>{label}</span>" for label in labels)
    st.html(
        f'<div role="img" aria-label="{told}" style="max-width:22rem;margin:0 auto">'
        '<div style="height:1.1rem;border-radius:3px;'
        f'background:linear-gradient(90deg,{",".join(scale.colours)})"></div>'
        '<div style="display:flex;justify-content:space-between;font-size:.8rem">'
        f"{ticks}</div></div>"
    )
