"""A scenario: a question about a cluster with all it takes to get the same answer again."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from pydantic import (
    BaseModel,
    Field,
    SerializeAsAny,
    ValidationError,
    field_validator,
    model_validator,
)

from kytos.calls.saved_use import SavedUse, digest_of_use, usage_of
from kytos.cluster import Cluster, Frozen
from kytos.contract.params import SolverName, SolverParams, nested
from kytos.contract.watch import StopReason
from kytos.contract.weights import Weights
from kytos.errors import SourceError, first_problem
from kytos.language import said
from kytos.questions.autoscale.request import AutoscaleRequest
from kytos.questions.fleet.request import FleetRequest
from kytos.questions.outcome import Question
from kytos.questions.placement.request import PlacementRequest
from kytos.questions.rebalance import RebalanceRequest
from kytos.questions.recovery.recovery import RecoveryRequest

REQUESTS: dict[Question, type[Frozen]] = {
    Question.REBALANCE: RebalanceRequest,
    Question.RECOVERY: RecoveryRequest,
    Question.PLACEMENT: PlacementRequest,
    Question.AUTOSCALE: AutoscaleRequest,
    Question.FLEET: FleetRequest,
}
"""What each question takes beside weights and solver."""

Request = TypeVar("Request", bound=Frozen)


class Scenario(Frozen, Generic[Request]):
    """What a page asks, as saved to a file.

    The cluster is a named sample with its digest, or included whole.
    """

    version: Literal[1] = 1
    question: Question = Question.REBALANCE
    title: str = Field("", description="what a ready scenario shows, in a few words")
    digest: str | None = Field(
        None, description="of the cluster, see `digest_of`; left out: the sample as it is here"
    )
    sample: str | None = Field(None, description="name of a sample cluster")
    cluster: Cluster | None = Field(None, description="the cluster itself, when it is no sample")
    use: SavedUse | None = Field(None, description="what that cluster's pods were seen to use")
    sample_use: bool = Field(False, description="whether the sample's week of use is taken too")
    request: SerializeAsAny[Request]
    weights: Weights = Weights()
    solver: SolverName | None = Field(None, description="left out: chosen by size")
    params: SolverParams = SolverParams()
    ended: StopReason | None = Field(
        None, description="what ended the answer it was saved with; by the clock it may differ"
    )

    def to_json(self) -> bytes:
        """Return the file's content; what is left at its default is left out."""
        shown = self.model_dump(mode="json", exclude_defaults=True, by_alias=True)
        return json.dumps({"version": self.version, "question": self.question, **shown}).encode()

    @field_validator("params", mode="before")
    @classmethod
    def _saved_when_params_were_flat(cls, params: Any) -> Any:
        return nested(params) if isinstance(params, dict) else params

    @model_validator(mode="after")
    def _request_is_of_the_question(self) -> Scenario[Request]:
        expected = REQUESTS[self.question]
        if not isinstance(self.request, expected):
            raise ValueError(
                f"the request of {self.question.value} is a {expected.__name__}; "
                f"found a {type(self.request).__name__}"
            )
        return self


class _Head(BaseModel):
    """The part of a scenario that tells how to read the rest."""

    question: Question


def read_scenario(content: bytes) -> Scenario[Any]:
    """Read a scenario from a file's content.

    Raises
    ------
    SourceError
        When it is no scenario, or its cluster is not the one it was saved with.
    """
    try:
        asked = REQUESTS[_Head.model_validate_json(content).question]
        scenario: Scenario[Any] = Scenario[asked].model_validate_json(content)  # type: ignore[valid-type]
    except ValidationError as error:
        problem = first_problem(error)
        raise SourceError(said(f"not a scenario file: {problem}")) from error
    if (scenario.sample is None) == (scenario.cluster is None):
        raise SourceError(
            said("a scenario has either a sample's name or a cluster, not both or none")
        )
    if scenario.cluster is not None and scenario.use is not None:
        with_use = scenario.cluster.replace(usage=usage_of(scenario.use))
        scenario = scenario.model_copy(update={"cluster": with_use})
    if scenario.cluster is not None and digest_of(scenario.cluster) != scenario.digest:
        raise SourceError(
            said(
                "the cluster in the file was changed after the scenario was saved; "
                "open it as a cluster instead"
            )
        )
    return scenario


def digest_of(cluster: Cluster) -> str:
    """Return what tells one cluster from another: a SHA-256 over it and its use, in hex."""
    content = json.dumps(cluster.model_dump(), default=_plain, sort_keys=True)
    if cluster.usage is not None:
        content += digest_of_use(cluster.usage)
    return hashlib.sha256(content.encode()).hexdigest()


def _plain(value: object) -> Any:
    # Sets have no order of their own; in JSON they would differ from process to process.
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not part of a cluster")
