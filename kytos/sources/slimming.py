"""Pods cut to what is read of them, parts that are equal held once, while a long file is read.

A stored Pod is 4 to 10 KB of text, most of it the same in all replicas of a service or never
read: 150,000 of them would be several gigabytes of dictionaries.
"""

from __future__ import annotations

import marshal
from collections.abc import Mapping
from typing import Any

from kytos.sources.start_up import READY_AFTER, ready_after, slim_probes

NOT_OF_A_CONTAINER = frozenset(
    {
        *("args", "command", "env", "envFrom", "lifecycle", "volumeMounts"),
        *("livenessProbe", "readinessProbe", "startupProbe"),  # but for how long they wait
    }
)
"""What is never read of a container; mounts name a token's volume, whose name is each pod's own."""

_WITHOUT_A_DISK = frozenset({"name", "projected", "configMap", "secret", "downwardAPI"})
"""Volumes with no more than that hold a pod nowhere."""

_OF_A_STATUS = ("name", "resources", "allocatedResources")
_READ_OF_STATUS: Mapping[str, tuple[str, ...] | None] = {
    "phase": None,
    "startTime": None,
    "nominatedNodeName": None,
    "resources": None,
    "allocatedResources": None,
    "resourceClaimStatuses": None,
    "conditions": ("type", "status", "reason"),
    "containerStatuses": _OF_A_STATUS,
    "initContainerStatuses": _OF_A_STATUS,
}
"""What is read of a pod's status, and of the entries of a list in it; None is all."""


class Slimmer:
    """Cuts Pods down, and remembers the parts it has seen."""

    def __init__(self) -> None:
        """Know no part yet."""
        self._parts: dict[bytes, Any] = {}

    def __call__(self, entry: Any) -> Any:
        """Return what is kept of an entry of a list; what is no Pod, or an odd one, is left whole.

        Items of a typed list name no kind: there containers tell a Pod.
        """
        try:
            if entry.get("kind", "Pod") != "Pod" or not entry["spec"]["containers"]:
                return entry
            slim = entry | {"metadata": dict(entry["metadata"]), "spec": slim_spec(entry["spec"])}
            slim["metadata"].pop("managedFields", None)
            if entry.get("status") is not None:
                slim["status"] = slim_status(entry["status"])
            for part in ("metadata", "spec", "status"):
                for key, value in slim.get(part, {}).items():
                    if isinstance(value, dict | list):
                        slim[part][key] = self._one(value)
        except (AttributeError, KeyError, TypeError, ValueError):
            return entry
        return slim

    def _one(self, value: Any) -> Any:
        # Version 2: later ones tell what is one object from what is merely equal.
        return self._parts.setdefault(marshal.dumps(value, 2), value)


def slim_spec(spec: Mapping[str, Any]) -> dict[str, Any]:
    """What is read of a pod's spec."""
    slim = dict(spec)
    for key in ("containers", "initContainers"):
        if spec.get(key):
            slim[key] = [
                {name: value for name, value in entry.items() if name not in NOT_OF_A_CONTAINER}
                | slim_probes(entry)
                for entry in spec[key]
            ]
    if spec.get("volumes"):
        slim["volumes"] = [entry for entry in spec["volumes"] if entry.keys() - _WITHOUT_A_DISK]
    return slim


def slim_status(status: Mapping[str, Any]) -> dict[str, Any]:
    """What is read of a pod's status."""
    slim = {
        key: status[key]
        if parts is None or not status[key]
        else [{part: entry[part] for part in parts if part in entry} for entry in status[key]]
        for key, parts in _READ_OF_STATUS.items()
        if key in status
    }
    seconds = ready_after(status)
    return slim if seconds is None else slim | {READY_AFTER: seconds}
