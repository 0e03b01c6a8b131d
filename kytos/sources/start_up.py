"""How long pods take to start, as their conditions tell or their probes ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from kytos.sources.fields import Fields

READY_AFTER = "kytosReadyAfterSeconds"
"""Where a pod's status that was cut to what is read keeps what its conditions told."""

_DELAY = "initialDelaySeconds"
_FOREVER_S = 2**31
"""Kubernetes keeps seconds in 32 bits."""
_PROBES = ("startupProbe", "readinessProbe")
"""Their first answers are what a pod is not ready before."""

_KUBELETS_OWN = frozenset(
    {
        *("PodScheduled", "Initialized", "PodReadyToStartContainers", "ContainersReady", "Ready"),
        *("DisruptionTarget", "PodResizePending", "PodResizeInProgress"),
    }
)
"""Conditions that are no readiness gates."""


def ready_after(status: Mapping[str, Any]) -> float | None:
    """Return the seconds from a pod's scheduling to its being ready; None where not to be told.

    Only a pod that is ready and whose containers never restarted tells it. Where no readiness
    gates are, its containers' condition counts if it is the earlier one: a node that was silent
    for a while makes its pods not ready, though they went on. What is odd tells nothing: it is
    refused where it decides something.
    """
    try:
        seconds = _ready_after(status)
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        return None
    return seconds if seconds is not None and 0 <= seconds < _FOREVER_S else None


def _ready_after(status: Mapping[str, Any]) -> float | None:
    if status.get(READY_AFTER) is not None:
        return float(status[READY_AFTER])
    since: dict[str, datetime] = {}
    gated = False
    for condition in status.get("conditions") or ():
        gated |= condition["type"] not in _KUBELETS_OWN
        if condition.get("status") == "True" and condition.get("lastTransitionTime"):
            since[condition["type"]] = _moment(condition["lastTransitionTime"])
    if not {"PodScheduled", "Ready"} <= since.keys():
        return None
    if any(entry.get("restartCount", 0) > 0 for entry in status.get("containerStatuses") or ()):
        return None
    ready = since["Ready"]
    if not gated:
        ready = min(ready, since.get("ContainersReady", ready))
    return (ready - since["PodScheduled"]).total_seconds()


def start_up_seconds(
    status: Fields, containers: Iterable[Fields], least_ready: int
) -> float | None:
    """Return the seconds a pod takes until it counts as available; None where nothing tells.

    What was seen of it goes before what its probes wait for, which is the least it takes.

    Parameters
    ----------
    containers
        Those of its spec, each with the delays of its probes.
    least_ready
        Seconds it must have been ready to count (``minReadySeconds`` of its controller).
    """
    seen = ready_after(status.value)
    if seen is None:
        waits = (
            _seconds(probe) for each in containers for probe in slim_probes(each.value).values()
        )
        seen = float(max(waits, default=0))
    took = seen + least_ready
    return took if took > 0 else None


def slim_probes(container: Mapping[str, Any]) -> dict[str, Any]:
    """Return the probes of a container, cut to how long they wait."""
    return {
        name: {_DELAY: _seconds(probe)}
        for name in _PROBES
        if isinstance(probe := container.get(name), dict) and _seconds(probe)
    }


def whole_seconds(told: Any) -> int:
    """Return a number of seconds as Kubernetes has them; 0 for what is none."""
    return told if isinstance(told, int) and 0 < told < _FOREVER_S else 0


def _seconds(probe: Mapping[str, Any]) -> int:
    return whole_seconds(probe.get(_DELAY))


def _moment(value: str | datetime) -> datetime:
    read = datetime.fromisoformat(value) if isinstance(value, str) else value
    return read if read.tzinfo else read.replace(tzinfo=UTC)
