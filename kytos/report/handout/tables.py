"""What an answer changes, as the tables of a handout."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kytos.cluster import NoteKind
from kytos.contract.runbook import Runbook
from kytos.language import N_, _, retold
from kytos.questions.autoscale.autoscale import AutoscaleOutcome
from kytos.questions.fleet.fleet import FleetOutcome
from kytos.questions.outcome import Move, Outcome
from kytos.questions.parts.unplaced import UnplacedPod
from kytos.questions.placement.request import PlacementOutcome
from kytos.questions.rebalance import RebalanceOutcome
from kytos.questions.recovery.recovery import RecoveryOutcome
from kytos.report import units
from kytos.report.notes import note_subjects

NO_SERVICE = N_("(no service)")
MOST_ROWS, MOST_NAMES, _MOST_REASONS = 300, 40, 8
"""Of a table, and of names in one cell: what is more is in a file that the page carries."""

ASSUMPTIONS = {
    NoteKind.ASSUMED: N_("Assumed"),
    NoteKind.NOT_JUDGED: N_("Not judged"),
    NoteKind.LEFT_OUT: N_("Left out"),
    NoteKind.READ: N_("Worth knowing"),
}
"""What each kind of note is called, in the order a reader needs them."""


@dataclass(frozen=True)
class Table:
    """One table of a handout.

    Attributes
    ----------
    about
        What stands before the rows, or instead of them; may be empty.
    file, attached
        A file's name and where it is found, which holds what the rows leave out; empty where they
        leave nothing out.
    """

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    about: str = ""
    file: str = ""
    attached: str = ""


def change_tables(outcome: Outcome, services: Mapping[str, str]) -> list[Table]:
    """Return what changes: moves by service first, then what only this question has.

    Parameters
    ----------
    services
        The service of each pod, by the pod's id; empty where the cluster is not there.
    """
    tables: list[Table] = []
    if isinstance(outcome, RebalanceOutcome):
        tables += [_moves(outcome.moves, services), _names(_("Freed nodes"), outcome.freed_nodes)]
    elif isinstance(outcome, RecoveryOutcome):
        placed = [(one.pod, one.node) for one in outcome.placements]
        tables += [
            _names(_("Failed nodes"), outcome.failed_nodes),
            _starts(_("Evacuated pods by service"), placed, services),
            _unplaced(_("Given up"), outcome.unplaced),
            _names(_("Pods of survivors that give way"), outcome.preempted),
            _whole_or_cut(
                _("Not evacuated"),
                (_("Pod"), _("Why it is not evacuated")),
                [(left.pod, retold(left.reason)) for left in outcome.left_behind],
                "not-evacuated.csv",
            ),
            _moves(outcome.moves, services),
        ]
    elif isinstance(outcome, PlacementOutcome):
        placed = [(one.pod, one.node) for one in outcome.placements]
        tables += [
            _starts(_("New pods by service"), placed, services),
            _unplaced(_("No node"), outcome.unplaced),
            _names(_("Nodes to buy"), outcome.bought_nodes),
        ]
    elif isinstance(outcome, AutoscaleOutcome):
        tables += [_replicas(outcome)]
    elif isinstance(outcome, FleetOutcome):
        tables += [
            _purchases(outcome),
            _names(_("Nodes kept"), outcome.keep),
            _names(_("Nodes released"), outcome.release),
            _moves(outcome.moves, services),
            _unplaced(_("No node"), outcome.unplaced),
        ]
    return [table for table in tables if table.rows or table.about]


def runbook_table(runbook: Runbook) -> Table:
    """Return the steps, those of one wave and kind on one node in a row."""
    rows: dict[tuple[str, str, str, str], list[str]] = {}
    for step in runbook.steps:
        key = (str(step.wave), step.action.value, step.node or "", step.to or "")
        rows.setdefault(key, []).append(step.pod or "")
    return _whole_or_cut(
        _("Runbook"),
        (_("Wave"), _("Step"), _("Node"), _("To"), _("Pods")),
        [(*key, [pod for pod in pods if pod]) for key, pods in rows.items()],
        "runbook.csv",
    )


def left_out_table(runbook: Runbook) -> Table:
    """Return the moves that the steps do without, and why."""
    rows = [(one.pod, retold(one.reason)) for one in runbook.left_out]
    return _whole_or_cut("", (_("Pod"), _("Why")), rows, "left-out-of-runbook.csv")


def notes_table(outcome: Outcome) -> Table:
    """Return what was assumed, not judged, left out or is worth knowing."""
    rows = [
        (told, retold(note.message), note_subjects(note))
        for kind, told in ASSUMPTIONS.items()
        for note in outcome.notes
        if note.kind is kind
    ]
    return Table(_("Assumptions"), ("", _("What"), _("Objects")), rows)


def _moves(moves: Sequence[Move], services: Mapping[str, str]) -> Table:
    by_service: dict[str, list[Move]] = {}
    for move in moves:
        by_service.setdefault(services.get(move.pod) or _(NO_SERVICE), []).append(move)
    rows = [
        (
            service,
            str(len(those)),
            [f"{move.pod}: {move.origin} → {move.target}" for move in those],
            _unique(retold(move.why) for move in those),
        )
        for service, those in sorted(by_service.items(), key=lambda one: (-len(one[1]), one[0]))
    ]
    header = (_("Service"), _("Pods"), _("From → to"), _("Why"))
    return _whole_or_cut(_("Moves by service"), header, rows, "moves.csv")


def _starts(title: str, placed: Sequence[tuple[str, str]], services: Mapping[str, str]) -> Table:
    by_service: dict[str, list[str]] = {}
    for pod, node in placed:
        by_service.setdefault(services.get(pod) or _(NO_SERVICE), []).append(f"{pod}: {node}")
    rows = [
        (service, str(len(those)), those)
        for service, those in sorted(by_service.items(), key=lambda one: (-len(one[1]), one[0]))
    ]
    return _whole_or_cut(title, (_("Service"), _("Pods"), _("Pod and node")), rows, "pods.csv")


def _unplaced(title: str, unplaced: Sequence[UnplacedPod]) -> Table:
    rows = [(pod.pod, f"{pod.priority:,}", retold(pod.reason)) for pod in unplaced]
    return _whole_or_cut(title, (_("Pod"), _("Priority"), _("Why")), rows, "left-out.csv")


def _names(title: str, names: Sequence[str]) -> Table:
    cut = len(names) > MOST_ROWS
    attached = _as_file((title,), [(name,) for name in names]) if cut else ""
    return Table(title, (), (), _listed(names, MOST_ROWS), "names.csv" if cut else "", attached)


def _replicas(outcome: AutoscaleOutcome) -> Table:
    nodes: dict[str, list[str]] = {}
    for one in outcome.placements:
        nodes.setdefault(one.service, []).append(one.node)
    rows = [
        (
            action.service,
            f"{action.current_replicas:,} → {action.recommended_replicas:,}",
            f"{action.desired_replicas:,}",
            _listed(nodes.get(action.service, ())),
            retold(action.reason),
        )
        for action in outcome.actions
    ]
    return Table(
        _("Replicas by service"),
        (_("Service"), _("Replicas"), _("Desired"), _("New ones on"), _("Why")),
        rows,
    )


def _purchases(outcome: FleetOutcome) -> Table:
    rows = [
        (
            one.type,
            one.capacity_type,
            one.zone or _("any"),
            f"{one.count:,}",
            units.price(one.price_per_hour),
            units.price(one.count * one.price_per_hour),
        )
        for one in outcome.buy
    ]
    return Table(
        _("Nodes to buy"),
        (_("Type"), _("Capacity"), _("Zone"), _("Nodes"), _("Each"), _("Together")),
        rows,
    )


Row = Sequence[str | Sequence[str]]
"""Cells of a table; one that is a list of names is cut where they are many."""


def _whole_or_cut(title: str, header: Sequence[str], rows: Sequence[Row], file: str) -> Table:
    """Put a table together; what it would be too long with is in the file that goes with it."""
    shown = [
        [cell if isinstance(cell, str) else _listed(cell) for cell in row]
        for row in rows[:MOST_ROWS]
    ]
    lists = (cell for row in rows for cell in row if not isinstance(cell, str))
    if len(rows) <= MOST_ROWS and all(len(names) <= MOST_NAMES for names in lists):
        return Table(title, header, shown)
    about = (
        _(
            "The first {shown:,} of {count:,} rows; the file below has all of them.",
            shown=MOST_ROWS,
            count=len(rows),
        )
        if len(rows) > MOST_ROWS
        else _(
            "Of long lists the first {count} are shown; the file below has all.", count=MOST_NAMES
        )
    )
    return Table(title, header, shown, about, file, _as_file(header, _spread(rows)))


def _listed(names: Sequence[str], most: int = MOST_NAMES) -> str:
    """The names one after another, the first of many."""
    more = len(names) - most
    told = [*names[:most]]
    if more > 0:
        told.append(_("and {count:,} more", count=more))
    return "; ".join(told)


def _spread(rows: Sequence[Row]) -> Iterable[Sequence[str]]:
    """The rows of a file: one for each name of a list."""
    for row in rows:
        at = next((at for at, cell in enumerate(row) if not isinstance(cell, str)), None)
        if at is None or not row[at]:
            yield ["" if not isinstance(cell, str) else cell for cell in row]
            continue
        for name in row[at]:
            yield [cell if isinstance(cell, str) else name for cell in row]


def _as_file(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table as a file that is part of the page: a data address of CSV."""
    written = io.StringIO()
    csv.writer(written).writerows([header, *rows])
    content = base64.b64encode(written.getvalue().encode("utf-8-sig")).decode()
    return f"data:text/csv;charset=utf-8;base64,{content}"


def _unique(texts: Iterable[str]) -> str:
    told = list(dict.fromkeys(filter(None, texts)))
    return _listed(told, _MOST_REASONS)
