"""The JSON report of krr (Kubernetes Resource Recommender): what it would have containers request.

Shape: ``krr simple -f json``, a list ``scans`` with the object and its recommended requests.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from kytos.cluster import CPU, MEMORY, Resources
from kytos.errors import SourceError
from kytos.sources.usage.kubernetes_usage import canonical
from kytos.usage import Recommendation

KRR = "krr"


def is_krr(document: Any) -> bool:
    """Whether a document is a report of krr."""
    return isinstance(document, Mapping) and isinstance(document.get("scans"), list)


def read_krr(document: Mapping[str, Any], where: str) -> Iterator[Recommendation]:
    """Read the recommendations of a report, in cores and bytes there.

    Raises
    ------
    SourceError
        When a scan names no container.
    """
    for position, scan in enumerate(document["scans"]):
        place = f"{where}: scans[{position}]"
        try:
            described = scan["object"]
            workload = f"{described['namespace']}/{described['name']}"
            kind, container = str(described.get("kind", "")), str(described["container"])
            recommended = scan["recommended"]["requests"]
        except (KeyError, TypeError):
            raise SourceError(
                "is no scan of krr; expected object (namespace, name, container) and "
                "recommended.requests",
                place,
            ) from None
        requests: Resources = {}
        for resource in (CPU, MEMORY):
            amount = _value(recommended.get(resource), f"{place}: {resource}")
            if amount is not None:
                requests[resource] = canonical(resource, amount)
        yield Recommendation(KRR, kind, workload, container, requests)


def _value(entry: Any, place: str) -> float | None:
    """The recommended amount; None for krr's ``?`` and for nothing."""
    value = entry.get("value") if isinstance(entry, Mapping) else entry
    if value is None or isinstance(value, str):
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise SourceError(f"is {value!r}; expected cores or bytes", place)
    return float(value)
