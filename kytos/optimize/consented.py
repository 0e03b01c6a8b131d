"""A question asked of a paid solver after the charge was shown and accepted, for this run only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kytos.cluster import Cluster
from kytos.outcome import Outcome
from kytos.solvers.base import SolverParams


def with_consent(
    function: Callable[..., Outcome],
    cluster: Cluster,
    request: Any,
    *,
    params: SolverParams,
    **rest: Any,
) -> Outcome:
    """Call a question's function with consent given.

    Consent is added here, in the worker, so that no scenario, link or kept question holds it.
    """
    agreed = params.model_copy(update={"consent": True})
    return function(cluster, request, params=agreed, **rest)
