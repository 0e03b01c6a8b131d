"""Merge patches as an API server applies them."""

from __future__ import annotations

from typing import Any

BY_NAME = frozenset({"schedulingGates", "containers"})
"""Lists that a strategic merge patch merges by name."""


def merge(held: Any, change: Any) -> Any:
    """RFC 7396."""
    if not isinstance(change, dict):
        return change
    result = dict(held) if isinstance(held, dict) else {}
    for key, value in change.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge(result.get(key), value)
    return result


def strategic(held: Any, change: Any) -> Any:
    """A strategic merge patch, of the lists that are patched here."""
    if not isinstance(change, dict):
        return change
    result = dict(held) if isinstance(held, dict) else {}
    for key, value in change.items():
        if value is None:
            result.pop(key, None)
        elif key in BY_NAME:
            result[key] = _by_name(result.get(key) or [], value)
            if not result[key]:
                del result[key]
        else:
            result[key] = strategic(result.get(key), value)
    return result


def _by_name(held: list[Any], change: list[Any]) -> list[Any]:
    entries = {one["name"]: one for one in held}
    for one in change:
        if one.get("$patch") == "delete":
            entries.pop(one["name"], None)
        else:
            entries[one["name"]] = strategic(entries.get(one["name"]), one)
    return list(entries.values())
