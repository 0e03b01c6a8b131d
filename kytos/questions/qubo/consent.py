"""A question asked of a paid solver: its charge first and, once that was accepted, one run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kytos.cluster import Cluster
from kytos.contract.paid import ConsentRequiredError, Estimate
from kytos.contract.params import SolverName, SolverParams
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.questions.outcome import Outcome


@dataclass(frozen=True)
class Offer:
    """What might be sent: a question, its solver and how hard that works; two equal are one."""

    request: Any
    weights: Weights
    solver: SolverName
    params: SolverParams


def charge(
    question: Callable[..., Outcome], cluster: Cluster, offer: Offer, *, watch: Watch = Watch()
) -> Estimate | None:
    """Return what a run would take; None where there is nothing to send.

    The question is asked without consent, which stops every paid solver where it would send: what
    is told is about the very problem that would be sent, and nothing is.

    Raises
    ------
    kytos.contract.paid.SolverUnavailableError
        When the solver cannot be used, the problem does not fit it, or the cap forbids the run.
    """
    # Blocks of `hybrid` come after refinement, which costs nothing but time.
    params = offer.params.model_copy(update={"consent": False, "refine_proposals": 0})
    try:
        question(
            cluster,
            offer.request,
            weights=offer.weights,
            solver=offer.solver,
            params=params,
            watch=watch,
        )
    except ConsentRequiredError as error:
        return error.estimate
    return None


def with_consent(
    question: Callable[..., Outcome],
    cluster: Cluster,
    request: Any,
    *,
    params: SolverParams,
    **rest: Any,
) -> Outcome:
    """Ask a question with consent given.

    Consent is added here, in the worker, so that no scenario, link or kept question holds it.
    """
    agreed = params.model_copy(update={"consent": True})
    return question(cluster, request, params=agreed, **rest)
