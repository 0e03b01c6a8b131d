"""The cluster page: where a cluster comes from, and the state it is in."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from kytos.calls.handout import read_handout
from kytos.cluster import CPU, INSTANCE_TYPE, MEMORY, PODS, Cluster, Note
from kytos.errors import InputError
from kytos.language import _, retold
from kytos.questions.parts.notes import answer_notes
from kytos.questions.parts.right_sizing import right_sizing
from kytos.report import units
from kytos.report.cells import Cell
from kytos.report.usage import Summary, usage
from kytos.report.use import has_use, use_cell
from kytos.report.wording import pinned_reasons
from kytos.rules.kept_nodes import kept_nodes
from kytos.settings import StoreSettings
from kytos.sources.packed import is_page
from kytos.ui.pages import findings, opening
from kytos.ui.panels import use
from kytos.ui.panels.live_source import METRICS, context_picker, snapshot_row
from kytos.ui.panels.pinned import pinned_table
from kytos.ui.panels.prices import as_given_before, prices_panel
from kytos.ui.panels.prometheus_source import prometheus_picker
from kytos.ui.panels.results import cells_row, share_bar
from kytos.ui.panels.why_not import why_not_panel
from kytos.ui.parts import links
from kytos.ui.parts.heatmaps import cluster_heatmap
from kytos.ui.parts.lazy_tabs import Panel, lazy_tabs
from kytos.ui.parts.text import plain, section
from kytos.ui.session import clusters, frame, kept
from kytos.ui.session.clusters import Loaded
from kytos.usage import Usage

_FILES = "cluster files"
_ERROR = "upload error"
_KNOWN = "known files"
"""The files that were there before the last change."""
_LATE = "file that nobody was called for"
_COMMAND = (
    "kubectl get nodes,pods,deployments,replicasets,statefulsets,daemonsets,jobs,"
    "poddisruptionbudgets,persistentvolumeclaims,persistentvolumes,storageclasses,namespaces,"
    "priorityclasses,horizontalpodautoscalers,csinodes,csidrivers,csistoragecapacities,"
    "runtimeclasses,limitranges,resourcequotas -A -o json > cluster.json"
)
_UPLOAD_PIXELS = 180
_REASONS = 4
"""So many are named beside the numbers; the tab has all."""


def show() -> None:
    """Draw the page."""
    if st.session_state.pop(_LATE, False):
        _read()
    opening.follow()
    loaded = frame.begin(_("Cluster"))
    heading, right = st.columns([3, 2.2])
    with heading:
        st.title(plain(loaded.name) if loaded else _("Your cluster"), anchor=False)
        if loaded is not None and loaded.sample is not None:
            st.caption(_(clusters.story(loaded.sample)))
    # Of one height from the start: what is drawn below does not move when the box is there.
    with right, st.container(height=_UPLOAD_PIXELS, border=False):
        _upload()
        with st.popover(_("Export it, or read it live"), icon=":material/terminal:"):
            _other_ways()
    _refusal()
    links.note()
    if loaded is None:
        st.info(_("There is no sample here: use your own cluster."), icon=":material/info:")
        return
    if loaded.snapshot is not None:
        snapshot_row(loaded.snapshot, _read_live)
    _state(loaded)
    findings.show(loaded)
    frame.questions()
    section(_("Utilisation by node"))
    shown = _("Requested or used") if has_use(loaded.cluster) else _("Requested")
    st.caption(
        _(
            "{shown} of allocatable. Hover over a node for its pods; ▲ is over capacity.",
            shown=shown,
        )
    )
    cluster_heatmap(loaded.cluster)
    _details(loaded)


def _upload() -> None:
    """Draw where files are dropped: on the page itself, as a popover that closes loses them."""
    files = st.file_uploader(
        _("Use your own cluster"),
        accept_multiple_files=True,
        key=_FILES,
        on_change=_read,
        help=_(
            "JSON or YAML, one file or several, packed or not; or a handout. {kept} A file of more "
            "than {megabytes} MB turns red and is not read.",
            kept=_kept(),
            megabytes=st.get_option("server.maxUploadSize"),
        ),
    )
    _forget_gone(files)
    if _unread(files):  # a file that came while the first run was under way calls nobody
        st.session_state[_LATE] = True  # the selector is drawn already: it is chosen anew first
        st.rerun()


def _other_ways() -> None:
    """Draw the command that makes a file, and what is read without one."""
    st.markdown(_("Read your cluster with one command, then drop the file on the page:"))
    st.code(_COMMAND, language="console", wrap_lines=True)
    st.caption(
        _(
            "What pods really use goes in too, with the cluster or after it: PodMetrics (`kubectl "
            "get --raw /apis/metrics.k8s.io/v1beta1/pods`), Prometheus' `query_range`, "
            "VerticalPodAutoscalers, krr's JSON."
        )
    )
    _refusal()  # here too: the popover covers the page's own
    context_picker(_read_live)
    prometheus_picker(_ask_prometheus)


def _forget_gone(files: Sequence[UploadedFile]) -> None:
    """Let go of files that left the page: Streamlit keeps them as long as the session."""
    known: frozenset[str] = st.session_state.get(_KNOWN, frozenset())
    still = known & {file.file_id for file in files}
    context = get_script_run_ctx()
    if context is not None and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        for gone in known - still:
            context.uploaded_file_mgr.remove_file(context.session_id, gone)
    st.session_state[_KNOWN] = still


def _unread(files: Sequence[UploadedFile]) -> bool:
    """Whether a file lies here that `_read` has not seen."""
    known: frozenset[str] = st.session_state.get(_KNOWN, frozenset())
    return any(file.file_id not in known for file in files)


def _kept() -> str:
    settings = StoreSettings.from_environment()
    place = _("in this server's memory") if kept.store().in_memory else _("on this server")
    return _(
        "It is sent nowhere else and kept {place} for {store_days:g} days, for whoever "
        "has this page's address; History forgets it.",
        place=place,
        store_days=settings.store_days,
    )


def _refusal() -> None:
    error = st.session_state.get(_ERROR)
    if error:
        st.error(
            _(
                "**That could not be read, so the cluster stays as it was.** {error}",
                error=plain(retold(error)),
            ),
            icon=":material/error:",
        )


def _read() -> None:
    """Take the uploaded files as the session's cluster; on an error leave all as it was.

    Files that hold a whole cluster replace those of an earlier upload, others add to them.
    """
    files = st.session_state[_FILES]
    known = st.session_state.get(_KNOWN, frozenset())
    st.session_state[_KNOWN] = frozenset(file.file_id for file in files)
    st.session_state.pop(_ERROR, None)
    if not files:
        return
    if len(files) == 1 and is_page(files[0].getvalue()):
        _open(files[0])
        return
    added = [file for file in files if file.file_id not in known]
    if 0 < len(added) < len(files):
        try:
            loaded = _read_files(added)
        except InputError:
            pass  # a part of a cluster, to be read with the others
        else:
            if loaded.cluster.pods:
                clusters.keep(loaded)
                return
    _keep(lambda: _read_files(files, clusters.chosen()))


def _open(file: UploadedFile) -> None:
    """Take a handout: its cluster, and its answer on the page of its question."""
    most = clusters.UNPACKED * st.get_option("server.maxUploadSize") * 2**20
    try:
        opening.take(read_handout(file.getvalue(), file.name, most))
    except InputError as error:
        st.session_state[_ERROR] = str(error)


def _read_files(files: list[UploadedFile], beside: Cluster | None = None) -> Loaded:
    return clusters.read_upload([(file.name, file.getvalue()) for file in files], beside)


def _read_live(context: str) -> None:
    """Take a live cluster as the session's; on an error leave all as it was."""
    metrics = bool(st.session_state.get(METRICS))
    _keep(lambda: as_given_before(clusters.read_live(context, metrics=metrics)))


