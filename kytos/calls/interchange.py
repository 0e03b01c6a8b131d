"""Problems written for other tools, and their solutions answered like a solver's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from kytos.calls.answers import autoscale, place, rebalance, recover
from kytos.cluster import Cluster, Note
from kytos.contract.params import SolverParams
from kytos.contract.watch import Watch
from kytos.contract.weights import Weights
from kytos.questions.autoscale.request import AutoscaleRequest
from kytos.questions.outcome import Outcome
from kytos.questions.placement.request import PlacementRequest
from kytos.questions.qubo.interchange import Format, interchange
from kytos.questions.rebalance import RebalanceRequest
from kytos.questions.recovery.recovery import RecoveryRequest

Request = TypeVar("Request", RebalanceRequest, RecoveryRequest, PlacementRequest, AutoscaleRequest)

_ANSWERED: dict[type, Callable[..., Any]] = {
    RebalanceRequest: rebalance,
    RecoveryRequest: recover,
    PlacementRequest: place,
    AutoscaleRequest: autoscale,
}


def export_problem(
    cluster: Cluster,
    request: Request,
    form: Format | str,
    *,
    weights: Weights = Weights(),
    params: SolverParams = SolverParams(),
    as_json: bool = False,
) -> bytes:
    """Return the problem of a question as a file that other tools read.

    Parameters
    ----------
    request
        One of the four questions' requests.
    form
        ``qubo``, ``bqm``, ``cqm``, ``lp``, ``mps`` or ``ommx``.
    as_json
        Of a QUBO or BQM, dimod's JSON.

    Raises
    ------
    ValueError
        When there is no such form.
    kytos.errors.InputError
        When the question poses no single problem, or nothing may go anywhere else.
    """
    problem = interchange(cluster, request, weights, params)
    return problem.written(Format(form), as_json=as_json)


def import_solution(
    cluster: Cluster,
    request: Request,
    solution: bytes,
    *,
    form: Format | str | None = None,
    weights: Weights = Weights(),
    params: SolverParams = SolverParams(),
    watch: Watch = Watch(),
) -> Outcome:
    """Return a solution of an exported problem as the question's answer.

    It is decoded, checked by the referee and shown as it is, be it worse than doing nothing. What
    breaks a rule is repaired, and the answer's notes say what broke.

    Parameters
    ----------
    solution
        An OMMX state or solution as bytes, values by variable name as JSON, CSV or lines.
    form
        Which form was solved; left out, the one whose variables it names.

    Raises
    ------
    kytos.errors.InputError
        When it gives the problem's variables no values.
    """
    problem = interchange(cluster, request, weights, params)
    given = problem.read(solution, None if form is None else Format(form))
    outcome: Outcome = _ANSWERED[type(request)](
        cluster, request, weights=weights, params=given, watch=watch
    )
    notes = (*outcome.notes, *(Note(message=told) for told in outcome.solver.messages))
    return outcome.model_copy(update={"notes": notes})
