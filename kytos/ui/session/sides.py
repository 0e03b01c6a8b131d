"""What is computed beside a page's question, and how it is written down and read again."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from kytos.compare import CompareRequest, Comparison, Frontier, FrontierRequest
from kytos.contract.params import SolverParams
from kytos.contract.weights import Weights
from kytos.questions.autoscale.request import AutoscaleRequest
from kytos.questions.autoscale.traffic_curve import TrafficCurve
from kytos.questions.recovery.atlas import AtlasOutcome, AtlasRequest
from kytos.ui.session import runs
from kytos.ui.session.clusters import Loaded
from kytos.ui.session.runs import Answer, Ask, SideAsk


class Side(StrEnum):
    """Computations that a history keeps; also the names their runs go by."""

    SOLVERS = "compare solvers"
    FRONTIER = "frontier"
    ATLAS = "atlas"
    CURVE = "traffic curve"


_MODELS: dict[Side, tuple[type[BaseModel], type[BaseModel]]] = {
    Side.SOLVERS: (CompareRequest, Comparison),
    Side.FRONTIER: (FrontierRequest, Frontier),
    Side.ATLAS: (AtlasRequest, AtlasOutcome),
    Side.CURVE: (AutoscaleRequest, TrafficCurve),
}
"""What each is asked with, and what it comes to."""


def answer_about(side: Side, loaded: Loaded) -> Answer | None:
    """Return the last answer of a computation if it is about the cluster on screen."""
    answer = runs.last_answer(side)
    return answer if answer is not None and answer.loaded.digest == loaded.digest else None


def written(answer: Answer) -> dict[str, Any]:
    """Return an answer as JSON, but for its cluster."""
    ask = answer.ask
    content = {"side": ask.question.value, "request": _json(ask.request)}
    if isinstance(ask, Ask):
        params = ask.params.model_copy(update={"consent": False})
        content |= {"weights": _json(ask.weights), "params": _json(params)}
    return {**content, "sample": answer.loaded.sample, "outcome": _json(answer.outcome)}


def read(content: Any, loaded: Loaded) -> Answer:
    """Return the answer that was written.

    Raises
    ------
    ValueError, KeyError
        When it is not as this version of Kytos writes it.
    """
    side = Side(content["side"])
    request_of, outcome_of = _MODELS[side]
    request = request_of.model_validate_json(json.dumps(content["request"]))
    ask: Ask | SideAsk = SideAsk(side, loaded.digest, request)
    if "weights" in content:
        weights = Weights.model_validate(content["weights"])
        params = SolverParams.model_validate_json(json.dumps(content["params"]))
        ask = Ask(side, loaded.digest, request, weights, None, params)
    outcome = outcome_of.model_validate_json(json.dumps(content["outcome"]))
    return Answer(ask, loaded, runs.moved, outcome)


def _json(model: BaseModel) -> Any:
    return json.loads(model.model_dump_json(by_alias=True))