def _ask_prometheus(ask: Callable[[], Usage]) -> None:
    """Take what a Prometheus tells of the cluster on screen; on an error leave all as it was."""
    choice = st.session_state.get(clusters.CHOICE)
    if choice not in clusters.choices():
        st.session_state[_ERROR] = _(
            "there is no cluster whose pods it could tell of; read one first"
        )
        return
    _keep(lambda: clusters.with_use(clusters.load(choice), ask()))


def _keep(read: Callable[[], Loaded]) -> None:
    st.session_state.pop(_ERROR, None)
    try:
        clusters.keep(read())
    except InputError as error:
        st.session_state[_ERROR] = str(error)


def _price_remark(summary: Summary) -> str:
    if summary.price_per_hour is None:
        return _("none known")
    month = units.price_per_month(summary.price_per_hour)
    return (
        _("{month}, {assumed:,} assumed", month=month, assumed=summary.prices_assumed)
        if summary.prices_assumed
        else month
    )


def _state(loaded: Loaded) -> None:
    summary = loaded.summary
    per_hour = summary.price_per_hour
    waiting = (
        _("{pending:,} pending", pending=summary.pending) if summary.pending else _("none pending")
    )
    movable = summary.running - len(loaded.pinned)
    cells_row(
        [
            Cell(_("Nodes"), f"{summary.nodes:,}", remark=_node_remark(summary)),
            Cell(
                _("CPU requested"),
                _share(summary.cpu_held, summary.cpu_offered),
                remark=units.amount_of(CPU, summary.cpu_held, summary.cpu_offered),
            ),
            Cell(
                _("Memory requested"),
                _share(summary.memory_held, summary.memory_offered),
                remark=units.amount_of(MEMORY, summary.memory_held, summary.memory_offered),
            ),
            *([use_cell(loaded.cluster)] if has_use(loaded.cluster) else []),
            Cell(
                _("Price"),
                "n/a" if per_hour is None else units.price(per_hour),
                remark=_price_remark(summary),
            ),
            Cell(_("Running pods"), f"{summary.running:,}", remark=waiting),
            Cell(
                _("Pinned pods"),
                f"{len(loaded.pinned):,}",
                remark=_("{movable:,} may move", movable=max(movable, 0)),
            ),
        ]
    )
    if loaded.pinned:
        reasons = pinned_reasons(loaded.pinned.values())
        named = "; ".join(f"{plain(retold(why))} ({pods:,})" for why, pods in reasons[:_REASONS])
        further = len(reasons) - _REASONS
        more = (
            _("; {reasons} below", reasons=units.count(further, "more reason"))
            if further > 0
            else ""
        )
        st.caption(_("Why pods are pinned: {named}{more}", named=named, more=more))


