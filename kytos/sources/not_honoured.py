"""Fields that affect scheduling and that Kytos reads past: found, counted and named."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kytos.cluster import DEFAULT_SCHEDULER, Note, NoteKind, note_about
from kytos.language import said
from kytos.sources.fields import Fields

_IN_TREE_DISKS = (
    "awsElasticBlockStore",
    "azureDisk",
    "cinder",
    "gcePersistentDisk",
    "iscsi",
    "rbd",
)
"""Volume types whose disks the scheduler keeps exclusive or counts per node."""

_POD_FIELDS: Mapping[str, Callable[[Fields], bool]] = {
    "pods of a gang (workloadRef, schedulingGroup)": lambda spec: (
        "workloadRef" in spec or "schedulingGroup" in spec
    ),
    "pods with disks mounted directly, without a claim": lambda spec: any(
        kind in volume for volume in spec.objects("volumes") for kind in _IN_TREE_DISKS
    ),
}


_LEFT_TO_OTHERS: Mapping[str, Callable[[Fields], bool]] = {
    "pods of other schedulers: left to those unless they are named (schedulers)": lambda spec: (
        spec.text("schedulerName", DEFAULT_SCHEDULER) not in ("", DEFAULT_SCHEDULER)
    ),
    "pods with scheduling gates: they wait until the gates are taken away": lambda spec: (
        bool(spec.entries("schedulingGates")) and "nodeName" not in spec
    ),
}
"""What is honoured and worth knowing."""


def unhonoured_fields(by_kind: Mapping[str, list[Fields]]) -> list[Note]:
    """One Note per field that some pod uses and no rule looks at, or that leaves it to others."""
    notes = []
    for message, uses in _POD_FIELDS.items():
        if names := _pods_that(by_kind, uses):
            notes.append(
                note_about(said(f"{message}: read, not honoured yet"), names, NoteKind.NOT_JUDGED)
            )
    for message, uses in _LEFT_TO_OTHERS.items():
        if names := _pods_that(by_kind, uses):
            notes.append(note_about(message, names))
    return notes


def _pods_that(by_kind: Mapping[str, list[Fields]], uses: Callable[[Fields], bool]) -> list[str]:
    return [
        f"{item.object('metadata').text('namespace', 'default')}/"
        f"{item.object('metadata').text('name')}"
        for item in by_kind.get("Pod", ())
        if uses(item.object("spec"))
    ]
