"""What an answer changes, as the tables of a handout."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kytos.cluster import NoteKind
from kytos.contract.runbook import Runbook
from kytos.language import N_, _
from kytos.questions.autoscale.autoscale import AutoscaleOutcome
from kytos.questions.fleet.fleet import FleetOutcome
from kytos.questions.outcome import Move, Outcome
from kytos.questions.parts.unplaced import UnplacedPod
from kytos.questions.placement.placement import PlacementOutcome
from kytos.questions.rebalance import RebalanceOutcome
from kytos.questions.recovery.recovery import RecoveryOutcome
from kytos.report import units
from kytos.report.notes import note_subjects

NO_SERVICE = N_("(no service)")

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
    """

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    about: str = ""


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
    return Table(
        _("Runbook"),
        (_("Wave"), _("Step"), _("Node"), _("To"), _("Pods")),
        [(*key, ", ".join(filter(None, pods))) for key, pods in rows.items()],
    )


def notes_table(outcome: Outcome) -> Table:
    """Return what was assumed, not judged, left out or is worth knowing."""
    rows = [
        (told, note.message, note_subjects(note))
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
            "; ".join(f"{move.pod}: {move.origin} → {move.target}" for move in those),
            _unique(move.why for move in those),
        )
        for service, those in sorted(by_service.items(), key=lambda one: (-len(one[1]), one[0]))
    ]
    return Table(_("Moves by service"), (_("Service"), _("Pods"), _("From → to"), _("Why")), rows)


def _starts(title: str, placed: Sequence[tuple[str, str]], services: Mapping[str, str]) -> Table:
    by_service: dict[str, list[str]] = {}
    for pod, node in placed:
        by_service.setdefault(services.get(pod) or _(NO_SERVICE), []).append(f"{pod}: {node}")
    rows = [
        (service, str(len(those)), "; ".join(those))
        for service, those in sorted(by_service.items(), key=lambda one: (-len(one[1]), one[0]))
    ]
    return Table(title, (_("Service"), _("Pods"), _("Pod and node")), rows)


def _unplaced(title: str, unplaced: Sequence[UnplacedPod]) -> Table:
    rows = [(pod.pod, f"{pod.priority:,}", pod.reason) for pod in unplaced]
    return Table(title, (_("Pod"), _("Priority"), _("Why")), rows)


def _names(title: str, names: Sequence[str]) -> Table:
    return Table(title, (), (), ", ".join(names))


def _replicas(outcome: AutoscaleOutcome) -> Table:
    nodes: dict[str, list[str]] = {}
    for one in outcome.placements:
        nodes.setdefault(one.service, []).append(one.node)
    rows = [
        (
            action.service,
            f"{action.current_replicas:,} → {action.recommended_replicas:,}",
            f"{action.desired_replicas:,}",
            ", ".join(nodes.get(action.service, ())),
            action.reason,
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


def _unique(texts: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(filter(None, texts)))
