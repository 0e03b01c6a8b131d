"""Fields that affect scheduling and that Kytos reads past: found, counted and named."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kytos.cluster import Note, NoteKind, note_about
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


def unhonoured_fields(by_kind: Mapping[str, list[Fields]]) -> list[Note]:
    """One Note per field that some pod uses and no rule looks at."""
    notes = []
    for message, uses in _POD_FIELDS.items():
        names = [
            f"{item.object('metadata').text('namespace', 'default')}/"
            f"{item.object('metadata').text('name')}"
            for item in by_kind.get("Pod", ())
            if uses(item.object("spec"))
        ]
        if names:
            notes.append(
                note_about(f"{message}: read, not honoured yet", names, NoteKind.NOT_JUDGED)
            )
    return notes
