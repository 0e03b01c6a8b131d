"""What pods really use on a page: a day of a node, what is risked, right sizes and their worth."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from kytos.cluster import CPU, MEMORY, Cluster
from kytos.language import N_, _
from kytos.questions.outcome import Outcome
from kytos.questions.parts.known_use import known_use
from kytos.questions.parts.right_sizing import IfRightSized, RightSize, Sized
from kytos.questions.parts.use_of_pods import PodUse, use_of_each_pod
from kytos.report import units
from kytos.report.cells import Cell
from kytos.report.figures.day import day_bands
from kytos.report.right_sizing import patch_script, patch_zip
from kytos.report.use import (
    coverage_sentence,
    day_of_node,
    measured_columns,
    measured_sentence,
    measured_troubles,
    risk_sentences,
    saved_sentence,
    used,
)
from kytos.ui.panels import results
from kytos.ui.parts.heatmaps import chart
from kytos.ui.parts.lazy_tabs import Panel
from kytos.ui.parts.text import plain, section
from kytos.ui.session.runs import Answer

_NODE, _RESOURCE = "day of node", "day of resource"


def panels(answer: Answer) -> dict[str, Panel]:
    """Return the tabs of an answer whose pods' use is known; none where it is not."""
    outcome: Outcome = answer.outcome
    if outcome.use is None:
        return {}
    tabs: dict[str, Panel] = {_("Use"): lambda: _use(answer)}
    if outcome.right_sizing:
        tabs[_("Right sizes ({count:,})", count=len(outcome.right_sizing))] = lambda: right_sizes(
            outcome.right_sizing, answer.loaded.name
        )
    return tabs


def side_by_side(told: IfRightSized) -> None:
    """Draw today, right-sized, and right-sized as planned: nodes, money and requests."""
    section(_("As if right-sized"))
    today = told.today
    states = (
        (_("Today"), _("What pods request"), today),
        (_("Right-sized"), _("The same nodes, requests set to what is needed"), told.right_sized),
        (_("Right-sized and as planned"), _("The plan carried out on top"), told.planned),
    )
    for column, (name, caption, state) in zip(st.columns(3, gap="medium"), states, strict=True):
        with column, st.container(border=True):
            st.markdown(f"**{name}**")
            st.caption(caption)
            cells = _cells(state, None if state is today else today)
            results.cells_row(cells, f"sized {states.index((name, caption, state))}")


def _cells(state: Sized, today: Sized | None) -> list[Cell]:
    cells = [
        Cell(
            _("Nodes in use"),
            f"{state.nodes_in_use:,}",
            None if today is None else _change(state.nodes_in_use - today.nodes_in_use, "{:+,.0f}"),
            aimed_at=True,
            remark=_remark(today),
        )
    ]
    if state.price_per_hour is not None:
        delta = None
        if today is not None and today.price_per_hour is not None:
            saved = state.price_per_hour - today.price_per_hour
            sign = "-" if saved < 0 else "+"
            delta = f"{sign}{units.price_per_month(abs(saved))}" if round(saved, 2) else None
        cells.append(
            Cell(
                _("Price per hour"),
                f"${state.price_per_hour:,.2f}",
                delta,
                aimed_at=True,
                remark=_remark(today),
            )
        )
    for label, field, unit in (
        (_("CPU requested"), "cpu_requested", 1000.0),
        (_("Memory requested"), "memory_requested", 1024.0),
    ):
        amount = getattr(state, field) / unit
        delta = None
        if today is not None:
            delta = _change(amount - getattr(today, field) / unit, "{:+,.1f}")
        name = _("cores") if unit == 1000 else "GiB"
        cells.append(
            Cell(label, f"{amount:,.1f} {name}", delta, aimed_at=True, remark=_remark(today))
        )
    return cells


def _change(difference: float, written: str) -> str | None:
    return written.format(difference) if round(difference, 1) else None


def _remark(today: Sized | None) -> str:
    return _("as it is") if today is None else _("no change")


def _use(answer: Answer) -> None:
    outcome: Outcome = answer.outcome
    report = outcome.use
    if report is None:
        return
    st.markdown(coverage_sentence(report))
    for sentence in risk_sentences(report):
        st.markdown(f"- {sentence}")
    st.markdown(f"- {measured_sentence(report)}")
    day_chart(answer.before, answer.after)
    table = pd.DataFrame(
        {
            _("Node"): [node.node for node in report.nodes],
            _("CPU p95 before"): [round(node.before.cpu_p95, 2) for node in report.nodes],
            _("CPU p95 after"): [round(node.after.cpu_p95, 2) for node in report.nodes],
            _("CPU over before"): [100 * node.before.cpu_over for node in report.nodes],
            _("CPU over after"): [100 * node.after.cpu_over for node in report.nodes],
            _("Memory p95 before"): [round(node.before.memory_p95, 2) for node in report.nodes],
            _("Memory p95 after"): [round(node.after.memory_p95, 2) for node in report.nodes],
            _("Memory over before"): [100 * node.before.memory_over for node in report.nodes],
            _("Memory over after"): [100 * node.after.memory_over for node in report.nodes],
        }
    )
    names = [str(name) for name in table][1:]
    shares = [name for name in names if "p95" in name]
    times = [name for name in names if "p95" not in name]
    st.markdown(_("**Each node, as shares of what it offers and of the time**"))
    results.table_with_downloads(
        table,
        report.nodes,
        N_("use by node"),
        answer.loaded.name,
        {
            **{name: results.share_bar(name) for name in shares},
            **{name: st.column_config.NumberColumn(format="%.2f %%") for name in times},
        },
    )
    st.caption(
        _(
            "CPU over: share of the time in which the pods' CPU would be more than the node has; "
            "they are throttled then. Memory over: the same of memory; containers are killed then."
        )
    )
    if report.measured is not None:
        st.markdown(
            _("**Measured as pods run today: throttling by their own limits, and OOM kills**")
        )
        for name, of in (
            (N_("Service"), report.measured.services),
            (N_("Node"), report.measured.nodes),
        ):
            if rows := measured_troubles(of):
                table = pd.DataFrame(rows, columns=[_(name), *measured_columns()])
                st.dataframe(table, hide_index=True, key=f"measured by {name.lower()}")
    pod_table(report.by_pod, answer.loaded.name)


