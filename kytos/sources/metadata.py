"""What every object says of itself: its namespace and its conditions."""

from __future__ import annotations

from kytos.sources.fields import Fields


def namespace_of(item: Fields) -> str:
    """The namespace of an object; manifests that leave it out mean ``default``."""
    return item.object("metadata").text("namespace") or "default"


def condition(status: Fields, kind: str, default: bool) -> bool:
    """Whether a condition of the kind holds; `default` where the status does not tell."""
    for entry in status.objects("conditions"):
        if entry.text("type") == kind:
            return entry.text("status") == "True"
    return default
