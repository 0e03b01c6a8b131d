"""The JSON report of krr (Kubernetes Resource Recommender): what it would have containers request.

Shape: ``krr simple -f json``, a list ``scans`` with the object and its recommended requests.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from kytos.cluster import CPU, MEMORY, Resources
from kytos.errors import SourceError
from kytos.language import said
from kytos.sources.usage.kubernetes_usage import canonical
from kytos.usage import Recommendation

KRR = "krr"


def is_krr(document: Any) -> bool:
    """Whether a document is a report of krr."""
    return isinstance(document, Mapping) and isinstance(document.get("scans"), list)


def read_scan(scan: Any, place: str) -> Recommendation:
    """Read what one scan of a report recommends, in cores and bytes there.

    Raises
    ------
    SourceError
        When it names no container, or an amount is none.
    """
    try:
        described = scan["object"]
        workload = f"{described['namespace']}/{described['name']}"
        kind, container = str(described.get("kind") or ""), str(described["container"])
        recommended = scan["recommended"]["requests"]
        amounts = {resource: recommended.get(resource) for resource in (CPU, MEMORY)}
    except (KeyError, TypeError, AttributeError):
        raise SourceError(
            said(
                "is no scan of krr; expected object (namespace, name, container) and "
                "recommended.requests"
            ),
            place,
        ) from None
    requests: Resources = {}
    for resource, written in amounts.items():
        amount = _value(written, f"{place}: {resource}")
        if amount is not None:
            requests[resource] = canonical(resource, amount)
    return Recommendation(KRR, kind, workload, container, requests)


def _value(entry: Any, place: str) -> float | None:
    """The recommended amount; None for krr's ``?`` and for nothing."""
    value = entry.get("value") if isinstance(entry, Mapping) else entry
    if value is None or isinstance(value, str):
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise SourceError(said(f"is {value!r}; expected cores or bytes"), place)
    return float(value)
