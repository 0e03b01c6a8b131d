"""A result on a page: what it comes to, where the energy went, and how the solver got there."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import pandas as pd
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from kytos.bounds import CertificateStatus
from kytos.cluster import CPU, MEMORY, Cluster, Frozen, Note, Pod
from kytos.language import N_, _, retold
from kytos.problem import LoadMode
from kytos.questions.outcome import Metrics, Move, Outcome
from kytos.report import units
from kytos.report.cells import Cell
from kytos.report.figures.energy import energy_by_term, energy_trace
from kytos.report.figures.shares import energy_by_part
from kytos.report.figures.terms import weighted
from kytos.report.notes import note_subjects
from kytos.report.shares import share_sentence
from kytos.report.wording import (
    certificate_details,
    move_reason,
    proof_sentence,
    risk_sentences,
    safety_sentence,
    why_it_ended,
)
from kytos.ui.parts.heatmaps import behind, chart
from kytos.ui.parts.text import plain, section
from kytos.ui.session.runs import Answer

_CORES, _GIB = N_("CPU (cores)"), N_("Memory (GiB)")
_AMOUNTS = (_CORES, _GIB)
"""Columns of amounts, shown to two decimals."""

_HELP = {
    N_("Nodes in use"): N_("Nodes that run anything but DaemonSet and static pods."),
    N_("CPU spread"): N_("Standard deviation of the nodes' CPU utilisation."),
    N_("Given up"): N_("Evacuated pods without a node; the volume of a stuck one is out of reach."),
    N_("Pods that restart"): N_("A pod that moves is ended on one node and started on another."),
    N_("Fullest node"): N_("By requests. Tight above 85%, almost full above 95%."),
    N_("Node failures survived"): N_(
        "Of single failures after this plan: every pod they evict finds "
        "another node, nobody preempted."
    ),
    N_("Zone failures survived"): N_(
        "Of single failures after this plan: every pod they evict finds "
        "another node, nobody preempted."
    ),
    N_("By the scheduler"): N_("What the default scheduler would make of it."),
    N_("Ended by"): N_(
        "Proof: nothing better exists. Work: all that was asked for was done, so the same "
        "seed gives the same answer. Clock: the time cap came first."
    ),
    N_("Next failures survived"): N_("Survivors whose failure, on top of this one, loses no pod."),
    N_("Replica pairs"): N_("Pairs of replicas of one service on one node."),
}


def metrics_row(before: Metrics, after: Metrics, mode: LoadMode) -> None:
    """Draw the metrics with what changes; colours only where `mode` aims at the metric."""
    cells = [
        Cell(
            _("Nodes in use"),
            f"{after.nodes_in_use:,}",
            _change(after.nodes_in_use - before.nodes_in_use),
            aimed_at=True,
        ),
        *load_cells(before, after, levels=mode is not LoadMode.CONSOLIDATE),
        Cell(_("Pods moved"), f"{after.pods_moved:,}", _change(after.pods_moved)),
    ]
    cells[1:1] = price_cells(before, after)
    cells_row(cells)


def load_cells(before: Metrics, after: Metrics, *, levels: bool) -> list[Cell]:
    """Return how full and how even the nodes are; `levels` says that evenness is aimed at."""
    shares = [
        (_("CPU peak"), before.cpu_peak, after.cpu_peak),
        (_("Memory peak"), before.memory_peak, after.memory_peak),
        (_("CPU spread"), before.cpu_spread, after.cpu_spread),
    ]
    pairs = after.anti_affinity_pairs - before.anti_affinity_pairs
    return [
        *(
            Cell(label, units.percent(new), _points(new - old), aimed_at=levels)
            for label, old, new in shares
        ),
        Cell(_("Replica pairs"), f"{after.anti_affinity_pairs:,}", _change(pairs), aimed_at=True),
    ]


def price_cells(before: Metrics, after: Metrics) -> list[Cell]:
    """Return the price of the nodes in use; nothing where it is not known."""
    if before.price_per_hour is None or after.price_per_hour is None:
        return []
    saved = after.price_per_hour - before.price_per_hour
    change = f"{'-' if saved < 0 else '+'}${abs(saved):,.2f}" if round(saved, 2) else None
    return [Cell(_("Price per hour"), f"${after.price_per_hour:,.2f}", change, aimed_at=True)]


def cells_row(cells: Sequence[Cell], key: str = "figures") -> None:
    """Draw numbers side by side; where they do not all fit, in rows of equal columns.

    Parameters
    ----------
    key
        Tells the rows of a page apart; the page's style goes by it and by how many cells there are.
    """
    with st.container(key=f"{key} cells {len(cells)}"):
        for cell in cells:
            st.metric(
                cell.label,
                cell.value,
                cell.delta or _(cell.remark),
                delta_color="inverse" if cell.delta and cell.aimed_at else cell.colour,
                icon=cell.icon,
                delta_arrow="auto" if cell.delta else "off",
                help=_help(cell.label),
                border=True,
            )


def _help(label: str) -> str | None:
    """What a number means, by its label in whatever language."""
    return next((_(told) for name, told in _HELP.items() if _(name) == label), None)


def headline(words: str) -> None:
    """Draw the sentence a result comes to; `words` are Markdown."""
    section(words)


def proof_caption(answer: Answer) -> None:
    """Draw what is proven about an answer's plan, and what was checked of it.

    A proof that it is optimal carries a sign.
    """
    outcome = answer.outcome
    proven = outcome.certificate.status is CertificateStatus.OPTIMAL
    sign = ":material/verified: " if proven else ""
    checked = safety_sentence(outcome)
    if outcome.notes:  # one may be quoted, and names come from whoever made the cluster
        checked = plain(checked)
    lines = [f"{sign}{proof_sentence(outcome)}"]
    lines.append(f":material/shield: {checked}")
    if outcome.risk is not None:
        lines += [plain(sentence) for sentence in risk_sentences(outcome.risk)]
    st.caption("  \n".join(lines))
    notes_panel(outcome.notes)


def notes_panel(notes: Sequence[Note]) -> None:
    """Draw what was read and not honoured, left out or assumed; nothing where all was read."""
    if not notes:
        return
    with st.expander(_("Worth knowing ({count:,})", count=len(notes)), icon=":material/info:"):
        st.markdown("\n".join(f"- {_note_line(note)}" for note in notes))


def _note_line(note: Note) -> str:
    subjects, message = note_subjects(note), retold(note.message)
    return plain(f"{message} ({subjects})" if subjects else message)


def energy_panel(outcome: Outcome) -> None:
    """Draw the energy by term before and after, and its total."""
    before, after = outcome.energy.before, outcome.energy.after
    st.markdown(
        _(
            "What the sliders weigh, as one number, the energy: **{before}** before, **{after}** "
            "after, and lower is better. The bars are its terms.",
            before=units.energy(before.total),
            after=units.energy(after.total),
        )
    )
    if told := share_sentence(outcome):
        st.caption(f":material/stairs: {plain(told)}")
    chart(
        energy_by_term(outcome.energy, outcome.weights),
        key="energy by term",
        alt=_("Energy by term before and after"),
    )
    behind(_("The energy as a table"), lambda: energy_rows(outcome), "energy table")


def energy_rows(outcome: Outcome) -> list[dict[str, object]]:
    """Return what each weighted term contributes before and after, and the total."""
    before, after = outcome.energy.before, outcome.energy.after
    then = weighted(after, outcome.weights)
    rows: list[dict[str, object]] = [
        {_("Term"): _(term), _("Before"): units.energy(value), _("After"): units.energy(then[term])}
        for term, value in weighted(before, outcome.weights).items()
    ]
    total = {_("Before"): units.energy(before.total), _("After"): units.energy(after.total)}
    return [*rows, {_("Term"): _("Total"), **total}]


def moves_panel(moves: Sequence[Move], cluster: Cluster, file_stem: str) -> None:
    """Draw the moves as a table with its downloads."""
    if not moves:
        st.markdown(_("No pod moves."))
        return
    pods = {pod.id: pod for pod in cluster.pods}
    table = pd.DataFrame(
        {
            _("Pod"): [move.pod for move in moves],
            _("From"): [move.origin for move in moves],
            _("To"): [move.target for move in moves],
            _("Why"): [move_reason(move) for move in moves],
            **request_columns([pods[move.pod] for move in moves]),
        }
    )
    columns = {_("Pod"): names(_("Pod")), _("Why"): reasons(_("Why"))}
    table_with_downloads(table, moves, N_("moves"), file_stem, columns)


def table_with_downloads(
    table: pd.DataFrame,
    records: Sequence[Frozen],
    what: str,
    file_stem: str,
    columns: Mapping[str, ColumnConfig] = MappingProxyType({}),
) -> None:
    """Draw a table, with what it shows to take away as CSV and `records` as JSON.

    Parameters
    ----------
    what
        Names the buttons and the files, and is the table's key: marked for translation, not
        translated.
    columns
        How columns are drawn, where not as they are.
    """
    st.dataframe(
        table,
        hide_index=True,
        key=what,
        placeholder="",
        column_config={
            **{
                name: st.column_config.NumberColumn(format="%.2f")
                for name in map(_, _AMOUNTS)
                if name in table
            },
            **columns,
        },
    )
    with st.container(horizontal=True):
        st.download_button(
            _("{what} as CSV", what=_(what).capitalize()),
            as_csv(table),
            f"{file_stem}-{what.replace(' ', '-')}.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            _("{what} as JSON", what=_(what).capitalize()),
            json.dumps(
                [record.model_dump(mode="json", by_alias=True) for record in records], indent=1
            ),
            f"{file_stem}-{what.replace(' ', '-')}.json",
            "application/json",
            icon=":material/download:",
            on_click="ignore",
        )


def sentences(label: str) -> ColumnConfig:
    """Return how a column of sentences is drawn: wide enough to read."""
    return st.column_config.TextColumn(label, width="large")


def names(label: str) -> ColumnConfig:
    """Return how a column of pods is drawn: those of one Deployment differ in their last letters.

    Left alone, a column is as wide as what its first rows hold, which may be nothing.
    """
    return st.column_config.TextColumn(label, width=260)


def reasons(label: str) -> ColumnConfig:
    """Return how a column of short reasons is drawn: later rows may have more to say."""
    return st.column_config.TextColumn(label, width=280)


def share_bar(label: str) -> ColumnConfig:
    """Return how a column of shares is drawn."""
    return st.column_config.ProgressColumn(label, min_value=0.0, max_value=1.0, format="percent")


def request_columns(pods: Sequence[Pod]) -> dict[str, list[float]]:
    """Return the columns that tell what each pod asks for."""
    return {
        _(_CORES): [pod.requests.get(CPU, 0) / 1000 for pod in pods],
        _(_GIB): [pod.requests.get(MEMORY, 0) / 2**30 for pod in pods],
    }


def solver_panel(outcome: Outcome) -> None:
    """Draw what each part of the solve reached and how long it took."""
    report = outcome.solver
    st.markdown(
        _(
            "`{name}` with seed {seed}, {seconds:.2f} s; it ended because {why}.",
            name=report.name,
            seed=report.seed,
            seconds=report.seconds,
            why=why_it_ended(report.stopped_by),
        )
    )
    st.markdown(certificate_details(outcome.certificate))
    for message in report.messages:
        st.info(retold(message), icon=":material/info:")
    left, right = st.columns(2, gap="large")
    with left:
        if outcome.shares:
            st.markdown(_("**Who brought the energy down**"))
            chart(
                energy_by_part(outcome.shares),
                key="energy by part",
                alt=_("Energy at the start, after each part of the solver, and the bound"),
            )
        st.markdown(_("**Seconds per stage**"))
        stages = pd.DataFrame(
            {
                _("Stage"): [_(stage.name) for stage in report.stages],
                _("Seconds"): [f"{stage.seconds:.3f}" for stage in report.stages],
                _("Best energy"): [
                    "" if stage.energy is None else units.energy(stage.energy)
                    for stage in report.stages
                ],
            }
        )
        st.dataframe(stages, hide_index=True, key="stages")
        st.caption(_("What was annealed and what the reads came to stands under QUBO."))
    if len(report.trace) > 1:
        with right:
            st.markdown(_("**Best energy over time**"))
            chart(energy_trace(report.trace), key="trace", alt=_("Best energy over time"))


def as_csv(table: pd.DataFrame) -> str:
    """Return a table to open in a spreadsheet."""
    buffer = io.StringIO()
    table.map(_no_formula).to_csv(buffer, index=False)
    return buffer.getvalue()


def _no_formula(value: object) -> object:
    """Keep a name that a spreadsheet would compute from being a formula there (OWASP)."""
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return value


def _change(difference: int) -> str | None:
    return f"{difference:+,}" if difference else None


def _points(difference: float) -> str | None:
    points = round(100 * difference)
    return _("{points:+d} points", points=points) if points else None