def _share(held: int, offered: int) -> str:
    return units.percent(held / offered) if offered else "n/a"


def _node_remark(summary: Summary) -> str:
    remarks = []
    if summary.cordoned:
        remarks.append(_("{cordoned:,} cordoned", cordoned=summary.cordoned))
    if summary.not_ready:
        remarks.append(_("{not_ready:,} not ready", not_ready=summary.not_ready))
    return ", ".join(remarks) or _("all ready")


def _details(loaded: Loaded) -> None:
    notes = answer_notes(loaded.cluster)
    panels: dict[str, Panel] = {
        _("Nodes"): lambda: _nodes_panel(loaded),
        _("Pinned pods ({count:,})", count=len(loaded.pinned)): lambda: pinned_table(loaded),
        _("Why not"): lambda: why_not_panel(loaded.cluster),
    }
    if has_use(loaded.cluster):
        panels[_("Use")] = lambda: use.cluster_use(loaded.cluster, loaded.name)
        if sizes := right_sizing(loaded.cluster):
            panels[_("Right sizes ({count:,})", count=len(sizes))] = lambda: use.right_sizes(
                sizes, loaded.name
            )
    if notes:
        panels[_("Notes ({count:,})", count=len(notes))] = lambda: _notes_table(notes)
    lazy_tabs(panels, "cluster tabs")


def _nodes_panel(loaded: Loaded) -> None:
    _node_table(loaded.cluster)
    prices_panel(loaded)


def _node_table(cluster: Cluster) -> None:
    totals = usage(cluster)
    stays = kept_nodes(cluster)
    share = totals.share.round(2)  # the bars would print more digits than anyone asks for
    table = pd.DataFrame(
        {
            _("Node"): totals.nodes,
            _("Zone"): [node.zone or "" for node in cluster.nodes],
            _("Type"): [node.labels.get(INSTANCE_TYPE, "") for node in cluster.nodes],
            _("State"): [
                _("cordoned")
                if node.unschedulable
                else _("ready")
                if node.ready
                else _("not ready")
                for node in cluster.nodes
            ],
            "CPU": share[:, totals.resources.index(CPU)],
            _("Memory"): share[:, totals.resources.index(MEMORY)],
            _("Pods"): totals.held[:, totals.resources.index(PODS)],
            _("Price per hour"): [node.price_per_hour for node in cluster.nodes],
            _("Why it stays"): [stays.get(node.name, "") for node in cluster.nodes],
        }
    )
    told = [name for name in table if not table[name].replace("", None).isna().all()]
    st.dataframe(
        table[told],
        hide_index=True,
        key="nodes",
        column_config={
            "CPU": share_bar(_("CPU requested")),
            _("Memory"): share_bar(_("Memory requested")),
            _("Price per hour"): st.column_config.NumberColumn(format="$%.3f"),
        },
    )


def _notes_table(notes: Sequence[Note]) -> None:
    st.dataframe(
        pd.DataFrame(
            {
                _("What was found"): [retold(note.message) for note in notes],
                _("Times"): [note.count for note in notes],
                _("For example"): [", ".join(note.subjects) for note in notes],
            }
        ),
        hide_index=True,
        key="notes",
    )
