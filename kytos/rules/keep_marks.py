"""What annotations and labels ask of whoever would disrupt a pod or take a node away."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from kytos.cluster import Node, Pod
from kytos.language import said

DO_NOT_DISRUPT = "karpenter.sh/do-not-disrupt"
DO_NOT_EVICT = "karpenter.sh/do-not-evict"
"""What Karpenter before v0.32 read on pods in its place; those who still write it mean it."""
PREFER_NO_EVICTION = "descheduler.alpha.kubernetes.io/prefer-no-eviction"
SAFE_TO_EVICT = "cluster-autoscaler.kubernetes.io/safe-to-evict"
SCALE_DOWN_DISABLED = "cluster-autoscaler.kubernetes.io/scale-down-disabled"

_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(h|ms|us|µs|ns|m|s)")


def go_duration(text: str) -> timedelta | None:
    """Read a duration as Go writes it (``720h``, ``1h30m``); None where it is none.

    Source: ``time.ParseDuration``.
    """
    parts = list(_PART.finditer(text))
    if not parts or "".join(part.group() for part in parts) != text:
        return None
    try:
        return timedelta(seconds=sum(float(part[1]) * _SECONDS[part[2]] for part in parts))
    except OverflowError:
        return timedelta.max


def mark_of(subject: Pod | Node, key: str) -> str | None:
    """The value of a mark: an annotation, or a label where somebody wrote it as one."""
    return subject.annotations.get(key, subject.labels.get(key))


def asks_not_to_be_disrupted(
    subject: Pod | Node, since: datetime | None, now: datetime
) -> str | None:
    """Say which of Karpenter's marks asks that a pod or node be left alone; None for none.

    A duration counts from `since`; where that is unknown it has not run out.

    Source: https://karpenter.sh/docs/concepts/disruption/#pod-level-controls.
    """
    for key in (DO_NOT_DISRUPT, DO_NOT_EVICT):
        value = (mark_of(subject, key) or "").strip()
        if value.lower() == "true":
            return said(f"annotation {key} is true")
        lasts = go_duration(value)
        if lasts is not None and (since is None or now - since < lasts):
            return said(f"annotation {key} asks for {value} from its start, which are not over")
    return None