def pod_table(pods: Sequence[PodUse], file_stem: str) -> None:
    """Draw what each pod uses, by percentiles, and what was measured to befall it."""
    if not pods:
        return
    columns: dict[str, list[object]] = {
        _("Pod"): [one.pod for one in pods],
        _("Node"): [one.node for one in pods],
    }
    for resource, label in ((CPU, N_("CPU {field} (m)")), (MEMORY, N_("Memory {field} (MiB)"))):
        for field in ("p50", "p95", "p99", "max"):
            profiles = [getattr(one, resource) for one in pods]
            columns[_(label, field=field)] = [
                None if profile is None else getattr(profile, field) for profile in profiles
            ]
    columns[_("Throttled (%)")] = [
        None if one.throttled is None else 100 * one.throttled for one in pods
    ]
    columns[_("OOM kills")] = [one.oom_kills for one in pods]
    measured = {name: of for name, of in columns.items() if any(one is not None for one in of)}
    st.markdown(_("**Each pod**"))
    numbers = [name for name in measured if name.endswith(")")]
    results.table_with_downloads(
        pd.DataFrame(measured),
        pods,
        N_("use by pod"),
        file_stem,
        {name: st.column_config.NumberColumn(format="%.1f") for name in numbers},
    )


def cluster_use(cluster: Cluster, file_stem: str) -> None:
    """Draw what the pods of a cluster use as it stands."""
    day_chart(cluster)
    pod_table(use_of_each_pod(cluster, known_use(cluster)), file_stem)


def day_chart(before: Cluster, after: Cluster | None = None) -> None:
    """Draw a day of a node that is chosen: first of all the one that takes most more, or most."""
    known = known_use(before if after is None else after)
    if not known.row:
        return
    names = _by_what_comes(before, after)
    if not names:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        node = st.selectbox(_("A day of node"), names, key=_NODE, width=320)
        resource = st.segmented_control(
            _("Resource"),
            [CPU, MEMORY],
            format_func=units.resource_name,
            default=CPU,
            required=True,
            label_visibility="collapsed",
            key=_RESOURCE,
        )
    first = day_of_node(before, known, node, resource)
    second = None if after is None else day_of_node(after, known, node, resource)
    chart(
        day_bands(resource, first, second),
        key="day",
        alt=_("What the pods of {node} use by the hour of the day", node=plain(node)),
    )


def _by_what_comes(before: Cluster, after: Cluster | None) -> list[str]:
    """The nodes that are there before and after, by how much more of their CPU is used then."""
    start, end = used(before), used(before if after is None else after)
    now = dict(zip(start.nodes, start.share[:, 0].tolist(), strict=True))
    then = dict(zip(end.nodes, end.share[:, 0].tolist(), strict=True))
    more = {
        name: then[name] - (0.0 if after is None else now[name]) for name in now if name in then
    }
    return sorted(more, key=lambda name: (-more[name], name))


def right_sizes(sizes: Sequence[RightSize], file_stem: str) -> None:
    """Draw what containers would better request, to take away as a table and as patches."""
    st.markdown(saved_sentence(sizes))
    st.caption(
        plain(_("{method}. Window: {window}.", method=sizes[0].method, window=sizes[0].window))
    )
    table = pd.DataFrame(
        {
            _("Service"): [one.service for one in sizes],
            _("Container"): [one.container for one in sizes],
            _("Replicas"): [one.replicas for one in sizes],
            _("CPU now (m)"): [one.requests.cpu for one in sizes],
            _("CPU better (m)"): [one.recommended.cpu for one in sizes],
            _("Memory now (MiB)"): [one.requests.memory for one in sizes],
            _("Memory better (MiB)"): [one.recommended.memory for one in sizes],
            _("CPU saved in all (m)"): [one.saves.cpu for one in sizes],
            _("Memory saved in all (MiB)"): [one.saves.memory for one in sizes],
        }
    )
    numbers = [str(name) for name in table if str(name).endswith(")")]
    results.table_with_downloads(
        table,
        sizes,
        N_("right sizes"),
        file_stem,
        {name: st.column_config.NumberColumn(format="localized") for name in numbers},
    )
    with st.container(horizontal=True):
        st.download_button(
            _("Patches as files"),
            patch_zip(sizes),
            f"{file_stem}-right-sizes.zip",
            "application/zip",
            icon=":material/folder_zip:",
            on_click="ignore",
            help=_(
                "One file for each workload, for kubectl patch --patch-file or kustomize, and a "
                "script that applies them all."
            ),
        )
        st.download_button(
            _("Patches as a script of kubectl"),
            patch_script(sizes),
            f"{file_stem}-right-sizes.sh",
            "text/x-shellscript",
            icon=":material/terminal:",
            on_click="ignore",
        )
